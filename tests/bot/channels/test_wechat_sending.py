"""Customer-service messages: replies in few messages, and what became of each."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_sending import (
    MOST_TEXT_BYTES,
    CustomMessage,
    CustomSender,
    card_message,
    image_message,
    menu_message,
    messages_of,
    text_message,
)
from bot.messages import Card, Choice, Reply
from community.outcomes import (
    Blocked,
    Delivered,
    NotReachable,
    Outcome,
    OutOfQuota,
    Rejected,
    RetryAfter,
    Uncertain,
    WindowClosed,
)
from storage import Database
from tests.bot.channels.one_answer import OneAnswer
from tests.bot.channels.wechat_calls import calling, with_new_tables
from tests.platforms.loopback import Fault
from tests.platforms.wechat import WeChatPlatform, WeChatUser

CARD = Card("疏散演练", "周六上午十点", "https://fire.example/d/1", "https://fire.example/d.png")
HELLO = text_message("先关电，再关气。")
SEND = "/custom/send"


@pytest.fixture
def store() -> str:
    """One store will do: the rows are few and tested with both elsewhere."""
    return "sqlite"


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def sender(platform: WeChatPlatform, database: Database) -> Iterator[CustomSender]:
    with calling(platform, with_new_tables(database)) as api:
        yield CustomSender(api, platform.clock)


@pytest.fixture
def resident(platform: WeChatPlatform) -> Iterator[WeChatUser]:
    """Somebody who has just written to a service that had nothing to say."""
    with OneAnswer().listening() as service:
        service.body = b"success"
        platform.callback_url = service.url
        resident = platform.user("oResident")
        resident.says("你好")
        yield resident


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (HELLO, "text", "先关电，再关气。"),
        (card_message(CARD), "news", "疏散演练"),
        (menu_message("选一个", [Choice("着火了"), Choice("闻到气味")], "或者打119"), "msgmenu",
         "选一个\n着火了\n闻到气味\n或者打119"),
    ],
    ids=["text", "card", "menu"],
)  # fmt: skip
def test_a_message_is_shown(
    sender: CustomSender, resident: WeChatUser, message: CustomMessage, kind: str, text: str
) -> None:
    assert sender.send(resident.openid, message) == Delivered()
    assert (resident.last.kind, resident.last.text) == (kind, text)


def test_a_card_opens_its_page(sender: CustomSender, resident: WeChatUser) -> None:
    sender.send(resident.openid, card_message(CARD))
    article = resident.last.articles[0]
    assert (article.url, article.picture) == (CARD.url, CARD.picture)


def test_a_tapped_line_comes_back_as_its_label(
    platform: WeChatPlatform, sender: CustomSender, resident: WeChatUser
) -> None:
    sender.send(resident.openid, menu_message("选一个", [Choice("着火了")]))
    assert resident.last.choices == (("1", "着火了"),)


def test_the_window_ends_after_five_messages(sender: CustomSender, resident: WeChatUser) -> None:
    ends = [sender.send(resident.openid, HELLO) for _ in range(6)]
    assert ends == [Delivered()] * 5 + [WindowClosed()]


def test_the_window_ends_after_two_days(
    platform: WeChatPlatform, sender: CustomSender, resident: WeChatUser
) -> None:
    platform.clock.advance(hours=48)
    assert sender.send(resident.openid, HELLO) == WindowClosed()


def test_who_left_and_who_is_unknown(sender: CustomSender, resident: WeChatUser) -> None:
    resident.unfollows()
    assert sender.send(resident.openid, HELLO) == Blocked()
    assert sender.send("oNobody", HELLO) == NotReachable("unknown openid")


def test_what_the_account_may_not_and_what_is_used_up(
    platform: WeChatPlatform, sender: CustomSender, resident: WeChatUser
) -> None:
    platform.limit("/cgi-bin/message/custom/send", 0)
    assert isinstance(sender.send(resident.openid, HELLO), OutOfQuota)
    platform.account.is_verified = False
    assert isinstance(sender.send(resident.openid, HELLO), Rejected)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("busy", RetryAfter),
        ("5xx", Uncertain),
        ("html", Uncertain),
        ("broken", Uncertain),
        ("lost", Uncertain),
    ],
)
def test_trouble_on_the_way(
    platform: WeChatPlatform,
    sender: CustomSender,
    resident: WeChatUser,
    fault: Fault,
    outcome: type[Outcome],
) -> None:
    platform.fail_next(1, fault, SEND)
    assert isinstance(sender.send(resident.openid, HELLO), outcome)
    assert len(resident.received) == (fault == "lost")


def test_a_platform_without_a_token_was_not_asked(
    platform: WeChatPlatform, sender: CustomSender, resident: WeChatUser
) -> None:
    platform.fail_next(1, "broken", "/stable_token")
    assert isinstance(sender.send(resident.openid, HELLO), RetryAfter)
    assert platform.calls_to(SEND) == []


def test_several_end_at_the_first_that_fails(sender: CustomSender, resident: WeChatUser) -> None:
    texts = [text_message(f"第{n}条") for n in range(7)]
    assert sender.send_all(resident.openid, texts) == (5, WindowClosed())
    assert resident.last.text == "第4条"
    assert sender.send_all(resident.openid, []) == (0, Delivered())


def test_typing_is_shown_once(
    platform: WeChatPlatform, sender: CustomSender, resident: WeChatUser
) -> None:
    assert sender.show_typing(resident.openid) == Delivered()
    assert isinstance(sender.show_typing(resident.openid), Rejected)  # 45081: it is shown already


def test_texts_share_a_message_until_something_else_comes() -> None:
    replies = [
        Reply("chat", "第一句"),
        Reply("chat", "第二句", choices=(Choice("着火了"), Choice("闻到气味"))),
        Reply("chat", "看图", picture="a.png"),
        Reply("chat", "演练来了", card=CARD),
        Reply("chat", "最后一句"),
    ]
    assert messages_of(replies, {"a.png": "m1"}) == [
        text_message("第一句\n\n第二句\n1 着火了\n2 闻到气味\n\n看图"),
        image_message("m1"),
        text_message("演练来了"),
        card_message(CARD),
        text_message("最后一句"),
    ]


def test_a_picture_that_was_not_uploaded_leaves_its_text() -> None:
    assert messages_of([Reply("chat", "看图", picture="a.png")], {}) == [text_message("看图")]


def test_nothing_to_say_is_no_message() -> None:
    assert messages_of([Reply("chat", "")], {}) == []


@given(st.lists(st.text("先关电，再走。\n119 ", max_size=1500), max_size=4))
def test_every_text_is_within_the_limit(texts: list[str]) -> None:
    messages = messages_of([Reply("chat", text) for text in texts], {})
    assert all(0 < len(m.content["content"].encode()) <= MOST_TEXT_BYTES for m in messages)
    said = "".join(m.content["content"] for m in messages)
    assert "".join(said.split()) == "".join("".join(texts).split())
