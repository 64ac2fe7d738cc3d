"""Splitting long texts: every piece fits, nothing is lost, cuts fall where a reader pauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.splitting import split_text

FAMILY = "👨‍👩‍👧"
FLAG = "🇨🇳"
THUMB = "👍🏽"

words = st.sampled_from(
    ["着火了", "先", "关电。", "再走！", "\n", "\n\n", "，", " ", "119", "0571-8888 8888", "ok.",
     "https://a.example/b?c=1&d=2", FAMILY, FLAG, THUMB, "é", "　", "”", "\ud800"]
)  # fmt: skip
texts = st.one_of(st.text(max_size=300), st.lists(words, max_size=80).map("".join))


def size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def solid(text: str) -> str:
    return "".join(character for character in text if character not in " \t\n")


@given(texts, st.integers(4, 200))
def test_every_piece_fits_and_nothing_is_lost(text: str, most: int) -> None:
    pieces = split_text(text, most)
    assert all(0 < size(piece) <= most for piece in pieces)
    assert solid("".join(pieces)) == solid(text)


@given(texts)
def test_what_fits_is_one_piece(text: str) -> None:
    stripped = text.strip(" \t\n")
    assert split_text(text, max(4, size(text))) == ([stripped] if stripped else [])


@given(st.lists(words, min_size=1, max_size=80).map("".join), st.integers(40, 200))
def test_numbers_pages_and_composed_characters_stay_whole(text: str, most: int) -> None:
    text = text.replace("-", " ")  # so that a number run stays shorter than a piece
    for whole in (FAMILY, THUMB):
        in_pieces = sum(piece.count(whole) for piece in split_text(text, most))
        assert in_pieces == text.count(whole)


@pytest.mark.parametrize(
    "whole",
    ["13900001111", "0571-8888 8888", "https://fire.example/a?b=1,2;c:3", FAMILY, FLAG, THUMB],
)
@pytest.mark.parametrize("before", range(24))
def test_something_whole_goes_into_the_next_piece(whole: str, before: int) -> None:
    pieces = split_text("水" * before + whole + "火" * 40, 60)
    assert any(whole in piece for piece in pieces)


@pytest.mark.parametrize(
    ("text", "most", "pieces"),
    [
        ("第一段，长。\n\n第二段，也长。", 30, ["第一段，长。", "第二段，也长。"]),
        ("先关电。再关气。然后走。", 27, ["先关电。再关气。", "然后走。"]),
        ("他说：“快走。”然后他走了。", 24, ["他说：“快走。”", "然后他走了。"]),
        ("先关电，再关气，然后走", 27, ["先关电，再关气，", "然后走"]),
        ("一二三四五六", 7, ["一二", "三四", "五六"]),
        ("一\n　　二三四五", 12, ["一", "　　二三", "四五"]),
        ("Close the door. Then go.", 18, ["Close the door.", "Then go."]),
    ],
    ids=["paragraph", "sentence", "closing quote", "clause", "character", "indent", "latin"],
)
def test_where_it_is_cut(text: str, most: int, pieces: list[str]) -> None:
    assert split_text(text, most) == pieces


def test_a_number_longer_than_a_piece_is_cut_after_all() -> None:
    assert split_text("1" * 25, 10) == ["1" * 10, "1" * 10, "1" * 5]


def test_an_early_paragraph_does_not_leave_a_piece_almost_empty() -> None:
    first = split_text("注意\n\n" + "先关电。" * 10, 60)[0]
    assert size(first) > 20


@pytest.mark.parametrize("text", ["", " ", "\n\n \n"])
def test_nothing_to_read_is_no_piece(text: str) -> None:
    assert split_text(text, 10) == []


def test_a_limit_below_one_character_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        split_text("水", 3)


def test_a_long_text_is_quick() -> None:
    pieces = split_text("1 2 " * 2500, 1900)  # one run of digits, the slowest kind
    assert len(pieces) == 6
