"""查进度: by code, one's own, taking one back, and whether it is really fixed."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.messages import Account
from hazards.case_store import find_case
from hazards.cases import Case
from hazards.store import hazard_case, hazard_notice
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.reporting import photo, reported, reports, rows, shown
from tests.bot.functions.test_functions import labels
from tests.hazards.casefile import PATH, open_office, walk

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


def case_of(database: Database) -> Case:
    (report,) = reports(database)
    found = database.read(lambda db: find_case(db, int(str(report["case_id"]))))
    assert found is not None
    return found


def moved(database: Database, clock: Clock, last: str) -> None:
    """Move the one case along the path to closure, up to ``last``."""
    case = case_of(database)

    def work(db: object) -> None:
        office = open_office(db)  # type: ignore[arg-type]
        db.execute(update(hazard_case).values(street_id=office.street_id))  # type: ignore[attr-defined]
        walk(db, office, case, *PATH[: PATH.index(last) + 1], now=clock())  # type: ignore[arg-type]

    database.write(work)


def test_anybody_sees_how_far_it_is_by_code(sends: Says) -> None:
    code = reported(sends)

    for said in (f"进度 {code}", f"进度{code}", code, code.replace("-", "").lower(), f"编号{code}"):
        told = shown(sends(said, LI_ON_TELEGRAM))
        assert told.startswith("这个编号：收到了，等工作人员审核")
        assert "阳光小区" not in told


def test_ones_own_shows_kind_and_place(sends: Says) -> None:
    code = reported(sends)

    told = sends(f"进度 {code}")

    assert "楼道楼梯堆物，阳光小区3栋2楼楼道" in shown(told)
    assert labels(told) == ["撤回这一条"]


@pytest.mark.parametrize("typed", ["K7M3-9QX2", "11111111", "abc", "阳光小区"])
def test_what_is_no_code_says_so(sends: Says, typed: str) -> None:
    assert "没有这个编号" in shown(sends(f"进度 {typed}"))


def test_the_latest_are_listed_and_tapped(sends: Says) -> None:
    reported(sends)
    code = reported(sends, "消防通道停车")

    listed = sends("我的上报")

    assert len(labels(listed)) == 2
    assert "消防车道被堵：收到了" in labels(listed)[0]
    assert code in shown(sends("1"))


class TestWithdrawing:
    def test_it_is_asked_and_done(self, sends: Says, database: Database) -> None:
        code = reported(sends)
        sends(f"进度 {code}")
        assert f"要撤回{code}吗" in shown(sends("1"))

        assert "撤回了" in shown(sends("是"))
        assert reports(database)[0]["standing"] == "withdrawn"

    def test_a_no_keeps_it(self, sends: Says, database: Database) -> None:
        sends(f"进度 {reported(sends)}")
        sends("1")

        assert "照常办" in shown(sends("不"))
        assert reports(database)[0]["standing"] == "new"

    def test_it_comes_too_late_once_somebody_looked(
        self, sends: Says, database: Database, clock: Clock
    ) -> None:
        sends(f"进度 {reported(sends)}")
        sends("1")
        moved(database, clock, "screen")

        assert "撤不回" in shown(sends("1"))

    def test_another_persons_code_is_like_none(self, sends: Says) -> None:
        code = reported(sends).replace("-", "")
        functions = sends("帮助", LI_ON_TELEGRAM)
        assert functions.replies

        assert labels(sends(f"进度 {code}", LI_ON_TELEGRAM)) == []


class TestReallyFixed:
    def test_a_yes_is_thanked(self, sends: Says, database: Database, clock: Clock) -> None:
        reported(sends)
        clock.forward(timedelta(hours=1))
        moved(database, clock, "verify")

        assert "谢谢你看过" in shown(sends("1"))
        assert [row["answer"] for row in rows(database, hazard_notice)][-1] == "yes"

    @pytest.mark.parametrize("no", ["2", "没整改好", "还没好"])
    def test_a_no_asks_for_a_photo_and_reopens(
        self, sends: Says, database: Database, clock: Clock, no: str
    ) -> None:
        code = reported(sends)
        clock.forward(timedelta(hours=1))
        moved(database, clock, "close")

        assert "拍一张" in shown(sends(no))
        assert case_of(database).state == "closed"

        assert f"编号{code}重新办" in shown(sends(media=photo()))
        assert case_of(database).state == "reopened"

    def test_words_work_long_after(self, sends: Says, database: Database, clock: Clock) -> None:
        reported(sends)
        moved(database, clock, "close")
        sends("楼道能停电动车吗")

        assert "谢谢你看过" in shown(sends("整改好了"))

    @pytest.mark.parametrize("said", ["整改好了", "没修好"])
    def test_nobody_asked(self, sends: Says, said: str) -> None:
        reported(sends)

        assert "没有要你确认的" in shown(sends(said))

    def test_somebody_else_is_not_asked(
        self, sends: Says, database: Database, clock: Clock
    ) -> None:
        reported(sends)
        moved(database, clock, "close")

        assert "没有要你确认的" in shown(sends("没修好", LI_ON_TELEGRAM))


def test_english(sends: Says) -> None:
    sends("english")
    sends("举报 楼道堆满纸箱")
    code = shown(sends("阳光小区3栋") if "Where" in shown(sends("go on")) else sends("1"))
    assert code
    sends("send it")

    assert "reported anything" in shown(sends("my reports"))


def test_a_group_is_told_in_private(sends: Says) -> None:
    assert "私聊" in shown(sends("进度", Account("telegram", "-100200:7001")))
    assert LI
