"""Making the list that is called: who is bound to the drill's buildings, and households of lists.

Done in pieces; whatever was interrupted is gone on with by calling again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from community.assistance_store import residents_needing_help
from community.bindings import binding
from drills.conduct_store import hold_drill
from drills.drill_store import buildings_of
from drills.drills import BEFORE, DrillRefused
from drills.household_lists import Household, RowFault, doubles, floor_of_room, room_of_unit
from drills.roster_store import hold_building
from drills.store import drill_building, drill_roster

# Five hundred residents would hold the writer longer than 20 ms.
CHUNK = 250
MOST_ROWS = 500

_own = drill_roster.c
_TOO_LATE = "演练已经开始，名单不能再导入，现场请用“补登”。"


@dataclass(frozen=True, slots=True)
class Imported:
    """How many households were added; none where ``faults`` name rows to mend."""

    added: int
    faults: tuple[RowFault, ...] = ()


def freeze(db: Connection, drill_id: int, now: datetime) -> int:
    """Add up to ``CHUNK`` residents of the drill's buildings; return how many, 0 when all stand.

    Somebody bound to several of the buildings stands once, where they were bound last: there
    they live now. Who stands already stays as they are, so it may be done again until the alarm;
    from then on nobody is added but by checking in.

    Raises:
        DrillRefused: ``unknown_drill``.
    """
    if hold_drill(db, drill_id).state not in BEFORE:
        return 0
    found = db.execute(_newcomers(drill_id)).all()
    if not found:
        return 0
    stairs = {one.id: one.facts.stairs for one in buildings_of(db, drill_id)}
    helped = residents_needing_help(db, sorted(stairs), now)
    rows = [_resident_row(drill_id, row, stairs.get(row.building_id), now) for row in found]
    rows = [row | {"needs_assistance": row["resident_id"] in helped} for row in rows]
    db.execute(insert(drill_roster), rows)
    rooms = {(row["building_id"], row["room"]) for row in rows if row["room"]}
    for building_id in sorted({building_id for building_id, _ in rooms}):
        _cover(db, drill_id, building_id, {room for one, room in rooms if one == building_id})
    return len(rows)


def import_households(
    db: Connection, drill_id: int, building_id: int, rows: Sequence[Household], now: datetime
) -> Imported:
    """Add the households of a list to a building; with a fault in it nothing is added.

    Residents who named the same room are members of the household and counted by it.

    Args:
        db: inside a write.
        drill_id: before its alarm.
        building_id: one of the drill's.
        rows: up to ``MOST_ROWS``; a longer list comes in pieces.
        now: when.

    Returns:
        With duplicates named row by row, also those that stand on the roster already.

    Raises:
        DrillRefused: ``unknown_drill``, ``not_allowed`` when the building is none of the drill's,
            ``illegal_move`` from the alarm on.
        ValueError: for more than ``MOST_ROWS`` rows.
    """
    if len(rows) > MOST_ROWS:
        raise ValueError(f"{len(rows)} rows at once: import them in pieces of {MOST_ROWS}")
    held = hold_drill(db, drill_id)
    if held.state not in BEFORE:
        raise DrillRefused("illegal_move", _TOO_LATE)
    if not hold_building(db, drill_id, building_id):
        raise DrillRefused("not_allowed", "这栋楼不参加这场演练。")
    rooms = {one.room for one in rows}
    faults = doubles(rows) + _standing(db, drill_id, building_id, rows)
    if faults:
        return Imported(0, tuple(sorted(faults, key=lambda one: one.number)))
    if rows:
        values = [_household_row(drill_id, building_id, one, now) for one in rows]
        db.execute(insert(drill_roster), values)
        _cover(db, drill_id, building_id, rooms)
    return Imported(len(rows))


def _newcomers(drill_id: int) -> Any:  # noqa: ANN401 - a query of four columns
    """Return a query of bindings to the drill's buildings whose residents do not stand yet."""
    later = binding.alias()
    is_later = or_(
        later.c.bound_at > binding.c.bound_at,
        and_(later.c.bound_at == binding.c.bound_at, later.c.id > binding.c.id),
    )
    has_later = exists().where(
        later.c.resident_id == binding.c.resident_id,
        _takes_part(later.c.building_id, drill_id),
        is_later,
    )
    stands = exists().where(_own.resident_id == binding.c.resident_id, _own.drill_id == drill_id)
    columns = (binding.c.resident_id, binding.c.building_id, binding.c.unit, binding.c.floor)
    return (
        select(*columns)
        .where(_takes_part(binding.c.building_id, drill_id), ~has_later, ~stands)
        .order_by(binding.c.resident_id)
        .limit(CHUNK)
    )


def _takes_part(building_id: ColumnElement[Any], drill_id: int) -> ColumnElement[bool]:
    parts = select(drill_building.c.building_id).where(drill_building.c.drill_id == drill_id)
    return building_id.in_(parts)


def _standing(
    db: Connection, drill_id: int, building_id: int, rows: Sequence[Household]
) -> list[RowFault]:
    """Return a fault for each row whose household stands on the roster."""
    query = select(_own.room).where(
        _own.drill_id == drill_id, _own.building_id == building_id, _own.kind == "household"
    )
    known = set(db.scalars(query))
    return [
        RowFault(one.number, f"第{one.number}行：{one.room}已经在点名册里，不用再导入。")
        for one in rows
        if one.room in known
    ]


def _cover(db: Connection, drill_id: int, building_id: int, rooms: Collection[str]) -> None:
    """Have the households of rooms count their members, before anybody has come."""
    here = (_own.drill_id == drill_id, _own.building_id == building_id)
    listed = select(_own.room).where(*here, _own.kind == "household", _own.room.in_(rooms))
    homes = list(db.scalars(listed))
    if not homes:
        return
    members = (*here, _own.kind == "resident", _own.room.in_(homes))
    db.execute(update(drill_roster).where(*members).values(persons=0))
    counted = select(_own.room, func.count()).where(*members).group_by(_own.room)
    most = [{"b_room": room, "b_most": number} for room, number in db.execute(counted)]
    growing = update(drill_roster).where(
        *here, _own.kind == "household", _own.room == bindparam("b_room"),
        _own.persons < bindparam("b_most"),
    )  # fmt: skip
    if most:
        db.execute(growing.values(persons=bindparam("b_most")), most)


def _resident_row(
    drill_id: int, row: Row[Any], stairs: int | None, now: datetime
) -> dict[str, Any]:
    room = room_of_unit(row.unit, stairs)
    floor = row.floor if row.floor is not None else floor_of_room(room)
    return _blank(drill_id, row.building_id, now) | {
        "resident_id": row.resident_id,
        "room": room,
        "floor": floor,
        "persons": 1,
        "kind": "resident",
    }


def _household_row(
    drill_id: int, building_id: int, one: Household, now: datetime
) -> dict[str, Any]:
    return _blank(drill_id, building_id, now) | {
        "resident_id": None,
        "room": one.room,
        "floor": one.floor,
        "persons": one.persons,
        "kind": "household",
        "needs_assistance": one.needs_assistance,
    }


def _blank(drill_id: int, building_id: int, now: datetime) -> dict[str, Any]:
    return {
        "drill_id": drill_id,
        "building_id": building_id,
        "arrived": 0,
        "status": "unknown",
        "source": "",
        "changed_at": now,
    }
