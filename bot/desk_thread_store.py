"""The tables of conversations with staff: who holds one, where each message belongs, replies.

A thread is one resident's, over all their channels; it stays when two residents are made one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from bot.desk_rules import Place
from bot.desk_store import ANSWERED_KEPT, ROWS_PER_CHUNK, staff_request
from community.bindings import binding
from community.register_store import building, community
from community.staff import Area
from community.staff_store import staff_member
from community.store import channel_account, resident
from storage import RowId, UtcDateTime, insert_if_absent, metadata, new_code

desk_thread = Table(
    "desk_thread",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id), nullable=False, unique=True),
    # Who answers in place of the bot, and until when without a word of theirs.
    Column("holder_id", RowId, ForeignKey(staff_member.c.id)),
    Column("held_since", UtcDateTime),
    Column("held_until", UtcDateTime),
    Index("ix_desk_thread_holder_id", "holder_id"),
    sqlite_autoincrement=True,  # the audit log names it
)

# Where a message belongs and by when it is to be answered; goes with it.
staff_request_place = Table(
    "staff_request_place",
    metadata,
    Column(
        "request_id", RowId, ForeignKey(staff_request.c.id, ondelete="CASCADE"), primary_key=True
    ),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId),
    Column("due_at", UtcDateTime, nullable=False),
    Column("escalated_at", UtcDateTime),
)

desk_reply = Table(
    "desk_reply",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account_id", RowId, ForeignKey(channel_account.c.id), nullable=False),
    # NULL: by whoever runs the command line.
    Column("staff_id", RowId, ForeignKey(staff_member.c.id)),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # NULL: shown in the open web page. The delivery itself is forgotten earlier.
    Column("delivery_id", RowId),
    Index("ix_desk_reply_account_id", "account_id", "at"),
    Index("ix_desk_reply_at", "at"),
    sqlite_autoincrement=True,
)

_thread, _placed, _reply = desk_thread.c, staff_request_place.c, desk_reply.c


@dataclass(frozen=True, slots=True)
class Holding:
    """A conversation that staff have taken over, as the resident's turn sees it."""

    thread_id: int
    holder_id: int


@dataclass(frozen=True, slots=True)
class NewReply:
    """A reply to be noted: to whom, from whom, about what place, and how it left."""

    account_id: int
    staff_id: int | None
    place: Place
    text: str
    delivery_id: int | None


def place_of(db: Connection, resident_id: int, default: str) -> Place:
    """Return where a resident belongs: their first building's street, else ``default``."""
    row = db.execute(
        select(building.c.district_id, community.c.street_id)
        .join(binding, binding.c.building_id == building.c.id)
        .join(community, community.c.id == building.c.community_id)
        .where(binding.c.resident_id == resident_id, building.c.archived_at.is_(None))
        .order_by(binding.c.bound_at, binding.c.id)
        .limit(1)
    ).one_or_none()
    return Place(row.district_id, row.street_id) if row else Place(default)


def add_place(db: Connection, request_id: int, place: Place, due_at: datetime) -> bool:
    """Note where a message belongs; False when that was noted before."""
    row = {
        "request_id": request_id,
        "district_id": place.district_id,
        "street_id": place.street_id,
        "due_at": due_at,
    }
    return insert_if_absent(db, staff_request_place, row, keys=["request_id"])


def place_of_request(db: Connection, request_id: int) -> Place | None:
    """Return where a message belongs; None for one that has no place yet."""
    query = select(_placed.district_id, _placed.street_id).where(_placed.request_id == request_id)
    row = db.execute(query).one_or_none()
    return Place(*row) if row else None


def open_thread(db: Connection, resident_id: int) -> None:
    """Give a resident a thread, once."""
    row = {"code": new_code(), "resident_id": resident_id}
    insert_if_absent(db, desk_thread, row, keys=["resident_id"])


def hold(db: Connection, thread_id: int, staff_id: int, now: datetime, until: datetime) -> bool:
    """Take a conversation over; False when somebody else holds it."""
    taken = (
        update(desk_thread)
        .where(_thread.id == thread_id, is_free_for(staff_id, now))
        .values(holder_id=staff_id, held_since=now, held_until=until)
    )
    return db.execute(taken).rowcount == 1


def prolong(db: Connection, thread_id: int, staff_id: int, now: datetime, until: datetime) -> bool:
    """Let a holder who writes hold on; False when somebody else holds the conversation.

    Who holds nothing changes nothing, and may write.
    """
    own = and_(_thread.holder_id == staff_id, _thread.held_until > now)
    db.execute(update(desk_thread).where(_thread.id == thread_id, own).values(held_until=until))
    free = select(_thread.id).where(_thread.id == thread_id, is_free_for(staff_id, now))
    return db.execute(free.with_for_update()).one_or_none() is not None


def release(db: Connection, thread_id: int, holder_id: int) -> bool:
    """Give a conversation back to the bot; False when this person does not hold it."""
    given = (
        update(desk_thread)
        .where(_thread.id == thread_id, _thread.holder_id == holder_id)
        .values(holder_id=None, held_since=None, held_until=None)
    )
    return db.execute(given).rowcount == 1


