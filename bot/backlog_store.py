"""What waits for somebody, and what came to nothing, counted for ``lifeline doctor``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from bot.desk_store import staff_request
from community.deliveries import State
from community.delivery_store import delivery
from storage.work_leases import heartbeats

_columns = delivery.c
# What nobody was told in the end, or perhaps not.
UNDELIVERED: tuple[State, ...] = ("failed", "expired", "uncertain")


@dataclass(frozen=True, slots=True)
class Heap:
    """Deliveries of one channel in one state.

    Attributes:
        channel: which channel sends them.
        state: as ``community.deliveries`` names it.
        count: how many.
        oldest: when the first of them was to be sent.
    """

    channel: str
    state: State
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """What residents left for staff and nobody has answered; ``oldest`` is None without any."""

    count: int
    oldest: datetime | None


def open_request_count(db: Connection) -> OpenRequests:
    """Return how many messages to staff are open, and since when."""
    asked = select(func.count(), func.min(staff_request.c.created_at))
    return OpenRequests(*db.execute(asked.where(staff_request.c.answered_at.is_(None))).one())


def open_heaps(db: Connection) -> Sequence[Heap]:
    """Return what is still to be sent or shown, by channel and state."""
    return _heaps(db, _columns.settled_at.is_(None))


def undelivered_heaps(db: Connection, since: datetime) -> Sequence[Heap]:
    """Return what ended since then without having surely arrived, by channel and state."""
    return _heaps(db, _columns.settled_at >= since, _columns.state.in_(UNDELIVERED))


def last_beat(db: Connection) -> datetime | None:
    """Return when a process that does later work last showed life; None when none runs."""
    found: datetime | None = db.execute(select(func.max(heartbeats.c.beat_at))).scalar_one()
    return found


def _heaps(db: Connection, *conditions: ColumnElement[bool]) -> Sequence[Heap]:
    asked = (
        select(_columns.channel, _columns.state, func.count(), func.min(_columns.due_at))
        .where(*conditions)
        .group_by(_columns.channel, _columns.state)
        .order_by(_columns.channel, _columns.state)
    )
    return [Heap(*row) for row in db.execute(asked)]
