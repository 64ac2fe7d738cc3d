"""Whether somebody may report now: not blocked, and not over a limit."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hazards.anonymity import daily_mac
from hazards.limit_store import block_of, count_up, hold_resident, reports_since
from hazards.limits import Blocked, Limits, OverLimit, day_of

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who reports, as far as counting goes.

    Attributes:
        resident_id: None when nobody is known.
        name: what an anonymous one is counted by; "" counts nothing. Never stored.
        is_anonymous: counted by ``name`` alone; a block of theirs holds all the same.
        place: the building and category, None without a building.
    """

    resident_id: int | None
    name: str = field(repr=False)
    is_anonymous: bool
    place: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class Measure:
    """By what is counted: the limits, the district's clock, and the installation's key."""

    limits: Limits
    zone: ZoneInfo
    key: bytes = field(repr=False)


def require_allowed(db: Connection, sender: Sender, measure: Measure, now: datetime) -> None:
    """Count a report that is about to be taken.

    Raises:
        Blocked: when the sender may not report.
        OverLimit: when they have reported as much as is taken for now.
    """
    if sender.resident_id is not None:
        _require_unblocked(db, sender.resident_id, now)
    if sender.is_anonymous or sender.resident_id is None:
        _count_nameless(db, sender.name, measure, now)
    else:
        _require_within(db, sender.resident_id, sender.place, measure, now)


def _require_unblocked(db: Connection, resident_id: int, now: datetime) -> None:
    hold_resident(db, resident_id)
    block = block_of(db, resident_id, now)
    if block is not None:
        raise Blocked(block.until, block.reason, has_appealed=block.appealed_at is not None)


def _count_nameless(db: Connection, name: str, measure: Measure, now: datetime) -> None:
    if not name:
        return
    today = day_of(now, measure.zone)
    on = today.begins.date()
    mac = daily_mac(measure.key, on, name)
    if not count_up(db, mac, on, measure.limits.anonymous_day):
        raise OverLimit("anonymous_day", today.ends)


def _require_within(
    db: Connection,
    resident_id: int,
    place: tuple[int, str] | None,
    measure: Measure,
    now: datetime,
) -> None:
    today = day_of(now, measure.zone)
    if len(reports_since(db, resident_id, today.begins)) >= measure.limits.resident_day:
        raise OverLimit("resident_day", today.ends)
    if place is None:
        return
    lately = reports_since(db, resident_id, now - _HOUR, place)
    if len(lately) >= measure.limits.place_hour:
        raise OverLimit("place_hour", lately[0] + _HOUR)
