"""Staff bind a chat by a code from the console, and see what is due in their area."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.assembly import Premises, house_of
from bot.dialogue.house import House
from bot.messages import Account
from community.staff import Post, Role
from community.staff_store import add_staff, new_chat_code, set_active, staff_of_account
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, Says
from tests.bot.functions.reporting import account_id, shown
from tests.bot.functions.test_functions import labels
from tests.hazards.casefile import Office, new_case, open_office

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BASE = "https://hazards.example"


@pytest.fixture
def house(clock: Clock) -> House:
    return house_of(Premises(("demo",), b"k" * 32, BASE), clock)


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def code_for(database: Database, office: Office, who: str, clock: Clock) -> str:
    staff_id = office.staff[who].staff_id
    assert staff_id is not None
    return database.write(lambda db: new_chat_code(db, staff_id, clock()))


def bound(sends: Says, database: Database, office: Office, clock: Clock, who: str) -> None:
    assert "绑好了" in shown(sends(f"绑定码 {code_for(database, office, who, clock)}"))


class TestBinding:
    @pytest.mark.parametrize("form", ["绑定码 {}", "绑定码{}", "绑定码：{}", "staff code {}"])
    def test_a_code_binds_once(
        self, sends: Says, database: Database, office: Office, clock: Clock, form: str
    ) -> None:
        code = code_for(database, office, "supervisor", clock)

        told = sends(form.format(code))

        assert "绑好了，经办（督办员）" in shown(told)
        assert labels(told) == ["我的任务"]
        own = account_id(database)
        staff = database.read(lambda db: staff_of_account(db, own))
        assert staff is not None
        assert staff.id == office.staff["supervisor"].staff_id
        assert "不对，或者过期" in shown(sends(f"绑定码 {code}", Account("telegram", "7001")))

    @pytest.mark.parametrize("typed", ["abc", "12345678", "942KPRP9"])
    def test_a_wrong_one_does_not(self, sends: Says, typed: str) -> None:
        assert "不对，或者过期" in shown(sends(f"绑定码 {typed}"))

    def test_it_ends_after_ten_minutes(
        self, sends: Says, database: Database, office: Office, clock: Clock
    ) -> None:
        code = code_for(database, office, "supervisor", clock)
        clock.forward(timedelta(minutes=10))

        assert "不对，或者过期" in shown(sends(f"绑定码 {code}"))

    def test_who_was_shut_out_meanwhile_is_not_bound(
        self, sends: Says, database: Database, office: Office, clock: Clock
    ) -> None:
        code = code_for(database, office, "supervisor", clock)
        staff_id = office.staff["supervisor"].staff_id
        assert staff_id is not None
        database.write(lambda db: set_active(db, staff_id, is_active=False))

        assert "不对，或者过期" in shown(sends(f"绑定码 {code}"))

    def test_without_a_code_it_says_where_they_come_from(self, sends: Says) -> None:
        assert "生成绑定码" in shown(sends("绑定码"))

    def test_a_group_is_told_in_private(self, sends: Says) -> None:
        assert "私聊" in shown(sends("绑定码 12345678", Account("telegram", "-100200:7001")))

    def test_unbinding(self, sends: Says, database: Database, office: Office, clock: Clock) -> None:
        bound(sends, database, office, clock, "supervisor")

        assert "解绑了" in shown(sends("工作人员解绑"))
        assert "没有绑定工作人员" in shown(sends("我的任务"))
        assert "没有绑定工作人员" in shown(sends("工作人员解绑"))


class TestTasks:
    def test_due_first_with_links(
        self, sends: Says, database: Database, office: Office, clock: Clock
    ) -> None:
        bound(sends, database, office, clock, "supervisor")

        def work(db: Connection) -> list[str]:
            at = clock()
            late = new_case(db, office, at - timedelta(days=9))
            return [late.code, *(new_case(db, office, at).code for _ in range(6))]

        codes = database.write(work)

        told = shown(sends("我的任务"))

        assert "你的范围里有7件没办完" in told
        first = told.splitlines()[1]
        assert first.startswith(f"【超期】{codes[0][:4]}-{codes[0][4:]} 楼道楼梯堆物，3栋2单元楼道")
        assert "待初审" in first
        assert f"{BASE}/console/cases/{codes[0]}" in told
        assert told.splitlines()[-1] == f"其余的到后台看。{BASE}/console/cases"
        assert told.count("期限") == 5

    def test_nothing_of_other_streets(
        self, sends: Says, database: Database, office: Office, clock: Clock
    ) -> None:
        bound(sends, database, office, clock, "handler")
        database.write(lambda db: new_case(db, office, clock(), street_id=None))

        assert "现在没有待办" in shown(sends("我的任务"))

    @pytest.mark.parametrize("role", ["building_head", "volunteer", "curator"])
    def test_whom_the_console_shows_no_cases_chat_shows_none(
        self, sends: Says, database: Database, office: Office, clock: Clock, role: Role
    ) -> None:
        def hired(db: Connection) -> str:
            new_case(db, office, clock())
            staff_id = add_staff(db, f"of.{role}", "邻居", "x", [Post(role, "demo")], clock())
            return new_chat_code(db, staff_id, clock())

        sends(f"绑定码 {database.write(hired)}")

        assert "现在没有待办" in shown(sends("我的任务"))

    def test_a_resident_has_none(self, sends: Says) -> None:
        assert "没有绑定工作人员" in shown(sends("我的任务"))
        assert LI


class TestWithoutAPublicAddress:
    @pytest.fixture
    def house(self, clock: Clock) -> House:
        return house_of(Premises(("demo",), b"k" * 32), clock)

    def test_no_link_is_named(
        self, sends: Says, database: Database, office: Office, clock: Clock
    ) -> None:
        bound(sends, database, office, clock, "supervisor")
        database.write(lambda db: [new_case(db, office, clock()) for _ in range(6)])

        told = shown(sends("我的任务"))

        assert "http" not in told
        assert told.endswith("其余的到后台看。")
