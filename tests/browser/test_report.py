"""The web form in a real browser, with scripts and without, on a small phone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hazards.store import hazard_case, hazard_photo, hazard_report
from storage import Database
from tests.bot.channels.report_service import Desk, open_desk
from tests.browser.test_access import CONTRAST
from tests.hazards.taken import count, photo, rows

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

SMALL = {"width": 360, "height": 640}
HERE = {"latitude": 29.25, "longitude": 106.25}


@pytest.fixture
def store() -> str:
    """One store is enough for what a page shows."""
    return "sqlite"


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "files")


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with open_desk(desk) as address:
        yield address


def jpeg(seed: int) -> dict[str, object]:
    return {"name": f"{seed}.jpg", "mimeType": "image/jpeg", "buffer": photo(seed)}


def fill(page: Page) -> None:
    page.get_by_text("楼道楼梯堆物").click()
    page.get_by_label("小区、楼栋和楼层").fill("双福花园3栋2楼楼道")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_report_from_photo_to_progress(
    open_page: OpenPage, url: str, desk: Desk, scripts: bool
) -> None:
    page = open_page(viewport=SMALL, java_script_enabled=scripts)
    page.goto(f"{url}/report")
    page.locator("#photo").set_input_files([jpeg(1), jpeg(2)])
    if scripts:
        expect(page.get_by_role("img", name="照片")).to_have_count(2)
    fill(page)
    page.get_by_role("button", name="提交").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("上报好了")
    page.get_by_role("button", name="看进度").click()
    expect(page.locator(".stage")).to_have_text("收到了，等工作人员审核")
    assert count(desk.database, hazard_report) == 1
    assert count(desk.database, hazard_photo) == 2


def test_an_anonymous_receipt_is_large_and_says_to_copy_it(open_page: OpenPage, url: str) -> None:
    page = open_page(viewport=SMALL)
    page.goto(f"{url}/report")
    fill(page)
    page.get_by_text("谁也查不到你").click()
    page.get_by_role("button", name="提交").click()

    codes = page.locator(".receipt .code")
    expect(codes).to_have_count(2)
    expect(page.get_by_text("编号丢了找不回")).to_be_visible()
    assert float(codes.first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 30
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_place_is_taken_with_one_tap(open_page: OpenPage, url: str, desk: Desk) -> None:
    page = open_page(geolocation=HERE, permissions=["geolocation"])
    page.goto(f"{url}/report")
    page.get_by_text("消防车道被堵").click()
    page.get_by_role("button", name="用我现在的位置").click()
    expect(page.get_by_text("已经取到位置")).to_be_visible()
    page.get_by_role("button", name="提交").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("上报好了")
    assert rows(desk.database, hazard_case)[0]["latitude"] == HERE["latitude"]


def test_an_emergency_comes_first_with_a_big_call(
    open_page: OpenPage, url: str, desk: Desk
) -> None:
    page = open_page(viewport=SMALL)
    page.goto(f"{url}/report")
    fill(page)
    page.get_by_label("想说的（可以不写）").fill("楼道着火了")
    page.get_by_role("button", name="提交").click()

    expect(page.get_by_role("link", name="拨打 119")).to_be_in_viewport(ratio=1)
    assert page.evaluate(CONTRAST) == []
    assert count(desk.database, hazard_report) == 0

    page.get_by_role("button", name="现在没有危险，接着报").click()
    expect(page.get_by_label("想说的（可以不写）")).to_have_value("楼道着火了")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("上报好了")


def test_the_gate_asks_before_a_gas_bottle_is_reported(
    open_page: OpenPage, url: str, desk: Desk
) -> None:
    page = open_page(viewport=SMALL)
    page.goto(f"{url}/report")
    page.locator("summary").click()
    page.get_by_text("瓶", exact=False).first.click()
    page.get_by_label("小区、楼栋和楼层").fill("双福花园3栋2楼")
    page.get_by_role("button", name="提交").click()

    page.get_by_role("button", name="没有，接着报").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("上报好了")


def test_what_is_missing_is_said(open_page: OpenPage, url: str, complaints: list[str]) -> None:
    page = open_page(viewport=SMALL)
    page.goto(f"{url}/report")
    page.get_by_role("button", name="提交").click()

    expect(page.get_by_role("alert")).to_contain_text("还没选是哪一种隐患")
    complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/report", "/progress"])
def test_the_pages_have_contrast_and_room(
    open_page: OpenPage, url: str, scheme: str, path: str
) -> None:
    page = open_page(viewport=SMALL, color_scheme=scheme)
    page.goto(f"{url}{path}")
    for summary in page.locator("summary").all():
        summary.click()

    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for control in page.locator("button:visible, summary, .tile:visible, nav a").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 40, control.inner_text()


def test_the_keyboard_alone_is_enough(open_page: OpenPage, url: str) -> None:
    page = open_page()
    page.goto(f"{url}/report")
    page.locator("input[name=category]").first.focus()
    page.keyboard.press("Space")
    page.get_by_label("小区、楼栋和楼层").focus()
    page.keyboard.type("东门")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("上报好了")
