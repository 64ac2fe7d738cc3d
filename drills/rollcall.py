"""Roll call at the assembly point (点名): what one word from somebody makes of the list.

Values in, values out: no clock, no storage. A line stands for ``persons`` people; ``arrived`` of
them have come, and ``status`` speaks of the others, so it is ``arrived`` when nobody is left.

Lines that are counted together are in ``drills.roll_homes``, the sums in ``drills.roll_counts``.

Nothing here marks anybody safe by itself. Who has come stays so until somebody corrects it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from drills.drills import BEFORE, ActorKind, Drill, DrillRefused, State

Status = Literal[
    "unknown", "leaving", "needs_help", "arrived", "at_home", "away", "excused", "missing"
]
STATUSES: tuple[Status, ...] = get_args(Status)
LineKind = Literal["resident", "household", "guest"]
Source = Literal["", "button", "qr", "code", "proxy", "list", "organiser"]

# Those to be looked for, the most urgent first.
SOUGHT: tuple[Status, ...] = ("needs_help", "missing", "leaving", "unknown")
# Somebody knows where they are, though they did not come.
ACCOUNTED: tuple[Status, ...] = ("at_home", "away", "excused")
# A call for help ends when somebody comes, or by staff; a second thought on a phone is no end.
URGENT: frozenset[Status] = frozenset({"needs_help", "missing"})

MOST_PERSONS = 20
FAST_CLOCK = timedelta(minutes=2)

OPEN_STATES: frozenset[State] = frozenset({"alarm", "mustering"})
# The roll is closed, but who comes late, or was noted on a phone without network, is kept.
LATE_STATES: frozenset[State] = frozenset({"roll_closed", "all_clear", "debrief"})
NOT_YET = "演练还没开始，听到演练通知后再操作。"
OVER = "演练已经结束。"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened by the clock of who tells it, and when we heard of it."""

    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Teller:
    """Who says something about a line, and by which way."""

    kind: ActorKind
    id: int | None
    source: Source

    @property
    def staff_id(self) -> int | None:
        """The staff member, if it is one."""
        return self.id if self.kind == "staff" else None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list, as ``drills.store.drill_roster`` describes its columns.

    Attributes:
        changed_at: when the status was last said, by the clock of who said it.
    """

    id: int
    building_id: int
    resident_id: int | None
    room: str
    floor: int | None
    kind: LineKind
    persons: int
    arrived: int
    status: Status
    source: Source
    by_staff_id: int | None
    by_resident_id: int | None
    needs_assistance: bool
    left_at: datetime | None
    arrived_at: datetime | None
    helped_at: datetime | None
    changed_at: datetime

    @property
    def rest(self) -> int:
        """How many have not come."""
        return self.persons - self.arrived

    @property
    def was_answered_for(self) -> bool:
        """Whether a member of a home is there only because another of the home said so."""
        is_member = self.persons == 0 and self.source == "proxy"
        return is_member and self.by_resident_id != self.resident_id

    @property
    def is_sought(self) -> bool:
        """Whether somebody of it is to be looked for: nobody has said where they are."""
        if self.persons == 0 or self.kind == "guest":
            return self.status in URGENT
        return self.rest > 0 and self.status in SOUGHT


def check_time(drill: Drill, moment: Moment) -> None:
    """Pass over something that may be noted on the list.

    Raises:
        DrillRefused: ``not_running`` before the alarm and after the debriefing, ``bad_moment``
            when it is told to have happened before the alarm or in the future.
    """
    if drill.state in BEFORE or drill.state == "postponed" or drill.alarm_at is None:
        raise DrillRefused("not_running", NOT_YET)
    if drill.state not in OPEN_STATES | LATE_STATES:
        raise DrillRefused("not_running", OVER)
    if moment.occurred_at < drill.alarm_at:
        raise DrillRefused("bad_moment", "登记的时间早于演练开始。")
    if moment.occurred_at > moment.recorded_at + FAST_CLOCK:
        raise DrillRefused("bad_moment")


def check_persons(persons: int, least: int = 1) -> None:
    """Pass over a number of people that one line may stand for.

    Raises:
        DrillRefused: ``bad_persons``.
    """
    if not least <= persons <= MOST_PERSONS:
        raise DrillRefused("bad_persons")


def arrive(line: Line, persons: int, teller: Teller, at: datetime) -> Line:
    """Return a line of which so many people in all have come.

    The larger of two numbers and the earlier of two times hold, so neither repeats nor the order
    in which phones find a network again change the end. What was corrected later than ``at`` to
    "unknown" stays so.

    Args:
        line: as it stands.
        persons: how many of it have come, those said before included.
        teller: who says so.
        at: when they came.
    """
    if line.status == "unknown" and at < line.changed_at:
        return line
    arrived = max(line.arrived, persons)
    whole = max(line.persons, arrived)
    is_all = arrived == whole
    is_known = arrived == line.arrived and (not is_all or line.status == "arrived")
    if is_known:
        return _earlier(line, at) if line.arrived_at else line
    changed = replace(line, persons=whole, arrived=arrived, arrived_at=_first(line.arrived_at, at))
    if is_all:
        changed = replace(changed, status="arrived", changed_at=max(line.changed_at, at))
    return _told(changed, teller)


def mark(line: Line, status: Status, teller: Teller, at: datetime) -> Line:
    """Return a line of which those who have not come are said to be so.

    Later words hold against earlier ones. A call for help holds against any word but an arrival,
    and ends by staff alone, or by coming; somebody for whom another answered may still call.

    Raises:
        DrillRefused: ``bad_status`` for ``arrived`` and ``unknown``, which are no words for it.
    """
    if status in {"arrived", "unknown"}:
        raise DrillRefused("bad_status")
    is_called = status == "needs_help"
    if line.status == "arrived" and not (is_called and line.was_answered_for):
        return line
    is_older = at < line.changed_at
    if status == line.status or (is_older and (line.status == "unknown" or not is_called)):
        return line
    if line.status in URGENT and teller.kind == "resident" and not is_called:
        return line
    changed = replace(line, status=status, changed_at=max(line.changed_at, at))
    if line.status == "arrived":
        changed = replace(changed, arrived_at=None)
    if status == "leaving":
        changed = replace(changed, left_at=_first(line.left_at, at))
    return _told(changed, teller)


def found(line: Line, teller: Teller, at: datetime) -> Line:
    """Return a line whose people a helper has found and brought: they have come, and are helped."""
    came = arrive(line, line.persons, teller, at)
    return replace(came, helped_at=_first(line.helped_at, at))


def correct(line: Line, status: Status, arrived: int, teller: Teller, at: datetime) -> Line:
    """Return a line as staff put it right, whatever was said before.

    Args:
        line: as it stands.
        status: of those who have not come; ``arrived`` only when nobody is left.
        arrived: how many have come.
        teller: who puts it right.
        at: when; what is told to have happened before no longer makes an arrival of "unknown".

    Raises:
        DrillRefused: ``bad_persons`` for more than the line has, ``bad_status`` when status and
            number do not fit.
    """
    if not 0 <= arrived <= line.persons:
        raise DrillRefused("bad_persons")
    if line.persons and (status == "arrived") != (arrived == line.persons):
        raise DrillRefused("bad_status")
    has_come = arrived > 0 or status == "arrived"
    changed = replace(
        line,
        status=status,
        arrived=arrived,
        arrived_at=(line.arrived_at or at) if has_come else None,
        left_at=line.left_at if status in {"arrived", "leaving"} else None,
        changed_at=at,
    )
    return _told(changed, teller)


def at_closing(status: Status) -> Status:
    """Return what a line's status becomes when the roll is closed.

    Who said that they were on their way, or needed help, and has not come, is missing: they were
    in the building and may be in trouble on the stairs. From all others there was no answer; they
    may be at work, or not have opened the message. To call them missing would send searchers
    after people who are not there, to call them safe could cost a life; so they stay unknown.
    """
    return "missing" if status in {"leaving", "needs_help"} else status


def _earlier(line: Line, at: datetime) -> Line:
    """Return a line whose people came at the earlier of two times."""
    if line.arrived_at is None or line.arrived_at <= at:
        return line
    return replace(line, arrived_at=at)


def _first(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _told(line: Line, teller: Teller) -> Line:
    """Return a line with who said the last of it."""
    return replace(
        line,
        source=teller.source,
        by_staff_id=teller.staff_id if teller.kind == "staff" else line.by_staff_id,
        by_resident_id=teller.id if teller.kind == "resident" else line.by_resident_id,
    )
