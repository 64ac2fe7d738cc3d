"""Duties in the database: who owes what in an area, in a few queries however many buildings.

What was done is written by ``drills.duty_record_store``.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, or_, select

from community.register_store import building, building_facts, buildings_query, community, street
from community.staff import Area
from drills.drills import BEFORE, RUNNING, State
from drills.duties import Duties, DutyState, SubjectKind, period_before, period_of
from drills.duty_judging import (
    Duty,
    DutyFacts,
    Place,
    PlannedDrill,
    Subject,
    ToConfirm,
    standing,
    subject_at,
    to_confirm,
)
from drills.store import drill, drill_building, duty_record

PAGE_SIZE = 50
# Under way, or over and not yet in a sealed report, which is then its evidence.
UNDER_WAY: frozenset[State] = RUNNING | {"all_clear", "debrief"}


@dataclass(frozen=True, slots=True)
class DutyFilter:
    """Which duties are asked for; what is left as it is does not narrow.

    Attributes:
        states: any of them; all when empty.
        street_id: in one street.
        rule: the id of one rule.
        page: from 0.
    """

    states: frozenset[DutyState] = frozenset()
    street_id: int | None = None
    rule: str = ""
    page: int = 0

    def takes(self, duty: Duty) -> bool:
        """Tell whether a duty is among those asked for."""
        return (
            (not self.states or duty.state in self.states)
            and self.street_id in (None, duty.subject.street_id)
            and self.rule in ("", duty.rule.id)
        )


EVERYTHING = DutyFilter()


@dataclass(frozen=True, slots=True)
class DutyPage:
    """Some duties.

    Attributes:
        rows: at most ``PAGE_SIZE``, the most pressing first.
        total: how many the filter takes.
        by_state: how many there are in each state, whatever states are asked for.
        has_more: whether another page follows.
    """

    rows: tuple[Duty, ...]
    total: int
    by_state: Mapping[DutyState, int]
    has_more: bool


def duties_in(
    db: Connection, area: Area, on: date, duties: Duties, wanted: DutyFilter = EVERYTHING
) -> DutyPage:
    """Return a page of what is owed in an area.

    Args:
        db: for reading.
        area: of whoever asks; departments see nothing by themselves.
        on: the day, by the clock of the place.
        duties: the rules.
        wanted: which.
    """
    found = standing(facts_around(db, area, on, duties), duties, on)
    everywhere = DutyFilter(street_id=wanted.street_id, rule=wanted.rule)
    counts = Counter(one.state for one in found if everywhere.takes(one))
    rows = [one for one in found if wanted.takes(one)]
    start = max(wanted.page, 0) * PAGE_SIZE
    end = start + PAGE_SIZE
    return DutyPage(tuple(rows[start:end]), len(rows), MappingProxyType(counts), len(rows) > end)


def standing_of(
    db: Connection, duties: Duties, subject: Subject, rule: str, on: date
) -> list[Duty]:
    """Return how one subject stands by one rule on a day; nothing where it owes nothing."""
    area = Area(streets=frozenset({subject.street_id}))
    found = standing(facts_around(db, area, on, duties), duties, on)
    return [
        one
        for one in found
        if one.rule.id == rule and one.subject[:2] == (subject.kind, subject.id)
    ]


def unconfirmed_in(db: Connection, area: Area, on: date, duties: Duties) -> list[ToConfirm]:
    """Return the buildings of which it is not known whether a rule applies; as ``duties_in``."""
    return to_confirm(DutyFacts(_places(db, area, duties), {}, {}), duties, on)


def facts_around(db: Connection, area: Area, on: date, duties: Duties) -> DutyFacts:
    """Return what the periods of a day and those before it are judged by."""
    now = period_of("year", on)
    return facts_between(db, area, (period_before("year", now).start, now.end), on, duties)


def facts_between(
    db: Connection, area: Area, days: tuple[date, date], on: date, duties: Duties
) -> DutyFacts:
    """Return what periods are judged by.

    Args:
        db: for reading.
        area: where.
        days: the first and the last of the periods.
        on: a drill that was to begin earlier and never did is not planned any more.
        duties: the rules, and the zone in which days are counted.
    """
    places = _places(db, area, duties)
    return DutyFacts(places, _done(db, places, days), _planned(db, area, days, on, duties))


def subject_in(
    db: Connection, area: Area, kind: SubjectKind, subject_id: int, duties: Duties
) -> tuple[Subject, tuple[Place, ...]] | None:
    """Return one subject with its buildings; None when it has none or lies outside the area."""
    column = {"building": building.c.id, "community": community.c.id, "street": street.c.id}[kind]
    places = _places(db, area, duties, column == subject_id)
    subject = subject_at(kind, places)
    return (subject, places) if subject else None


def places_of_drill(db: Connection, drill_id: int, duties: Duties) -> tuple[Place, ...]:
    """Return the buildings of a drill."""
    own = select(drill_building.c.building_id).where(drill_building.c.drill_id == drill_id)
    return _read_places(db, building.c.id.in_(own), duties)


def _places(
    db: Connection, area: Area, duties: Duties, *more: ColumnElement[bool]
) -> tuple[Place, ...]:
    """Return the buildings of an area that stand in the lists."""
    wanted = _within(area, building.c.district_id, community.c.street_id)
    for one in more:
        wanted &= one
    return _read_places(db, wanted & building.c.archived_at.is_(None), duties)


def _read_places(db: Connection, wanted: ColumnElement[bool], duties: Duties) -> tuple[Place, ...]:
    # Of the many facts the stores read only what the outer query names.
    seen = (
        buildings_query()
        .add_columns(building.c.created_at, building_facts.c.sort_key, community.c.street_id)
        .where(wanted)
        .subquery()
        .c
    )
    query = select(
        seen.id, seen.name, seen.district_id, seen.street_id, seen.street_name,
        seen.community_id, seen.community_name, seen.height_m, seen.use, seen.created_at,
    ).order_by(seen.street_id, seen.community_id, seen.sort_key, seen.id)  # fmt: skip
    zone = duties.zone
    return tuple(
        Place._make((*facts, created_at.astimezone(zone).date()))
        for *facts, created_at in db.execute(query)
    )


def _done(
    db: Connection, places: tuple[Place, ...], days: tuple[date, date]
) -> dict[tuple[str, str, int], tuple[date, ...]]:
    own = duty_record.c
    query = select(own.rule, own.subject_kind, own.subject_id, own.done_on).where(
        own.district_id.in_({place.district_id for place in places}),
        own.done_on.between(days[0].isoformat(), days[1].isoformat()),
        own.withdrawn_at.is_(None),
    )
    found: dict[tuple[str, str, int], list[date]] = {}
    for rule, kind, id_, done_on in db.execute(query):
        found.setdefault((rule, kind, id_), []).append(date.fromisoformat(done_on))
    return {key: tuple(sorted(done)) for key, done in found.items()}


def _planned(
    db: Connection, area: Area, days: tuple[date, date], on: date, duties: Duties
) -> dict[tuple[str, int], frozenset[PlannedDrill]]:
    """Return the drills that are to come or under way, by everybody whom they are for."""
    first, last, today = (
        datetime.combine(day, time(), duties.zone)
        for day in (days[0], days[1] + timedelta(days=1), on)
    )
    own = drill.c
    to_come = own.state.in_(BEFORE) & (own.starts_at >= today)
    query = (
        select(
            own.id, own.starts_at, own.kind,
            drill_building.c.building_id, own.community_id, own.street_id,
        )
        .join(drill_building, drill_building.c.drill_id == own.id)
        .where(
            _within(area, own.district_id, own.street_id),
            own.starts_at >= first,
            own.starts_at < last,
            or_(to_come, own.state.in_(UNDER_WAY)),
        )
    )  # fmt: skip
    found: dict[tuple[str, int], set[PlannedDrill]] = {}
    for id_, starts_at, kind, *ids in db.execute(query):
        one = PlannedDrill(id_, starts_at.astimezone(duties.zone).date(), kind)
        for subject in zip(("building", "community", "street"), ids, strict=True):
            found.setdefault(subject, set()).add(one)
    return {subject: frozenset(drills) for subject, drills in found.items()}


def _within(
    area: Area, district: ColumnElement[Any], street_id: ColumnElement[Any]
) -> ColumnElement[bool]:
    if not (area.districts or area.streets):
        return false()
    return or_(district.in_(area.districts), street_id.in_(area.streets))
