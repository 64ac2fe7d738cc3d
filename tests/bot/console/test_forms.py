"""Forms as they come in: what is shown again after a session ended, and what is cleaned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from bot.console.forms import number_of, text_of, written_texts
from bot.console.values import Refused
from bot.messages import clean_text


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ([("reason", "楼道里有电动车"), ("csrf", "a" * 43)], ["楼道里有电动车"]),
        ([("password_new", "long-secret"), ("code", "123456")], []),
        ([("state", "ok"), ("note", "   ")], []),
        ([("note", "第一段\x00话"), ("note", "第二段话")], ["第一段话", "第二段话"]),
    ],
    ids=["token", "secrets", "short", "repeated"],
)
def test_what_was_written_and_nothing_else(fields: list[tuple[str, str]], shown: list[str]) -> None:
    assert list(written_texts(FormData(fields))) == shown


def test_a_missing_field_is_empty() -> None:
    assert text_of(FormData([]), "name") == ""
    assert number_of(FormData([("id", " ")]), "id") is None


@given(st.text(max_size=300))
def test_a_text_is_cleaned_and_bounded(typed: str) -> None:
    form = FormData([("name", typed)])
    cleaned = clean_text(typed).strip()
    if len(cleaned) > 50:
        with pytest.raises(Refused):
            text_of(form, "name", most=50)
    else:
        assert text_of(form, "name", most=50) == cleaned


@given(st.integers(0, 10**18 - 1))
def test_an_id_is_read(number: int) -> None:
    assert number_of(FormData([("id", str(number))]), "id") == number


@given(st.text(max_size=30))
def test_anything_else_is_no_id(typed: str) -> None:
    with pytest.raises(Refused):
        number_of(FormData([("id", f"x{typed}")]), "id")
