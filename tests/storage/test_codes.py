from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.codes import ALPHABET, LENGTH, check_character, is_valid, new_code, read_code

codes = st.text(ALPHABET, min_size=LENGTH - 1, max_size=LENGTH - 1).map(
    lambda drawn: drawn + check_character(drawn)
)
places = st.integers(0, LENGTH - 1)


def test_new_codes_are_valid_and_differ() -> None:
    made = [new_code() for _ in range(2000)]

    assert all(is_valid(code) for code in made)
    assert len(set(made)) == len(made)
    assert {character for code in made for character in code} == set(ALPHABET)


@given(code=codes, place=places, other=st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_noticed(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]

    assert is_valid(wrong) is (wrong == code)


@given(code=codes, one=places, other=places)
def test_any_two_swapped_characters_are_noticed(code: str, one: int, other: int) -> None:
    characters = list(code)
    characters[one], characters[other] = characters[other], characters[one]
    swapped = "".join(characters)

    assert is_valid(swapped) is (swapped == code)


@given(text=st.text(max_size=12))
def test_any_text_can_be_asked_about(text: str) -> None:
    code = read_code(text)

    assert is_valid(text) is False or code == text
    assert code is None or is_valid(code)


@given(code=codes)
def test_a_code_is_read_as_people_type_it(code: str) -> None:
    full_width = "".join(chr(ord(character) + 0xFEE0) for character in code)
    misread = code.replace("1", "l").replace("0", "o")

    for typed in (code.lower(), f" {code[:4]}-{code[4:]}\n", full_width, misread):
        assert read_code(typed) == code


@pytest.mark.parametrize(
    "text", ["", "0000000", "00000000", "000000000", "0000000U", "楼", "0000 0001"]
)
def test_what_is_no_code_is_none(text: str) -> None:
    assert read_code(text) is None
    assert not is_valid(text)


def test_the_check_is_the_same_on_every_release() -> None:
    assert check_character("7K3WQ9Z") == "Q"
