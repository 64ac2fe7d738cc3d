"""The console in a real browser: on a phone and on a desk, without one complaint of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from community.staff import Role
from storage import Database
from tests.bot.console import pages
from tests.bot.console.console_service import PASSWORD, Town, listening, post
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SMALL_PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
ROLES: tuple[Role, ...] = ("administrator", "supervisor")


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    town = Town(database, tmp_path)
    town.hire("lin", *(post(role) for role in ROLES), name="林小满")
    town.hire("zhou", post("grid_worker"), name="周师傅")
    return town


@pytest.fixture
def url(town: Town) -> Iterator[str]:
    with listening(town, pages) as address:
        yield address


@pytest.fixture
def open_console(chromium: Browser, url: str, complaints: list[str]) -> Iterator[OpenPage]:
    """Open the console as nobody yet; ``options`` are those of a Playwright context."""
    with ExitStack() as contexts:

        def open_one(path: str = "/console", **options: object) -> Page:
            context = chromium.new_context(**{"viewport": DESK, "locale": "zh-CN", **options})
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(url + path)
            return page

        yield open_one
    assert complaints == []


def sign_in(page: Page) -> None:
    page.get_by_label("登录名").fill("lin")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#menu")).to_be_attached()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_signing_in_and_looking_around(open_console: OpenPage, viewport: dict[str, int]) -> None:
    page = open_console(viewport=viewport)
    expect(page.get_by_role("heading", level=1)).to_have_text("登录工作台")
    weak, wide = list(page.evaluate(CONTRAST)), []
    sign_in(page)

    for path in ("", "/people", "/people/new", "/people/2", "/audit", "/identity", "/account"):
        page.goto(f"{page.url.partition('/console')[0]}/console{path}")
        weak += page.evaluate(CONTRAST)
        wide += [] if fits(page) else [path]

    assert weak == []
    assert wide == []


def test_the_menu_opens_on_a_phone(open_console: OpenPage) -> None:
    page = open_console(viewport=SMALL_PHONE, has_touch=True)
    sign_in(page)
    menu = page.locator("#menu")
    expect(menu).to_be_hidden()

    page.get_by_role("button", name="菜单").tap()
    expect(menu).to_be_visible()
    menu.get_by_role("link", name="操作日志").tap()

    expect(page.get_by_role("heading", level=1)).to_have_text("操作日志")


def test_what_can_be_tapped_is_big_enough(open_console: OpenPage) -> None:
    page = open_console("/console/people/2", viewport=SMALL_PHONE, has_touch=True)
    sign_in(page)
    page.get_by_role("button", name="菜单").tap()

    for control in page.locator("button:visible, select:visible, nav a, input:visible").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 40, control.inner_text()


def test_htmx_puts_an_answer_into_the_page(open_console: OpenPage) -> None:
    page = open_console("/console/audit")
    sign_in(page)

    page.get_by_role("button", name="核对日志").click()

    expect(page.locator("#checked")).to_contain_text("一条也没有被改过")
    assert page.url.endswith("/console/audit")


def test_an_htmx_request_after_the_session_ended_says_so(
    open_console: OpenPage, town: Town, complaints: list[str]
) -> None:
    page = open_console("/console/audit")
    sign_in(page)
    town.clock.forward(days=8)

    page.get_by_role("button", name="核对日志").click()

    expect(page.locator("#said")).to_contain_text("登录过期了")
    assert all("401" in complaint for complaint in complaints)
    complaints.clear()


def test_what_cannot_be_undone_is_asked_first(open_console: OpenPage) -> None:
    page = open_console("/console/people/2")
    sign_in(page)
    asked: list[str] = []

    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="停用账号").click()
    expect(page.get_by_text("已停用")).to_have_count(0)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="停用账号").click()

    expect(page.get_by_text("已停用")).to_be_visible()
    assert asked == ["停用周师傅的账号？"]


def test_an_app_is_set_up_by_its_picture(open_console: OpenPage) -> None:
    page = open_console("/console/account", viewport=SMALL_PHONE)
    sign_in(page)
    page.get_by_label("现在的密码").first.fill(PASSWORD)
    page.get_by_role("button", name="开始设置").click()

    picture = page.get_by_alt_text("动态码的二维码")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100
    assert fits(page)


def test_without_scripts_everything_works(open_console: OpenPage) -> None:
    page = open_console("/console/people/2", java_script_enabled=False, viewport=SMALL_PHONE)
    page.get_by_label("登录名").fill("lin")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()

    page.get_by_label("职务").select_option("volunteer")
    page.get_by_role("button", name="加上这个职务").click()

    expect(page.get_by_text("志愿者（黔江区）")).to_be_visible()
    expect(page.get_by_text("加上了。")).to_be_visible()


def test_leaflet_needs_nothing_that_the_policy_refuses(open_console: OpenPage) -> None:
    page = open_console("/console/account")
    sign_in(page)
    style = page.locator('link[rel="stylesheet"]').get_attribute("href")
    assert style
    folder = style.rpartition("/")[0]
    page.add_style_tag(url=f"{folder}/leaflet.css")
    page.add_script_tag(url=f"{folder}/leaflet.js")

    page.evaluate(
        """(folder) => {
          const box = document.createElement("div");
          box.className = "map";
          document.querySelector("main").prepend(box);
          window.map = L.map(box).setView([29.53, 108.77], 14);
          L.tileLayer(`${folder}/layers.png?{z}-{x}-{y}`).addTo(window.map);
          L.marker([29.53, 108.77]).addTo(window.map).bindPopup("这里").openPopup();
        }""",
        folder,
    )
    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
    for zoom in (16, 11, 15):
        page.evaluate("(zoom) => window.map.setZoom(zoom, {animate: false})", zoom)
    page.evaluate("window.map.panBy([4000, 0], {animate: false})")
    page.evaluate("window.map.panBy([-4000, 0], {animate: false})")

    marker = page.locator(".leaflet-marker-icon")
    expect(marker).to_be_visible()
    assert marker.evaluate("image => image.naturalWidth") > 0
    page.wait_for_load_state("networkidle")
