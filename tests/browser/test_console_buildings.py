"""The console's pages of buildings on a phone and a desk; checking a list without leaving it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from bot.papers.typesetting import Typesetter
from storage import Database
from tests.bot.console.console_service import PASSWORD, Town, listening
from tests.bot.console.estate import Estate
from tests.browser.conftest import watch
from tests.browser.test_access import CONTRAST

pytestmark = pytest.mark.browser
OpenConsole = Callable[..., Page]
SMALL_PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=900)
LIST = "镇街,社区,楼栋\n城东街道,幸福社区,9栋\n没有街道,别的社区,8栋\n"


@pytest.fixture
def store() -> str:
    """One store is enough for what a page shows."""
    return "sqlite"


@pytest.fixture
def estate(database: Database, tmp_path: Path) -> Iterator[Estate]:
    with Typesetter() as typesetter:
        town = Town(database, tmp_path, public_url="http://127.0.0.1:1")
        estate = Estate(town, typesetter)
        estate.register()
        yield estate


@pytest.fixture
def console(chromium: Browser, estate: Estate, complaints: list[str]) -> Iterator[OpenConsole]:
    """Open the console as somebody, signed in."""
    with listening(estate.town, estate.pages) as url, ExitStack() as contexts:

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
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert page.evaluate(CONTRAST) == [], name


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_the_pages_fit_and_read(
    console: OpenConsole, estate: Estate, viewport: ViewportSize
) -> None:
    size = "phone" if viewport is SMALL_PHONE else "desk"
    chief = console("chief", viewport)
    for name, path in (
        ("list", "/console/buildings"),
        ("card", estate.path()),
        ("edit", estate.path("3栋", "edit")),
        ("import", "/console/buildings/import"),
    ):
        chief.goto(path)
        look(chief, f"{name}-{size}")
    officer = console("zhi", viewport)
    officer.goto(estate.path())
    officer.get_by_label("出了什么事").fill("12楼起火，楼道有烟")
    officer.get_by_role("button", name="打开看").click()
    expect(officer.get_by_text("13800000001")).to_be_visible()
    look(officer, f"opened-{size}")


def test_a_list_is_checked_and_written_without_choosing_it_again(console: OpenConsole) -> None:
    page = console("chief", DESK)
    page.goto("/console/buildings/import")

    def choose(text: str) -> None:
        file = FilePayload(name="名单.csv", mimeType="text/csv", buffer=text.encode())
        page.get_by_label("名单（CSV").set_input_files(file)

    choose(LIST)
    page.get_by_role("button", name="先检查").click()
    expect(page.locator("#checked")).to_contain_text("第3行“镇街”")
    choose("\n".join(LIST.splitlines()[:2]))
    page.get_by_role("button", name="先检查").click()
    expect(page.locator("#checked")).to_contain_text("没有问题，可以写入")
    page.get_by_role("button", name="写入").click()
    expect(page.locator("#said, .notice").first).to_contain_text("写入了：新增1栋")
