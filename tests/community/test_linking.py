"""The states of a link, whatever two people and a clock do to it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from community.linking import (
    ANSWER_LIFETIME,
    CODE_LIFETIME,
    Link,
    link_mac,
    new_link_code,
    read_link_code,
)

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
GIVER, TAKER, STRANGER = 1, 2, 3
LATER = NOON + CODE_LIFETIME


def shown() -> Link:
    return Link(GIVER, LATER)


def typed() -> Link:
    return shown().typed(TAKER, NOON)


@pytest.mark.parametrize("first", [GIVER, TAKER])
def test_two_yeses_join(first: int) -> None:
    second = TAKER if first == GIVER else GIVER
    waiting = typed().agreed(first, NOON)
    assert waiting.state == "typed"
    assert waiting.agreed(first, NOON) == waiting
    assert waiting.agreed(second, NOON).state == "joined"


@pytest.mark.parametrize("who", [GIVER, TAKER])
def test_one_no_ends_it(who: int) -> None:
    ended = typed().agreed(GIVER, NOON).refused(who, NOON)
    assert ended.state == "refused"
    assert ended.agreed(TAKER, NOON) == ended


def test_a_code_serves_the_first_who_types_it() -> None:
    assert typed().typed(STRANGER, NOON) == typed()
    assert shown().typed(GIVER, NOON) == shown()


@pytest.mark.parametrize("step", ["agreed", "refused"])
def test_a_stranger_has_no_say(step: str) -> None:
    assert getattr(typed(), step)(STRANGER, NOON) == typed()


def test_a_yes_before_the_code_was_typed_is_none() -> None:
    assert shown().agreed(GIVER, NOON) == shown()


def test_each_half_has_ten_minutes() -> None:
    moment = timedelta(microseconds=1)
    assert shown().typed(TAKER, LATER - moment).state == "typed"
    assert shown().typed(TAKER, LATER).state == "expired"
    link = shown().typed(TAKER, LATER - moment)
    end = LATER - moment + ANSWER_LIFETIME
    assert link.agreed(GIVER, end - moment).giver_yes
    assert link.agreed(GIVER, end).state == "expired"


class LinkMachine(RuleBasedStateMachine):
    """Anybody does anything at any time; a model counts what may count."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.link = shown()
        self.before = self.link
        self.agreed: set[int] = set()
        self.was_typed_by: int | None = None

    def step(self, link: Link) -> None:
        self.before, self.link = self.link, link

    @rule(who=st.sampled_from([GIVER, TAKER, STRANGER]))
    def type(self, who: int) -> None:
        self.step(self.link.typed(who, self.now))
        if self.was_typed_by is None and self.link.state == "typed":
            self.was_typed_by = who

    @rule(who=st.sampled_from([GIVER, TAKER, STRANGER]))
    def agree(self, who: int) -> None:
        is_open = self.link.at(self.now).state == "typed"
        self.step(self.link.agreed(who, self.now))
        if is_open:
            self.agreed.add(who)

    @rule(who=st.sampled_from([GIVER, TAKER, STRANGER]))
    def refuse(self, who: int) -> None:
        self.step(self.link.refused(who, self.now))

    @rule(seconds=st.integers(0, 400))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def joined_only_by_two_yeses(self) -> None:
        if self.link.state == "joined":
            assert {GIVER, self.was_typed_by} <= self.agreed
            assert self.link.giver_yes
            assert self.link.taker_yes

    @invariant()
    def what_has_ended_stays_so(self) -> None:
        if not self.before.is_open:
            assert self.link == self.before

    @invariant()
    def the_sides_never_change(self) -> None:
        assert self.link.giver_id == GIVER
        assert self.link.taker_id == self.was_typed_by != GIVER

    @invariant()
    def nothing_stays_open_for_long(self) -> None:
        assert self.link.expires_at <= LATER + ANSWER_LIFETIME


TestLink = LinkMachine.TestCase


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("012345", "012345"),
        ("０１２ ３４５", "012345"),
        ("012-345", "012345"),
        ("12345", None),
        ("1234567", None),
        ("12345a", None),
        ("", None),
        ("٠١٢٣٤٥", None),
    ],
)
def test_codes_as_typed(text: str, code: str | None) -> None:
    assert read_link_code(text) == code


def test_codes_are_six_digits_and_differ() -> None:
    codes = {new_link_code() for _ in range(200)}
    assert len(codes) > 190
    assert all(read_link_code(code) == code for code in codes)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_without_the_key_a_kept_code_says_nothing(key: bytes, other: bytes) -> None:
    assert link_mac("012345", key) == link_mac("012345", key)
    assert (link_mac("012345", key) == link_mac("012345", other)) is (key == other)
