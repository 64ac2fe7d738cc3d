from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.grams import (
    LONGEST_RUN,
    MOST_CHARACTERS,
    gram_numbers,
    gram_table,
    numbers_of,
    running_numbers,
)

TEXTS = st.text("火烟气ab'=~<^$𠮷", max_size=30)
WORDS = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=60, unique=True)


def runs(text: str, longest: int) -> list[str]:
    return [
        text[start : start + size]
        for start in range(len(text))
        for size in range(1, longest + 1)
        if start + size <= len(text)
    ]


@given(TEXTS, st.sampled_from(["", "~", "<"]), st.integers(1, LONGEST_RUN))
def test_runs_have_the_numbers_of_their_strings(text: str, mark: str, longest: int) -> None:
    found = gram_numbers(running_numbers(text), slice(len(text) + 1), longest, mark)

    expected = numbers_of([mark + run for run in runs(text, longest)])
    assert set(found.tolist()) == set(expected.tolist())


def test_pieces_may_have_several_characters() -> None:
    pieces = ["^", "=着火", "了", "$"]
    edges = np.array([0, 1, 4, 5, 6])

    found = gram_numbers(running_numbers("".join(pieces)), edges, 2, "~")

    expected = ["~^", "~^=着火", "~=着火", "~=着火了", "~了", "~了$", "~$"]
    assert set(found.tolist()) == set(numbers_of(expected).tolist())


def test_a_part_of_a_longer_text_has_the_number_of_the_part() -> None:
    running = running_numbers("昨天着火了")

    found = gram_numbers(running, slice(2, 5), 2)

    assert set(found.tolist()) == set(numbers_of(["着", "火", "着火"]).tolist())


@given(WORDS)
def test_words_are_told_apart(words: list[str]) -> None:
    assert len(set(numbers_of(words).tolist())) == len(words)


def test_no_words_have_no_numbers() -> None:
    assert numbers_of([]).tolist() == []
    assert numbers_of(()).dtype == np.uint64


def test_words_beyond_the_prepared_powers_have_the_same_numbers() -> None:
    few = ["着火", "mei'qi"]
    many = [*few, *["无"] * MOST_CHARACTERS]

    assert numbers_of(many)[:2].tolist() == numbers_of(few).tolist()


@given(WORDS, WORDS)
def test_a_table_finds_its_words_and_no_other(words: list[str], others: list[str]) -> None:
    asked = [*others, *words]

    found = gram_table(words).found(numbers_of(asked))

    assert found.tolist() == [words.index(word) for word in asked if word in words]


def test_a_word_that_stands_twice_has_both_rows() -> None:
    table = gram_table(["火", "烟", "火"])

    assert sorted(table.found(numbers_of(["火"])).tolist()) == [0, 2]


@pytest.mark.parametrize("asked", [[], ["火"]], ids=["nothing", "a word"])
def test_an_empty_table_finds_nothing(asked: list[str]) -> None:
    assert gram_table([]).found(numbers_of(asked)).tolist() == []


def test_single_characters_spread_over_the_buckets() -> None:
    """The numbers of short words differ in their high bits, or one bucket would hold them all."""
    table = gram_table([chr(0x4E00 + place) for place in range(4096)])

    assert len(table.steps) < 16
