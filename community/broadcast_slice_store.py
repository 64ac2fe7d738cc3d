"""The slices of a broadcast: claiming the next few, noting what became of them, ending early.

A slice is about 250 recipients, sent in groups of ten. Before each group the broadcast's state
is read again, in the transaction that settles the group before and claims the next, so a pause
or a cancellation stops within a group, and a killed worker leaves one group in doubt for each
slice it was sending. What has to be tried again becomes ``waiting`` and is the outbox's then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Text, and_, bindparam, func, or_, select, text, type_coerce

from community.broadcast_store import broadcast, broadcast_recipient
from community.broadcasts import State
from community.deliveries import LANES, ClaimedDelivery
from community.delivery_claim_store import CLAIMING, LEASE, settle_group
from community.delivery_store import delivery, ending
from community.outcomes import Outcome
from community.store import channel_account
from storage import Prepared

GROUP = 10

Tried = Sequence[tuple[ClaimedDelivery, Outcome]]

_told = broadcast_recipient.c
_columns = delivery.c


@dataclass(frozen=True, slots=True)
class Piece:
    """One slice as one worker sends it.

    Attributes:
        broadcast_id: of which.
        number: from 0.
        line: whoever sends this slice, one after the other, has the same; what an earlier
            worker of the line had claimed is taken over at once.
        worker: tells this one from the others of its line.
        lease: how long a claim holds against everybody else.
    """

    broadcast_id: int
    number: int
    line: str
    worker: str
    lease: timedelta = LEASE

    @property
    def name(self) -> str:
        """The name that claims are made in."""
        return f"{self.line}:{self.worker}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One claimed delivery, the channel that it goes through, and its place in the slice."""

    claimed: ClaimedDelivery
    channel: str
    place: int


def claim_group(db: Connection, piece: Piece, after: int, now: datetime) -> list[Outgoing]:
    """Return the next of a slice, at most ``GROUP``; nobody else gets these.

    Args:
        db: inside a write.
        piece: the slice.
        after: the place behind which to look first; what was left before it comes last.
        now: aware.

    Returns:
        Nothing when the broadcast is not ``sending``, is past its time, or none is left.
    """
    if state_of(db, piece.broadcast_id, now) != "sending":
        return []
    asked = {
        "broadcast": piece.broadcast_id,
        "slice": piece.number,
        "after": after,
        "now": now,
        "line": f"{piece.line}:",
        "name": piece.name,
    }
    rows = db.execute(_CLAIMABLE, asked).all()
    if not rows and after:
        rows = db.execute(_CLAIMABLE, {**asked, "after": 0}).all()
    if rows:
        lease = {"worker": piece.name, "until": now + piece.lease}
        db.execute(CLAIMING, [{"row": row.id, **lease} for row in rows])
    bodies = {row.words: json.loads(row.words) for row in rows}
    return [_outgoing(row, bodies[row.words], piece.name) for row in rows]


def settle_piece(db: Connection, piece: Piece, tried: Tried, now: datetime) -> None:
    """Note what became of a group; under a halted broadcast nothing of it waits for a try."""
    if not tried:
        return
    settle_group(db, tried, now)
    state = state_of(db, piece.broadcast_id, now)
    if state != "sending":
        halt_slice(db, piece.broadcast_id, piece.number, now)


def state_of(db: Connection, broadcast_id: int, now: datetime) -> State | None:
    """Return a broadcast's state, ``expired`` as soon as it is past its time; None without it."""
    row = _STATE.row(db, {"id": broadcast_id})
    if row is None:
        return None
    state: State
    state, expires_at = row
    return "expired" if state == "sending" and expires_at <= now else state


def halt_slice(db: Connection, broadcast_id: int, number: int, now: datetime) -> int:
    """Do to what is open in a slice what its broadcast's state asks for; return to how many.

    Paused: what waits for another try is queued again, for when it goes on. Cancelled or
    expired: it ends so; what a dead worker was sending ends ``uncertain``, what is being sent
    is let finish.
    """
    state = state_of(db, broadcast_id, now)
    theirs = select(_told.delivery_id).where(
        _told.broadcast_id == broadcast_id, _told.slice == number
    )
    mine = and_(_columns.id.in_(theirs), _columns.settled_at.is_(None))
    if state == "paused":
        again = ending("queued", now).values(settled_at=None)
        return db.execute(again.where(mine, _columns.state == "waiting")).rowcount
    if state not in {"cancelled", "expired"}:
        return 0
    dead = and_(_columns.state == "sending", _columns.next_at <= now)
    doubtful = db.execute(ending("uncertain", now).where(mine, dead)).rowcount
    return (
        doubtful
        + db.execute(
            ending("cancelled" if state == "cancelled" else "expired", now).where(
                mine, _columns.state != "sending"
            )
        ).rowcount
    )


def open_slices(db: Connection, broadcast_id: int) -> list[int]:
    """Return the slices in which somebody is still to be sent to; this looks at all of them."""
    query = (
        select(_told.slice)
        .join(delivery, _columns.id == _told.delivery_id)
        .where(_told.broadcast_id == broadcast_id, _columns.state.in_(_UNDONE))
    )
    return sorted(db.scalars(query.distinct()))


def has_open_slice(db: Connection, broadcast_id: int) -> bool:
    """Tell whether somebody is still to be sent to; looks from the last slice back."""
    query = (
        select(_told.slice)
        .join(delivery, _columns.id == _told.delivery_id)
        .where(_told.broadcast_id == broadcast_id, _columns.state.in_(_UNDONE))
        .order_by(_told.slice.desc())
        .limit(1)
    )
    return db.scalar(query) is not None


_UNDONE = ("queued", "sending")

_STATE = Prepared(
    select(broadcast.c.state, broadcast.c.expires_at).where(broadcast.c.id == bindparam("id"))
)

_CLAIMABLE = (
    select(
        _columns.id,
        _columns.account_id,
        _columns.lane,
        _columns.purpose,
        _columns.channel,
        _columns.attempts,
        type_coerce(_columns.body, Text).label("words"),
        channel_account.c.name,
        _told.id.label("place"),
    )
    .select_from(broadcast_recipient)
    .join(delivery, _columns.id == _told.delivery_id)
    .join(channel_account, channel_account.c.id == _columns.account_id)
    .where(
        _told.broadcast_id == bindparam("broadcast"),
        _told.slice == bindparam("slice"),
        _told.id > bindparam("after"),
        _columns.settled_at.is_(None),
        or_(
            _columns.state == text("'queued'"),
            and_(
                _columns.state == text("'sending'"),
                _columns.claimed_by != bindparam("name"),
                or_(
                    _columns.next_at <= bindparam("now", type_=_columns.next_at.type),
                    func.substr(_columns.claimed_by, 1, func.length(bindparam("line", type_=Text)))
                    == bindparam("line", type_=Text),
                ),
            ),
        ),
    )
    .order_by(_told.id)
    .limit(GROUP)
    .with_for_update(skip_locked=True, of=delivery)
)


def _outgoing(row: Row[Any], body: list[Any], worker: str) -> Outgoing:
    claimed = ClaimedDelivery(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        lane=LANES[row.lane],
        purpose=row.purpose,
        body=body,
        turn_id=None,
        attempt=row.attempts + 1,
        worker=worker,
    )
    return Outgoing(claimed, row.channel, row.place)
