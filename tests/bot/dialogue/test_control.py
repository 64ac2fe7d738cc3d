"""Words that always work, numbers of choices, and what is no text at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.control import (
    Control,
    bare,
    chosen_number,
    control_word,
    has_words,
    is_link,
)


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("帮助", Control.HELP),
        ("“依据”", Control.BASIS),
        ("不对！", Control.DISLIKE),
        (" 取消。", Control.CANCEL),
        ("ＴＤ", Control.UNSUBSCRIBE),
        ("转人工", Control.HUMAN),
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
