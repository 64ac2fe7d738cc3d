"""The rows that conducting a drill holds and ticks: the drill itself, and its checklist."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from drills.drill_store import events_of, require_drill
from drills.drills import Drill
from drills.store import drill, drill_building, drill_check, drill_roster
from storage import put

_check = drill_check.c


@dataclass(frozen=True, slots=True)
class Tick:
    """One item of the checklist that somebody has seen to.

    Attributes:
        staff_id: who.
        note: what they wrote beside it, as with whom they spoke.
        done_at: when.
    """

    item: str
    staff_id: int
    note: str
    done_at: datetime


def hold_drill(db: Connection, drill_id: int) -> Drill:
    """Return a drill as it is now, held until this transaction ends.

    Whoever changes a drill takes it before its steps and its later work, so that two who do so
    at once never wait for each other in a ring.

    Raises:
        DrillRefused: ``unknown_drill``, when there is none.
    """
    held = select(drill.c.id).where(drill.c.id == drill_id).with_for_update(key_share=True)
    db.execute(held)
    return require_drill(db, drill_id)


def was_announced(db: Connection, drill_id: int) -> bool:
    """Tell whether residents have ever been told of a drill."""
    moves = (event.detail for event in events_of(db, drill_id) if event.kind == "moved")
    return any(move.get("to") == "announced" for move in moves)


def building_ids_of(db: Connection, drill_id: int) -> list[int]:
    """Return the ids of the buildings that take part, in order."""
    query = select(drill_building.c.building_id).where(drill_building.c.drill_id == drill_id)
    return sorted(db.scalars(query))


def ticks_of(db: Connection, drill_id: int) -> Mapping[str, Tick]:
    """Return what has been seen to, by item."""
    query = select(_check.item, _check.staff_id, _check.note, _check.done_at)
    rows = db.execute(query.where(_check.drill_id == drill_id))
    return {row.item: Tick(*row) for row in rows}


def put_tick(db: Connection, drill_id: int, tick: Tick) -> None:
    """Note that an item has been seen to; the latest word stands."""
    row = {
        "drill_id": drill_id,
        "item": tick.item,
        "staff_id": tick.staff_id,
        "note": tick.note,
        "done_at": tick.done_at,
    }
    put(db, drill_check, row, keys=["drill_id", "item"])


def remove_tick(db: Connection, drill_id: int, item: str) -> bool:
    """Take a tick back; False when there was none."""
    gone = db.execute(delete(drill_check).where(_check.drill_id == drill_id, _check.item == item))
    return gone.rowcount == 1


def clear_ticks(db: Connection, drill_id: int) -> int:
    """Take every tick back; return how many there were."""
    return db.execute(delete(drill_check).where(_check.drill_id == drill_id)).rowcount


def lost_lines(db: Connection, drill_id: int) -> int:
    """Return how many lines of the list call for help, or were missing when it was closed."""
    row = drill_roster.c
    is_lost = row.status.in_(("needs_help", "missing"))
    return db.scalar(select(func.count()).where(row.drill_id == drill_id, is_lost)) or 0
