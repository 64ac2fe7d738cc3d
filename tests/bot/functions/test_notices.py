"""通知设置 of reports: what was wished for with a report is shown there, and stopped there."""

import pytest
from sqlalchemy import select

from community.delivery_store import delivery
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI_ON_TELEGRAM, Says
from tests.bot.functions.reporting import reported, reports, shown
from tests.bot.functions.test_functions import labels
from tests.bot.functions.test_progress import moved

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def wished(sends: Says) -> None:
    reported(sends)
    assert "有进展就告诉你" in shown(sends("1"))


def states(database: Database) -> list[str]:
    return list(database.read(lambda db: db.scalars(select(delivery.c.state)).all()))


@pytest.mark.usefixtures("wished")
def test_it_is_shown(sends: Says) -> None:
    told = sends("通知设置")

    assert "隐患进度（长期）" in shown(told)
    assert labels(told) == ["不再收“隐患进度”", "全部不收"]


@pytest.mark.usefixtures("wished")
@pytest.mark.parametrize(
    ("way", "told"), [("退订", "通知都停了"), ("1", "“隐患进度”不再发")], ids=["all", "one"]
)
def test_it_is_stopped(sends: Says, database: Database, way: str, told: str) -> None:
    sends("通知设置")

    assert told in shown(sends(way))
    assert not reports(database)[0]["wants_notices"]
    assert "没有给你订任何推送" in shown(sends("通知设置"))


@pytest.mark.usefixtures("wished")
def test_nothing_comes_after_that(sends: Says, database: Database, clock: Clock) -> None:
    sends("退订")
    moved(database, clock, "verify")

    assert states(database) == []


@pytest.mark.usefixtures("wished")
def test_somebody_elses_go_on(sends: Says, database: Database) -> None:
    sends("退订", LI_ON_TELEGRAM)

    assert reports(database)[0]["wants_notices"]
