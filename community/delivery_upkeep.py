"""Housekeeping of the outbox: what is past its time ends, and what is old goes.

In chunks, each for a transaction of its own; called again until one returns 0.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, or_, select, update

from community.broadcast_store import broadcast_recipient
from community.deliveries import LANES, OPEN_STATES, State
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
    stays: it is the record of who was told. A broadcast keeps how what goes here has ended.
    """
    gone = 0
    # One after the other: SQLite searches either by an index, and both together by none.
    for is_reply in (_columns.lane == LANES.index("reply"), _columns.turn_id.is_not(None)):
        old = (
            select(_columns.id)
            .where(is_reply, _columns.settled_at < now - REPLIES_KEPT)
            .limit(ROWS_PER_CHUNK - gone)
        )
        gone += _forget(db, list(db.scalars(old)))
    return gone


def forget_deliveries(db: Connection, account_id: int) -> int:
    """Delete at most one chunk of an account's deliveries, before the account itself goes."""
    theirs = select(_columns.id).where(_columns.account_id == account_id).limit(ROWS_PER_CHUNK)
    return _forget(db, list(db.scalars(theirs)))


def _forget(db: Connection, ids: Sequence[int]) -> int:
    """Delete deliveries, once their broadcasts have noted how they ended."""
    if not ids:
        return 0
    ended = case((_columns.state.in_(OPEN_STATES), "cancelled"), else_=_columns.state)
    told = broadcast_recipient.c.delivery_id
    db.execute(
        update(broadcast_recipient)
        .where(told.in_(ids))
        .values(ended=select(ended).where(_columns.id == told).scalar_subquery(), delivery_id=None)
    )
    return db.execute(delete(delivery).where(_columns.id.in_(ids))).rowcount
