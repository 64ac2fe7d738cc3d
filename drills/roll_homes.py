"""Homes on the list: a household's line together with the lines of its members.

Those stand for nobody (``persons`` 0): the household counts them, so that two phones of one home
never count a person twice. Values in, values out, as in ``drills.rollcall``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from drills.rollcall import ACCOUNTED, URGENT, Line, Status, Teller, arrive, mark


@dataclass(frozen=True, slots=True)
class Home:
    """Lines that are counted together: a household with its members, or one line alone."""

    household: Line | None
    members: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All of them."""
        return (*((self.household,) if self.household else ()), *self.members)


def settle(home: Home) -> Home:
    """Return a home whose household counts what its members said.

    The household has at least as many people as members, and as many have come as members came
    by themselves, or as somebody said, whichever is more: a number may include any of them.
    Whoever calls for help has not come, whatever another said for them.
    """
    household = home.household
    if household is None:
        return home
    members = home.members
    persons = max(household.persons, len(members))
    urgent = sum(member.status in URGENT for member in members)
    came = sum(member.status == "arrived" for member in members)
    arrived = min(max(household.arrived, came), persons - urgent)
    times = [line.arrived_at for line in home.lines if line.arrived_at]
    changed = replace(
        household,
        persons=persons,
        arrived=arrived,
        arrived_at=min(times) if times and arrived else None,
        status=_status_of_rest(household, members, persons - arrived),
    )
    return replace(home, household=changed)


def answer_for_home(home: Home, persons: int, teller: Teller, at: datetime) -> Home:
    """Return a home of which so many people in all have come; all of them bring every member."""
    household = home.household
    if household is None:
        return home
    came = arrive(household, persons, teller, at)
    # Said of the whole home, it is also said of who called for help before: they were brought.
    is_whole = persons >= max(came.persons, len(home.members))
    members = home.members
    if is_whole:
        members = tuple(arrive(member, 0, teller, at) for member in members)
    return settle(Home(came, members))


def mark_home(home: Home, status: Status, teller: Teller, at: datetime) -> Home:
    """Return a home of which all who have not come are said to be so.

    Raises:
        DrillRefused: ``bad_status``, as ``mark``.
    """
    household = home.household
    if household is None:
        return home
    members = home.members
    if status not in ACCOUNTED:
        members = tuple(mark(member, status, teller, at) for member in members)
    return settle(Home(mark(household, status, teller, at), members))


def correct_home(home: Home, line: Line, fixed: Line) -> Home:
    """Return a home of which one line was corrected: household and members agree again.

    Args:
        home: as it stands.
        line: one of its lines.
        fixed: the same line, as ``correct`` returned it.
    """
    if home.household is not None and line.id == home.household.id:
        return settle(Home(fixed, _following(home.members, fixed)))
    changed = with_line(home, fixed)
    household = changed.household
    if household is not None and (line.status, fixed.status != "arrived") == ("arrived", True):
        fewer = max(household.arrived - 1, 0)
        changed = replace(changed, household=replace(household, arrived=fewer))
    return settle(changed)


def cover(home: Home) -> Home:
    """Return a home whose household counts every member, also those that joined just now."""
    household = home.household
    joining = [member for member in home.members if member.persons]
    if household is None or not joining:
        return home
    most = replace(
        household,
        persons=max(household.persons, *(member.persons for member in joining)),
        arrived=max(household.arrived, *(member.arrived for member in joining)),
    )
    members = tuple(replace(member, persons=0, arrived=0) for member in home.members)
    return settle(Home(most, members))


def with_line(home: Home, line: Line) -> Home:
    """Return a home with one of its lines as it is now."""
    if home.household is not None and home.household.id == line.id:
        return replace(home, household=line)
    members = (line if member.id == line.id else member for member in home.members)
    return replace(home, members=tuple(members))


def _following(members: Sequence[Line], household: Line) -> tuple[Line, ...]:
    """Return members as they stand once staff has corrected how many of the home have come."""
    came = sum(member.status == "arrived" for member in members)
    if came <= household.arrived < household.persons:
        return tuple(members)
    status: Status = "arrived" if household.rest == 0 else "unknown"
    at, arrived_at = household.changed_at, household.arrived_at
    return tuple(
        replace(member, status=status, arrived_at=arrived_at if status == "arrived" else None,
                changed_at=at)
        for member in members
    )  # fmt: skip


def _status_of_rest(household: Line, members: Sequence[Line], rest: int) -> Status:
    if rest == 0:
        return "arrived"
    said = [member.status for member in members]
    for status in ("needs_help", "missing"):
        if status in said:
            return status
    is_said = household.status in ACCOUNTED or household.status in URGENT
    is_by_staff = household.by_staff_id is not None and is_said
    if not members or is_by_staff:
        return "unknown" if household.status == "arrived" else household.status
    if "leaving" in said:
        return "leaving"
    known = [status for status in said if status in ACCOUNTED]
    return known[0] if len(known) >= rest else "unknown"
