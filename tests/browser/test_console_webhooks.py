"""Webhooks of the console in a real browser: added by hand, a dead letter sent again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Connection

from bot.console import webhooks
from hazards.webhook_message_store import Outcome, messages_of, settle
from storage import Database
from tests.bot.console.console_service import NOON, PASSWORD, Town, listening, post
from tests.browser.conftest import watch
from tests.hazards import casefile
from tests.hazards.test_webhooks import Hooked

pytestmark = pytest.mark.browser
OpenPage = Callable[[dict[str, int]], Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SMALL_PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    town = Town(database, tmp_path)
    town.hire("lin", post("administrator"), name="林小满")
    return town


@pytest.fixture
def open_page(chromium: Browser, town: Town, complaints: list[str]) -> Iterator[OpenPage]:
    """Open the page of webhooks, signed in."""
    with ExitStack() as opened:
        url = opened.enter_context(listening(town, webhooks))

        def open_one(viewport: dict[str, int]) -> Page:
            context = chromium.new_context(viewport=viewport, locale="zh-CN")
            opened.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(url + webhooks.PATH)
            page.get_by_label("登录名").fill("lin")
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("推送")
            return page

        yield open_one
    assert complaints == []


def give_up(db: Connection) -> None:
    """Have a case assigned, and every message of it given up."""
    office = casefile.open_office(db, "qianjiang")
    hooked = Hooked(office.street_id, office.staff)
    case = casefile.new_case(db, hooked, district_id="qianjiang")
    casefile.walk(db, hooked, case, "screen", "assign")
    for _ in range(6):
        for message in messages_of(db, frozenset({"qianjiang"}), "waiting"):
            settle(db, message, Outcome(None, "connect"), NOON)


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_a_webhook_is_added_and_a_dead_letter_sent_again(
    open_page: OpenPage, town: Town, tmp_path: Path, viewport: dict[str, int]
) -> None:
    page = open_page(viewport)
    page.get_by_label("哪些隐患").select_option("qianjiang/fire_rescue")
    page.get_by_label("网址").fill("https://hooks.example/lifeline/in")
    page.get_by_label("退回").uncheck()
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".secret")).to_have_count(1)
    page.screenshot(path=tmp_path / "added.png", full_page=True)
    weak = list(page.evaluate(CONTRAST))

    town.database.write(give_up)
    page.goto(page.url.removesuffix("/add"))
    expect(page.locator(".secret")).to_have_count(0)
    expect(page.get_by_text("连不上对方，试了6次")).to_be_visible()
    weak += page.evaluate(CONTRAST)
    wide = not page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / "dead.png", full_page=True)
    page.get_by_role("button", name="重发", exact=True).click()
    expect(page.get_by_text(webhooks.RETRIED)).to_be_visible()

    assert (weak, wide) == ([], False)
