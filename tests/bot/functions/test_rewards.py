"""我的积分 and 领奖: statements, money taken, points exchanged, and codes that leave no trace."""

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot import store
from bot.dialogue.turns import Turn
from bot.messages import Account
from community.districts import load_district
from community.ledger_store import balance
from community.store import account_of, resident_of
from hazards.anonymity import password_mac
from hazards.reward_files import scheme_of
from hazards.reward_rules import Amount, RewardScheme
from hazards.reward_states import anonymous_account, resident_account
from hazards.reward_store import reward
from hazards.rewards import approve, propose
from hazards.store import hazard_report
from hazards.voucher_store import voucher
from storage import Database, new_code
from tests.bot.conftest import NOON, Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.reporting import rows, shown
from tests.bot.functions.test_functions import labels
from tests.hazards.rewarded import new_case, new_report

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

KEY = b"k" * 32
CLERK, BOSS = 901, 902
CODE, PASSWORD = new_code(), new_code()
GROUP = Account("telegram", "-100200:7001")


def spaced(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"


def scheme(amount: Amount) -> RewardScheme:
    """The demo district's own rules with another amount."""
    own = scheme_of(load_district("demo"))
    (rules,) = own.versions
    values = {name: getattr(rules, name) for name in rules.__slots__}
    changed = type(rules)(**{**values, "amounts": {"default": amount}, "caps": None})
    return RewardScheme("demo", own.zone, (changed,))


@pytest.fixture
def earns(database: Database, clock: Clock) -> Callable[[Amount], None]:
    """Give Li a reward for a closed case."""

    def give(amount: Amount) -> None:
        def work(db: Connection) -> None:
            resident = resident_of(db, account_of(db, LI.channel, LI.name, clock()))
            case = new_case(db)
            new_report(db, case, resident)
            proposed = propose(db, case, CLERK, clock(), scheme(amount))
            approve(db, proposed.id, BOSS, clock())

        database.write(work)

    return give


@pytest.fixture
def hidden(database: Database, clock: Clock) -> Callable[[Amount | None], None]:
    """An anonymous report of a closed case, with a reward or none."""

    def give(amount: Amount | None) -> None:
        def work(db: Connection) -> None:
            case = new_case(db)
            mac = password_mac(KEY, CODE, PASSWORD)
            new_report(db, case, None, privacy="anonymous", code=CODE, secret_mac=mac)
            if amount is not None:
                proposed = propose(db, case, CLERK, clock(), scheme(amount))
                approve(db, proposed.id, BOSS, clock())

        database.write(work)

    return give


def points_of(database: Database) -> int:
    def held(db: Connection) -> int:
        resident = resident_of(db, account_of(db, LI.channel, LI.name, NOON))
        return balance(db, resident_account("demo", resident, "points"))

    return database.write(held)


class TestStatement:
    def test_who_has_nothing_learns_how_to_get_some(self, sends: Says) -> None:
        assert "还没有积分" in shown(sends("我的积分"))

    def test_points_and_where_they_are_from(
        self, sends: Says, earns: Callable[[Amount], None]
    ) -> None:
        earns(Amount(20, "points"))

        told = sends("我的积分")

        assert "你现在有：20积分。" in shown(told)
        assert "11月22日“楼道楼梯堆物”：20积分，到账了" in shown(told)
        assert labels(told) == ["兑换积分"]

    def test_in_english(self, sends: Says, earns: Callable[[Amount], None]) -> None:
        earns(Amount(20, "points"))
        sends("english")

        assert "You have: 20 points." in shown(sends("my points"))

    def test_a_group_is_told_in_private(self, sends: Says) -> None:
        assert "私聊" in shown(sends("我的积分", GROUP))

    def test_another_person_sees_none_of_it(
        self, sends: Says, earns: Callable[[Amount], None]
    ) -> None:
        earns(Amount(20, "points"))

        assert "还没有积分" in shown(sends("我的积分", LI_ON_TELEGRAM))


class TestMoney:
    def test_it_is_taken_once(
        self, sends: Says, earns: Callable[[Amount], None], database: Database
    ) -> None:
        earns(Amount(3000, "fen"))
        told = sends("我的积分")
        assert "30元，等你领，12月22日前有效" in shown(told)
        assert labels(told) == ["领取奖金"]

        assert "领好了，一共30元" in shown(sends("1"))
        assert [row["state"] for row in rows(database, reward)] == ["claimed"]
        assert "没有等你领的" in shown(sends("领取奖金"))

    def test_too_late_says_so(
        self, sends: Says, earns: Callable[[Amount], None], clock: Clock
    ) -> None:
        earns(Amount(3000, "fen"))
        sends("我的积分")
        clock.forward(timedelta(days=31))

        assert "没有等你领的" in shown(sends("领取奖金"))


class TestExchange:
    def test_asked_then_done_once(
        self, sends: Says, earns: Callable[[Amount], None], database: Database
    ) -> None:
        earns(Amount(250, "points"))
        chosen = sends("兑换")
        assert "你有250积分" in shown(chosen)
        assert labels(chosen) == ["灭火毯（示例）（100积分）"]
        asked = sends("1")
        assert "用100积分换" in shown(asked)

        done = sends("好")

        (made,) = rows(database, voucher)
        assert f"兑换码{spaced(str(made['code']))}" in shown(done)
        assert points_of(database) == 150
        assert "还没领走" in shown(sends("我的积分"))

    def test_a_no_keeps_the_points(
        self, sends: Says, earns: Callable[[Amount], None], database: Database
    ) -> None:
        earns(Amount(250, "points"))
        sends("兑换")
        sends("1")

        assert "都还在" in shown(sends("不"))
        assert points_of(database) == 250

    def test_too_few_points(
        self, sends: Says, earns: Callable[[Amount], None], database: Database
    ) -> None:
        earns(Amount(20, "points"))
        sends("兑换")
        sends("1")

        assert "积分还不够" in shown(sends("1"))
        assert points_of(database) == 20
        assert rows(database, voucher) == []


def no_trace(database: Database) -> bool:
    """Whether no turn, session or delivery holds code or password."""
    kept = [str(row) for table in (store.turn, store.session) for row in rows(database, table)]
    secrets = (CODE, PASSWORD, spaced(CODE), spaced(PASSWORD))
    return not any(one.lower() in text.lower() for text in kept for one in secrets)


class TestClaimingByCode:
    @pytest.mark.parametrize(
        "said",
        [
            "领奖 {code} {password}",
            "领奖{code} {password}",
            "领奖 编号{code} 密码{password}",
            "{code} {password}",
            "领积分：{code}，{password}",
        ],
    )
    def test_points_are_claimed_without_a_trace(
        self, sends: Says, hidden: Callable[..., None], database: Database, said: str
    ) -> None:
        hidden(Amount(20, "points"))

        told = sends(said.format(code=spaced(CODE), password=spaced(PASSWORD).lower()))

        assert "领好了，这一条有20积分" in shown(told)
        assert "1 灭火毯（示例）（100积分）" in shown(told)
        assert told.is_sealed
        assert no_trace(database)

    def test_what_is_written_tells_no_minute(
        self, sends: Says, hidden: Callable[..., None], database: Database, clock: Clock
    ) -> None:
        hidden(Amount(20, "points"))
        clock.forward(timedelta(minutes=17, seconds=3))
        sends(f"领奖 {CODE} {PASSWORD}")

        (row,) = rows(database, reward)
        assert row["claimed_at"] == NOON.astimezone(UTC)

    def test_earlier_slips_are_emptied_too(
        self, sends: Says, hidden: Callable[..., None], database: Database
    ) -> None:
        hidden(Amount(20, "points"))
        sends(f"我的编号是{CODE}，密码是{PASSWORD}，咋个领嘛")
        sends(f"领奖 {CODE} {PASSWORD}")

        assert no_trace(database)

    @pytest.mark.parametrize("said", ["领奖", "领奖 abc", "领奖 12345678"])
    def test_how_it_is_done(self, sends: Says, said: str) -> None:
        assert "领奖 编号 密码" in shown(sends(said))

    def test_a_wrong_password_opens_nothing_and_locks(
        self, sends: Says, hidden: Callable[..., None]
    ) -> None:
        hidden(Amount(20, "points"))
        for _ in range(10):
            assert "编号或密码不对" in shown(sends(f"领奖 {CODE} {new_code()}"))

        assert "密码错得太多" in shown(sends(f"领奖 {CODE} {PASSWORD}"))

    def test_no_reward_yet(
        self, sends: Says, hidden: Callable[..., None], database: Database
    ) -> None:
        hidden(None)

        assert "没有奖励可领" in shown(sends(f"领奖 {CODE} {PASSWORD}"))
        assert no_trace(database)

    def test_too_early_and_too_late(
        self, sends: Says, hidden: Callable[..., None], database: Database, clock: Clock
    ) -> None:
        hidden(Amount(20, "points"))
        database.write(lambda db: db.execute(update(reward).values(state="proposed")))
        assert "还在审批" in shown(sends(f"领奖 {CODE} {PASSWORD}"))
        database.write(lambda db: db.execute(update(reward).values(state="approved")))
        clock.forward(timedelta(days=31))

        assert "过期了" in shown(sends(f"领奖 {CODE} {PASSWORD}"))

    def test_a_group_is_told_in_private(self, sends: Says) -> None:
        assert "私聊" in shown(sends(f"领奖 {CODE} {PASSWORD}", GROUP))


class TestExchangingByCode:
    def test_what_was_claimed_is_exchanged(
        self, sends: Says, hidden: Callable[..., None], database: Database
    ) -> None:
        hidden(Amount(120, "points"))
        assert "先领积分" in shown(sends(f"兑换 {CODE} {PASSWORD} 1"))
        sends(f"领奖 {CODE} {PASSWORD}")

        told = sends(f"兑换 {spaced(CODE)} {spaced(PASSWORD)} 1")

        (made,) = rows(database, voucher)
        assert spaced(str(made["code"])) in shown(told)
        assert made["resident_id"] is None
        report = database.read(lambda db: db.scalars(select(hazard_report.c.id)).one())
        account = anonymous_account("demo", report, "points")
        assert database.read(lambda db: balance(db, account)) == 20
        assert "积分还不够" in shown(sends(f"兑换 {CODE} {PASSWORD} 1"))
        assert no_trace(database)

    def test_a_number_that_is_none(self, sends: Says, hidden: Callable[..., None]) -> None:
        hidden(Amount(120, "points"))

        assert "没有这个序号" in shown(sends(f"兑换 {CODE} {PASSWORD} 7"))

    def test_a_wrong_password(self, sends: Says, hidden: Callable[..., None]) -> None:
        hidden(Amount(120, "points"))

        assert "编号或密码不对" in shown(sends(f"兑换 {CODE} {new_code()} 1"))


def test_money_of_an_anonymous_report(sends: Says, hidden: Callable[..., None]) -> None:
    """Only where the district pays it: its reward number is what the office asks for."""
    hidden(None)
    turn: Turn = sends(f"领奖 {CODE} {PASSWORD}")

    assert turn.is_sealed
