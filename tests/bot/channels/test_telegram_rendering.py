"""What a reply looks like in Telegram."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup

from bot.channels.telegram_rendering import (
    MOST_CAPTION,
    MOST_TEXT,
    Outgoing,
    render,
    units,
)
from bot.channels.telegram_taps import (
    MOST_BYTES,
    Basis,
    Cry,
    More,
    Rate,
    Say,
    Tap,
    decode_tap,
    encode_tap,
)
from bot.messages import Card, Choice, CitedArticle, Reply
from bot.phrases import TRANSLATIONS, load_translation, load_wording

FIRE = Reply(
    "emergency",
    "🔥现在打119。\n• 往外走。",
    choices=(Choice("已打119"), Choice("打不了电话")),
)
BATTERY = Reply(
    "answer",
    "不能拿回家充。",
    basis="依据：规定第三十七条",
    hint="没答到回“不对”。",
    citations=(CitedArticle("规定第三十七条", "不准"),),
    topics=("ebike.battery_home",),
    rateable=True,
)
LONG_LABEL = "楼道里停了很多电动车物业一直不管应该找谁来处理"


def one(reply: Reply, turn_id: int | None = 7, *, in_group: bool = False) -> Outgoing:
    (message,) = render(reply, turn_id, in_group=in_group)
    return message


def rows(message: Outgoing) -> list[list[tuple[str, object]]]:
    """Return what the buttons show and mean, row by row."""
    assert isinstance(message.buttons, InlineKeyboardMarkup)
    return [
        [(button.text, decode_tap(str(button.callback_data or ""))) for button in row]
        for row in message.buttons.inline_keyboard
    ]


def test_an_emergency_has_a_bold_first_line_and_numbered_buttons_one_below_another() -> None:
    message = one(FIRE)

    assert message.text == FIRE.text
    assert message.bold == units("🔥现在打119。") == 9  # the flame counts twice
    assert rows(message) == [
        [("1 已打119", Say("已打119"))],
        [("2 打不了电话", Say("打不了电话"))],
    ]


def test_an_answer_is_plain_and_can_be_rated() -> None:
    message = one(BATTERY)

    assert message.text == "不能拿回家充。\n依据：规定第三十七条"
    assert message.bold == 0
    assert rows(message) == [
        [("依据", Basis(7)), ("有用", Rate(7, useful=True)), ("没用", Rate(7, useful=False))]
    ]


def test_buttons_of_ours_are_in_the_language_of_the_conversation() -> None:
    (row,) = rows(one(replace(BATTERY, language="en")))
    assert [label for label, _ in row] == ["Source", "Useful", "Not useful"]

    place = one(Reply("chat", "Where?", wants="place", language="en")).buttons
    assert isinstance(place, ReplyKeyboardMarkup)
    assert place.keyboard[0][0].text == "📍 Send my location"


@pytest.mark.parametrize("turn_id", [7, None], ids=["stored", "not stored"])
@pytest.mark.parametrize("in_group", [False, True], ids=["private", "group"])
def test_buttons_of_danger_need_no_turn(turn_id: int | None, in_group: bool) -> None:
    """They work for whoever taps, however old they are, and while the store fails."""
    first = Reply("chat", "先打119", choices=(Choice("楼道有烟", function="say/楼道里有很大的烟"),))

    assert rows(one(FIRE, turn_id, in_group=in_group))[0] == [("1 已打119", Say("已打119"))]
    assert rows(one(first, turn_id, in_group=in_group)) == [
        [("1 楼道有烟", Cry("楼道里有很大的烟"))]
    ]


@pytest.mark.parametrize("language", ["zh", *TRANSLATIONS])
def test_every_cry_of_ours_fits_a_button(language: str) -> None:
    wording = load_wording() if language == "zh" else load_translation(language)
    cries = [words for name, words in wording.functions.items() if name.startswith("say_")]

    assert cries
    assert all(encode_tap(Cry(words)) for words in cries)


def test_in_a_group_what_is_not_danger_belongs_to_who_asked() -> None:
    choices = (Choice("都不是"), Choice("更多"), Choice("常用电话", function="phones"))
    shown = one(Reply("clarify", "哪一个？", choices=choices), in_group=True)

    assert [tap for row in rows(shown) for _, tap in row] == [Tap(7, 0), Tap(7, 1), Tap(7, 2)]


def test_without_a_stored_turn_the_hint_stands_in_for_the_rating() -> None:
    message = one(BATTERY, None)

    assert message.text.endswith("没答到回“不对”。")
    assert rows(message) == [[("依据", Say("依据"))]]


def test_short_choices_share_a_row_and_long_ones_do_not() -> None:
    short = Reply("clarify", "哪一个？", choices=(Choice("甲"), Choice("乙"), Choice("丙")))
    long = Reply("clarify", "哪一个？", choices=(Choice("甲"), Choice(LONG_LABEL)))

    assert [len(row) for row in rows(one(short))] == [2, 1]
    assert [len(row) for row in rows(one(long))] == [1, 1]


@pytest.mark.parametrize(
    ("turn_id", "tap"),
    [(7, Tap(7, 1)), (None, Say("2"))],
    ids=["by its place in the turn", "by its number, as if typed"],
)
def test_a_label_too_long_for_callback_data(turn_id: int | None, tap: object) -> None:
    reply = Reply("clarify", "哪一个？", choices=(Choice("甲"), Choice(LONG_LABEL)))

    assert rows(one(reply, turn_id))[1] == [(f"2 {LONG_LABEL}", tap)]


def test_more_has_data_of_its_own() -> None:
    assert rows(one(Reply("answer", "一", choices=(Choice("更多"),)))) == [[("1 更多", More())]]


def test_a_place_is_asked_for_with_one_tap_but_not_before_others() -> None:
    reply = Reply("chat", "你在哪？", choices=(Choice("跳过"),), wants="place")

    private = one(reply).buttons
    assert isinstance(private, ReplyKeyboardMarkup)
    assert private.one_time_keyboard
    assert [(b.text, b.request_location) for row in private.keyboard for b in row] == [
        ("📍 发送我的位置", True),
        ("跳过", None),
    ]
    assert rows(one(reply, in_group=True)) == [[("1 跳过", Tap(7, 0))]]


def test_a_card_is_a_button_where_telegram_takes_its_address() -> None:
    shown = one(Reply("chat", "看这里", card=Card("曝光台", "最近的", "https://a.example/x")))
    assert shown.text == "看这里\n曝光台\n最近的"
    assert isinstance(shown.buttons, InlineKeyboardMarkup)
    assert shown.buttons.inline_keyboard[0][0].url == "https://a.example/x"

    local = one(Reply("chat", "看这里", card=Card("曝光台", "", "http://127.0.0.1:8000/x")))
    assert local.text.endswith("http://127.0.0.1:8000/x")
    assert local.buttons is None


def test_a_picture_carries_a_short_text_and_precedes_a_long_one() -> None:
    (short,) = render(Reply("chat", "海报", picture="p/1.png"), 7, in_group=False)
    assert (short.text, short.picture) == ("海报", "p/1.png")

    first, second = render(
        Reply("chat", "长" * (MOST_CAPTION + 1), picture="p/1.png", choices=(Choice("好"),)),
        7,
        in_group=False,
    )
    assert (first.text, first.picture, first.buttons) == ("", "p/1.png", None)
    assert second.picture == ""
    assert second.buttons is not None


texts = st.text(st.sampled_from("火🔥a。\n1 👨‍👩‍👧，"), min_size=1, max_size=9000).filter(str.strip)


@given(texts, st.sampled_from(["emergency", "answer"]), st.lists(st.text(min_size=1), max_size=6))
def test_every_message_keeps_to_the_limits(text: str, kind: str, labels: list[str]) -> None:
    choices = tuple(Choice(label) for label in labels)
    messages = render(Reply(kind, text, choices=choices), 2**62, in_group=False)  # type: ignore[arg-type]

    assert all(0 < units(message.text) <= MOST_TEXT for message in messages)
    assert all(message.bold <= units(message.text) for message in messages)
    assert all(message.buttons is None for message in messages[:-1])
    buttons = messages[-1].buttons
    if isinstance(buttons, InlineKeyboardMarkup):
        for row in buttons.inline_keyboard:
            for button in row:
                assert 1 <= len(str(button.callback_data).encode()) <= MOST_BYTES


def test_a_long_text_loses_no_words_and_has_its_buttons_at_the_end() -> None:
    text = "".join(f"第{number}句话到这里。" for number in range(900))
    messages = render(Reply("answer", text, choices=(Choice("好"),)), 7, in_group=False)

    assert len(messages) > 1
    assert "".join(message.text for message in messages) == text
    assert [message.buttons is not None for message in messages] == [False] * (
        len(messages) - 1
    ) + [True]
