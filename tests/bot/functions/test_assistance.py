"""帮扶登记 in the chat: registering with a clear yes, changing, taking back, one year more."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from bot import store as kept
from bot.dialogue.turns import Turn
from bot.messages import Account, Event
from community.assistance import KIND_NAMES, KINDS, Kind, Need
from community.assistance_store import assistance_need, need_of, registrations_of
from community.bindings import binding, settle
from community.delivery_store import delivery
from community.keys import derived_key
from community.register_store import find_building_by_code
from community.store import resident_of
from hazards.intake import VAULT_PURPOSE
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.reporting import account_id
from tests.bot.functions.test_functions import labels, shown

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

KEY = derived_key(b"k" * 32, VAULT_PURPOSE)
YEAR = timedelta(days=365)
PHONE = "13800000001"
GROUP = Account("telegram", "-100200:7001")


class Home:
    """Somebody bound to a building, and what the domain keeps of them."""

    def __init__(self, database: Database, sends: Says, codes: dict[str, str]) -> None:
        self.database, self.sends, self.codes = database, sends, codes
        self.name, self.code = self.named("3栋")

    def named(self, part: str) -> tuple[str, str]:
        return next((name, code) for name, code in self.codes.items() if part in name)

    def bound(self, part: str = "3栋", who: Account = LI, unit: str = "") -> "Home":
        _, code = self.named(part)
        self.sends(event=Event("scanned", f"building:{code}"), account=who)
        self.sends("1", who)
        self.database.write(
            lambda db: settle(db, self.resident(who), self.building_id(part), unit=unit)
        )
        return self

    def building_id(self, part: str = "3栋") -> int:
        _, code = self.named(part)
        found = self.database.read(lambda db: find_building_by_code(db, code))
        assert found is not None
        return found.id

    def resident(self, who: Account = LI) -> int:
        account = account_id(self.database, who)
        return self.database.read(lambda db: resident_of(db, account))

    def need(self, clock: Clock, part: str = "3栋", who: Account = LI) -> Need | None:
        whose, where = self.resident(who), self.building_id(part)
        return self.database.read(lambda db: need_of(db, KEY, whose, where, clock()))

    def says(self, *texts: str) -> Turn:
        return [self.sends(text) for text in texts][-1]

    def registers(self, room: str = "2单元1203") -> Turn:
        return self.says("帮扶登记", room, "1 2", PHONE, "同意")


@pytest.fixture
def home(database: Database, sends: Says, codes: dict[str, str]) -> Home:
    return Home(database, sends, codes)


def test_the_whole_way_registers_what_was_said(home: Home, clock: Clock) -> None:
    home.bound()

    room = home.says("帮扶登记")
    assert "119" in shown(room).splitlines()[0]
    assert home.name in shown(room)
    kinds = home.says("2单元1203")
    assert len(labels(kinds)) == len(KINDS) + 1
    assert "选了：卧床，要人抬" in shown(home.says("卧床，要人抬"))
    assert "不留电话" in labels(home.says("选好了"))
    asked = home.says(PHONE)
    assert home.need(clock) is None
    assert labels(asked) == ["同意，登记", "不同意"]
    done = home.says("同意")

    assert "登记好了" in shown(done)
    assert "119" in shown(done)
    assert home.need(clock) == Need("2单元1203", ("bedridden",), PHONE)


@on_sqlite
class TestBeginning:
    @pytest.mark.parametrize("word", ["帮扶登记", "我行动不便", "evacuation help", "疏散帮助"])
    @pytest.mark.usefixtures("home")
    def test_who_has_no_building_is_led_there(self, sends: Says, word: str) -> None:
        told = sends(word)

        assert "绑定你的楼栋" in shown(told)
        assert labels(told) == ["绑定楼栋"]
        assert "还没绑定楼栋" in shown(sends("1"))

    def test_of_two_buildings_one_is_chosen(self, home: Home, clock: Clock) -> None:
        home.bound().bound("5栋")

        assert len(labels(home.says("帮扶登记"))) == 2
        home.says("2", "1203", "1 8", "不留电话", "同意")

        assert home.need(clock) is None
        assert home.need(clock, "5栋") == Need("1203", ("wheelchair", "other"))
        assert "再登记一栋" in labels(home.says("帮扶登记"))

    def test_a_room_told_before_is_offered(self, home: Home, clock: Clock) -> None:
        home.bound(unit="1单元302")

        assert labels(home.says("帮扶登记")) == ["就是1单元302"]
        home.says("1", "1 2", "不留电话", "同意")

        assert home.need(clock) == Need("1单元302", ("wheelchair", "slow"))

    @pytest.mark.usefixtures("home")
    def test_in_a_group_it_is_private(self, sends: Says) -> None:
        assert "私聊" in shown(sends("帮扶登记", GROUP))
        assert "私聊" in shown(sends("撤回帮扶登记", GROUP))

    @pytest.mark.parametrize("cry", ["老人下不了楼", "老人下不了楼！", "救命，我走不动了"])
    def test_a_cry_is_an_emergency(self, home: Home, cry: str) -> None:
        home.bound()

        assert home.says(cry).replies[0].kind == "emergency"

    @pytest.mark.parametrize("word", ["我行动不便", "老人行动不便", "帮扶登记"])
    def test_within_an_emergency_nobody_fills_in_a_form(self, home: Home, word: str) -> None:
        home.bound()
        home.says("着火了快来")

        told = shown(home.says(word))

        assert "119" in told
        assert "几单元几号" not in told


@on_sqlite
class TestAnswers:
    @pytest.mark.parametrize("typed", ["1203房，中风三年了", "12楼那家老人"])
    def test_a_room_is_nothing_but_a_room(self, home: Home, clock: Clock, typed: str) -> None:
        home.bound().says("帮扶登记")

        assert "房号没看懂" in shown(home.says(typed))
        home.says("1203", "1 2", "不留电话", "同意")
        assert home.need(clock) == Need("1203", ("wheelchair", "slow"))

    def test_a_kind_picked_twice_is_taken_back(self, home: Home, clock: Clock) -> None:
        home.bound().says("帮扶登记", "1203", "3", "4", "3", "9", "不留电话", "同意")

        assert home.need(clock) == Need("1203", ("blind",))

    def test_without_a_kind_it_does_not_go_on(self, home: Home) -> None:
        home.bound().says("帮扶登记", "1203")

        assert "选好了" in labels(home.says("9"))

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_can_be_tapped_by_its_name(
        self, home: Home, clock: Clock, kind: Kind
    ) -> None:
        label = labels(home.bound().says("帮扶登记", "1203"))[KINDS.index(kind)]
        home.says(label, "选好了", "不留电话", "同意")

        assert home.need(clock) == Need("1203", (kind,))
        assert label[:2] in {KIND_NAMES[kind][:2], "其他"}

    def test_a_wrong_phone_is_asked_for_again(self, home: Home, clock: Clock) -> None:
        home.bound().says("帮扶登记", "1203", "1 2")

        assert "好像不对" in shown(home.says("12345"))
        home.says("138 0000 0001", "同意")
        assert home.need(clock) == Need("1203", ("wheelchair", "slow"), PHONE)

    def test_a_question_in_the_middle_is_answered(self, home: Home) -> None:
        home.bound().says("帮扶登记")

        assert home.says("楼道能停电动车吗").replies[0].kind == "answer"


@on_sqlite
class TestConsent:
    def test_it_says_who_sees_what_and_for_how_long(self, home: Home) -> None:
        asked = shown(home.bound().says("帮扶登记", "1203", "1 2", PHONE))

        for told in ("楼栋长", "看不到电话", "真出事", "值班员", "演练", "一年", "撤回帮扶登记"):
            assert told in asked
        assert PHONE not in asked

    @pytest.mark.parametrize("no", ["不同意", "2", "不"])
    def test_a_no_registers_nothing(self, home: Home, clock: Clock, no: str) -> None:
        told = home.bound().says("帮扶登记", "1203", "1 2", PHONE, no)

        assert "没有登记" in shown(told)
        assert home.need(clock) is None

    @pytest.mark.parametrize("key", ["agree", "kind/slow", "done", "at/00000000", "edit/x", "what"])
    def test_a_key_out_of_its_place_registers_nothing(
        self, home: Home, clock: Clock, key: str
    ) -> None:
        home.bound()

        assert home.sends(event=Event("menu", f"assistance/{key}")).replies
        home.says("帮扶登记", "1203", "1 2")
        home.sends(event=Event("menu", "assistance/agree"))
        assert home.need(clock) is None

    def test_neither_session_nor_message_keeps_it_readable(
        self, home: Home, database: Database
    ) -> None:
        home.bound().says("帮扶登记", "2单元1203", "1 2", PHONE)
        session = database.read(lambda db: db.execute(select(kept.session.c.state)).scalar_one())
        said = database.read(lambda db: db.scalars(select(kept.turn.c.said)).all())

        assert not any(secret in json.dumps(session) for secret in ("1203", PHONE, "wheelchair"))
        assert not any("1203" in text or PHONE in text for text in said)

    def test_a_draft_of_another_key_starts_anew(self, home: Home, database: Database) -> None:
        home.bound().says("帮扶登记", "1203")
        state = database.read(lambda db: db.execute(select(kept.session.c.state)).scalar_one())
        state["flow"]["data"]["draft"] = "00" * 60
        database.write(lambda db: db.execute(update(kept.session).values(state=state)))

        assert "几单元几号" in shown(home.sends(event=Event("menu", "assistance/done")))


@on_sqlite
class TestAfterwards:
    def test_it_is_shown_with_the_end_of_the_phone_alone(self, home: Home) -> None:
        home.bound().registers()
        told = shown(home.says("帮扶登记"))

        assert "2单元1203" in told
        assert "尾号0001" in told
        assert PHONE not in told
        assert "2027年11月22日" in told

    def test_a_change_keeps_the_rest_and_asks_for_no_new_yes(
        self, home: Home, clock: Clock, database: Database
    ) -> None:
        home.bound().registers()
        agreed = database.read(lambda db: registrations_of(db, home.resident(), clock()))[0]
        clock.forward(timedelta(days=9))
        home.says("帮扶登记", "1", "房号不变", "2", "6", "9")

        assert "改好了" in shown(home.says("电话不变"))
        assert home.need(clock) == Need("2单元1203", ("wheelchair", "pregnant"), PHONE)
        now = database.read(lambda db: registrations_of(db, home.resident(), clock()))[0]
        assert (now.consent_at, now.renew_by) == (agreed.consent_at, agreed.renew_by)

    def test_what_was_withdrawn_meanwhile_is_not_changed(self, home: Home, clock: Clock) -> None:
        home.bound().registers()
        home.says("帮扶登记", "1", "1", "9")
        home.sends(event=Event("menu", "assistoff"))
        home.sends(event=Event("menu", "assistance/nophone"))

        assert home.need(clock) is None

    @pytest.mark.parametrize("word", ["撤回帮扶登记", "取消帮扶登记", "withdraw evacuation help"])
    def test_it_is_taken_back_by_a_word(
        self, home: Home, clock: Clock, database: Database, word: str
    ) -> None:
        home.bound().registers()

        assert "撤回了" in shown(home.says(word))
        assert home.need(clock) is None
        sealed = select(assistance_need.c.sealed)
        assert set(database.read(lambda db: db.scalars(sealed).all())) == {None}
        assert "没有疏散帮助登记" in shown(home.says(word))

    def test_of_two_the_right_one_is_taken_back(self, home: Home, clock: Clock) -> None:
        home.bound().registers()
        home.bound("5栋").says("帮扶登记", "再登记一栋", "501", "1 2", "不留电话", "同意")

        name, _ = home.named("5栋")
        assert len(labels(home.says("撤回帮扶登记"))) == 2
        assert "撤回了" in shown(home.says(f"撤回{name}的登记"))
        assert home.need(clock, "5栋") is None
        assert home.need(clock) is not None

    def test_who_moved_out_can_still_take_it_back(
        self, home: Home, clock: Clock, database: Database
    ) -> None:
        home.bound().registers()
        database.write(lambda db: db.execute(delete(binding)))

        assert "撤回了" in shown(home.says("撤回帮扶登记"))
        assert home.need(clock) is None

    def test_one_year_more(self, home: Home, clock: Clock) -> None:
        home.bound().registers()
        clock.forward(YEAR + timedelta(days=1))
        assert "满一年了" in shown(home.says("帮扶登记"))

        assert "2028年11月23日" in shown(home.says("帮扶续一年"))
        clock.forward(timedelta(days=200))
        assert home.need(clock) is not None

    def test_what_has_ended_is_not_renewed(self, home: Home, clock: Clock) -> None:
        home.bound().registers()
        clock.forward(YEAR + timedelta(days=31))

        assert "没有疏散帮助登记" in shown(home.says("帮扶续一年"))

    def test_what_is_damaged_says_so_and_can_be_filled_in_again(
        self, home: Home, clock: Clock, database: Database
    ) -> None:
        home.bound().registers()
        sealed = database.read(lambda db: db.scalars(select(assistance_need.c.sealed)).one())
        broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
        database.write(lambda db: db.execute(update(assistance_need).values(sealed=broken)))

        assert "读不出来" in shown(home.says("帮扶登记"))
        assert "改好了" in shown(home.says("1", "502", "1 2", "不留电话"))
        assert home.need(clock) == Need("502", ("wheelchair", "slow"))

    @pytest.mark.parametrize("label", ["选好了", "同意，登记", "不留电话", "房号不变"])
    def test_a_late_label_leads_to_the_beginning(self, home: Home, label: str) -> None:
        home.bound()

        assert labels(home.says(label)) == ["疏散帮助登记"]
        assert "几单元几号" in shown(home.says("1"))


@on_sqlite
def test_in_english(home: Home, clock: Clock) -> None:
    home.bound().says("english")
    told = home.says("evacuation help", "2单元1203", "1 3", PHONE)

    assert "duty officer alone" in shown(told)
    assert "Registered" in shown(home.says("yes"))
    assert home.need(clock) == Need("2单元1203", ("wheelchair", "deaf"), PHONE)


@on_sqlite
def test_on_telegram_nothing_of_it_is_queued_readable(
    home: Home, clock: Clock, database: Database
) -> None:
    home.bound(who=LI_ON_TELEGRAM)
    for text in ("帮扶登记", "1203", "1 2", PHONE, "同意"):
        home.sends(text, LI_ON_TELEGRAM)
    bodies = database.read(lambda db: db.scalars(select(delivery.c.body)).all())

    assert home.need(clock, who=LI_ON_TELEGRAM) == Need("1203", ("wheelchair", "slow"), PHONE)
    assert PHONE not in json.dumps(bodies)
