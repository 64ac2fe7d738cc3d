"""The form of a case entered for others, on a phone: a building found by part of its name."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.bot.console.office import Office
from tests.bot.desk_town import street_with_building
from tests.browser.test_console_cases import (  # fixtures are found by their names here
    CONTRAST,
    DESK,
    SMALL_PHONE,
    OpenPage,
    fits,
    office,
    open_console,
    store,
)

__all__ = ["office", "open_console", "store"]

pytestmark = pytest.mark.browser
NEW = "/console/cases/new"


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_a_case_is_entered(
    office: Office,
    open_console: OpenPage,
    viewport: dict[str, int],
) -> None:
    office.town.database.write(lambda db: street_with_building(db, "新华街道"))
    page: Page = open_console("shen", NEW, viewport=viewport)
    page.get_by_label("哪一类").select_option(label="楼道楼梯堆物")
    page.get_by_label("找楼栋").fill("3栋")
    assert page.get_by_label("楼栋", exact=True).input_value().startswith("building:")
    page.get_by_label("是什么情况").fill("楼道堆了纸箱")
    assert page.evaluate(CONTRAST) == []
    assert fits(page)

    page.get_by_role("button", name="登记", exact=True).click()

    expect(page.get_by_text("登记好了。")).to_be_visible()
    assert urlsplit(page.url).path != NEW
    page.get_by_text("改案情摘要").click()
    page.get_by_label("案情摘要").fill("3栋楼梯间堆满纸箱")
    page.get_by_label("案情摘要").locator("xpath=ancestor::form").get_by_role("button").click()
    expect(page.locator("#order-text")).to_contain_text("情况：3栋楼梯间堆满纸箱")
