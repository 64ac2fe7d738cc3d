"""The page for everybody: large type, keyboard alone, screen readers, contrast, dark."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.asking import ask, field

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
QUESTIONS = ("楼道有烟怎么办", "电瓶能不能拿回家充", "软管", "不想活了", "我家厨房烧起来了")


def ask_all(page: Page) -> None:
    for count, question in enumerate(QUESTIONS, 1):
        ask(page, question)
        expect(page.locator(".reply")).to_have_count(count)


def test_large_type_is_larger_and_remembered(page: Page) -> None:
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    before = page.evaluate(size)

    page.get_by_role("button", name="大字").click()
    assert page.evaluate(size) >= 1.25 * before
    page.reload()

    assert page.evaluate(size) >= 1.25 * before
    expect(page.get_by_role("button", name="大字")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_large_type_leaves_room_on_a_small_phone(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 640})
    page.get_by_role("button", name="大字").click()

    ask(page, "我家厨房烧起来了")

    expect(page.locator(".emergency .first")).to_be_in_viewport(ratio=1)
    expect(page.locator(".call-first")).to_be_in_viewport(ratio=1)
    assert page.locator("#log").bounding_box()["height"] > 350


def test_the_call_stays_in_sight(page: Page) -> None:
    ask_all(page)

    strip = page.get_by_role("link", name="着火、漏气、有人被困：先打119")
    expect(strip).to_be_in_viewport(ratio=1)
    expect(strip).to_have_attribute("href", "tel:119")


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    order = []
    for _ in range(11):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 6)"))
    assert order[:3] == ["跳到输入框", "大字", "着火、漏气、"]
    assert order[4] == "楼道有烟怎么"

    page.keyboard.press("Enter")  # on 发送, nothing typed: the field takes the focus
    page.keyboard.type("我家厨房烧起来了")
    page.keyboard.press("Enter")
    expect(page.locator(".emergency")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="3 不是现在发生的")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")

    expect(page.locator(".said").nth(1)).to_contain_text("已打119")
    assert page.evaluate("document.activeElement.className") == "reply emergency"


def test_the_skip_link_leads_to_the_field(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(field(page)).to_be_focused()


def test_the_focus_can_be_seen(page: Page) -> None:
    ask(page, "楼道有烟怎么办")
    expect(page.locator(".reply")).to_be_visible()
    unseen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if style == "none":
            unseen.append(page.evaluate("document.activeElement.outerHTML"))

    assert [html for html in unseen if not html.startswith("<body")] == []


def test_a_screen_reader_finds_its_way(page: Page) -> None:
    ask_all(page)

    assert page.locator("html").get_attribute("lang") == "zh-CN"
    expect(page.get_by_role("log", name="对话")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#alarm")).to_have_attribute("aria-live", "assertive")
    expect(page.locator(".emergency")).to_have_attribute("aria-live", "off")
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("生命通道")
    for control in page.locator("button, a, textarea, summary").all():
        name = control.inner_text().strip() or control.get_attribute("aria-label")
        assert name or control.get_attribute("id") == "say"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    ask_all(page)
    page.get_by_text("依据：消防法第四十四条等2处").click()

    weak = page.evaluate(CONTRAST)

    assert weak == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_can_be_tapped_is_big_enough(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme, has_touch=True, is_mobile=True)
    ask_all(page)

    for control in page.locator("button:visible, .call-first, .call-buttons a").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 40, control.inner_text()


def test_on_a_phone_the_keyboard_goes_after_sending(open_page: OpenPage) -> None:
    page = open_page(has_touch=True, is_mobile=True)

    ask(page, "我家厨房烧起来了")

    expect(page.locator(".emergency")).to_be_visible()
    expect(field(page)).not_to_be_focused()


def test_nothing_moves_for_those_who_wish_so(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    page.evaluate(
        "document.querySelector('#log').insertAdjacentHTML('beforeend',"
        " '<p class=\"note dots\"><i></i></p>')"
    )

    assert page.evaluate("document.getAnimations().length") == 0


def test_without_scripts_the_page_says_whom_to_call(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)

    expect(page.locator("noscript .notice")).to_contain_text("直接打119（免费）")


def test_on_a_wide_screen_lines_stay_readable(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 1600, "height": 900})
    ask(page, "楼道有烟怎么办")

    assert page.locator(".reply").bounding_box()["width"] < 800
