"""Photos and places from the page: previews, progress, reloads, a killed service."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from bot.channels.web import Around
from bot.channels.web_photos import WebPhotos
from bot.messages import Place
from tests.bot.channels.web_service import WrittenConversation, listening
from tests.browser.asking import ask
from tests.hazards.taken import photo

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

HERE = {"latitude": 29.533, "longitude": 108.77}


def jpeg(seed: int = 1, name: str = "现场.jpg") -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo(seed)}


def choose(page: Page, *files: dict[str, object]) -> None:
    page.locator("#photos").set_input_files(list(files))


def test_a_photo_is_shown_sent_and_answered(page: Page, conversation: WrittenConversation) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="发照片").click()
    assert chooser.value.is_multiple()
    chooser.value.set_files([jpeg()])

    expect(page.get_by_role("img", name="照片")).to_be_visible()
    expect(page.locator(".reply")).to_contain_text("照片收到。这是什么隐患？")
    expect(page.locator(".said .note")).to_have_count(0)
    assert conversation.received[0].media[0].kind == "photo"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_several_go_one_at_a_time_and_the_later_ones_are_noted(
    page: Page, conversation: WrittenConversation
) -> None:
    open_now = []

    def count(route: Route) -> None:
        open_now.append(len(conversation.received))
        route.continue_()

    page.route("**/chat/photos", count)
    choose(page, jpeg(1), jpeg(2), jpeg(3))

    expect(page.locator(".said")).to_have_count(3)
    expect(page.get_by_text("收到", exact=True)).to_have_count(2)
    expect(page.locator(".reply")).to_have_count(1)
    assert open_now == [0, 1, 2]


def test_more_than_nine_are_told(page: Page, conversation: WrittenConversation) -> None:
    choose(page, *(jpeg(seed) for seed in range(10)))

    expect(page.get_by_text("一次最多发9张，后面的没有发。")).to_be_visible()
    expect(page.locator(".said")).to_have_count(9)
    expect(page.get_by_text("收到", exact=True)).to_have_count(8)


def test_after_a_reload_the_photo_has_its_word(page: Page) -> None:
    choose(page, jpeg())
    expect(page.locator(".reply")).to_be_visible()

    page.reload()

    expect(page.locator(".said")).to_have_text("你说：〔照片〕")
    expect(page.locator(".reply")).to_have_count(1)


def test_a_large_photo_is_made_smaller_before_it_goes(page: Page) -> None:
    styles = page.locator("link[rel=stylesheet]").get_attribute("href") or ""
    module = styles.replace("chat.css", "pictures.js")

    before, after, kind, width = page.evaluate(
        """async (module) => {
            const { shrunk } = await import(module);
            const canvas = new OffscreenCanvas(3000, 2000);
            const pen = canvas.getContext("2d");
            const noise = pen.createImageData(3000, 2000);
            for (let at = 0; at < noise.data.length; at += 1) {
                noise.data[at] = at % 4 === 3 ? 255 : (at * 7919) % 251;
            }
            pen.putImageData(noise, 0, 0);
            const large = await canvas.convertToBlob({ type: "image/bmp" });
            const padded = new Blob([large, new Uint8Array(3e6)], { type: "image/png" });
            const small = await shrunk(padded);
            const { width } = await createImageBitmap(small);
            return [padded.size, small.size, small.type, width];
        }""",
        module,
    )

    assert after < before
    assert (kind, width) == ("image/jpeg", 2560)


def test_a_refused_photo_says_why(page: Page, complaints: list[str]) -> None:
    heic = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64
    choose(page, {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": heic})

    expect(page.get_by_text("这种照片格式打不开")).to_be_visible()
    expect(page.locator(".said")).to_contain_text("〔照片〕")
    complaints.clear()


def test_an_unsent_photo_survives_a_reload(
    page: Page, conversation: WrittenConversation, complaints: list[str]
) -> None:
    page.route("**/chat/photos", lambda route: route.abort())
    choose(page, jpeg())
    expect(page.get_by_text("没送到，正在重试")).to_be_visible()

    page.unroute("**/chat/photos")
    page.reload()

    expect(page.locator(".reply")).to_contain_text("照片收到")
    expect(page.get_by_role("img", name="照片")).to_be_visible()
    assert len(conversation.received) == 1
    complaints.clear()


def test_a_lost_answer_has_one_effect(
    page: Page, conversation: WrittenConversation, complaints: list[str]
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/chat/photos", lose, times=1)
    choose(page, jpeg())

    expect(page.locator(".reply")).to_have_count(1)
    expect(page.get_by_role("img", name="照片")).to_be_visible()
    expect(page.locator(".said .note")).to_have_count(0, timeout=15_000)
    expect(page.locator(".said")).to_have_count(1)
    assert len({heard.id for heard in conversation.received}) == 1
    complaints.clear()


def test_a_killed_service_gets_the_photo_afterwards(
    page: Page, conversation: WrittenConversation, photos: WebPhotos, complaints: list[str]
) -> None:
    around = Around(photos)
    with listening(conversation, around=around) as url:
        page.goto(url)
        expect(page.locator(".welcome")).to_be_visible()
    choose(page, jpeg())
    expect(page.get_by_text("没送到，正在重试")).to_be_visible()

    with listening(conversation, port=int(re.findall(r":(\d+)", url)[0]), around=around):
        expect(page.locator(".reply")).to_contain_text("照片收到", timeout=20_000)
        page.close()
    assert len(conversation.received) == 1
    complaints.clear()


def test_an_emergency_does_not_wait_for_photos(
    page: Page, conversation: WrittenConversation
) -> None:
    stuck: list[Route] = []

    def hold(route: Route) -> None:
        stuck.append(route)

    page.route("**/chat/photos", hold)
    choose(page, jpeg(1), jpeg(2))
    expect(page.locator(".said")).to_have_count(2)

    ask(page, "我家厨房烧起来了")

    expect(page.locator(".reply.emergency")).to_be_visible()
    assert len(stuck) == 1


@pytest.fixture
def placed(open_page: OpenPage) -> Page:
    return open_page(geolocation=HERE, permissions=["geolocation"])


def test_a_place_is_sent_with_one_tap(placed: Page, conversation: WrittenConversation) -> None:
    placed.get_by_role("button", name="发我的位置").click()

    expect(placed.locator(".said")).to_have_text("你说：〔位置〕")
    expect(placed.locator(".reply")).to_contain_text("位置收到。")
    assert conversation.received[0].place == Place(29.533, 108.77)
    placed.reload()
    expect(placed.locator(".said")).to_have_text("你说：〔位置〕")


def test_without_leave_the_place_is_asked_for_in_words(page: Page) -> None:
    page.get_by_role("button", name="发我的位置").click()

    expect(page.get_by_text("打字说在哪栋楼几层也行。")).to_be_visible()


def test_a_reply_that_wants_a_place_has_a_big_button(
    placed: Page, conversation: WrittenConversation
) -> None:
    ask(placed, "改地点")
    button = placed.locator(".wanted").get_by_role("button", name="发我的位置")
    assert button.bounding_box()["height"] >= 48

    button.click()

    expect(placed.locator(".reply").nth(1)).to_contain_text("位置收到。")
    expect(placed.locator(".wanted button")).to_have_count(0)
    assert conversation.received[-1].place is not None


def test_a_reply_that_wants_a_photo_has_a_big_button(page: Page) -> None:
    ask(page, "报隐患")

    with page.expect_file_chooser():
        page.locator(".wanted").get_by_role("button", name="发照片").click()


def test_the_first_page_leads_to_the_forms(page: Page) -> None:
    expect(page.get_by_role("link", name="填表报隐患")).to_have_attribute("href", "/report")
    expect(page.get_by_role("link", name="查进度")).to_have_attribute("href", "/progress")
