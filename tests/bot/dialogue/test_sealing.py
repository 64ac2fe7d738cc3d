"""Replies that no store may hold: a minute in memory, and what stands in their place."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.dialogue.sealing import (
    KEPT,
    SealedReplies,
    is_sealed,
    standing_reply,
    standing_rows,
)
from bot.dialogue.turns import replies_from_json
from bot.messages import Reply

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
RECEIPT = (Reply("chat", "编号 942K-PRP9"),)
WORDS = {"report_sealed": "收到了"}


@pytest.mark.parametrize(
    ("after", "is_held"),
    [(timedelta(), True), (KEPT - timedelta(seconds=1), True), (KEPT, False)],
    ids=["at once", "just before", "after a minute"],
)
def test_they_are_held_for_a_minute(after: timedelta, *, is_held: bool) -> None:
    sealed = SealedReplies()
    sealed.keep(7, RECEIPT, NOW)

    assert sealed.of(7, NOW + after) == (RECEIPT if is_held else None)
    assert sealed.of(8, NOW) is None


def test_they_are_wiped_by_themselves() -> None:
    sealed = SealedReplies()
    sealed.keep(7, RECEIPT, NOW)

    sealed._wipe(7)

    assert sealed.of(7, NOW) is None
    assert sealed._kept == {}


def test_what_stands_in_their_place_is_known_and_read() -> None:
    stored = standing_rows(WORDS)

    assert is_sealed(stored)
    assert replies_from_json(stored) == (standing_reply(WORDS),)


@pytest.mark.parametrize("stored", [[], None, "x", [{"kind": "chat", "text": "好"}], [None]])
def test_nothing_else_is_taken_for_it(stored: object) -> None:
    assert not is_sealed(stored)
