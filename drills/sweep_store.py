"""Floor sweeps (逐层清查): which floors somebody has gone through, and which are left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from community.registers import Building
from drills.drill_store import append_event, buildings_of
from drills.drills import DrillRefused, Event
from drills.household_lists import HIGHEST_FLOOR
from drills.roll_change_store import Telling
from drills.rollcall import Moment, Teller
from drills.roster_store import hold_open
from drills.store import drill_sweep
from storage import insert_if_absent

MOST_STAIRS = 50
MOST_NOTE_CHARACTERS = 500

_own = drill_sweep.c


@dataclass(frozen=True, slots=True, order=True)
class Floor:
    """A floor on one stair of a building; stairs count from 1, floors below ground from -1."""

    building_id: int
    stair: int
    floor: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """A floor on which nobody is left, and who says so.

    Attributes:
        floor: which.
        staff_id: who went through it.
        note: what they wrote, "" for nothing.
        cleared_at: when they had gone through.
        recorded_at: when we heard of it.
    """

    floor: Floor
    staff_id: int | None
    note: str
    cleared_at: datetime
    recorded_at: datetime


def mark_sweep(  # noqa: PLR0913, PLR0917 - who, where, when and what they saw
    db: Connection, drill_id: int, floor: Floor, staff_id: int, note: str, moment: Moment
) -> bool:
    """Note that a floor is clear; False when that was known. The earlier of two times holds.

    Args:
        db: inside a write.
        drill_id: which drill.
        floor: of one of its buildings.
        staff_id: who went through it.
        note: cut to ``MOST_NOTE_CHARACTERS``.
        moment: when.

    Raises:
        DrillRefused: ``unknown_floor``, ``not_running``, ``bad_moment``.
    """
    held = hold_open(db, drill_id, moment)
    _require_floor(buildings_of(db, drill_id), floor)
    telling = Telling("swept", Teller("staff", staff_id, "organiser"), moment)
    row = _keys(drill_id, floor) | {
        "staff_id": staff_id,
        "note": note.strip()[:MOST_NOTE_CHARACTERS],
        "cleared_at": telling.at,
        "recorded_at": moment.recorded_at,
    }
    keys = ["drill_id", "building_id", "stair", "floor"]
    is_new = insert_if_absent(db, drill_sweep, row, keys=keys)
    if not is_new and not _is_earlier(db, drill_id, floor, telling.at):
        return False
    detail = {"building_id": floor.building_id, "stair": floor.stair, "floor": floor.floor}
    event = Event("swept", "staff", staff_id, telling.at, moment.recorded_at, detail)
    append_event(db, held.id, event)
    return is_new


def sweeps_of(db: Connection, drill_id: int) -> list[Sweep]:
    """Return the floors that are clear, by building, stair and floor."""
    order = (_own.building_id, _own.stair, _own.floor)
    rows = db.execute(select(drill_sweep).where(_own.drill_id == drill_id).order_by(*order))
    return [
        Sweep(
            Floor(row.building_id, row.stair, row.floor),
            row.staff_id,
            row.note,
            row.cleared_at,
            row.recorded_at,
        )
        for row in rows
    ]


def floors_left(db: Connection, drill_id: int) -> list[Floor]:
    """Return the floors above ground that nobody has gone through, by building, stair and floor.

    Of a building whose number of floors is not registered none can be told. Floors below ground
    may be swept, but are not asked for: garages are common to several buildings.
    """
    clear = {sweep.floor for sweep in sweeps_of(db, drill_id)}
    return [
        floor for one in buildings_of(db, drill_id) for floor in _floors(one) if floor not in clear
    ]


def _floors(one: Building) -> list[Floor]:
    stairs, floors = one.facts.stairs or 1, one.facts.floors_above or 0
    return [
        Floor(one.id, stair, floor)
        for stair in range(1, stairs + 1)
        for floor in range(1, floors + 1)
    ]


def _require_floor(buildings: list[Building], floor: Floor) -> None:
    """Refuse a floor that the building does not have; what is not registered is not limited."""
    standing = next((one for one in buildings if one.id == floor.building_id), None)
    if standing is None:
        raise DrillRefused("not_allowed", "这栋楼不参加这场演练。")
    facts = standing.facts
    lowest = -10 if facts.floors_below is None else -facts.floors_below
    highest = facts.floors_above or HIGHEST_FLOOR
    is_floor = floor.floor != 0 and lowest <= floor.floor <= highest
    if not is_floor or not 1 <= floor.stair <= (facts.stairs or MOST_STAIRS):
        raise DrillRefused("unknown_floor")


def _is_earlier(db: Connection, drill_id: int, floor: Floor, at: datetime) -> bool:
    """Note the earlier time of a floor that was clear; False when it was clear before that."""
    here = [drill_sweep.c[name] == value for name, value in _keys(drill_id, floor).items()]
    earlier = update(drill_sweep).where(*here, _own.cleared_at > at).values(cleared_at=at)
    return db.execute(earlier).rowcount == 1


def _keys(drill_id: int, floor: Floor) -> dict[str, object]:
    return {
        "drill_id": drill_id,
        "building_id": floor.building_id,
        "stair": floor.stair,
        "floor": floor.floor,
    }
