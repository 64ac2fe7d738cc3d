"""Words that always work, numbers of choices, and what is no text at all."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.control import (
    MOST_WORD_CHARACTERS,
    Control,
    bare,
    bare_word,
    chosen_number,
    control_word,
    has_words,
    is_link,
    yes_or_no,
)
from bot.dialogue.small_talk import Chat
from bot.phrases import SmallTalk

TALK = Chat((SmallTalk(said=("谢谢", "Thank you"), reply="不客气"),))


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("帮助", Control.HELP),
        ("“依据”", Control.BASIS),
        ("不对！", Control.DISLIKE),
        (" 取消。", Control.CANCEL),
        ("ＴＤ", Control.UNSUBSCRIBE),
        ("人工", Control.HUMAN),
        ("有用", Control.USEFUL),
        ("帮助我看看楼道有烟怎么办", None),
        ("电梯坏了是不是要走楼梯", None),
        ("", None),
    ],
)
def test_control_word(text: str, control: Control | None) -> None:
    assert control_word(text) is control


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("２", 2),
        ("3.", 3),
        ("（1）", 1),
        ("1、", 1),
        ("一", 1),
        ("五", 5),
        ("第一个", 1),
        ("第2个", 2),
        ("第三", 3),
        ("选1", 1),
        ("我选二", 2),
        ("1吧", 1),
        ("「2」", 2),
        ("2！", 2),
        ("1\ufe0f\u20e3", 1),
        ("①", 1),
        (" " * 5_000 + "1", 1),
        ("一个", None),
        ("第二天", None),
        ("五楼", None),
        ("一氧化碳", None),
        ("1" * 10_000, None),
        ("12", None),
        ("1楼", None),
        ("", None),
    ],
)
def test_chosen_number(text: str, number: int | None) -> None:
    assert chosen_number(text) == number


@pytest.mark.parametrize(
    ("text", "link"),
    [("https://example.com/a?b=1", True), ("www.example.com", True), ("看 https://a.cn", False)],
)
def test_is_link(text: str, link: bool) -> None:
    assert is_link(text) is link


@pytest.mark.parametrize(
    ("text", "words"),
    [("😂😂", False), ("。。。", False), ("12", False), ("啊", True), ("ok", True)],
)
def test_has_words(text: str, words: bool) -> None:
    assert has_words(text) is words


@given(st.text())
def test_bare_is_idempotent(text: str) -> None:
    assert bare(bare(text)) == bare(text)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("谢谢", "不客气"),
        ("谢谢啦！", "不客气"),
        ("“ＴＨＡＮＫ　ＹＯＵ”", "不客气"),
        ("谢谢，楼道有烟怎么办", None),
        ("啊" * 10_000, None),
        ("", None),
    ],
)
def test_courtesies(text: str, reply: str | None) -> None:
    assert TALK.reply(text) == reply


def test_a_word_among_many_signs_is_a_word() -> None:
    assert control_word("。" * 5_000 + "帮助" + " ！" * 2_000) is Control.HELP
    assert bare_word("字" * MOST_WORD_CHARACTERS)
    assert bare_word("字" * (MOST_WORD_CHARACTERS + 1)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "我" + "…" * 9_998 + "我",
        "我" + " " * 9_998 + "我",
        "我" + "啊" * 9_998 + "我",
        "1" + "」" * 9_998 + "我",
        "ﷺ" * 10_000,
        "…" * 10_000,
    ],
    ids=["signs", "spaces", "particles", "brackets", "growing", "only signs"],
)
@pytest.mark.parametrize("look", [control_word, chosen_number, TALK.reply, is_link, yes_or_no])
def test_no_message_is_slow_to_look_at(look: Callable[[str], object], text: str) -> None:
    """A run of signs between two letters took 2.5 s, and everybody waited."""
    began = time.process_time()
    look(text)
    assert time.process_time() - began < 0.1
