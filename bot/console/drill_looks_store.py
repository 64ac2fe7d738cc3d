"""What the console's pages of drills ask the store: who may plan where, what waits for whom."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, false, func, or_, select

from community.building_posts import ActingFor
from community.register_store import (
    building,
    building_facts,
    building_from,
    buildings_query,
    community,
    street,
)
from community.registers import Building
from community.staff import Area, Staff
from drills.conducting_rules import APPROVERS
from drills.drills import HOLDING, Drill, State
from drills.store import drill

MOST_CHOICES = 200
MOST_SHOWN = 50
_drill = drill.c
_NAMES = tuple(field.name for field in fields(Drill))


@dataclass(frozen=True, slots=True)
class Place:
    """A community in which somebody may plan; ``buildings`` is how many of it are theirs."""

    id: int
    street: str
    name: str
    buildings: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody: to approve, to tell residents of, and what is held today."""

    approve: list[Drill]
    announce: list[Drill]
    today: list[Drill]


def places_to_plan(db: Connection, reach: ActingFor) -> list[Place]:
    """Return the communities with buildings that somebody may act for, by street and name."""
    query = (
        select(community.c.id, street.c.name, community.c.name, func.count())
        .select_from(building)
        .join(community, community.c.id == building.c.community_id)
        .join(street, street.c.id == community.c.street_id)
        .where(building.c.archived_at.is_(None), _reached(reach))
        .group_by(community.c.id, street.c.name, community.c.name)
        .order_by(street.c.name, community.c.name, community.c.id)
        .limit(MOST_CHOICES)
    )
    return [Place(*row) for row in db.execute(query)]


def buildings_to_plan(db: Connection, reach: ActingFor, community_id: int) -> list[Building]:
    """Return the buildings of a community that somebody may act for, by name."""
    query = buildings_query().where(
        building.c.archived_at.is_(None), building.c.community_id == community_id, _reached(reach)
    )
    order = (building_facts.c.sort_key, building.c.id)
    return [building_from(row) for row in db.execute(query.order_by(*order).limit(MOST_CHOICES))]


def coming(db: Connection, area: Area, states: Collection[State]) -> list[Drill]:
    """Return the drills of an area in some states, the one that is next first."""
    query = _drills_in(area).where(_drill.state.in_(sorted(states)))
    return _next_first(db, query)


def waiting_for(
    db: Connection, staff: Staff, area: Area, day: tuple[datetime, datetime]
) -> Waiting:
    """Return what waits for somebody who sees the drills of ``area``; ``day`` is today."""
    first, last = day
    deciding = staff.area(*APPROVERS)
    others = _drills_in(deciding).where(_drill.state == "planned", _drill.organiser_id != staff.id)
    own = or_(_drill.organiser_id == staff.id, _within(deciding))
    announce = select(drill).where(_drill.state == "approved", own)
    today = _drills_in(area).where(
        _drill.state.in_(sorted(HOLDING)), _drill.starts_at >= first, _drill.starts_at < last
    )
    return Waiting(
        _next_first(db, others),
        _next_first(db, announce.where(_within(area))),
        _next_first(db, today),
    )


def _next_first(db: Connection, query: Select[Any]) -> list[Drill]:
    rows = db.execute(query.order_by(_drill.starts_at, _drill.id).limit(MOST_SHOWN))
    return [Drill(**{name: row._mapping[name] for name in _NAMES}) for row in rows]


def _drills_in(area: Area) -> Select[Any]:
    return select(drill).where(_within(area))


def _within(area: Area) -> ColumnElement[bool]:
    return or_(
        false(),
        _drill.district_id.in_(sorted(area.districts)),
        _drill.street_id.in_(sorted(area.streets)),
    )


def _reached(reach: ActingFor) -> ColumnElement[bool]:
    area = reach.area
    return or_(
        false(),
        building.c.district_id.in_(sorted(area.districts)),
        community.c.street_id.in_(sorted(area.streets)),
        building.c.id.in_(sorted(reach.building_ids)),
    )
