"""The console's pages of drills on a phone and a desk; a drill planned, approved and stopped."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bot.charts.studio import Studio
from bot.papers.typesetting import Typesetter
from drills.drills import State
from storage import Database
from tests.bot.console.console_service import PASSWORD, Town, listening
from tests.bot.console.drill_office import ONE, DrillOffice, path
from tests.browser.conftest import watch
from tests.browser.test_access import CONTRAST
from tests.drills.estate import HERE

pytestmark = pytest.mark.browser
OpenConsole = Callable[..., Page]
SMALL_PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=900)
STATES: tuple[State, ...] = ("approved", "announced", "standby", "alarm", "debrief")


@pytest.fixture
def store() -> str:
    """One store is enough for what a page shows."""
    return "sqlite"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[DrillOffice]:
    with Typesetter() as typesetter, Studio() as studio:
        yield DrillOffice(Town(database, tmp_path, districts=(HERE,)), typesetter, studio)


@pytest.fixture
def console(chromium: Browser, office: DrillOffice, complaints: list[str]) -> Iterator[OpenConsole]:
    """Open the console as somebody, signed in."""
    with listening(office.town, office.pages) as url, ExitStack() as contexts:

        def sign_in(login: str, viewport: ViewportSize) -> Page:
            context = chromium.new_context(viewport=viewport, locale="zh-CN", base_url=url)
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto("/console")
            page.get_by_label("登录名").fill(login)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page.locator("#menu")).to_be_attached()
            return page

        yield sign_in
    assert complaints == []


def look(page: Page, name: str) -> None:
    """Check that a page fits and reads."""
    if folder := os.environ.get("LIFELINE_SHOTS"):
        page.screenshot(path=f"{folder}/drill-{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert page.evaluate(CONTRAST) == [], name


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("state", STATES)
def test_a_drill_fits_and_reads_in_every_state(
    console: OpenConsole, office: DrillOffice, viewport: ViewportSize, state: State
) -> None:
    drill = office.brought_to(state)
    head = console("zhang", viewport)
    head.goto(path(drill))
    head.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    look(head, f"{state}-{viewport['width']}")


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_list_and_plan_fit_and_read(
    console: OpenConsole, office: DrillOffice, viewport: ViewportSize
) -> None:
    office.planned()
    officer = console("du", viewport)
    for name, where in (("list", ""), ("places", "/plan")):
        officer.goto(f"/console/drills{where}")
        look(officer, f"{name}-{viewport['width']}")
    officer.get_by_role("link", name="幸福社区").click()
    expect(officer.get_by_label(ONE)).to_be_visible()
    look(officer, f"plan-{viewport['width']}")


def test_a_drill_is_planned_and_approved_by_taps(console: OpenConsole, office: DrillOffice) -> None:
    head = console("zhang", SMALL_PHONE)
    head.goto("/console/drills")
    head.get_by_role("link", name="计划一次演练").click()
    head.get_by_label(ONE).check()
    head.get_by_label("哪一天").fill("2026-12-05")
    head.get_by_role("button", name="提交计划").click()
    expect(head.locator("#said")).to_contain_text("计划好了")
    where = urlsplit(head.url).path
    officer = console("du", DESK)
    officer.goto(where)
    officer.get_by_role("button", name="批准这场演练").click()
    expect(officer.locator("#said")).to_contain_text("批准了")


def test_a_running_drill_is_stopped_by_one_tap_and_counts_come_by_themselves(
    console: OpenConsole, office: DrillOffice
) -> None:
    drill = office.brought_to("alarm")
    head = console("zhang", SMALL_PHONE)
    head.goto(path(drill))
    stop = head.get_by_role("button", name="真的出事了：中止演练")
    expect(stop).to_be_in_viewport()
    with head.expect_response(lambda answer: answer.url.endswith("/counts"), timeout=15_000):
        pass
    stop.click()
    expect(head.locator("#said")).to_contain_text("演练已经中止")
    assert office.now(drill).state == "aborted"
