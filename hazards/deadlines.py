"""When a hazard is due, when its handler is reminded of it, and who is told afterwards.

What a district allows is in ``hazards.deadline_rules``; here is the arithmetic over its working
days, and over pauses.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from community.districts import District
from community.workdays import WorkCalendar
from hazards.deadline_rules import Allowance, Level, rules_at


@dataclass(frozen=True, slots=True)
class Step:
    """One step of escalation, and when it comes."""

    level: Level
    at: datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """When one case is due.

    Attributes:
        allowance: what was allowed.
        soft_at: when the handler is reminded; not after ``due_at``.
        due_at: from then on it is overdue.
        steps: of escalation, earliest first, none before ``due_at``.
        version: of the rules.
        is_to_confirm: whether the district has yet to confirm the rules.

    Times are in the calendar's zone.
    """

    allowance: Allowance
    soft_at: datetime
    due_at: datetime
    steps: tuple[Step, ...]
    version: str
    is_to_confirm: bool

    @property
    def escalations(self) -> tuple[datetime, ...]:
        """When the steps come."""
        return tuple(step.at for step in self.steps)

    @property
    def text(self) -> str:
        """As people read it: 24小时内核查，11月23日21:14前（待本地确认）."""
        at = self.due_at
        until = f"{at.month}月{at.day}日{at:%H:%M}前"
        return f"{self.allowance.text}，{until}{'（待本地确认）' if self.is_to_confirm else ''}"


def deadline(
    district: District,
    category: str,
    at: datetime,
    calendar: WorkCalendar,
    is_major: bool = False,
) -> Deadline:
    """Return when a case of a category is due that was submitted ``at``.

    Hours to check run by the clock, also at night; working days end when offices close on the
    last of them, the day of submission not counted.

    Raises:
        UnknownCategory: when there is no such category.
        NoDeadlines: when the district's file has none.
        BrokenPlaceFile: when its deadlines cannot be used.
    """
    rules = rules_at(district, at.astimezone(calendar.zone).date())
    allowance = rules.allowance(category)
    due_at, soft_at = _times(allowance, rules.reminder, at, calendar)
    wanted = (*rules.steps, *(rules.major_steps if is_major else ()))
    steps = (
        Step(rule.level, calendar.add_working_hours(due_at, rule.working_hours)) for rule in wanted
    )
    return Deadline(
        allowance=allowance,
        soft_at=soft_at.astimezone(calendar.zone),
        due_at=due_at.astimezone(calendar.zone),
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        version=rules.version,
        is_to_confirm=rules.is_to_confirm,
    )


def resumed(
    paused: Deadline, paused_at: datetime, resumed_at: datetime, calendar: WorkCalendar
) -> Deadline:
    """Return a deadline after a pause: what was left at ``paused_at`` is left at ``resumed_at``.

    Hours by the clock are left by the clock, working time as working time. What had come before
    the pause stays where it was.

    Raises:
        ValueError: when the pause ends before it begins.
    """
    if resumed_at < paused_at:
        raise ValueError(f"a pause from {paused_at} cannot end at {resumed_at}")
    pause = _Pause(paused_at.astimezone(UTC), resumed_at.astimezone(UTC), calendar)
    moved = pause.by_clock if paused.allowance.check_hours else pause.by_working_time
    due_at = moved(paused.due_at)
    steps = (
        # The steps keep their distance from a deadline that has moved.
        _follow(step, paused.due_at, due_at, calendar)
        if due_at != paused.due_at
        else replace(step, at=pause.by_working_time(step.at))
        for step in paused.steps
    )
    soft_at = moved(paused.soft_at)
    return replace(paused, due_at=due_at, soft_at=soft_at, steps=tuple(steps))


def put_off(
    first: Deadline, soft_at: datetime, due_at: datetime, calendar: WorkCalendar
) -> Deadline:
    """Return a deadline that earlier pauses have moved; its steps keep their distance from it."""
    if due_at == first.due_at:
        return replace(first, soft_at=soft_at)
    steps = tuple(_follow(step, first.due_at, due_at, calendar) for step in first.steps)
    return replace(first, soft_at=soft_at, due_at=due_at, steps=steps)


@dataclass(frozen=True, slots=True)
class _Pause:
    """Moves what lies after the beginning of a pause; from ``start`` to ``end``, both in UTC."""

    start: datetime
    end: datetime
    calendar: WorkCalendar

    def by_clock(self, moment: datetime) -> datetime:
        if moment <= self.start:
            return moment
        length = self.end - self.start
        return (moment.astimezone(UTC) + length).astimezone(self.calendar.zone)

    def by_working_time(self, moment: datetime) -> datetime:
        if moment <= self.start:
            return moment
        left = self.calendar.working_time_between(self.start, moment)
        return self.calendar.add_working_time(self.end, left).astimezone(self.calendar.zone)


def _times(
    allowance: Allowance, reminder: float, at: datetime, calendar: WorkCalendar
) -> tuple[datetime, datetime]:
    if allowance.check_hours:
        length = timedelta(hours=allowance.check_hours)
        # In UTC, where a day has 24 hours on every day of the year.
        start = at.astimezone(UTC)
        return start + length, start + length * reminder
    due_at = calendar.add_working_days(at, allowance.working_days)
    length = calendar.working_time_between(at, due_at)
    return due_at, calendar.add_working_time(at, length * reminder)


def _follow(step: Step, old_due: datetime, new_due: datetime, calendar: WorkCalendar) -> Step:
    after = calendar.working_time_between(old_due, step.at)
    return replace(step, at=calendar.add_working_time(new_due, after).astimezone(calendar.zone))
