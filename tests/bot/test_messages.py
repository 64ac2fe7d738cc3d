"""What a person sends is made storable; what they get fits a channel without buttons."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import (
    MAX_ID_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    Account,
    Card,
    Choice,
    Event,
    Media,
    Reply,
    Utterance,
    clean_id,
    clean_text,
    has_urgent,
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


@given(ANY_TEXT)
def test_a_clean_id_can_be_stored(text: str) -> None:
    cleaned = clean_id(text)

    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert len(cleaned) <= MAX_ID_CHARACTERS
    assert clean_id(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("o6_bmjrPTlm6_2sgVt7hMZOPfL2M", True),
        ("x" * 200, True),
        ("x" * 201, False),
        ("a\x00b", False),
        ("a\ud800b", False),
        ("a\r\nb", False),
    ],
    ids=["an OpenID", "longest", "too long", "NUL", "surrogate", "line end"],
)
def test_ids_of_accounts_and_messages_are_storable(text: str, is_kept: bool) -> None:
    said = Utterance(Account("web", text), text, "你好", datetime.now(UTC))

    assert (said.id == text) is is_kept
    assert said.account.name == said.id
    assert is_kept or len(said.id) == 64


def test_two_dirty_ids_stay_two() -> None:
    assert clean_id("a\x00") != clean_id("a\x01") != clean_id("a")
    assert clean_id("x" * 300) != clean_id("x" * 301)


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


def test_plain_text_shows_a_card_by_its_address() -> None:
    card = Card("周六演练", "上午九点", "https://example.org/drill", "drill.png")
    reply = Reply("chat", "有演练", choices=(Choice("参加"),), card=card)

    assert plain_text(reply).splitlines() == [
        "有演练", "周六演练", "https://example.org/drill", "1 参加",
    ]  # fmt: skip


@given(ANY_TEXT, ANY_TEXT)
def test_what_a_platform_names_can_be_stored(key: str, ref: str) -> None:
    event, media = Event("scanned", key), Media("file", ref, name=ref, link=key)

    assert len(event.key) <= MAX_ID_CHARACTERS
    for text in (event.key, media.ref, media.name, media.link):
        text.encode("utf-8")
        assert clean_text(text) == text


@pytest.mark.parametrize(
    ("kinds", "is_urgent"),
    [((), False), (("chat", "answer"), False), (("chat", "emergency"), True), (("crisis",), True)],
    ids=str,
)
def test_urgent_is_what_is_said_in_danger(kinds: tuple[str, ...], is_urgent: bool) -> None:
    assert has_urgent(Reply(kind, "…") for kind in kinds) is is_urgent  # type: ignore[arg-type]
