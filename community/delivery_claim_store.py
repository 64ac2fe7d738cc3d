"""Claiming what the outbox may send, and noting what became of it.

Every change has its condition in the SQL, so two workers never both win. None is lost: a
claimed delivery whose worker died is claimed again when its lease has run out, and may then
arrive twice; that is at most what one worker had claimed when it died.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, or_, select, text, update

from community.deliveries import LANES, ClaimedDelivery, Verdict, verdict
from community.delivery_store import cancel_for_account, delivery
from community.outcomes import Blocked, Outcome, WindowClosed
from community.reach import close_window, note_blocked, reach
from community.store import channel_account
from storage import UtcDateTime

# A sender gives up well before its lease ends.
LEASE = timedelta(seconds=60)
# Who was claimed so long ago holds up nobody behind them: their sender is slow, or has died.
LINE_HELD = timedelta(seconds=4)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

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
        db.execute(CLAIMING, [{"row": row.id, **lease} for row in rows])
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
    settled = db.execute(_SETTLING, _settling(claimed, found, now))
    if settled.rowcount != 1:
        return None
    if isinstance(outcome, Blocked):
        note_blocked(db, claimed.account_id, now)
        cancel_for_account(db, claimed.account_id, now)
    elif isinstance(outcome, WindowClosed):
        close_window(db, claimed.account_id)
    return found


def settle_group(
    db: Connection, tried: Sequence[tuple[ClaimedDelivery, Outcome]], now: datetime
) -> None:
    """Note what one try each of a group led to, as ``settle`` does, in one statement.

    Claims that have passed to another worker are left alone.
    """
    plain = [
        _settling(claimed, verdict(claimed.lane, claimed.attempt, outcome, now), now)
        for claimed, outcome in tried
        if not isinstance(outcome, Blocked | WindowClosed)
    ]
    if plain:
        db.execute(_SETTLING, plain)
    for claimed, outcome in tried:
        if isinstance(outcome, Blocked | WindowClosed):
            settle(db, claimed, outcome, now)


def _settling(claimed: ClaimedDelivery, found: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "row": claimed.id,
        "worker": claimed.worker,
        "attempt": claimed.attempt,
        "state": found.state,
        "next_at": found.next_at,
        "outcome": found.code,
        "reason": found.reason,
        "message_id": found.message_id[:200] or None,
        "settled_at": now if found.is_final else None,
    }


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
# Binds ``row``, ``until`` (the end of the lease) and ``worker``.
CLAIMING = (
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
