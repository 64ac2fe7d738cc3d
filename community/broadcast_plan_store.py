"""What a broadcast asks of the jobs: its slices, and what halting it leaves to be done.

Its expansion is planned where people move it, in ``community.broadcast_write_store``. Every key
holds the broadcast's version, so what a pause interrupted is planned anew, and nothing twice.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from community.broadcast_store import broadcast
from community.broadcasts import awake
from storage import schedule

SEND, SEND_BULK, HALT = "broadcast_slice", "broadcast_slice_bulk", "broadcast_halt"
# How long after a broadcast was halted it is still looked for.
LOOKED_FOR = timedelta(days=1)

_columns = broadcast.c
_HALTED = ("paused", "cancelled", "expired")
_STANDING = select(_columns.id, _columns.state, _columns.version)


def plan_slices(db: Connection, broadcast_id: int, numbers: Iterable[int], now: datetime) -> bool:
    """Plan the sending of slices, bulk outside the quiet hours; once for each version and day.

    Returns:
        False when the broadcast is not ``sending``; nothing is planned then.
    """
    row = db.execute(
        select(_columns.lane, _columns.version, _columns.timezone).where(
            _columns.id == broadcast_id, _columns.state == "sending"
        )
    ).one_or_none()
    if row is None:
        return False
    start = awake(row.lane, now, row.timezone)
    job = SEND_BULK if row.lane == "bulk" else SEND
    # What the quiet hours stopped has run under the plain key already.
    morning = f":{start:%Y%m%d}" if start > now else ""
    for number in numbers:
        key = f"{broadcast_id}:{number}:{row.version}{morning}"
        schedule(db, job, key, start, [broadcast_id, number, row.version])
    return True


def plan_halt(db: Connection, broadcast_id: int, now: datetime) -> None:
    """Plan what halting has left to be done; nothing when the broadcast is not halted.

    Called as soon as anybody meets a halted broadcast; ``plan_halts`` finds the rest.
    """
    halted = _STANDING.where(_columns.id == broadcast_id, _columns.state.in_(_HALTED))
    for row in db.execute(halted):
        schedule(db, HALT, f"{row.id}:{row.version}", now, [row.id])


def plan_halts(db: Connection, now: datetime) -> int:
    """Plan the same for every broadcast that was lately halted; return how many these are."""
    lately = _STANDING.where(_columns.state.in_(_HALTED), _columns.changed_at > now - LOOKED_FOR)
    rows = db.execute(lately).all()
    for row in rows:
        schedule(db, HALT, f"{row.id}:{row.version}", now, [row.id])
    return len(rows)


def sending_broadcasts(db: Connection) -> list[int]:
    """Return the broadcasts that are being sent."""
    return list(db.scalars(select(_columns.id).where(_columns.state == "sending")))


def slice_count(db: Connection, broadcast_id: int) -> int:
    """Return how many slices a broadcast has so far."""
    return db.scalar(select(_columns.slices).where(_columns.id == broadcast_id)) or 0
