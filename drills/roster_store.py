"""The list that is called (点名册) in the database: its lines, and how the roll call stands.

A line is changed by writing what ``drills.rollcall`` makes of it, with what it was made of as the
condition; its home is held before, so of two phones the second meets what the first one left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, or_, select, update

from community.register_store import building_facts, buildings_query
from community.tables import Column
from drills.drill_store import require_drill
from drills.drills import Drill, DrillRefused
from drills.roll_counts import Group, Standing, stand
from drills.roll_homes import Home
from drills.rollcall import SOUGHT, Line, Moment, check_time
from drills.store import drill, drill_building, drill_roster
from storage import inserted_id

_own = drill_roster.c
_NAMES = tuple(field.name for field in fields(Line))
_lines = select(*(_own[name] for name in _NAMES))
# What a word may change; place and kind of a line stay.
_CHANGING = (
    "persons", "arrived", "status", "source", "by_staff_id", "by_resident_id", "left_at",
    "arrived_at", "helped_at", "changed_at",
)  # fmt: skip

# A roster on paper: boxes to tick, and neither a name nor a phone.
SHEET_COLUMNS = (
    Column("building", "楼栋", 16),
    Column("floor", "楼层", 8),
    Column("room", "房号", 12),
    Column("persons", "应到人数", 10),
    Column("needs_help", "需要帮助", 10),
    Column("came", "实到人数", 10),
    Column("at_home", "在家", 8),
    Column("away", "外出", 8),
    Column("note", "备注", 20),
)


class LineChanged(Exception):
    """A line was changed by another transaction though its home was held: try again."""

    permanent = False

    def __init__(self, line_id: int) -> None:
        self.line_id = line_id
        super().__init__(f"line {line_id} of a roster changed meanwhile: try again")


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to add; ``resident_id`` is None for a household and for a guest of staff."""

    building_id: int
    resident_id: int | None
    room: str
    floor: int | None
    kind: str
    persons: int
    needs_assistance: bool = False


def hold_open(db: Connection, drill_id: int, moment: Moment) -> Drill:
    """Return a drill whose list may be noted on at a moment.

    Its state stays until the transaction ends: no roll is closed in the middle of a check-in,
    and check-ins do not wait for one another.

    Raises:
        DrillRefused: ``unknown_drill``, or as ``rollcall.check_time``.
    """
    db.execute(select(drill.c.id).where(drill.c.id == drill_id).with_for_update(read=True)).all()
    found = require_drill(db, drill_id)
    check_time(found, moment)
    return found


def hold_building(db: Connection, drill_id: int, building_id: int) -> bool:
    """Hold a building's part of the list until the transaction ends; False when it has none."""
    query = select(drill_building.c.building_id).where(
        drill_building.c.drill_id == drill_id, drill_building.c.building_id == building_id
    )
    return db.execute(query.with_for_update()).first() is not None


def line_of_resident(db: Connection, drill_id: int, resident_id: int) -> Line | None:
    """Return a resident's line, None when they are not on the list."""
    query = _lines.where(_own.drill_id == drill_id, _own.resident_id == resident_id)
    row = db.execute(query.order_by(_own.id).limit(1)).first()
    return _line(row) if row else None


def drill_of_line(db: Connection, line_id: int) -> int:
    """Return the id of the drill that a line belongs to.

    Raises:
        DrillRefused: ``unknown_roster_row``.
    """
    found = db.scalar(select(_own.drill_id).where(_own.id == line_id))
    if found is None:
        raise DrillRefused("unknown_roster_row")
    return int(found)


def lines_of(db: Connection, drill_id: int) -> list[Line]:
    """Return the whole list by building, floor and room; those without a floor first."""
    query = _lines.where(_own.drill_id == drill_id)
    order = (_own.building_id, _own.floor.is_not(None), _own.floor, _own.room, _own.id)
    return [_line(row) for row in db.execute(query.order_by(*order))]


def hold_home(db: Connection, line_id: int) -> Home:
    """Return the home that a line belongs to, held until the transaction ends.

    Raises:
        DrillRefused: ``unknown_roster_row``.
    """
    home = _read_home(db, line_id)
    if home.household is None and any(member.persons == 0 for member in home.members):
        # Another phone has just made the household: what this statement saw began before.
        home = _read_home(db, line_id)
    return home


def save(db: Connection, before: Home, after: Home) -> None:
    """Write the lines of a home that differ.

    Raises:
        LineChanged: when one is not as it was read.
    """
    standing = {line.id: line for line in before.lines}
    for line in after.lines:
        was = standing[line.id]
        if line != was:
            _write(db, was, {name: getattr(line, name) for name in _CHANGING})


def put_room(db: Connection, line: Line, room: str) -> None:
    """Note the room of a line that had none.

    Raises:
        LineChanged: when it is not as it was read.
    """
    _write(db, line, {"room": room})


