"""Housekeeping of the outbox: what is past its time ends, and what is old goes.

In chunks, each for a transaction of its own; called again until one returns 0.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_, select

from community.deliveries import LANES, State
from community.delivery_store import delivery, ending

REPLIES_KEPT = timedelta(hours=24)
ROWS_PER_CHUNK = 500

_columns = delivery.c


def expire_due(db: Connection, now: datetime) -> int:
    """End at most one chunk of what is past its time; return how many, 0 when none is left.

    What a dead worker was sending ends ``uncertain``; what is being sent is let finish.
    """
    past = (
        select(_columns.id, _columns.state)
        .where(
            _columns.settled_at.is_(None),
            _columns.expires_at <= now,
            or_(_columns.state != "sending", _columns.next_at <= now),
        )
        .limit(ROWS_PER_CHUNK)
        .with_for_update(skip_locked=True)
    )
    rows = db.execute(past).all()
    states: tuple[tuple[State, list[int]], ...] = (
        ("expired", [row.id for row in rows if row.state != "sending"]),
        ("uncertain", [row.id for row in rows if row.state == "sending"]),
    )
    for state, ids in states:
        if ids:
            db.execute(
                ending(state, now).where(_columns.id.in_(ids), _columns.settled_at.is_(None))
            )
    return len(rows)


def forget_old(db: Connection, now: datetime) -> int:
    """Delete at most one chunk of replies that ended over a day ago; return how many went.

    A reply is what answers a turn, in whatever lane, or stands in the lane of replies. The rest
    stays: it is the record of who was told.
    """
    gone = 0
    # One after the other: SQLite searches either by an index, and both together by none.
    for is_reply in (_columns.lane == LANES.index("reply"), _columns.turn_id.is_not(None)):
        old = (
            select(_columns.id)
            .where(is_reply, _columns.settled_at < now - REPLIES_KEPT)
            .limit(ROWS_PER_CHUNK - gone)
        )
        gone += db.execute(delete(delivery).where(_columns.id.in_(old))).rowcount
    return gone


def forget_deliveries(db: Connection, account_id: int) -> int:
    """Delete at most one chunk of an account's deliveries, before the account itself goes."""
    theirs = select(_columns.id).where(_columns.account_id == account_id).limit(ROWS_PER_CHUNK)
    return db.execute(delete(delivery).where(_columns.id.in_(theirs))).rowcount
