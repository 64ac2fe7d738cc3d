"""Rewards, statistics, the board and blocks in a real browser: on a phone and on a desk."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.channels import board, web
from bot.channels.web_assets import Assets
from bot.channels.web_pages import STATIC
from bot.charts.studio import Studio
from bot.console import console_routes
from bot.console.blocks import BlockPages
from bot.console.exports import ExportPages
from bot.console.exposure import ExposurePages
from bot.console.rewards import RewardPages
from bot.console.statistics import StatisticsPages
from bot.papers.typesetting import Typesetter
from storage import Database
from tests.bot.channels.web_service import serving
from tests.bot.console.bureau import (
    claimed_money,
    closed,
    desk_of,
    false_reporter,
    proposed,
    shown_by,
)
from tests.bot.console.console_service import PASSWORD, Town
from tests.bot.console.office import Office
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
PATHS = (
    "/console/rewards",
    "/console/rewards/payouts",
    "/console/rewards/certificates",
    "/console/rewards/certificates/new",
    "/console/rewards/vouchers",
    "/console/statistics",
    "/console/exports",
    "/console/exposure",
    "/console/exposure/new",
    "/console/blocks",
    "/board",
    "/honour",
    "/certificates/K7M39QX2",
)


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[Office]:
    with Typesetter() as typesetter:
        yield Office(Town(database, tmp_path), typesetter)


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    desk, shown = desk_of(office), shown_by(office)
    with Studio() as studio:
        modules = (
            office.pages,
            RewardPages(desk),
            StatisticsPages(desk, studio),
            ExportPages(desk),
            ExposurePages(desk, shown),
            BlockPages(desk),
        )
        routes: list[BaseRoute] = [
            *console_routes(office.town.console(), *modules),
            *board.routes(shown),
            *web.routes(None, cookie_key=b"k" * 32)[1:2],  # type: ignore[arg-type]
        ]
        with serving(Starlette(routes=routes, middleware=web.middleware())) as address:
            yield address


@pytest.fixture
def open_page(chromium: Browser, url: str, complaints: list[str]) -> Iterator[OpenPage]:
    """Sign the reviewer in; ``options`` are those of a Playwright context."""
    with ExitStack() as contexts:

        def open_one(**options: object) -> Page:
            context = chromium.new_context(**{"viewport": DESK, "locale": "zh-CN", **options})
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(url + "/console")
            page.get_by_label("登录名").fill("shen")
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page.locator("#menu")).to_be_attached()
            return page

        yield open_one
    assert complaints == []


def furnish(office: Office) -> None:
    """Have something of everything."""
    proposed(office)
    proposed(office, by="shen")
    claimed_money(office)
    closed(office, category="lane_blocked")
    office.case(category="canopy")
    false_reporter(office)


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at them."""
    if folder := os.environ.get("LIFELINE_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_fits_and_can_be_read(
    office: Office, open_page: OpenPage, complaints: list[str], viewport: dict[str, int]
) -> None:
    furnish(office)
    page = open_page(viewport=viewport)
    base, weak, wide = page.url.partition("/console")[0], [], []

    for path in PATHS:
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        weak += page.evaluate(CONTRAST)
        fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        wide += [] if fits else [path]
        shot(page, f"{viewport['width']}{path.replace('/', '-')}")

    assert (weak, wide) == ([], [])
    # An unknown certificate is a 404 of its own, which the console of the browser notes.
    assert all("404" in complaint for complaint in complaints)
    complaints.clear()


def test_a_tick_and_a_press_approve(office: Office, open_page: OpenPage) -> None:
    proposed(office)
    page = open_page(viewport=PHONE)
    page.goto(page.url + "/rewards")

    page.get_by_label("的奖励").check()
    page.get_by_role("button", name="同意", exact=True).click()

    expect(page.locator("#said")).to_contain_text("同意了1笔")
    page.get_by_role("button", name="核对整本账").click()
    expect(page.locator("#checked")).to_contain_text("账是平的")


def test_charts_are_drawn_under_the_policy(office: Office, open_page: OpenPage) -> None:
    furnish(office)
    page = open_page()
    page.goto(page.url + "/statistics")

    chart = page.get_by_alt_text("按类别的图")
    chart.scroll_into_view_if_needed()
    expect(chart).to_be_visible()
    width = chart.evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width > 100


def test_the_public_style_is_one_of_ours() -> None:
    assert Assets(STATIC).url("board.css").endswith("/board.css")
