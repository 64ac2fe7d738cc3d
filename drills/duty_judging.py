"""Who owes what, judged over many buildings at once; values alone.

``DutyFacts`` is read by ``drills.duty_store`` in a few queries, for a whole district if need be.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from community.registers import Use
from drills.duties import (
    DUTY_STATES,
    Duties,
    DutyState,
    Period,
    Progress,
    Rule,
    SubjectKind,
    any_of,
    period_before,
    period_of,
    state_of,
)

# What somebody has to find out: the height, the use, or what the text means for this use.
Missing = Literal["height", "use", "meaning"]


class Place(NamedTuple):
    """A registered building as duties see it; ``since`` is the day it was registered."""

    id: int
    name: str
    district_id: str
    street_id: int
    street: str
    community_id: int
    community: str
    height_m: float | None
    use: Use | Literal[""]
    since: date


class Subject(NamedTuple):
    """Who owes something.

    Attributes:
        kind: what it is.
        id: of the building, community or street.
        name: as people read it within its street.
        district_id: where.
        street_id: the street it lies in, or itself.
        street: that street's name.
        since: from when it has been registered; nothing is owed for periods that ended before.
        community_id: the community it lies in, or itself; None for a street.
    """

    kind: SubjectKind
    id: int
    name: str
    district_id: str
    street_id: int
    street: str
    since: date
    community_id: int | None


class PlannedDrill(NamedTuple):
    """A drill that is to come or under way."""

    id: int
    day: date
    kind: str


class Duty(NamedTuple):
    """One thing that one subject owes within one period."""

    rule: Rule
    subject: Subject
    period: Period
    progress: Progress
    state: DutyState


class ToConfirm(NamedTuple):
    """A building of which it is not known whether it falls under a rule."""

    rule: Rule
    place: Place
    missing: Missing


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """What is known of an area.

    Attributes:
        places: its buildings, in the order people look for them.
        done: (rule id, subject kind, subject id) → days on which it was done.
        planned: (subject kind, subject id) → drills planned there.
    """

    places: tuple[Place, ...]
    done: Mapping[tuple[str, str, int], tuple[date, ...]]
    planned: Mapping[tuple[str, int], frozenset[PlannedDrill]]

    @property
    def districts(self) -> frozenset[str]:
        """Ids of the districts in which there is a building."""
        return frozenset(place.district_id for place in self.places)


NOTHING = Progress()


class Judge:
    """Judges rules over the same facts; what applies to whom is found out once for each rule."""

    def __init__(self, facts: DutyFacts) -> None:
        self._facts = facts
        self._owing: dict[tuple[str, int], list[Subject]] = {}

    def duties(self, rule: Rule, period: Period, on: date) -> Iterator[Duty]:
        """Yield what everybody in the area owes by one rule in one period."""
        # Most have done nothing yet: that is judged once for all of them.
        untouched = state_of(rule, period, NOTHING, on)
        end = period.end
        for subject in self._subjects(rule):
            if subject.since > end:
                continue
            progress = self._progress(rule, subject, period)
            is_touched = progress is not NOTHING
            state = state_of(rule, period, progress, on) if is_touched else untouched
            yield Duty(rule, subject, period, progress, state)

    def _subjects(self, rule: Rule) -> list[Subject]:
        key = (rule.id, rule.version)
        if key not in self._owing:
            self._owing[key] = list(subjects_of(rule, self._facts.places))
        return self._owing[key]

    def _progress(self, rule: Rule, subject: Subject, period: Period) -> Progress:
        facts, kind, id_ = self._facts, subject.kind, subject.id
        days = facts.done.get((rule.id, kind, id_), ())
        drills = facts.planned.get((kind, id_), ())
        if not days and not drills:
            return NOTHING
        start, end, served = period.start, period.end, rule.served_by
        return Progress(
            sum(start <= day <= end for day in days),
            sum(one.kind in served and start <= one.day <= end for one in drills),
        )


def standing(facts: DutyFacts, duties: Duties, on: date) -> list[Duty]:
    """Return what is owed in the periods of a day, and what is left of the periods before.

    Args:
        facts: of an area, for at least both periods.
        duties: the rules; each period is judged by the version of its own time.
        on: the day.

    Returns:
        The most pressing first; of a period that has ended, only what was not done.
    """
    judge = Judge(facts)
    found: list[Duty] = []
    for rule in _rules_of(duties, facts.districts):
        now = period_of(rule.period, on)
        if rule.holds_on(on):
            found += judge.duties(rule, now, on)
        before = period_before(rule.period, now)
        if rule.holds_on(before.end):
            found += (one for one in judge.duties(rule, before, on) if one.state == "overdue")
    return sorted(found, key=_pressing)  # stable: within a day rule by rule, street by street


def to_confirm(facts: DutyFacts, duties: Duties, on: date) -> list[ToConfirm]:
    """Return the buildings of which somebody has to find out whether a rule applies."""
    rules = duties.on(on, facts.districts)
    found = []
    known: dict[tuple[int, float | None, str], bool | None] = {}
    for place in facts.places:
        for number, rule in enumerate(rules):
            key = (number, place.height_m, place.use)
            if key not in known:
                known[key] = rule.is_about(place.height_m, place.use)
            if known[key] is None and rule.holds_in(place.district_id):
                found.append(ToConfirm(rule, place, _missing(place)))
    return found


def subjects_of(rule: Rule, places: Iterable[Place]) -> Iterator[Subject]:
    """Yield who certainly owes something by a rule, in the order of their buildings."""
    known: dict[tuple[float | None, str], bool | None] = {}
    parts: dict[int, list[Place]] = {}
    for place in places:
        if not rule.holds_in(place.district_id):
            continue
        key = (place.height_m, place.use)
        if key not in known:
            known[key] = rule.is_about(*key)
        if known[key]:
            parts.setdefault(_id_of(place, rule.subject), []).append(place)
    for id_, group in parts.items():
        yield _subject(rule.subject, id_, group)


def subject_at(kind: SubjectKind, group: Collection[Place]) -> Subject | None:
    """Return the subject that some buildings of one place make; None for no building."""
    first = next(iter(group), None)
    return _subject(kind, _id_of(first, kind), group) if first else None


def applies_to(rule: Rule, places: Iterable[Place]) -> bool | None:
    """Tell whether a rule is about any of some buildings; None where it is not known."""
    own = (place for place in places if rule.holds_in(place.district_id))
    return any_of(rule.is_about(place.height_m, place.use) for place in own)


def _id_of(place: Place, kind: SubjectKind) -> int:
    if kind == "building":
        return place.id
    return place.community_id if kind == "community" else place.street_id


def _subject(kind: SubjectKind, id_: int, group: Collection[Place]) -> Subject:
    place = next(iter(group))
    names: Mapping[SubjectKind, str] = {
        "building": f"{place.community}{place.name}",
        "community": place.community,
        "street": place.street,
    }
    return Subject(
        kind,
        id_,
        names[kind],
        place.district_id,
        place.street_id,
        place.street,
        min(one.since for one in group),
        None if kind == "street" else place.community_id,
    )


def _missing(place: Place) -> Missing:
    if not place.use:
        return "use"
    return "height" if place.height_m is None else "meaning"


def _rules_of(duties: Duties, districts: Collection[str]) -> list[Rule]:
    return [rule for rule in duties.rules if any(rule.holds_in(one) for one in districts)]


_ORDER: Mapping[DutyState, int] = {state: number for number, state in enumerate(DUTY_STATES)}


def _pressing(duty: Duty) -> int:
    return _ORDER[duty.state] * date.max.toordinal() + duty.period.end.toordinal()
