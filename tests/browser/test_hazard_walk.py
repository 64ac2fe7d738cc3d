"""The whole service in a real browser: a photo in the chat, then the same case in the console."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.bot.console.console_service import PASSWORD
from tests.browser.asking import ask
from tests.browser.conftest import watch
from tests.hazards.taken import photo
from tests.platforms.loopback import wait_until
from tests.talk.hazard_walk import Walk, walked
from tests.talk.towns import furnished

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SMALL_PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
PATIENCE_MILLISECONDS = 20_000


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with walked(furnished(tmp_path_factory, "walk"), tmp_path_factory.mktemp("paying")) as walk:
        yield walk


@pytest.fixture
def open_one(chromium: Browser, walk: Walk, complaints: list[str]) -> Iterator[OpenPage]:
    """Open a page as a new browser; with ``login`` as one of the staff, signed in."""
    opened = []

    def open_page(place: str, login: str = "", **options: object) -> Page:
        settings = {"viewport": SMALL_PHONE, "locale": "zh-CN", "base_url": walk.service.url}
        context = chromium.new_context(**{**settings, **options})
        opened.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        page = context.new_page()
        watch(page, urlsplit(walk.service.url).netloc, complaints)
        page.goto(f"/console/sign-in?next={place}" if login else place)
        if login:
            page.get_by_label("登录名").fill(login)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page.locator("#menu")).to_be_attached()
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def right_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["x"] + box["width"]


def left_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["x"]


def taps(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).last.tap()


def presses(page: Page, label: str) -> None:
    """Press a step of the case's page, which opens by its title unless it is the first."""
    step = page.locator("details.step", has=page.locator(f"summary:text-is('{label}')"))
    expect(step).to_be_attached()
    if step.get_attribute("open") is None:
        step.locator("summary").click()
    step.get_by_role("button", name=label, exact=True).click()
    expect(page.locator("#said")).to_contain_text("办好了")


def reported(page: Page) -> None:
    """Report with one photo and three taps; a place has to be written once."""
    upload = {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": photo(1)}
    page.locator("#photos").set_input_files([upload])
    expect(page.locator(".reply")).to_contain_text("这是什么隐患")
    taps(page, "楼道楼梯堆物")
    expect(page.locator(".wanted").get_by_role("button", name="发我的位置")).to_be_visible()
    ask(page, "阳光小区3栋2楼楼道")
    expect(page.locator(".reply").last).to_contain_text("看一下，没错就提交")


def test_from_the_chat_to_a_masked_photo(walk: Walk, open_one: OpenPage) -> None:
    chat = open_one("/", has_touch=True)
    reported(chat)
    expect(chat.locator(".wanted")).to_have_count(0)
    expect(chat.get_by_role("button", name="提交", exact=True)).to_be_in_viewport(ratio=1)
    taps(chat, "提交")
    expect(chat.locator(".reply").last).to_contain_text("上报好了，编号")
    assert fits(chat)

    path = f"/console/cases/{walk.case_code()}"
    reviewer = open_one(path, "shen", has_touch=True)
    expect(reviewer.get_by_text("城东街道文汇社区阳光小区3栋2楼楼道").first).to_be_visible()
    presses(reviewer, "受理")
    presses(reviewer, "派单")
    expect(reviewer.locator(".timeline")).to_contain_text("派单")
    # What is the exception is not spread out as if it were the next step.
    reassign = reviewer.locator("details.step", has=reviewer.locator("summary:text-is('改派')"))
    expect(reassign).not_to_have_attribute("open", "")
    assert fits(reviewer)

    desk = open_one(path, "shen", viewport=DESK)
    mask = desk.get_by_role("link", name="遮挡")
    wait_until(lambda: bool(desk.reload()) and mask.count() == 1, 20)  # it is made anew first
    mask.click()
    masked_by_mouse(desk)
    expect(desk.get_by_role("link", name="已放行")).to_be_visible()


def masked_by_mouse(page: Page) -> None:
    """Draw over a part of the photo, look at it and let it go."""
    box = page.locator("canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
    page.mouse.up()
    expect(page.locator("[data-count]")).to_have_text("画了1处。")
    page.get_by_role("button", name="存下").click()
    expect(page.get_by_alt_text("遮挡后的照片")).to_be_visible()
    page.get_by_role("button", name="看过了，可以公开").click()
    expect(page.locator("#said")).to_contain_text("放行了")


@pytest.mark.parametrize("login", ["shen", "jie", "du", "guan"])
def test_the_head_has_room_for_every_name(open_one: OpenPage, login: str) -> None:
    page = open_one("/console", login)

    assert right_of(page.locator(".brand small")) <= left_of(page.locator(".who"))
    assert right_of(page.locator(".who")) <= left_of(page.locator(".open-menu"))
    assert fits(page)


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_the_joined_pages_are_readable_and_fit(
    open_one: OpenPage, viewport: dict[str, int]
) -> None:
    page = open_one("/console", "guan")
    page.set_viewport_size(viewport)
    weak, wide = [], []

    for place in places_of(page):
        page.goto(place)
        weak += page.evaluate(CONTRAST)
        wide += [] if fits(page) else [place]

    assert weak == []
    assert wide == []


def places_of(page: Page) -> list[str]:
    """Return every page of the menu, and those that everybody sees."""
    links = page.locator("#menu a").evaluate_all("all => all.map((one) => one.pathname)")
    return [*links, "/console/rewards/payouts", "/board", "/honour", "/report", "/progress"]
