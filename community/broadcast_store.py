"""The tables of notices to many (通知): the broadcast, and one row for each who is to get it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    or_,
    select,
)

from community.broadcasts import STATES, Audience, Broadcast, State, UnknownBroadcast
from community.delivery_store import delivery
from community.register_store import street
from community.staff import Area
from community.staff_store import staff_member
from community.store import resident
from storage import JsonText, RowId, UtcDateTime, metadata, read_code

PAGE_SIZE = 50

broadcast = Table(
    "broadcast",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    # Whoever sends it again under the same key gets the same broadcast ("drill:12:notice_day").
    Column("key", String(100), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId, ForeignKey(street.c.id)),
    # drill, tip, campaign, alert, notice: the purpose that 通知设置 names.
    Column("purpose", String(20), nullable=False),
    # live, drill or test; fixed when it is made.
    Column("mode", String(6), nullable=False),
    # A lane of community.deliveries.
    Column("lane", String(10), nullable=False),
    Column("title", String(80), nullable=False),
    # Language → words, and what may be tapped below them: [[label, function], …].
    Column("words", JsonText, nullable=False),
    Column("choices", JsonText, nullable=False),
    Column("audience", JsonText, nullable=False),
    # The district's, for the quiet hours.
    Column("timezone", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    # Where it goes on after a pause; "" when it is not paused.
    Column("paused_from", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("author_id", RowId, ForeignKey(staff_member.c.id)),
    Column("approver_id", RowId, ForeignKey(staff_member.c.id)),
    Column("reason", Text, nullable=False),
    # How far the audience has been written out: the resident id that comes next.
    Column("expanded_to", RowId, nullable=False),
    Column("slices", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("ix_broadcast_district_id_created_at", "district_id", "created_at"),
    Index("ix_broadcast_state_due_at", "state", "due_at"),
    sqlite_autoincrement=True,
)

broadcast_recipient = Table(
    "broadcast_recipient",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("broadcast_id", RowId, ForeignKey(broadcast.c.id), nullable=False),
    Column("resident_id", RowId, ForeignKey(resident.c.id)),
    # Which slice sends it; rows of one slice lie side by side.
    Column("slice", Integer, nullable=False),
    # None where there is no account that can be written to: then ``suppressed`` says why.
    Column("delivery_id", RowId, ForeignKey(delivery.c.id, ondelete="SET NULL")),
    Column("suppressed", String(20), nullable=False),
    # As the delivery ended, once it has and its row may be forgotten; "" before.
    Column("ended", String(12), nullable=False),
    Column("tapped_at", UtcDateTime),
    UniqueConstraint("broadcast_id", "resident_id"),
    Index("ix_broadcast_recipient_broadcast_id_slice", "broadcast_id", "slice"),
    Index("ix_broadcast_recipient_delivery_id", "delivery_id"),
    Index("ix_broadcast_recipient_resident_id", "resident_id"),
    sqlite_autoincrement=True,
)


def find_broadcast(db: Connection, broadcast_id: int) -> Broadcast:
    """Return a broadcast.

    Raises:
        UnknownBroadcast: when there is none.
    """
    row = db.execute(select(broadcast).where(broadcast.c.id == broadcast_id)).one_or_none()
    if row is None:
        raise UnknownBroadcast(broadcast_id)
    return broadcast_from(row)


def broadcast_by_key(db: Connection, key: str) -> Broadcast | None:
    """Return the broadcast that was made under a key, or None."""
    row = db.execute(select(broadcast).where(broadcast.c.key == key)).one_or_none()
    return broadcast_from(row) if row else None


def broadcast_by_code(db: Connection, typed: str) -> Broadcast | None:
    """Return the broadcast of a code as somebody typed it, or None."""
    query = select(broadcast).where(broadcast.c.code == read_code(typed))
    row = db.execute(query).one_or_none()
    return broadcast_from(row) if row else None


def broadcasts_in(
    db: Connection, area: Area, states: Collection[State] = STATES, *, before: int | None = None
) -> list[Broadcast]:
    """Return up to ``PAGE_SIZE`` broadcasts of an area, the latest first.

    Args:
        db: for reading.
        area: what the asker may see; nothing is found in an empty one.
        states: which.
        before: only those with a lower id, to go on from a page.
    """
    held = or_(broadcast.c.district_id.in_(area.districts), broadcast.c.street_id.in_(area.streets))
    query = select(broadcast).where(held, broadcast.c.state.in_(states))
    if before is not None:
        query = query.where(broadcast.c.id < before)
    rows = db.execute(query.order_by(broadcast.c.id.desc()).limit(PAGE_SIZE))
    return [broadcast_from(row) for row in rows]


def broadcast_from(row: Row[Any]) -> Broadcast:
    """Return a broadcast from a row that holds every column of its table."""
    kept = {name: row._mapping[name] for name in broadcast.c.keys()}  # noqa: SIM118
    kept["choices"] = tuple((label, function) for label, function in kept["choices"])
    kept["audience"] = Audience.from_json(kept["audience"])
    return Broadcast(**kept)
