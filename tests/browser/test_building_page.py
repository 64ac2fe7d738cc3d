"""A building's notice page on a small phone, in light and dark."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from storage import Database
from tests.bot.channels.building_service import Notices
from tests.bot.channels.web_service import serving
from tests.browser.test_access import CONTRAST

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
SMALL = {"width": 360, "height": 640}


@pytest.fixture
def store() -> str:
    """One store is enough for what a page shows."""
    return "sqlite"


@pytest.fixture
def notices(database: Database) -> Notices:
    return Notices(database)


@pytest.fixture
def url(notices: Notices) -> Iterator[str]:
    with serving(notices.app()) as address:
        yield f"{address}/building/{notices.building().code}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_notice_fits_a_small_phone_and_reads(open_page: OpenPage, scheme: str) -> None:
    page = open_page(viewport=SMALL, color_scheme=scheme, has_touch=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("双福花园3栋")
    expect(page.get_by_alt_text("本页的二维码")).to_be_visible()
    assert page.get_by_alt_text("本页的二维码").evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CONTRAST) == []
    box = page.get_by_role("link", name="023-47521234").bounding_box()
    assert box
    assert box["height"] >= 40
    if folder := os.environ.get("LIFELINE_SHOTS"):
        page.screenshot(path=f"{folder}/building-{scheme}.png", full_page=True)


def test_a_wrong_code_leads_on(
    open_page: OpenPage, notices: Notices, complaints: list[str]
) -> None:
    page = open_page(viewport=SMALL)
    page.goto(page.url.replace(notices.building().code, "AAAAAAAA"))
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这栋楼")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert all("404" in complaint for complaint in complaints)
    complaints.clear()
