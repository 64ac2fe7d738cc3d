"""The rows of what happened to a case; only ever added to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from hazards.store import hazard_event


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the timeline; ``kind`` is one of ``hazards.timeline.Kind``."""

    id: int
    kind: str
    from_state: str
    to_state: str
    role: str
    staff_id: int | None
    reason: str
    photo_ids: tuple[int, ...]
    at: datetime


def add_event(db: Connection, row: Mapping[str, Any]) -> int:
    """Add a line and return its id."""
    adding = insert(hazard_event).values(row).returning(hazard_event.c.id)
    return int(db.execute(adding).scalar_one())


def events_of(db: Connection, case_id: int) -> list[EventRow]:
    """Return the timeline of a case, earliest first."""
    rows = db.execute(
        select(hazard_event).where(hazard_event.c.case_id == case_id).order_by(hazard_event.c.id)
    )
    return [
        EventRow(
            id=row.id,
            kind=row.kind,
            from_state=row.from_state,
            to_state=row.to_state,
            role=row.role,
            staff_id=row.staff_id,
            reason=row.reason,
            photo_ids=tuple(row.photo_ids),
            at=row.at,
        )
        for row in rows
    ]
