"""What a person sends is made storable; what they get fits a channel without buttons."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import (
    MAX_TEXT_CHARACTERS,
    Account,
    Choice,
    Reply,
    Utterance,
    clean_text,
    plain_text,
)

ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=300)


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored_and_sent(text: str) -> None:
    cleaned = clean_text(text)

    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert all(character >= " " or character in "\t\n" for character in cleaned)
    assert clean_text(cleaned) == cleaned


def test_text_is_capped() -> None:
    said = Utterance(Account("web", "a"), "1", "火" * 50_000, datetime.now(UTC))
    assert len(said.text) == MAX_TEXT_CHARACTERS


def test_lone_surrogates_and_controls_go() -> None:
    assert clean_text("a\ud800b\x00c\x1bd\r\ne") == "abcd\ne"


def test_plain_text_numbers_the_choices() -> None:
    reply = Reply("clarify", "你想问的是哪一个？", choices=(Choice("甲"), Choice("乙")))
    assert plain_text(reply) == "你想问的是哪一个？\n1 甲\n2 乙"


def test_plain_text_of_an_emergency_keeps_the_choices_in_one_line() -> None:
    reply = Reply("emergency", "现在打119", choices=(Choice("已打119"), Choice("打不了电话")))
    assert plain_text(reply) == "现在打119\n1 已打119　2 打不了电话"


def test_plain_text_has_basis_and_hint_below() -> None:
    reply = Reply("answer", "答", basis="依据：《消防法》第四十四条", hint="没答到回“不对”。")
    assert plain_text(reply).splitlines() == [
        "答",
        "依据：《消防法》第四十四条",
        "没答到回“不对”。",
    ]
