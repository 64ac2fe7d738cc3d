"""The chat as a resident uses it: asking, emergencies, typing, reloading, a lost network."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.bot.channels.web_service import WrittenConversation, listening
from tests.browser.asking import ask, field

pytestmark = pytest.mark.browser


def test_a_question_is_answered(page: Page) -> None:
    ask(page, "楼道有烟怎么办")

    reply = page.locator(".reply.answer")
    expect(reply).to_contain_text("退回屋里关紧门")
    expect(reply.locator(".step")).to_have_count(6)
    expect(page.locator(".said")).to_have_text("你说：楼道有烟怎么办")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_suggestion_is_asked_by_tapping_it(page: Page) -> None:
    page.get_by_role("button", name="楼道有烟怎么办").click()

    expect(page.locator(".reply.answer")).to_be_visible()


def test_citations_are_folded_behind_the_basis(page: Page) -> None:
    ask(page, "楼道有烟怎么办")
    law = page.locator(".law")
    expect(law).to_be_hidden()

    page.get_by_text("依据：消防法第四十四条等2处").click()

    expect(law).to_contain_text("任何人发现火灾都应当立即报警")
    expect(page.locator(".basis")).to_contain_text("用在：发现火灾立即报警")


def test_the_hint_for_text_channels_is_not_shown(page: Page) -> None:
    ask(page, "楼道有烟怎么办")

    expect(page.locator(".reply")).not_to_contain_text("没答到")


def test_an_emergency_cannot_be_mistaken(page: Page) -> None:
    ask(page, "我家厨房烧起来了")

    reply = page.locator(".reply.emergency")
    first = reply.locator(".first")
    expect(first).to_contain_text("现在打119")
    expect(first.get_by_role("link", name="119")).to_have_attribute("href", "tel:119")
    expect(reply.get_by_role("link", name="拨打 119")).to_be_in_viewport()
    assert int(first.evaluate("e => getComputedStyle(e).fontWeight")) >= 700
    buttons = reply.locator(".choices button")
    assert buttons.all_inner_texts() == ["1 已打119", "2 打不了电话", "3 不是现在发生的"]
    assert all(button.bounding_box()["height"] >= 48 for button in buttons.all())
    expect(page.locator("#alarm")).to_contain_text("现在打119")


def test_with_a_gas_leak_nothing_big_invites_to_call_from_inside(page: Page) -> None:
    ask(page, "屋里好大的燃气味")

    expect(page.locator(".emergency .first")).to_contain_text("现在走到室外")
    expect(page.locator(".call-buttons")).to_have_count(0)
    expect(page.locator(".emergency .first a")).to_have_attribute("href", "tel:119")


def test_a_choice_sends_its_words_and_passes(page: Page, conversation: WrittenConversation) -> None:
    ask(page, "我家厨房烧起来了")

    page.get_by_role("button", name="1 已打119").click()

    expect(page.locator(".reply.emergency").nth(1)).to_contain_text("手机别挂")
    assert conversation.received[-1].text == "已打119"
    expect(page.get_by_role("button", name="已打119")).to_have_count(0)


def test_related_topics_stay_and_none_of_these_passes(page: Page) -> None:
    ask(page, "软管")
    page.get_by_role("button", name="都不是").click()

    expect(page.locator(".said")).to_have_count(2)
    expect(page.get_by_role("button", name="都不是")).to_have_count(0)
    expect(page.get_by_role("button", name="燃气软管多久换")).to_be_enabled()


def test_a_possible_emergency_stands_above_the_answer(page: Page) -> None:
    ask(page, "电瓶能不能拿回家充")

    above = page.locator(".answer .perhaps")
    expect(above).to_contain_text("要是现在冒烟")
    expect(above.get_by_role("link")).to_have_attribute("href", "tel:119")
    expect(page.locator(".answer .first")).to_contain_text("不能。")


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("打119。打不通打120", ["119", "120"]),
        ("打120和119（119免费）", ["120", "119", "119"]),
        ("120的人会教你", ["120"]),
        ("政务热线12345，心理热线12356", ["12345", "12356"]),
        ("抢修电话023-12345678或13800138000", ["023-12345678", "13800138000"]),
        ("房子120平方米，住119号楼110室", []),
        ("第119条，1190元，11.119，110%，120分钟", []),
        ("2119年", []),
        ("打119号码，120室外等，119路口接，119人工", ["119", "120", "119", "119"]),
    ],
)
def test_numbers_to_call_are_links_and_other_numbers_are_not(
    page: Page, text: str, calls: list[str]
) -> None:
    styles = page.locator("link[rel=stylesheet]").get_attribute("href") or ""
    module = styles.replace("chat.css", "dom.js")

    found = page.evaluate(
        "([module, text]) => import(module).then((dom) => dom.numbersIn(text))", [module, text]
    )

    assert found == calls


def test_html_is_shown_as_text(page: Page) -> None:
    ask(page, "<img src=x onerror=alert(1)><b>火</b>")

    expect(page.locator(".reply")).to_contain_text("收到：<img src=x onerror=alert(1)><b>火</b>")
    expect(page.locator("#log img")).to_have_count(0)


def test_long_words_wrap(page: Page) -> None:
    ask(page, "h" * 500)

    expect(page.locator(".reply")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('#log').scrollWidth <= innerWidth")


def test_an_input_methods_enter_does_not_send(
    page: Page, conversation: WrittenConversation
) -> None:
    box = field(page)
    box.focus()
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition", {"text": "lou dao", "selectionStart": 7, "selectionEnd": 7}
    )
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_have_count(0)

    session.send("Input.insertText", {"text": "楼道"})
    box.evaluate("e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229}))")
    expect(page.locator(".said")).to_have_count(0)
    assert not conversation.received

    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_have_count(1)


def test_shift_enter_makes_a_line(page: Page, conversation: WrittenConversation) -> None:
    field(page).focus()
    page.keyboard.type("一")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("二")
    page.keyboard.press("Enter")

    expect(page.locator(".reply")).to_contain_text("收到：一")
    assert conversation.received[0].text == "一\n二"


def test_nothing_is_sent_when_nothing_was_typed(
    page: Page, conversation: WrittenConversation
) -> None:
    ask(page, "  ")
    page.get_by_role("button", name="发送").click()

    expect(page.locator(".said")).to_have_count(0)
    assert not conversation.received


def test_reloading_keeps_the_conversation_and_the_draft(page: Page) -> None:
    ask(page, "楼道有烟怎么办")
    ask(page, "我家厨房烧起来了")
    expect(page.locator(".reply")).to_have_count(2)
    field(page).fill("还没写完")

    page.reload()

    expect(page.locator(".said")).to_have_count(2)
    expect(page.locator(".emergency .first")).to_be_in_viewport()
    expect(field(page)).to_have_value("还没写完")
    expect(page.locator("#alarm")).to_be_empty()  # old news is not shouted again


def test_an_answer_does_not_disturb_what_is_being_typed(page: Page) -> None:
    box = field(page)
    ask(page, "楼道有烟怎么办")
    box.type("下一个问题")

    expect(page.locator(".reply")).to_be_visible()
    expect(box).to_have_value("下一个问题")
    expect(box).to_be_focused()


def test_two_pages_of_one_person_agree(page: Page, url: str) -> None:
    with page.context.expect_page() as opened:
        page.evaluate("address => void open(address)", url)
    second = opened.value
    expect(second.locator(".welcome")).to_be_visible()

    ask(page, "软管")
    expect(second.locator(".said")).to_have_count(1)
    ask(second, "明天天气怎么样")

    expect(page.locator(".said")).to_have_count(2)
    expect(page.locator(".reply")).to_have_count(2)
    expect(second.locator(".reply")).to_have_count(2)


def test_rating_is_quiet_and_once(page: Page, conversation: WrittenConversation) -> None:
    ask(page, "楼道有烟怎么办")
    page.get_by_role("button", name="有用").click()

    expect(page.get_by_text("谢谢，记下了。")).to_be_visible()
    assert conversation.ratings == [(1, True)]

    page.reload()
    expect(page.locator(".reply")).to_be_visible()
    expect(page.get_by_role("button", name="有用")).to_have_count(0)


def test_what_could_not_be_sent_is_sent_again_once(
    page: Page, conversation: WrittenConversation, complaints: list[str]
) -> None:
    ids: list[str] = []

    def lose_the_answer(route: Route) -> None:
        ids.append(route.request.post_data_json["id"])
        if len(ids) == 1:
            route.fetch()  # it arrives, but its answer does not
            route.abort()
        else:
            route.continue_()

    page.route("**/chat/messages", lose_the_answer)
    page.route("**/chat/history*", lambda route: route.abort())
    page.reload()  # without history there is no stream either

    ask(page, "楼道有烟怎么办")

    expect(page.get_by_text("没送到，正在重试。急事直接打119")).to_be_visible()
    expect(page.locator(".reply")).to_have_count(1)
    expect(page.locator(".said")).to_have_count(1)
    assert len(set(ids)) == 1
    assert len(ids) == 2
    assert len(conversation.history(conversation.received[0].account)) == 1
    complaints.clear()


def test_the_stream_brings_an_answer_that_was_lost(page: Page, complaints: list[str]) -> None:
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/chat/messages", lose_the_answer, times=1)

    with page.expect_response("**/chat/messages"):  # sent again, answered again, shown once
        ask(page, "楼道有烟怎么办")
        expect(page.locator(".reply")).to_have_count(1)

    expect(page.locator(".reply")).to_have_count(1)
    expect(page.locator(".said")).to_have_count(1)
    complaints.clear()


def test_messages_arrive_in_order_but_none_waits_long(
    page: Page, conversation: WrittenConversation
) -> None:
    stuck: list[Route] = []

    def hold(route: Route) -> None:
        stuck.append(route)

    page.route("**/chat/messages", hold, times=1)

    ask(page, "楼道有烟怎么办")
    ask(page, "我家厨房烧起来了")

    expect(page.locator(".reply.emergency")).to_be_visible()
    assert stuck
    assert [heard.text for heard in conversation.received] == ["我家厨房烧起来了"]
    stuck[0].continue_()
    expect(page.locator(".reply.answer")).to_be_attached()
    expect(page.locator(".emergency .first")).to_be_in_viewport()  # a late answer takes no view


def test_an_unsent_message_survives_a_reload(
    page: Page, conversation: WrittenConversation, complaints: list[str]
) -> None:
    page.route("**/chat/messages", lambda route: route.abort())
    ask(page, "楼道有烟怎么办")
    expect(page.get_by_text("没送到，正在重试")).to_be_visible()

    page.unroute("**/chat/messages")
    page.reload()

    expect(page.locator(".reply.answer")).to_be_visible()
    expect(page.locator(".said")).to_have_count(1)
    complaints.clear()


def test_a_refused_message_says_why(page: Page, complaints: list[str]) -> None:
    page.route(
        "**/chat/messages",
        lambda route: route.fulfill(status=413, json={"error": "发来的内容太长，没有收。"}),
    )

    ask(page, "很长")

    expect(page.get_by_text("发来的内容太长，没有收。")).to_be_visible()
    complaints.clear()


def test_a_lost_network_is_shown_and_found_again(page: Page, complaints: list[str]) -> None:
    notice = page.locator("#offline")
    page.context.set_offline(True)
    expect(notice).to_have_text("网络断了，正在重连。急事直接打119")
    ask(page, "软管")
    expect(page.get_by_text("没送到，正在重试")).to_be_visible()

    page.context.set_offline(False)

    expect(notice).to_be_empty()
    expect(page.locator(".reply.clarify")).to_have_count(1)
    expect(page.locator(".said")).to_have_count(1)
    complaints.clear()


def test_a_restarted_service_is_found_again(
    page: Page, conversation: WrittenConversation, complaints: list[str]
) -> None:
    with listening(conversation) as url:
        page.goto(url)
        ask(page, "软管")
        expect(page.locator(".reply")).to_have_count(1)
    expect(page.locator("#offline")).to_contain_text("网络断了")
    conversation.deliver("明天上午十点消防演练。")

    with listening(conversation, port=int(re.findall(r":(\d+)", url)[0])):
        expect(page.get_by_text("明天上午十点消防演练。")).to_be_visible()
        expect(page.locator("#offline")).to_be_empty()
        page.close()
    complaints.clear()
