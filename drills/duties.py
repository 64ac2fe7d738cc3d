"""Duties (演练任务): which community, building or street owes what by when, and how it stands.

Rules are data (``duties.yaml``), read by ``drills.duty_files``. Values in, values out: the day is
passed in, and what was done is counted by ``drills.duty_store``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from community.registers import BuildingFacts, Use

SubjectKind = Literal["community", "building", "street"]
PeriodKind = Literal["year", "half_year"]
DutyState = Literal["overdue", "due_soon", "open", "planned", "done"]

SUBJECT_KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)
PERIOD_KINDS: tuple[PeriodKind, ...] = get_args(PeriodKind)
# In the order in which somebody should look at them.
DUTY_STATES: tuple[DutyState, ...] = get_args(DutyState)

ALL_DISTRICTS = "all"
DUE_SOON_DAYS = 60


@dataclass(frozen=True, slots=True)
class Source:
    """Where a duty stands: title, article or task number, and what it says in our words."""

    title: str
    article: str
    words: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Which high-rises a rule is about.

    Attributes:
        uses: that certainly fall under it.
        unsure_uses: of which the text does not say it.
        above_m: only taller ones, in metres.
        up_to_m: only those not taller, in metres.
    """

    uses: frozenset[Use]
    unsure_uses: frozenset[Use] = frozenset()
    above_m: float | None = None
    up_to_m: float | None = None

    def holds(self, height_m: float | None, use: Use | Literal[""]) -> bool | None:
        """Tell whether a building falls under it; None where somebody has to find out."""
        may_be = not use or use in self.uses or use in self.unsure_uses
        if not may_be or self._is_outside(height_m, use):
            return False
        return True if height_m is not None and use in self.uses else None

    def _is_outside(self, height_m: float | None, use: Use | Literal[""]) -> bool:
        """Whether the height alone keeps a building out; never where it is not known."""
        if height_m is None:
            return False
        # Without a use the lower of the two limits decides, that of buildings not lived in.
        told = BuildingFacts("", height_m=height_m, use=use or "公共")
        is_too_low = self.above_m is not None and height_m <= self.above_m
        is_too_tall = self.up_to_m is not None and height_m > self.up_to_m
        return not told.is_high_rise or is_too_low or is_too_tall


@dataclass(frozen=True, slots=True)
class Period:
    """The days within which something is owed, both included."""

    start: date
    end: date

    @property
    def name(self) -> str:
        """As people write it: 2026年, 2026年上半年."""
        if self.end - self.start > timedelta(days=200):
            return f"{self.start.year}年"
        return f"{self.start.year}年{'上' if self.start.month == 1 else '下'}半年"

    @property
    def code(self) -> str:
        """As a stable id has it: 2026, 2026h1."""
        is_year = self.end - self.start > timedelta(days=200)
        return f"{self.start.year}" + ("" if is_year else f"h{1 if self.start.month == 1 else 2}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule.

    Attributes:
        id: the same in all versions; noted with what shows that it was done.
        version: from 1.
        title: as people read it.
        district: an id, or ``all``.
        subject: who is counted.
        who: who has to see to it, in words.
        applies: one of them must hold for a building, or for one of a community or street.
        period: within which.
        count: how often at least.
        since: the first day on which it held.
        until: the last one; None while it holds.
        served_by: kinds of drills that count for it when their report is sealed.
        source: the text.
        confirm: what no text states and the district has to confirm (待本地确认).
    """

    id: str
    version: int
    title: str
    district: str
    subject: SubjectKind
    who: str
    applies: tuple[Condition, ...]
    period: PeriodKind
    count: int
    since: date
    until: date | None
    served_by: frozenset[str]
    source: Source
    confirm: tuple[str, ...]

    def holds_in(self, district_id: str) -> bool:
        """Tell whether it is a rule of a district."""
        return self.district in (ALL_DISTRICTS, district_id)

    def holds_on(self, day: date) -> bool:
        """Tell whether this version held on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def is_about(self, height_m: float | None, use: Use | Literal[""]) -> bool | None:
        """Tell whether a building falls under it; None where somebody has to find out."""
        return any_of(condition.holds(height_m, use) for condition in self.applies)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something a text names that is not counted here, and why."""

    source: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Duties:
    """Every rule in every version.

    Attributes:
        rules: versions of one rule follow one another.
        left_out: what is not counted.
        zone: in which days are counted.
    """

    rules: tuple[Rule, ...]
    left_out: tuple[LeftOut, ...]
    zone: ZoneInfo

    def on(self, day: date, districts: Iterable[str]) -> tuple[Rule, ...]:
        """Return the versions that held on a day in any of some districts."""
        known = tuple(districts)
        return tuple(
            rule
            for rule in self.rules
            if rule.holds_on(day) and any(rule.holds_in(one) for one in known)
        )

    def of(self, rule_id: str) -> tuple[Rule, ...]:
        """Return the versions of a rule, the first one first; none for an unknown one."""
        return tuple(rule for rule in self.rules if rule.id == rule_id)

    def rules_served(self, kind: str, district_id: str, on: date | None = None) -> tuple[Rule, ...]:
        """Return the rules for which a drill counts once its report is sealed.

        Args:
            kind: of the drill.
            district_id: where it was.
            on: its day; without one, the versions that hold until further notice.
        """
        return tuple(
            rule
            for rule in self.rules
            if kind in rule.served_by
            and rule.holds_in(district_id)
            and (rule.holds_on(on) if on else rule.until is None)
        )

    def periods(self, first: date, last: date) -> list[tuple[Rule, Period]]:
        """Return each rule with each of its periods that ends within some days, by its end."""
        found = []
        for rule in self.rules:
            period = period_of(rule.period, max(first, rule.since))
            while period.end <= last:
                if rule.holds_on(period.end):
                    found.append((rule, period))
                period = period_of(rule.period, period.end + timedelta(days=1))
        return sorted(found, key=lambda one: (one[1].end, one[0].id))


@dataclass(frozen=True, slots=True)
class Progress:
    """What was done within a period, and what is planned in it."""

    done: int = 0
    planned: int = 0


def period_of(kind: PeriodKind, day: date) -> Period:
    """Return the period that holds a day."""
    if kind == "year":
        return Period(date(day.year, 1, 1), date(day.year, 12, 31))
    if day.month <= 6:
        return Period(date(day.year, 1, 1), date(day.year, 6, 30))
    return Period(date(day.year, 7, 1), date(day.year, 12, 31))


def period_before(kind: PeriodKind, period: Period) -> Period:
    """Return the period before another of the same kind."""
    return period_of(kind, period.start - timedelta(days=1))


def state_of(rule: Rule, period: Period, progress: Progress, on: date) -> DutyState:
    """Return how a duty stands on a day; planned once enough is planned to fulfil it."""
    if progress.done >= rule.count:
        return "done"
    if period.end < on:
        return "overdue"
    if progress.done + progress.planned >= rule.count:
        return "planned"
    return "due_soon" if (period.end - on).days <= DUE_SOON_DAYS else "open"


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Return True when one answer is, None when one is not known, else False."""
    found: bool | None = False
    for answer in answers:
        if answer:
            return True
        found = None if answer is None else found
    return found
