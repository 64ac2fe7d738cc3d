"""The outbox's table: what waits to be sent, who sends it, and how each one ended.

Every change has its condition in the SQL, so two workers never both win. None is lost: a
claimed delivery whose worker died is claimed again when its lease has run out, and may then
arrive twice; that is at most what one worker had claimed when it died.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Update,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from community.deliveries import (
    LANES,
    ClaimedDelivery,
    Delivery,
    PendingDelivery,
    Receipt,
    State,
    Verdict,
    verdict,
)
from community.outcomes import Blocked, Outcome, WindowClosed
from community.reach import close_window, note_blocked, reach
from community.store import channel_account
from storage import JsonText, RowId, UtcDateTime, insert_if_absent, metadata

# A sender gives up well before its lease ends.
LEASE = timedelta(seconds=60)
# Who was claimed so long ago holds up nobody behind them: their sender is slow, or has died.
LINE_HELD = timedelta(seconds=4)
# What is due for less is still on its way to being pushed.
PUSHING_TAKES = timedelta(seconds=10)
MOST_SHOWN = 10

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
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
    # Waiting: the next try. Sending: the end of the lease. Otherwise NULL.
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


@dataclass(frozen=True, slots=True)
class Claim:
    """What one worker asks for.

    ``worker`` is unique to the process; at most ``most`` are claimed, of these at most
    ``most_bulk`` notices to many, until ``lease`` is over.
    """

    channel: str
    worker: str
    most: int
    most_bulk: int | None = None
    lease: timedelta = LEASE


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


def claim_deliveries(db: Connection, claim: Claim, now: datetime) -> list[ClaimedDelivery]:
    """Return what the worker may send now, by lane, then by time; nobody else gets these.

    Within an account and lane only the first in line (``due_at``, then ``id``) is claimed, and
    the next one when that has ended, is held, or was claimed ``LINE_HELD`` ago: after a crash
    nobody in danger waits for a lease. Who left or blocked us gets replies alone, in whatever
    lane: they have written again.
    """
    first = _first_by_lane(db, claim.channel, _LONG_AGO)
    common = {"channel": claim.channel, "now": now, "stuck": now + claim.lease - LINE_HELD}
    rows: list[Row[Any]] = []
    for number, lane in enumerate(LANES):
        room = claim.most - len(rows)
        if lane == "bulk" and claim.most_bulk is not None:
            room = min(room, claim.most_bulk)
        due = first[number]
        if due is not None and due <= now and room > 0:
            rows += db.execute(_CLAIMABLE, {**common, "lane": number, "room": room})
    if rows:
        lease = {"worker": claim.worker, "until": now + claim.lease}
        db.execute(_CLAIMING, [{"row": row.id, **lease} for row in rows])
    return [_claimed(row, claim.worker) for row in rows]


def next_due(db: Connection, channel: str, now: datetime) -> datetime | None:
    """Return when the channel next has something to send or to take over, after ``now``."""
    return min((due for due in _first_by_lane(db, channel, now) if due), default=None)


def settle(
    db: Connection, claimed: ClaimedDelivery, outcome: Outcome, now: datetime
) -> Verdict | None:
    """Note what one try led to; None when the claim has passed to another worker.

    Who blocked us is noted as such, and what waits for them is cancelled; a window that the
    platform calls closed is closed here as well.
    """
    found = verdict(claimed.lane, claimed.attempt, outcome, now)
    settled = db.execute(
        _SETTLING,
        {
            "row": claimed.id,
            "worker": claimed.worker,
            "attempt": claimed.attempt,
            "state": found.state,
            "next_at": found.next_at,
            "outcome": found.code,
            "reason": found.reason,
            "message_id": found.message_id[:200] or None,
            "settled_at": now if found.is_final else None,
        },
    )
    if settled.rowcount != 1:
        return None
    if isinstance(outcome, Blocked):
        note_blocked(db, claimed.account_id, now)
        cancel_for_account(db, claimed.account_id, now)
    elif isinstance(outcome, WindowClosed):
        close_window(db, claimed.account_id)
    return found


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
        _columns.account_id == account_id, _open, _columns.state.in_(("waiting", "held"))
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


def _claimable() -> Select[Any]:
    """Return the query for what one lane of a channel has to send, first in time first."""
    line = delivery.alias("line")
    is_behind = exists().where(
        line.c.account_id == _columns.account_id,
        line.c.lane == _columns.lane,
        line.c.settled_at.is_(None),
        line.c.next_at.is_not(None),
        line.c.expires_at > bindparam("now"),
        or_(line.c.state != text("'sending'"), line.c.next_at > bindparam("stuck")),
        # Implied by the next condition, and what the index is searched by.
        line.c.due_at <= _columns.due_at,
        or_(line.c.due_at < _columns.due_at, line.c.id < _columns.id),
    )
    is_gone = exists().where(
        reach.c.account_id == _columns.account_id,
        or_(reach.c.left_at.is_not(None), reach.c.blocked_at.is_not(None)),
    )
    return (
        select(delivery, channel_account.c.name)
        .join(channel_account, channel_account.c.id == _columns.account_id)
        .where(
            _columns.channel == bindparam("channel"),
            _columns.lane == bindparam("lane"),
            _open,
            _columns.next_at <= bindparam("now"),
            _columns.expires_at > bindparam("now"),
            ~is_behind,
            or_(_columns.lane == LANES.index("reply"), _columns.turn_id.is_not(None), ~is_gone),
        )
        .order_by(_columns.next_at, _columns.id)
        .limit(bindparam("room"))
        .with_for_update(skip_locked=True, of=delivery)
    )


def _first_times() -> Select[Any]:
    """Return the query for each lane's first ``next_at`` after a time: four looks at an index."""
    firsts = [
        select(func.min(_columns.next_at))
        .where(
            _columns.channel == bindparam("channel"),
            _columns.lane == number,
            _open,
            _columns.next_at > bindparam("after", type_=UtcDateTime),
        )
        .scalar_subquery()
        for number in range(len(LANES))
    ]
    return select(*firsts)


# Made once: building a statement costs more than running it.
_CLAIMABLE = _claimable()
_FIRST_TIMES = _first_times()
_CLAIMING = (
    update(delivery)
    .where(_columns.id == bindparam("row"), _open)
    .values(
        state="sending",
        next_at=bindparam("until"),
        claimed_by=bindparam("worker"),
        attempts=_columns.attempts + 1,
    )
)

_SETTLING = (
    update(delivery)
    .where(
        _columns.id == bindparam("row"),
        _columns.state == text("'sending'"),
        _columns.claimed_by == bindparam("worker"),
        _columns.attempts == bindparam("attempt"),
    )
    .values(
        {
            name: bindparam(name)
            for name in ("state", "next_at", "outcome", "reason", "message_id", "settled_at")
        }
    )
)


def _first_by_lane(db: Connection, channel: str, after: datetime) -> list[datetime | None]:
    return list(db.execute(_FIRST_TIMES, {"channel": channel, "after": after}).one())


def _claimed(row: Row[Any], worker: str) -> ClaimedDelivery:
    return ClaimedDelivery(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        lane=LANES[row.lane],
        purpose=row.purpose,
        body=row.body,
        turn_id=row.turn_id,
        attempt=row.attempts + 1,
        worker=worker,
    )
