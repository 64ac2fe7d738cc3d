"""Buttons: of old answers, of somebody else in a group, and for who speaks English."""

from collections.abc import Iterator

import pytest

from bot.channels.telegram import TelegramConfig
from bot.messages import Account, Choice
from tests.bot.channels.telegram_service import Running, WrittenConversation, running
from tests.platforms.loopback import wait_until
from tests.platforms.telegram import Query, TelegramGroup, TelegramPlatform, TelegramUser

CHAT = -1001234567890


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def conversation() -> WrittenConversation:
    return WrittenConversation()


@pytest.fixture(autouse=True)
def service(platform: TelegramPlatform, conversation: WrittenConversation) -> Iterator[Running]:
    config = TelegramConfig(platform.token, api=platform.url, chat_burst=15)
    with running(conversation, config) as service:
        assert wait_until(lambda: service.telegram.state.is_connected)
        yield service


@pytest.fixture
def group(platform: TelegramPlatform) -> TelegramGroup:
    """A group that Ann asked and in which Bob reads along."""
    group = platform.group(CHAT)
    group.adds_bot(platform.user(77))
    assert wait_until(lambda: len(group.messages) == 1)
    platform.user(78).joins_group(group)
    return group


def asks(who: TelegramUser, text: str) -> None:
    """Say something in private and wait for the answer."""
    seen = len(who.received)
    who.says(text)
    who.wait_for(seen + 1)


def asks_in(group: TelegramGroup, who: TelegramUser, text: str, name: str) -> None:
    """Say something to the bot in the group and wait for the answer."""
    seen = len(group.messages)
    who.says(f"@{name} {text}", group)
    assert wait_until(lambda: len(group.messages) == seen + 1)


def notice(query: object) -> str:
    """Return what a tap was answered with over the chat, "" for nothing."""
    assert isinstance(query, Query)
    assert wait_until(lambda: query.answer is not None)
    return str((query.answer or {}).get("text") or "")


def test_the_sources_below_an_old_answer_are_its_own(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ann = platform.user(77)
    asks(ann, "电瓶")
    answer = ann.last
    asks(ann, "软管")

    assert notice(ann.taps("依据", answer)) == ""
    ann.wait_for(3)

    assert ann.last.text == "这条回答的依据：\n规定第三十七条：禁止在楼道停放充电。"
    assert conversation.texts == ["电瓶", "软管"]  # nothing was said anew


def test_sources_are_not_sent_without_end(platform: TelegramPlatform) -> None:
    ann = platform.user(77)
    asks(ann, "电瓶")
    notices = [notice(ann.taps("依据", ann.received[0])) for _ in range(12)]

    assert notices[0] == ""
    assert notices[-1] == "点得太快了，等几秒再点。"
    assert platform.settle()
    assert len(ann.received) < 12


def test_of_an_answer_forgotten_since_the_button_is_stale(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ann = platform.user(77)
    asks(ann, "电瓶")
    conversation._turns.clear()  # a day has passed

    assert notice(ann.taps("依据")) == "这个按钮已经过时了，请直接打字问我。"
    assert len(ann.received) == 1


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        ("着火了", Choice("已打119")),
        ("先看", Choice("楼道有很大的烟", function="say/楼道有很大的烟")),
    ],
    ids=["an answer to an emergency", "a first cry for help"],
)
def test_in_danger_a_neighbour_taps_for_themselves(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    group: TelegramGroup,
    asked: str,
    choice: Choice,
) -> None:
    ann, bob = platform.user(77), platform.user(78)
    asks_in(group, ann, asked, platform.username)

    assert notice(bob.taps(bob.last.buttons[0].label)) == ""
    assert wait_until(lambda: len(group.messages) == 3)

    tapped = conversation.received[-1]
    assert tapped.account == Account("telegram", f"{CHAT}:78")
    assert (tapped.text, tapped.tapped) == (choice.label, choice)


@pytest.mark.parametrize(
    ("asked", "label"),
    [("软管", "1 软管多久换"), ("电瓶", "依据"), ("电瓶", "有用")],
    ids=["a choice", "sources", "a rating"],
)
def test_other_buttons_are_of_whoever_asked(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    group: TelegramGroup,
    asked: str,
    label: str,
) -> None:
    ann, bob = platform.user(77), platform.user(78)
    asks_in(group, ann, asked, platform.username)

    told = notice(bob.taps(label))

    assert told.startswith("这个按钮是给别人的")
    assert "119" in told
    assert len(conversation.received) == 2
    assert conversation.ratings == []
    assert not notice(ann.taps(label)).startswith("这个按钮是给别人的")


def test_an_old_cry_for_help_still_works_when_all_is_forgotten(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ann = platform.user(77)
    asks(ann, "先看")
    conversation._turns.clear()  # a day has passed

    assert notice(ann.taps("1 有烟")) == ""
    ann.wait_for(2)
    assert conversation.texts[-1] == "楼道有很大的烟"


def test_an_english_conversation_has_english_buttons_and_notices(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    """The conversation tells, whatever the phone is set to; the phone where that is forgotten."""
    ann, ben = platform.user(77, "zh-hans"), platform.user(78, "en")
    asks(ann, "battery")
    assert [button.label for button in ann.last.buttons] == ["Source", "Useful", "Not useful"]
    assert notice(ann.taps("Useful")) == "Thank you, noted."
    notice(ann.taps("Source"))
    ann.wait_for(2)
    assert ann.last.text.startswith("Sources of this answer")

    asks(ben, "电瓶")
    assert notice(ben.taps("有用")) == "谢谢，记下了。"
    conversation._turns.clear()
    assert notice(ben.taps("有用")) == "This button is out of date. Just type your question."


def test_what_is_tapped_carries_the_language_of_the_app(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ben = platform.user(78, "en")
    asks(ben, "软管")
    ben.taps("1 软管多久换")
    ben.wait_for(2)

    assert [one.language for one in conversation.received] == ["en", "en"]
