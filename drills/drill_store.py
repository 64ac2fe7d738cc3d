"""Drills in the database: found, listed, moved with the condition in the SQL, and their events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from secrets import randbelow, token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    exists,
    false,
    insert,
    or_,
    select,
    update,
)

from community.bindings import binding
from community.register_store import building, building_from, buildings_query, community
from community.registers import Building, Page
from community.staff import Area
from drills.drills import ABORTABLE, ENDED, STATES, Drill, DrillRefused, Event, State, check_move
from drills.store import drill, drill_building, drill_event, drill_roster
from storage import inserted_id, new_code, read_code

PAGE_SIZE = 50
# A drill that nobody ended is no longer live on the next day.
LIVE_FOR = timedelta(days=1)
# The years of a list are counted in the one time zone of the districts served.
YEARS_ZONE = ZoneInfo("Asia/Shanghai")

_drill = drill.c
_NAMES = tuple(field.name for field in fields(Drill))
# The column that keeps when a state was reached.
_REACHED: Mapping[State, str] = {
    "alarm": "alarm_at",
    "mustering": "mustering_at",
    "roll_closed": "roll_closed_at",
    "all_clear": "all_clear_at",
    **dict.fromkeys(ENDED, "ended_at"),
}
# What calendars have to show anew.
_RESCHEDULING: frozenset[State] = frozenset({"planned", "postponed", "cancelled"})


def insert_drill(
    db: Connection, values: Mapping[str, Any], building_ids: Collection[int], now: datetime
) -> Drill:
    """Add a drill that is planned, with its buildings.

    Args:
        db: inside a write.
        values: district_id, street_id, community_id, kind, title, scenario, assembly_point,
            starts_at, lasts_minutes and organiser_id.
        building_ids: who takes part.
        now: when.
    """
    row = {
        **values,
        "state": "planned",
        "version": 1,
        "sequence": 0,
        "check_in_code": _free_digits(db),
        "check_in_token": token_urlsafe(18),
        "reason": "",
        "created_at": now,
        "changed_at": now,
    }
    drill_id = None
    while drill_id is None:
        drill_id = inserted_id(db, drill, {"code": new_code()} | row, keys=["code"])
    replace_buildings(db, int(drill_id), building_ids)
    return require_drill(db, int(drill_id))


def replace_buildings(db: Connection, drill_id: int, building_ids: Collection[int]) -> None:
    """Have exactly these buildings take part."""
    db.execute(drill_building.delete().where(drill_building.c.drill_id == drill_id))
    rows = [{"drill_id": drill_id, "building_id": one} for one in sorted(set(building_ids))]
    if rows:
        db.execute(insert(drill_building), rows)


def find_drill(db: Connection, drill_id: int) -> Drill | None:
    """Return a drill by its id."""
    return _one(db, _drill.id == drill_id)


def require_drill(db: Connection, drill_id: int) -> Drill:
    """Return a drill by its id.

    Raises:
        DrillRefused: ``unknown_drill``, when there is none.
    """
    found = find_drill(db, drill_id)
    if found is None:
        raise DrillRefused("unknown_drill")
    return found


def drill_by_code(db: Connection, code: str) -> Drill | None:
    """Return a drill by the code that people read, however it was typed."""
    read = read_code(code)
    return _one(db, _drill.code == read) if read else None


def drill_by_token(db: Connection, token: str) -> Drill | None:
    """Return a drill by what the QR code at its assembly point carries."""
    return _one(db, _drill.check_in_token == token)


def drill_by_digits(db: Connection, digits: str) -> Drill | None:
    """Return the open drill with these six digits."""
    return _one(db, and_(_drill.check_in_code == digits, _drill.ended_at.is_(None)))


def drills_in(
    db: Connection,
    area: Area,
    states: Collection[State] = STATES,
    year: int | None = None,
    page: int = 0,
) -> Page[Drill]:
    """Return a page of the drills in an area, those that start last first.

    Args:
        db: for reading.
        area: what the asker may see; departments have no drills of their own.
        states: which.
        year: of the start; None for all.
        page: from 0.
    """
    conditions = [_in_area(area), _drill.state.in_(sorted(states))]
    if year is not None:
        conditions += [_drill.starts_at >= _new_year(year), _drill.starts_at < _new_year(year + 1)]
    query = select(drill).where(*conditions).order_by(_drill.starts_at.desc(), _drill.id.desc())
    rows = db.execute(query.limit(PAGE_SIZE + 1).offset(max(page, 0) * PAGE_SIZE)).all()
    found = tuple(_from(row) for row in rows[:PAGE_SIZE])
    return Page(found, page, len(rows) > PAGE_SIZE)


def drills_of_building(
    db: Connection, building_id: int, states: Collection[State] = STATES, most: int = 20
) -> list[Drill]:
    """Return a building's drills, those that start last first."""
    query = select(drill).where(_has_building([building_id]), _drill.state.in_(sorted(states)))
    query = query.order_by(_drill.starts_at.desc(), _drill.id.desc()).limit(most)
    return [_from(row) for row in db.execute(query)]


