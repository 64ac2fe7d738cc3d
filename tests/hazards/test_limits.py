"""The day that limits are counted by."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazards.limits import Blocked, Limits, OverLimit, PasswordLocked, day_of
from tests.hazards.taken import NOON

CHONGQING = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("hour", "day"), [(15, 22), (16, 23)], ids=["before midnight there", "after"]
)
def test_a_day_is_the_districts(hour: int, day: int) -> None:
    found = day_of(datetime(2026, 11, 22, hour, tzinfo=UTC), CHONGQING)
    assert found.begins == datetime(2026, 11, day, tzinfo=CHONGQING)
    assert found.ends - found.begins == timedelta(days=1)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_moment_lies_in_its_day(moment: datetime) -> None:
    found = day_of(moment, CHONGQING)
    assert found.begins <= moment < found.ends


def test_what_is_refused_says_until_when() -> None:
    errors = (
        OverLimit("place_hour", NOON),
        Blocked(NOON, "多次误报", has_appealed=False),
        PasswordLocked(NOON),
    )
    assert all(error.until == NOON and error.permanent for error in errors)
    assert all("2026-11-23" in str(error) for error in errors)
    assert "多次误报" not in str(errors[1])  # staff's words stay out of the log
    assert Limits() == Limits(20, 3, 5)
