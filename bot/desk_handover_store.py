"""Handover notes (交接班): what one shift left to the next, kept as it was written.

No word of a resident stands in them: they outlive what is erased.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    Text,
    insert,
    select,
)

from bot.desk_rules import Place
from bot.desk_thread_store import in_area
from community.staff import Area
from community.staff_store import staff_member
from storage import JsonText, RowId, UtcDateTime, metadata

MOST_NOTES_SHOWN = 50
MOST_PERSON_CHARACTERS = 40

desk_handover = Table(
    "desk_handover",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("to_person", String(MOST_PERSON_CHARACTERS), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    # [[name, number, is urgent]] and [[name, what waits, what comes next, due, is overdue]].
    Column("counts", JsonText, nullable=False),
    Column("items", JsonText, nullable=False),
    Column("notes", Text, nullable=False),
    Index("ix_desk_handover_district_id", "district_id", "ended_at"),
    sqlite_autoincrement=True,
)

_own = desk_handover.c


@dataclass(frozen=True, slots=True)
class Item:
    """One conversation that waits: the resident's name here, and what, next, by when."""

    name: str
    what: str
    next: str
    due_at: datetime
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover note; ``id`` is 0 before it is stored, ``staff`` is the writer's name."""

    id: int
    place: Place
    staff_id: int
    staff: str
    to_person: str
    begun_at: datetime
    ended_at: datetime
    counts: tuple[tuple[str, int, bool], ...]
    items: tuple[Item, ...]
    notes: str


def add_handover(db: Connection, note: Handover) -> int:
    """Store a note and return its id."""
    items = [
        [one.name, one.what, one.next, one.due_at.isoformat(), one.is_overdue] for one in note.items
    ]
    stored: int = db.execute(
        insert(desk_handover)
        .values(
            district_id=note.place.district_id,
            street_id=note.place.street_id,
            staff_id=note.staff_id,
            to_person=note.to_person,
            begun_at=note.begun_at,
            ended_at=note.ended_at,
            counts=[list(one) for one in note.counts],
            items=items,
            notes=note.notes,
        )
        .returning(_own.id)
    ).scalar_one()
    return stored


def handovers(db: Connection, area: Area) -> list[Handover]:
    """Return the latest notes of an area, the latest first."""
    query = _handovers(area).order_by(_own.ended_at.desc(), _own.id.desc())
    return [_handover(row) for row in db.execute(query.limit(MOST_NOTES_SHOWN))]


def handover_at(db: Connection, area: Area, note_id: int) -> Handover | None:
    """Return one note; None outside the area, as for none."""
    row = db.execute(_handovers(area).where(_own.id == note_id)).one_or_none()
    return _handover(row) if row else None


def last_ended(db: Connection, place: Place) -> datetime | None:
    """Return when the shift before ended in a place."""
    query = select(_own.ended_at).where(
        _own.district_id == place.district_id, _own.street_id.is_not_distinct_from(place.street_id)
    )
    found: datetime | None = db.scalar(query.order_by(_own.ended_at.desc()).limit(1))
    return found


def _handovers(area: Area) -> Select[Any]:
    return (
        select(desk_handover, staff_member.c.name)
        .join(staff_member, staff_member.c.id == _own.staff_id)
        .where(in_area(area, desk_handover))
    )


def _handover(row: Row[Any]) -> Handover:
    named = row._mapping
    items = tuple(
        Item(name, what, then, datetime.fromisoformat(due), is_overdue)
        for name, what, then, due, is_overdue in named["items"]
    )
    return Handover(
        named["id"],
        Place(named["district_id"], named["street_id"]),
        named["staff_id"],
        named["name"],
        named["to_person"],
        named["begun_at"],
        named["ended_at"],
        tuple((name, number, is_urgent) for name, number, is_urgent in named["counts"]),
        items,
        named["notes"],
    )