def add_line(db: Connection, drill: Drill, new: NewLine) -> int | None:
    """Add a line from which nobody has heard; None when the resident has one in the building.

    It is as if it had stood there since the alarm, so that what phones tell later counts.
    """
    row = {field.name: getattr(new, field.name) for field in fields(new)}
    row |= {
        "drill_id": drill.id,
        "arrived": 0,
        "status": "unknown",
        "source": "",
        "changed_at": drill.alarm_at or drill.changed_at,
    }
    keys = ["drill_id", "building_id", "resident_id"]
    added: int | None = inserted_id(db, drill_roster, row, keys=keys)
    return added


def standing(db: Connection, drill_id: int) -> Standing:
    """Return how the roll call stands, all, by building and by floor."""
    is_guest = case((_own.kind == "guest", 1), else_=0)
    is_late = case((_own.arrived_at > drill.c.roll_closed_at, 1), else_=0)
    place = (_own.building_id, _own.floor, _own.status)
    query: Select[Any] = (
        select(
            *place,
            is_guest.label("is_guest"),
            is_late.label("is_late"),
            func.sum(_own.persons).label("persons"),
            func.sum(_own.arrived).label("arrived"),
        )
        .join(drill, drill.c.id == _own.drill_id)
        .where(_own.drill_id == drill_id)
        .group_by(*place, is_guest, is_late)
    )
    return stand(_group(row) for row in db.execute(query))


def missing(db: Connection, drill_id: int) -> list[Line]:
    """Return the lines of which somebody is to be looked for, the most urgent first.

    Who called for help comes first, then who was missing when the roll was closed, who was on
    the way, and last those who have not answered. A guest is among them after calling for help.
    """
    query = _lines.where(_own.drill_id == drill_id, _own.status.in_(SOUGHT))
    found = [line for line in map(_line, db.execute(query)) if line.is_sought]
    place = {line.id: (line.building_id, line.floor or 0, line.room, line.id) for line in found}
    return sorted(found, key=lambda line: (SOUGHT.index(line.status), place[line.id]))


def sheet(db: Connection, drill_id: int) -> list[dict[str, str | int]]:
    """Return rows for ``SHEET_COLUMNS``: a roster to print, without names and phones.

    A household stands on it once, with how many people it has.
    """
    names = _building_names(db, drill_id)
    lines = [line for line in lines_of(db, drill_id) if line.persons and line.kind != "guest"]
    helped = _homes_needing_help(db, drill_id)
    return [
        {
            "building": names.get(line.building_id, ""),
            "floor": "" if line.floor is None else line.floor,
            "room": line.room,
            "persons": line.persons,
            "needs_help": "是" if _needs_help(line, helped) else "",
            **dict.fromkeys(("came", "at_home", "away", "note"), ""),
        }
        for line in lines
    ]


def _needs_help(line: Line, homes: set[tuple[int, str]]) -> bool:
    return line.needs_assistance or (line.building_id, line.room) in homes


def _homes_needing_help(db: Connection, drill_id: int) -> set[tuple[int, str]]:
    """Return building and room of the members who need help: their household is printed."""
    query = select(_own.building_id, _own.room).where(
        _own.drill_id == drill_id,
        _own.persons == 0,
        _own.room != "",
        or_(_own.needs_assistance, _own.status == "needs_help"),
    )
    return {(row.building_id, row.room) for row in db.execute(query)}


def _building_names(db: Connection, drill_id: int) -> dict[int, str]:
    query = buildings_query().join(
        drill_building, drill_building.c.building_id == building_facts.c.building_id
    )
    query = query.where(drill_building.c.drill_id == drill_id)
    return {row.id: row.name for row in db.execute(query)}


def _read_home(db: Connection, line_id: int) -> Home:
    anchor = db.execute(
        select(_own.drill_id, _own.building_id, _own.room, _own.kind).where(_own.id == line_id)
    ).first()
    if anchor is None:
        raise DrillRefused("unknown_roster_row")
    is_it = _own.id == line_id
    if anchor.room and anchor.kind != "guest":
        is_it = or_(is_it, and_(_own.room == anchor.room, _own.kind != "guest"))
    query = _lines.where(
        _own.drill_id == anchor.drill_id, _own.building_id == anchor.building_id, is_it
    )
    lines = [_line(row) for row in db.execute(query.order_by(_own.id).with_for_update())]
    household = next((line for line in lines if line.kind == "household"), None)
    return Home(household, tuple(line for line in lines if line is not household))


def _write(db: Connection, was: Line, values: Mapping[str, object]) -> None:
    unchanged = (_own.id == was.id, _own.status == was.status, _own.arrived == was.arrived)
    done = db.execute(update(drill_roster).where(*unchanged).values(values))
    if done.rowcount != 1:
        raise LineChanged(was.id)


def _line(row: Row[Any]) -> Line:
    return Line(**{name: row._mapping[name] for name in _NAMES})


def _group(row: Row[Any]) -> Group:
    named = row._mapping
    return Group(
        building_id=named["building_id"],
        floor=named["floor"],
        status=named["status"],
        is_guest=bool(named["is_guest"]),
        is_late=bool(named["is_late"]),
        persons=int(named["persons"]),
        arrived=int(named["arrived"]),
    )
