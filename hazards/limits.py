"""How much one person may report, and who may not for now; values in, values out."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

LimitName = Literal["resident_day", "place_hour", "anonymous_day"]

# After this many false reports staff are shown the suggestion to block; nobody is ever blocked
# by a rule alone.
FALSE_REPORTS = 3
WRONG_PASSWORDS = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How many reports are taken; a person on an inspection round stays below.

    Attributes:
        resident_day: of one resident on one day.
        place_hour: of one resident about the same building and category within an hour.
        anonymous_day: anonymous ones from one channel account on one day.
    """

    resident_day: int = 20
    place_hour: int = 3
    anonymous_day: int = 5


class OverLimit(Exception):
    """Somebody has reported as much as is taken for now."""

    permanent = True

    def __init__(self, limit: LimitName, until: datetime) -> None:
        self.limit: LimitName = limit
        self.until = until
        super().__init__(f"over the limit {limit}: try again after {until.isoformat()}")


class Blocked(Exception):
    """Somebody may not report for now, and may say something to it once (申诉)."""

    permanent = True

    def __init__(self, until: datetime, reason: str, *, has_appealed: bool) -> None:
        self.until = until
        self.reason = reason
        self.has_appealed = has_appealed
        super().__init__(f"blocked from reporting until {until.isoformat()}: appeal, or wait")


class PasswordLocked(Exception):
    """Too many wrong passwords were tried for one report today."""

    permanent = True

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"too many wrong passwords: try again after {until.isoformat()}")


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day in one zone, with its beginning and its end as moments."""

    begins: datetime
    ends: datetime


def day_of(now: datetime, zone: ZoneInfo) -> Day:
    """Return the day that an aware moment lies in, as clocks of ``zone`` show it."""
    on = now.astimezone(zone).date()
    begins = datetime.combine(on, time(), zone)
    return Day(begins, datetime.combine(on + timedelta(days=1), time(), zone))
