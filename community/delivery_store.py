"""The outbox's table: what waits to be sent, and how each one ended without being sent.

Who sends it, and what became of that, is ``community.delivery_claim_store``'s. Every change has
its condition in the SQL, so two workers never both win.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Update,
    and_,
    or_,
    select,
    text,
    update,
)

from community.deliveries import (
    LANES,
    UNSENT_STATES,
    Delivery,
    PendingDelivery,
    Receipt,
    State,
)
from community.reach import note_blocked
from community.store import channel_account
from storage import JsonText, RowId, UtcDateTime, insert_if_absent, metadata

# What is due for less is still on its way to being pushed.
PUSHING_TAKES = timedelta(seconds=10)
MOST_SHOWN = 10

_IS_OPEN = text("settled_at IS NULL")

delivery = Table(
    "delivery",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account_id", RowId, ForeignKey(channel_account.c.id), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("lane", SmallInteger, nullable=False),  # its place in LANES, so that it sorts
    Column("purpose", String(60), nullable=False),
    Column("body", JsonText, nullable=False),
    Column("key", String(200), nullable=False),
    Column("turn_id", RowId),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    # Waiting: the next try. Sending: the end of the lease. Otherwise NULL, so that what is
    # queued for its broadcast's slice is claimed by no outbox and holds up nobody.
    Column("next_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(80)),
    Column("outcome", String(20)),
    Column("reason", String(200)),
    Column("message_id", String(200)),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("account_id", "key"),
    # The first two hold open deliveries alone, so they stay small whatever is kept.
    Index(
        "ix_delivery_next_at",
        "channel",
        "lane",
        "next_at",
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index(
        "ix_delivery_account_id",
        "account_id",
        "lane",
        "due_at",
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index("ix_delivery_expires_at", "expires_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    Index("ix_delivery_lane_settled_at", "lane", "settled_at"),
    Index(
        "ix_delivery_settled_at",
        "settled_at",
        sqlite_where=text("turn_id IS NOT NULL"),
        postgresql_where=text("turn_id IS NOT NULL"),
    ),
    Index("ix_delivery_channel_message_id", "channel", "message_id"),
    sqlite_autoincrement=True,  # a late worker must not meet another delivery under its id
)

_columns = delivery.c
_open = _columns.settled_at.is_(None)


def queue_delivery(db: Connection, queued: Delivery, now: datetime) -> int | None:
    """Put a delivery into the outbox; None when its account has one with the same key."""
    values = {
        "account_id": queued.account_id,
        "channel": queued.channel,
        "lane": LANES.index(queued.lane),
        "purpose": queued.purpose,
        "body": queued.body,
        "key": queued.key,
        "turn_id": queued.turn_id,
        "created_at": now,
        "due_at": queued.due_at,
        "expires_at": queued.expires_at,
        "state": "waiting",
        "next_at": queued.due_at,
        "attempts": 0,
    }
    if not insert_if_absent(db, delivery, values, keys=["account_id", "key"]):
        return None
    made: int = db.execute(
        select(_columns.id).where(
            _columns.account_id == queued.account_id, _columns.key == queued.key
        )
    ).scalar_one()
    return made


def pending_for(db: Connection, account_id: int, now: datetime) -> list[PendingDelivery]:
    """Return what could not be pushed to an account and may be shown at its turn, oldest first.

    That is what is held, and what has been due for ``PUSHING_TAKES`` and still waits: no sender,
    or one that fails. Called in the transaction of the turn, which then calls ``mark_shown``;
    until it ends no worker claims these.
    """
    unpushed = or_(
        _columns.state == "held",
        and_(_columns.state == "waiting", _columns.due_at <= now - PUSHING_TAKES),
    )
    rows = db.execute(
        select(_columns.id, _columns.lane, _columns.purpose, _columns.body, _columns.due_at)
        .where(_columns.account_id == account_id, _open, unpushed, _columns.expires_at > now)
        .order_by(_columns.lane, _columns.due_at, _columns.id)
        .limit(MOST_SHOWN)
        .with_for_update(skip_locked=True)
    )
    return [PendingDelivery(row.id, LANES[row.lane], *row[2:]) for row in rows]


def mark_shown(db: Connection, ids: Collection[int], now: datetime) -> list[int]:
    """End deliveries that a turn shows; return those that were still open and unsent."""
    ended = ending("shown", now).where(
        _columns.id.in_(ids), _open, _columns.state.in_(("waiting", "held"))
    )
    return sorted(db.execute(ended.returning(_columns.id)).scalars())


def cancel_for_account(
    db: Connection, account_id: int, now: datetime, *, purpose: str | None = None
) -> int:
    """Cancel what waits for an account that left, or that unsubscribed from one purpose.

    Returns how many; what is being sent just now can no longer be cancelled.
    """
    ended = ending("cancelled", now).where(
        _columns.account_id == account_id, _open, _columns.state.in_(UNSENT_STATES)
    )
    if purpose is not None:
        ended = ended.where(_columns.purpose == purpose)
    return db.execute(ended).rowcount


def note_receipt(
    db: Connection, channel: str, message_id: str, receipt: Receipt, now: datetime
) -> bool:
    """Note what the platform says later of a message it had taken.

    One that it could not deliver after all has failed; one that blocked us is noted as well.
    False when no sent message has this id, or a receipt for it came before.
    """
    code = {"delivered": "received", "failed": "undelivered", "blocked": "blocked"}[receipt]
    account = (
        db.execute(
            update(delivery)
            .where(
                _columns.channel == channel,
                _columns.message_id == message_id,
                _columns.state == "sent",
                _columns.outcome == "delivered",
            )
            .values(state="sent" if receipt == "delivered" else "failed", outcome=code)
            .returning(_columns.account_id)
        )
        .scalars()
        .first()
    )
    if account is not None and receipt == "blocked":
        note_blocked(db, account, now)
        cancel_for_account(db, account, now)
    return account is not None


def ending(state: State, now: datetime) -> Update:
    """Return the statement that ends deliveries, for the caller to say which."""
    return update(delivery).values(state=state, next_at=None, settled_at=now)