def next_announced(db: Connection, building_id: int, now: datetime) -> datetime | None:
    """Return when the next drill begins of which a building's residents have been told."""
    query = (
        select(drill.c.starts_at)
        .where(
            _has_building([building_id]),
            _drill.state.in_(["announced", "standby"]),
            _drill.starts_at >= now,
        )
        .order_by(_drill.starts_at)
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none()


def drills_between(
    db: Connection, building_ids: Sequence[int], first: datetime, last: datetime
) -> list[Drill]:
    """Return the drills of any of these buildings that start within, earliest first."""
    query = select(drill).where(
        _has_building(building_ids), _drill.starts_at >= first, _drill.starts_at <= last
    )
    return [_from(row) for row in db.execute(query.order_by(_drill.starts_at, _drill.id))]


def buildings_of(db: Connection, drill_id: int) -> list[Building]:
    """Return the buildings that take part, archived ones too, by id."""
    query = (
        buildings_query()
        .join(drill_building, drill_building.c.building_id == building.c.id)
        .where(drill_building.c.drill_id == drill_id)
        .order_by(building.c.id)
    )
    return [building_from(row) for row in db.execute(query)]


def registered(db: Connection, building_ids: Collection[int]) -> list[Building]:
    """Return those of the buildings that there are, archived ones too, by id."""
    query = buildings_query().where(building.c.id.in_(building_ids)).order_by(building.c.id)
    return [building_from(row) for row in db.execute(query)]


def hold_buildings(db: Connection, building_ids: Collection[int]) -> None:
    """Keep others from planning for these buildings until this transaction ends."""
    query = select(building.c.id).where(building.c.id.in_(building_ids)).order_by(building.c.id)
    db.execute(query.with_for_update(key_share=True))


def street_of_community(db: Connection, community_id: int) -> int:
    """Return the street that a community lies in.

    Raises:
        NoResultFound: when there is no such community.
    """
    query = select(community.c.street_id).where(community.c.id == community_id)
    return int(db.execute(query).scalar_one())


def live_drill_for_resident(db: Connection, resident_id: int, now: datetime) -> Drill | None:
    """Return the drill that a resident is in right now: one under way before one in standby.

    They are in it by the roster, or because a building is theirs that takes part.
    """
    on_roster = exists().where(
        drill_roster.c.drill_id == _drill.id, drill_roster.c.resident_id == resident_id
    )
    lives_there = exists().where(
        drill_building.c.drill_id == _drill.id,
        drill_building.c.building_id == binding.c.building_id,
        binding.c.resident_id == resident_id,
    )
    query = _recent(now).where(or_(on_roster, lives_there))
    found = [_from(row) for row in db.execute(query)]
    found.sort(key=lambda one: (not one.is_running, abs(one.starts_at - now), one.id))
    return found[0] if found else None


def move(db: Connection, current: Drill, to: State, now: datetime, **values: object) -> bool:
    """Bring a drill to another state; False when it has changed since it was read.

    When alarm, mustering, end of the roll call, all-clear or the end are reached is noted by
    itself; ``values`` are further columns and come before that.

    Raises:
        DrillRefused: ``illegal_move``, when the table of moves has no such edge.
    """
    check_move(current, to)
    changed: dict[str, object] = {"state": to}
    if to in _REACHED:
        changed[_REACHED[to]] = now
    return _change(db, current, changed | values, now, is_shown=to in _RESCHEDULING)


def edit(db: Connection, current: Drill, now: datetime, **values: object) -> bool:
    """Change columns of a drill that stays in its state; False when it has changed meanwhile."""
    return _change(db, current, values, now, is_shown=True)


def append_event(db: Connection, drill_id: int, event: Event) -> int:
    """Write down what happened and return its id."""
    row = {"drill_id": drill_id}
    row |= {field.name: getattr(event, field.name) for field in fields(Event)}
    adding = insert(drill_event).values(row).returning(drill_event.c.id)
    return int(db.execute(adding).scalar_one())


def events_of(db: Connection, drill_id: int) -> list[Event]:
    """Return what happened in a drill, in the order we heard of it."""
    wanted = [drill_event.c[field.name] for field in fields(Event)]
    query = select(*wanted).where(drill_event.c.drill_id == drill_id).order_by(drill_event.c.id)
    return [Event(*row) for row in db.execute(query)]


def _change(
    db: Connection,
    current: Drill,
    values: Mapping[str, object],
    now: datetime,
    *,
    is_shown: bool,
) -> bool:
    """Change a drill as it was read, once; ``is_shown`` tells that calendars show the change."""
    counted: dict[str, object] = {"version": _drill.version + 1, "changed_at": now}
    if is_shown:
        counted["sequence"] = _drill.sequence + 1
    unchanged = (
        _drill.id == current.id, _drill.state == current.state, _drill.version == current.version
    )  # fmt: skip
    done = db.execute(update(drill).where(*unchanged).values(counted | dict(values)))
    return done.rowcount == 1


def _free_digits(db: Connection) -> str:
    """Return six digits that no open drill has."""
    while True:
        digits = f"{randbelow(1_000_000):06}"
        if drill_by_digits(db, digits) is None:
            return digits


def _one(db: Connection, condition: ColumnElement[bool]) -> Drill | None:
    row = db.execute(select(drill).where(condition)).one_or_none()
    return _from(row) if row else None


def _from(row: Row[Any]) -> Drill:
    return Drill(**{name: row._mapping[name] for name in _NAMES})


def _recent(now: datetime) -> Select[Any]:
    return select(drill).where(
        _drill.state.in_(sorted(ABORTABLE)), _drill.starts_at >= now - LIVE_FOR
    )


def _has_building(building_ids: Collection[int]) -> ColumnElement[bool]:
    return _drill.id.in_(
        select(drill_building.c.drill_id).where(drill_building.c.building_id.in_(building_ids))
    )


def _in_area(area: Area) -> ColumnElement[bool]:
    return or_(
        false(),
        _drill.district_id.in_(sorted(area.districts)),
        _drill.street_id.in_(sorted(area.streets)),
    )


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=YEARS_ZONE)