def is_free_for(staff_id: int, now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody else holds a conversation."""
    return or_(
        _thread.holder_id.is_(None), _thread.holder_id == staff_id, _thread.held_until <= now
    )


def holding_of(db: Connection, account_id: int, now: datetime) -> Holding | None:
    """Return who has taken over the conversation of an account's resident, None for nobody."""
    row = db.execute(
        select(_thread.id, _thread.holder_id)
        .join(channel_account, channel_account.c.resident_id == _thread.resident_id)
        .where(
            channel_account.c.id == account_id,
            _thread.holder_id.is_not(None),
            _thread.held_until > now,
        )
    ).one_or_none()
    return Holding(*row) if row else None


def add_reply(db: Connection, reply: NewReply, now: datetime) -> None:
    """Note what staff wrote."""
    db.execute(
        insert(desk_reply).values(
            account_id=reply.account_id,
            staff_id=reply.staff_id,
            district_id=reply.place.district_id,
            street_id=reply.place.street_id,
            text=reply.text,
            at=now,
            delivery_id=reply.delivery_id,
        )
    )


def last_reply_at(db: Connection, account_id: int) -> datetime | None:
    """Return when staff last wrote to an account."""
    query = select(_reply.at).where(_reply.account_id == account_id)
    found: datetime | None = db.scalar(query.order_by(_reply.at.desc()).limit(1))
    return found


def settle_open(
    db: Connection, resident_id: int, area: Area, up_to: int, answered: tuple[str, datetime]
) -> int:
    """Note as answered what a resident wrote within an area, up to one message's id.

    Args:
        db: inside a write.
        resident_id: who wrote.
        area: of whoever answers; what they cannot see stays open.
        up_to: the id of the latest message they had before their eyes.
        answered: the answer, "" when none is needed, and when.

    Returns:
        How many messages that were.
    """
    text, now = answered
    mine = select(channel_account.c.id).where(channel_account.c.resident_id == resident_id)
    seen = select(_placed.request_id).where(in_area(area, staff_request_place))
    settled = (
        update(staff_request)
        .where(
            staff_request.c.account_id.in_(mine),
            staff_request.c.answered_at.is_(None),
            staff_request.c.id <= up_to,
            staff_request.c.id.in_(seen),
        )
        .values(answer=text, answered_at=now)
    )
    return db.execute(settled).rowcount


def waiting_due(db: Connection, resident_id: int) -> Sequence[tuple[int, datetime]]:
    """Return id and due time of what waits for an answer and was not escalated, first due first."""
    query = _waiting(resident_id, select(_placed.request_id, _placed.due_at))
    rows = db.execute(
        query.where(_placed.escalated_at.is_(None)).order_by(_placed.due_at, _placed.request_id)
    )
    return [(row.request_id, row.due_at) for row in rows]


def has_escalated(db: Connection, resident_id: int) -> bool:
    """Tell whether something escalated of a resident still waits."""
    query = _waiting(resident_id, select(_placed.request_id))
    return db.execute(query.where(_placed.escalated_at.is_not(None)).limit(1)).first() is not None


def mark_escalated(db: Connection, request_id: int, now: datetime) -> bool:
    """Note that a message was escalated; False when it was before."""
    marked = update(staff_request_place).where(
        _placed.request_id == request_id, _placed.escalated_at.is_(None)
    )
    return db.execute(marked.values(escalated_at=now)).rowcount == 1


def in_area(area: Area, table: Table) -> ColumnElement[bool]:
    """Return the condition that a row with ``district_id`` and ``street_id`` lies in an area."""
    return or_(
        table.c.district_id.in_(sorted(area.districts)),
        table.c.street_id.in_(sorted(area.streets)),
    )


def without_place(db: Connection, most: int) -> Sequence[tuple[int, int, datetime]]:
    """Return (request, resident, created) of messages from before there were places."""
    rows = db.execute(
        select(staff_request.c.id, channel_account.c.resident_id, staff_request.c.created_at)
        .join(channel_account, channel_account.c.id == staff_request.c.account_id)
        .where(~exists().where(_placed.request_id == staff_request.c.id))
        .order_by(staff_request.c.id)
        .limit(most)
    )
    return [(row.id, row.resident_id, row.created_at) for row in rows]


def forget_replies(db: Connection, now: datetime) -> int:
    """Delete a chunk of old replies, and of threads of which nothing is left; 0 means none."""
    old = select(_reply.id).where(_reply.at < now - ANSWERED_KEPT).limit(ROWS_PER_CHUNK)
    gone = db.execute(delete(desk_reply).where(_reply.id.in_(old))).rowcount
    mine = channel_account.c.resident_id == _thread.resident_id
    kept = (
        exists().where(mine, staff_request.c.account_id == channel_account.c.id),
        exists().where(mine, desk_reply.c.account_id == channel_account.c.id),
    )
    is_free = or_(_thread.holder_id.is_(None), _thread.held_until <= now)
    empty = select(_thread.id).where(~or_(*kept), is_free).limit(ROWS_PER_CHUNK)
    return gone + db.execute(delete(desk_thread).where(_thread.id.in_(empty))).rowcount


def _waiting(resident_id: int, query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(staff_request_place)
        .join(staff_request, staff_request.c.id == _placed.request_id)
        .join(channel_account, channel_account.c.id == staff_request.c.account_id)
        .where(channel_account.c.resident_id == resident_id, staff_request.c.answered_at.is_(None))
    )
