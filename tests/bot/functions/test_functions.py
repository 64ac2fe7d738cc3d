"""The functions of the menu as a resident meets them, over a real database."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot import store
from bot.assembly import FETCH_RECORDING
from bot.desk import AlreadyAnswered, answer
from bot.desk_store import open_requests
from bot.dialogue.functions import Functions, UnknownFunction
from bot.dialogue.house import House
from bot.dialogue.turns import Turn
from bot.messages import Event, Media, Place, plain_text
from community.delivery_store import pending_for
from community.store import channel_account, find_account, resident_of
from storage import Database
from storage.work_rows import find_row
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says

VOICE = (Media("voice", "voice-media-id"),)


def shown(turn: Turn) -> str:
    return "\n".join(plain_text(reply) for reply in turn.replies)


def labels(turn: Turn) -> list[str]:
    return [choice.label for reply in turn.replies for choice in reply.choices]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestMenu:
    def test_following_shows_who_we_are_and_what_is_built(self, sends: Says) -> None:
        turn = sends(event=Event("followed"))

        assert "119" in turn.replies[0].text
        assert labels(turn) == [
            "着火漏气先看", "常用电话", "转人工", "报隐患", "我的上报进度", "我的楼栋", "演练",
            "通知设置", "隐私与退订", "我的积分",
        ]  # fmt: skip

    @pytest.mark.parametrize("way", ["2", "常用电话", "电话"])
    def test_number_label_and_word_open_the_same(self, sends: Says, way: str) -> None:
        sends("帮助")

        assert "95598" in shown(sends(way))

    def test_a_menu_key_opens_it(self, sends: Says) -> None:
        assert "95598" in shown(sends(event=Event("menu", "phones")))

    def test_an_unknown_menu_key_shows_the_menu(self, sends: Says) -> None:
        assert "常用电话" in labels(sends(event=Event("menu", "of_another_release")))

    def test_a_group_gets_nothing_private(self, sends: Says) -> None:
        in_group = type(LI)("telegram", "-100200:7001")

        assert "私聊" in shown(sends("我的楼栋", in_group))
        assert labels(sends("帮助", in_group)) == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestUrgentFirst:
    @pytest.mark.parametrize("kind", ["着火了", "有人叫不醒", "楼道有烟", "闻到燃气味"])
    def test_what_is_happening_opens_the_emergency(self, sends: Says, kind: str) -> None:
        sends("着火漏气先看")

        reply = sends(kind).replies[0]

        assert reply.kind == "emergency"

    def test_an_emergency_interrupts_a_function_which_goes_on_after(self, sends: Says) -> None:
        sends("人工")
        assert sends("厨房着火了快来").replies[0].kind == "emergency"
        sends("安全了")

        assert "留言编号" in shown(sends("昨天的消防栓还是没水"))

    def test_phones_open_beside_an_emergency_which_stays_open(self, sends: Says) -> None:
        sends("着火了")

        beside = sends("常用电话")

        assert "95598" in shown(beside)
        assert "险情还没过去" in shown(beside)
        assert "119" in shown(sends("1"))

    def test_a_place_in_an_emergency_is_read_out(self, sends: Says) -> None:
        sends("着火了")
        sends("1")

        told = sends(place=Place(29.5, 106.5, "阳光小区3栋1单元1201"))

        assert "我在阳光小区3栋1单元1201" in shown(told)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestVoice:
    def test_four_ways_at_once(self, sends: Says) -> None:
        turn = sends(media=VOICE)

        assert "听不了语音" in shown(turn)
        assert labels(turn) == ["着火了", "闻到气味", "报隐患", "找人工"]

    @pytest.mark.parametrize("number", ["1", "2"])
    def test_an_emergency_by_number(self, sends: Says, number: str) -> None:
        sends(media=VOICE)

        assert sends(number).replies[0].kind == "emergency"

    def test_the_recording_reaches_staff(self, sends: Says, database: Database) -> None:
        sends(media=VOICE)
        assert "语音转给工作人员了" in shown(sends("4"))

        request = database.read(lambda db: open_requests(db, 5))[0]
        planned = database.read(lambda db: find_row(db, FETCH_RECORDING, str(request.id)))

        assert request.media_ref == "voice-media-id"
        assert planned is not None
        assert list(planned.args) == [request.id]

    @pytest.mark.parametrize("kind", ["video", "file", "sticker"])
    def test_what_is_no_text_gets_a_useful_reply(self, sends: Says, kind: str) -> None:
        turn = sends(media=(Media(kind, "ref"),))  # type: ignore[arg-type]

        assert "打字" in shown(turn)


class TestHuman:
    def test_a_message_is_booked_and_answered_once(
        self, sends: Says, database: Database, clock: Clock
    ) -> None:
        sends("人工")
        booked = shown(sends("3栋消防栓没水，找谁"))
        request = database.read(lambda db: open_requests(db, 5))[0]
        assert request.code in booked
        assert request.said == "3栋消防栓没水，找谁"

        database.write(lambda db: answer(db, request.code, "已经通知物业", clock()))

        with pytest.raises(AlreadyAnswered):
            database.write(lambda db: answer(db, request.code, "再说一次", clock()))
        clock.forward(timedelta(minutes=5))
        assert "已经通知物业" in shown(sends("你好"))
        assert "已经通知物业" not in shown(sends("你好"))

    def test_cancel_leaves_it(self, sends: Says, database: Database) -> None:
        sends("人工")
        sends("取消")
        sends("楼道能停电动车吗")

        assert database.read(lambda db: open_requests(db, 5)) == []

    def test_a_day_holds_five(self, sends: Says, database: Database) -> None:
        for number in range(6):
            sends("人工")
            last = sends(f"楼道的灯坏了，第{number}次说")

        assert "12345" in shown(last)
        assert len(database.read(lambda db: open_requests(db, 50))) == 5


class TestLanguage:
    @pytest.mark.parametrize("store", ["sqlite"], indirect=True)
    def test_english_and_back(self, sends: Says) -> None:
        sends("/language")
        assert "English" in shown(sends("2"))
        assert "Just ask" in shown(sends("help"))
        emergency = sends("the kitchen is on fire!!")
        assert emergency.replies[0].kind == "emergency"
        assert "Call 119 now" in shown(emergency)
        assert "Do not hang up" in shown(sends("I called 119"))
        assert "People matter most" in shown(sends("safe"))
        assert "中文" in shown(sends("中文"))
        assert "直接打字问" in shown(sends("帮助"))

    @pytest.mark.parametrize("store", ["sqlite"], indirect=True)
    def test_an_answer_in_chinese_says_so(self, sends: Says) -> None:
        sends("english")

        assert "in Chinese only" in shown(sends("楼道能停电动车吗"))


class TestForgetting:
    def test_all_of_an_account_goes_and_the_next_message_starts_anew(
        self, sends: Says, database: Database
    ) -> None:
        sends("楼道能停电动车吗")
        sends("人工")
        sends("留一句话")
        sends("删除我的信息")
        assert "删好了" in shown(sends("1"))

        assert database.read(lambda db: open_requests(db, 5)) == []
        accounts = database.read(lambda db: db.scalar(select(func.count(channel_account.c.id))))
        turns = database.read(lambda db: db.scalar(select(func.count(store.turn.c.id))))
        assert (accounts, turns) == (1, 1)
        assert "我只记" in shown(sends("楼道能停电动车吗"))

    def test_a_second_thought_keeps_it(self, sends: Says, database: Database) -> None:
        sends("删除我的信息")
        sends("2")

        turns = database.read(lambda db: db.scalar(select(func.count(store.turn.c.id))))
        assert turns == 2

    def test_unfollowing_deletes_at_once_and_a_repeat_does_nothing(
        self, sends: Says, database: Database
    ) -> None:
        sends("楼道能停电动车吗")

        for _ in range(2):
            assert sends(event=Event("left")).replies == ()

        assert database.read(lambda db: find_account(db, LI.channel, LI.name)) is None

    def test_who_blocks_us_on_telegram_is_kept_and_can_come_back(
        self, sends: Says, database: Database
    ) -> None:
        sends("楼道能停电动车吗", LI_ON_TELEGRAM)
        sends(event=Event("left"), account=LI_ON_TELEGRAM)

        kept = database.read(lambda db: find_account(db, "telegram", LI_ON_TELEGRAM.name))
        assert kept is not None
        assert "生命通道" in shown(sends(event=Event("followed"), account=LI_ON_TELEGRAM))


class TestLinking:
    def test_two_channels_become_one_person(self, sends: Says, database: Database) -> None:
        sends("关联")
        code = next(part for part in shown(sends("1")).split("：")[1].split("。"))
        assert "关联成同一个人" in shown(sends(f"关联 {code}", LI_ON_TELEGRAM))
        assert "另一边" in shown(sends("是我，关联", LI_ON_TELEGRAM))

        asked = self.pending(database)
        assert "是就回“是我”，不是就回“不是我”" in str(asked)
        assert "关联好了" in shown(sends("是我"))

        assert self.resident(database, LI) == self.resident(database, LI_ON_TELEGRAM)
        assert "分开了" in shown(sends("取消关联"))
        assert self.resident(database, LI) != self.resident(database, LI_ON_TELEGRAM)

    def test_a_no_ends_it(self, sends: Says) -> None:
        sends("关联")
        code = next(part for part in shown(sends("1")).split("：")[1].split("。"))
        sends(f"关联{code}", LI_ON_TELEGRAM)

        assert "作废" in shown(sends("不是我"))
        assert "过期" in shown(sends("是我，关联", LI_ON_TELEGRAM))

    def test_wrong_codes_run_out(self, sends: Says) -> None:
        sends("关联", LI_ON_TELEGRAM)
        for _ in range(5):
            assert "码不对" in shown(sends("000000", LI_ON_TELEGRAM))

        assert "试得太多" in shown(sends("000000", LI_ON_TELEGRAM))

    def pending(self, database: Database) -> object:
        account = database.read(lambda db: find_account(db, LI.channel, LI.name))
        assert account is not None
        far = Clock()
        far.forward(timedelta(minutes=1))
        return [one.body for one in database.write(lambda db: pending_for(db, account, far()))]

    def resident(self, database: Database, account: object) -> int:
        def work(db: object) -> int:
            found = find_account(db, account.channel, account.name)  # type: ignore[arg-type,attr-defined]
            assert found is not None
            return resident_of(db, found)  # type: ignore[arg-type]

        return database.read(work)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60))
def test_any_text_opens_a_registered_function_or_none(house: House, text: str) -> None:
    functions: Functions = house.reception.functions

    key = functions.called(text)

    assert key == "" or functions.get(key) is not None


def test_a_key_leads_to_its_function_whatever_is_behind_it(house: House) -> None:
    with pytest.raises(UnknownFunction):
        house.reception.functions.require("nothing")
    assert house.reception.functions.require("phones/ABC").key == "phones"
