"""How fast one may write."""

import pytest

from bot.channels.web_limits import (
    ADDRESS_BURST,
    PHOTO_VISITOR,
    VISITOR_BURST,
    ChatLimits,
    SenderLimits,
    TokenBuckets,
    network_of,
)


def test_a_bucket_gives_its_burst_and_then_fills_slowly() -> None:
    buckets = TokenBuckets(burst=2, per_second=0.5)

    taken = [buckets.take("a", now) for now in (0, 0, 0, 1, 2, 2)]

    assert taken == [True, True, False, False, True, False]


def test_a_rested_bucket_holds_no_more_than_its_burst() -> None:
    buckets = TokenBuckets(burst=1, per_second=1)
    buckets.take("a", 0)

    assert [buckets.take("a", 1000), buckets.take("a", 1000)] == [True, False]


def test_the_longest_unused_bucket_goes_first() -> None:
    buckets = TokenBuckets(burst=1, per_second=0.001, most=2)
    for key in ("a", "b", "a", "c"):
        buckets.take(key, 0)

    assert len(buckets) == 2
    assert [buckets.take("a", 0), buckets.take("b", 0)] == [False, True]


def test_one_visitor_does_not_slow_the_neighbours_behind_one_address() -> None:
    limits = SenderLimits()
    hasty = [limits.is_over("hasty", "10.0.0.1", 0) for _ in range(VISITOR_BURST + 1)]

    assert hasty == [False] * VISITOR_BURST + [True]
    assert not limits.is_over("neighbour", "10.0.0.1", 0)


def test_a_new_cookie_each_time_does_not_help() -> None:
    limits = SenderLimits()

    over = [limits.is_over(f"visitor {n}", "10.0.0.1", 0) for n in range(ADDRESS_BURST + 1)]

    assert over == [False] * ADDRESS_BURST + [True]


def test_nine_photos_leave_room_for_the_words_that_go_with_them() -> None:
    """A report of nine photos was refused at its place and kind, as written too fast."""
    limits = ChatLimits()
    photos = [limits.is_over("ann", 0, is_photo=True) for _ in range(9)]
    words = [limits.is_over("ann", 0) for _ in range(VISITOR_BURST + 1)]

    assert photos == [False] * 9
    assert words == [False] * VISITOR_BURST + [True]


def test_photos_without_end_are_too_many() -> None:
    limits, most = ChatLimits(), PHOTO_VISITOR[0]
    over = [limits.is_over("ann", 0, is_photo=True) for _ in range(int(most) + 1)]

    assert over == [False] * int(most) + [True]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
        ("unix", "other", False),
    ],
)
def test_a_household_is_one_network(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same
