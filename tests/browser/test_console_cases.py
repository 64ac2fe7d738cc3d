"""The pages about cases in a real browser: on a phone and on a desk, masks drawn by finger."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.papers.typesetting import Typesetter
from community.coordinates import Point
from storage import Database
from tests.bot.console.console_service import PASSWORD, Town, listening
from tests.bot.console.office import CLAIMED, HERE, RECTIFYING, Office, path
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SMALL_PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[Office]:
    with Typesetter() as typesetter:
        yield Office(Town(database, tmp_path), typesetter)


@pytest.fixture
def open_console(chromium: Browser, office: Office, complaints: list[str]) -> Iterator[OpenPage]:
    """Sign somebody of the office in and open a page."""
    with ExitStack() as opened:
        url = opened.enter_context(listening(office.town, office.pages))

        def open_one(login: str, place: str = "/console/cases", **options: object) -> Page:
            context = chromium.new_context(**{"viewport": DESK, "locale": "zh-CN", **options})
            opened.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(f"{url}/console/sign-in?next={place}")
            page.get_by_label("登录名").fill(login)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page.locator("#menu")).to_be_attached()
            return page

        yield open_one
    assert complaints == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_every_page_is_readable_and_fits(
    office: Office, open_console: OpenPage, viewport: dict[str, int]
) -> None:
    late = office.case()
    photo_id = office.photo(late, 4)
    other = office.case(point=Point(HERE.latitude + 0.01, HERE.longitude - 0.01))
    office.photo(other, 4)
    office.moved(other, *CLAIMED)
    office.town.clock.forward(days=4)
    page = open_console("shen", viewport=viewport)
    base = page.url.partition("/console")[0]
    weak, wide = [], []

    places = ["/console/cases", "/console/cases?overdue=1", "/console/cases/map", path(late)]
    places += [path(other), path(late, "notice"), path(late, "photos", photo_id, "mask")]
    for place in places:
        page.goto(base + place)
        page.wait_for_load_state("networkidle")
        weak += page.evaluate(CONTRAST)
        wide += [] if fits(page) else [place]

    assert weak == []
    assert wide == []


def test_masks_are_drawn_by_finger_and_looked_at(office: Office, open_console: OpenPage) -> None:
    case = office.case(category="lane_blocked")
    photo_id = office.photo(case)
    page = open_console(
        "shen", path(case, "photos", photo_id, "mask"), viewport=SMALL_PHONE, has_touch=True
    )
    box = page.locator("canvas").bounding_box()
    assert box

    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90)
    page.mouse.up()
    expect(page.locator("[data-count]")).to_have_text("画了1处。")
    page.get_by_role("button", name="撤销一个").click()
    expect(page.locator("[data-count]")).to_have_text("还没有画。")
    drag(page, "touch", (0.1, 0.1), (0.5, 0.6))
    expect(page.locator("[data-count]")).to_have_text("画了1处。")
    page.get_by_role("button", name="存下").click()

    expect(page.get_by_alt_text("遮挡后的照片")).to_be_visible()
    page.get_by_role("button", name="看过了，可以公开").click()
    expect(page.locator("#said")).to_contain_text("放行了")
    expect(page.get_by_role("link", name="已放行")).to_be_visible()


def drag(page: Page, kind: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw over the canvas with a pointer of a kind that Playwright has no hand for."""
    page.evaluate(
        """([kind, start, end]) => {
          const canvas = document.querySelector("canvas");
          const frame = canvas.getBoundingClientRect();
          const send = (name, [x, y]) => canvas.dispatchEvent(new PointerEvent(name, {
            bubbles: true, cancelable: true, isPrimary: true, pointerType: kind, pointerId: 1,
            clientX: frame.left + x * frame.width, clientY: frame.top + y * frame.height,
          }));
          canvas.setPointerCapture = () => {};
          send("pointerdown", start);
          send("pointermove", end);
          send("pointerup", end);
        }""",
        [kind, start, end],
    )


def test_the_map_shows_markers_without_tiles(office: Office, open_console: OpenPage) -> None:
    case = office.case()
    office.case(point=Point(HERE.latitude + 0.02, HERE.longitude))
    page = open_console("shen", "/console/cases/map")

    expect(page.locator(".map path")).to_have_count(2)
    page.locator(".map path").first.click()

    expect(page.locator(".leaflet-popup a").first).to_contain_text(case.code[:4])


def test_a_case_is_moved_on_a_phone(office: Office, open_console: OpenPage) -> None:
    case = office.moved(office.case(), *RECTIFYING[:2])
    page = open_console("ban", path(case), viewport=SMALL_PHONE, has_touch=True)

    page.get_by_role("button", name="签收").tap()
    expect(page.locator("#said")).to_contain_text("办好了")
    page.get_by_role("button", name="签收").wait_for(state="detached")

    expect(page.locator(".timeline")).to_contain_text("签收")
    assert office.now(case).state == "accepted"


def test_the_order_is_copied_in_one_tap(office: Office, open_console: OpenPage) -> None:
    case = office.case()
    allowed = ["clipboard-read", "clipboard-write"]
    page = open_console("ban", path(case), permissions=allowed)

    page.get_by_role("button", name="复制为工单").click()

    expect(page.get_by_role("button", name="复制好了")).to_be_visible()
    assert "【隐患工单】" in page.evaluate("navigator.clipboard.readText()")


def test_without_a_clipboard_the_order_is_selected(office: Office, open_console: OpenPage) -> None:
    case = office.case()
    page = open_console("ban", path(case))
    page.evaluate("delete Navigator.prototype.clipboard")

    page.get_by_role("button", name="复制为工单").click()

    expect(page.get_by_role("button", name="已选中")).to_be_visible()
    assert "【隐患工单】" in page.evaluate("getSelection().toString()")


def test_cases_are_ticked_and_assigned_together(office: Office, open_console: OpenPage) -> None:
    cases = [office.moved(office.case(), ("shen", "screen")) for _ in range(3)]
    page = open_console("shen")

    page.get_by_label("全选").check()
    page.get_by_label("选中的一起").select_option("assign")
    page.get_by_role("button", name="先看看能不能办").click()
    expect(page.get_by_role("heading", name="能办的3件")).to_be_visible()
    page.get_by_role("button", name="派单").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("派单：办成3件，共3件")
    assert {office.now(case).state for case in cases} == {"assigned"}


def test_without_scripts_a_case_is_worked(office: Office, open_console: OpenPage) -> None:
    case = office.case()
    page = open_console("shen", path(case), java_script_enabled=False, viewport=SMALL_PHONE)

    page.get_by_role("button", name="受理", exact=True).click()

    expect(page.get_by_text("办好了。")).to_be_visible()
    assert office.now(case).state == "screened"
