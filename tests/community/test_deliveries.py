"""What an outcome does to a delivery: the rules, without storage."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.deliveries import (
    FIRST_PAUSE,
    LANES,
    LONGEST_PAUSE,
    LONGEST_REASON,
    MOST_TRIES_UNCERTAIN,
    Lane,
    pause_before,
    verdict,
)
from community.outcomes import NotReachable, OutOfQuota, Rejected, RetryAfter, Uncertain

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
DAY = timedelta(days=1)


@given(st.sampled_from(LANES), st.integers(1, 10_000))
def test_pauses_grow_up_to_the_lanes_longest(lane: Lane, attempt: int) -> None:
    assert FIRST_PAUSE <= pause_before(lane, attempt) <= pause_before(lane, attempt + 1)
    assert pause_before(lane, attempt + 1) <= LONGEST_PAUSE[lane]


def test_the_more_urgent_a_lane_the_shorter_its_pauses() -> None:
    longest = [pause_before(lane, 100) for lane in LANES]

    assert longest == sorted(LONGEST_PAUSE.values())
    assert [pause_before("bulk", attempt).seconds for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("attempt", "seconds", "pause"),
    [
        (1, 30.0, timedelta(seconds=30)),
        (1, 0.2, timedelta(seconds=1)),
        (6, 3.0, timedelta(seconds=32)),
        (1, -5.0, timedelta(seconds=1)),
        (1, math.nan, timedelta(seconds=1)),
        (1, math.inf, DAY),
        (1, 1e12, DAY),
    ],
    ids=["as asked", "too short", "tried often", "negative", "nan", "infinite", "years"],
)
def test_the_pause_a_platform_asks_for_is_kept(
    attempt: int, seconds: float, pause: timedelta
) -> None:
    assert verdict("reply", attempt, RetryAfter(seconds), NOON).next_at == NOON + pause


@pytest.mark.parametrize("lane", ["incident", "alarm"])
def test_an_uncertain_alarm_is_repeated_a_few_times(lane: Lane) -> None:
    found = [
        verdict(lane, attempt, Uncertain("timed out"), NOON).state
        for attempt in range(1, MOST_TRIES_UNCERTAIN + 1)
    ]

    assert found == ["waiting"] * (MOST_TRIES_UNCERTAIN - 1) + ["uncertain"]


@pytest.mark.parametrize("lane", ["reply", "bulk"])
def test_an_uncertain_reply_or_notice_is_not_repeated(lane: Lane) -> None:
    found = verdict(lane, 1, Uncertain("timed out"), NOON)

    assert (found.state, found.next_at, found.is_final) == ("uncertain", None, True)


def test_a_quota_is_waited_for_when_its_end_is_known() -> None:
    tomorrow = NOON + DAY

    assert verdict("bulk", 1, OutOfQuota(tomorrow), NOON).next_at == tomorrow
    assert verdict("alarm", 1, OutOfQuota(NOON - DAY), NOON).next_at == NOON + FIRST_PAUSE
    assert verdict("bulk", 1, OutOfQuota(), NOON).state == "held"
    assert verdict("reply", 1, OutOfQuota(tomorrow), NOON).state == "held"


def test_reasons_fit_their_column() -> None:
    for outcome in (NotReachable("x" * 500), Rejected("x" * 500), Uncertain("x" * 500)):
        assert len(verdict("reply", 1, outcome, NOON).reason) == LONGEST_REASON
