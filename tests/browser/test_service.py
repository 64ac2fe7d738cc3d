"""The whole service in a real browser: the first minute of a resident with a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.asking import ask
from tests.browser.conftest import PHONE, OpenPage
from tests.service import running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real service, in place of the conversation written for the page's tests."""
    with running(tmp_path_factory.mktemp("installation")) as service:
        yield service.url


def test_the_first_minute(open_page: OpenPage, chromium: Browser) -> None:
    page = open_page(viewport=PHONE)
    ask(page, "楼道全是烟我该往哪跑")
    urgent = page.locator(".reply.emergency").first
    expect(urgent).to_contain_text("现在打119（免费）。我是自动回复")
    expect(urgent.get_by_role("link", name="119").first).to_have_attribute("href", "tel:119")

    page.get_by_role("button", name="不是现在发生的").click()
    expect(page.locator(".reply.answer").first).to_contain_text("退回屋里")

    ask(page, "明天天气怎么样")
    expect(page.locator(".reply.decline")).to_contain_text("天气我不懂")

    page.reload()
    expect(page.locator(".said")).to_have_count(3)
    expect(page.locator(".reply.emergency").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
