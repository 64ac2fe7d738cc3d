"""Who is at work: a heartbeat row for each process, and leases for what only one may do.

The heartbeat is a counter, not a time: who watches it asks whether it has moved, by their own
clock, so hosts whose clocks differ do not take one another for dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Integer, String, Table, delete, or_, select, update

from storage.rows import insert_if_absent
from storage.schema import UtcDateTime, metadata

heartbeats = Table(
    "worker_heartbeat",
    metadata,
    Column("worker", String(100), primary_key=True),
    Column("beats", Integer, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
)
leases = Table(
    "work_lease",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("holder", String(100), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)


def beat(db: Connection, worker: str, now: datetime) -> None:
    """Count one more heartbeat of ``worker``; ``now`` is for people to read."""
    row = {"worker": worker, "beats": 1, "beat_at": now}
    if not insert_if_absent(db, heartbeats, row, keys=["worker"]):
        db.execute(
            update(heartbeats)
            .where(heartbeats.c.worker == worker)
            .values(beats=heartbeats.c.beats + 1, beat_at=now)
        )


def read_beats(db: Connection) -> dict[str, int]:
    """Return how often each known worker has beaten."""
    return {row.worker: row.beats for row in db.execute(select(heartbeats))}


def forget_workers(db: Connection, workers: Iterable[str]) -> None:
    """Drop the heartbeats of workers that have ended; one that still lives starts anew."""
    db.execute(delete(heartbeats).where(heartbeats.c.worker.in_(list(workers))))


def take_lease(db: Connection, name: str, holder: str, *, now: datetime, hold: timedelta) -> bool:
    """Take a lease, or keep one's own, for ``hold`` from ``now``.

    Returns:
        False while somebody else holds it.
    """
    row = {"name": name, "holder": holder, "until": now + hold}
    if insert_if_absent(db, leases, row, keys=["name"]):
        return True
    free = or_(leases.c.holder == holder, leases.c.until <= now)
    taken = db.execute(
        update(leases).where(leases.c.name == name, free).values(holder=holder, until=now + hold)
    )
    return taken.rowcount == 1


def give_back_lease(db: Connection, name: str, holder: str) -> None:
    """Give a lease back, if ``holder`` has it, so that another need not wait for its end."""
    db.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


class Watch:
    """Which workers have fallen silent, as one process sees it."""

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._seen: dict[str, tuple[int, float]] = {}

    def silent(
        self, beats: Mapping[str, int], holders: Iterable[str], seconds: float
    ) -> frozenset[str]:
        """Return the workers whose heartbeat has stood still for the whole silence.

        Args:
            beats: heartbeats by worker.
            holders: workers that hold work; one without a heartbeat counts as standing still.
            seconds: now, by a clock that only goes forward.
        """
        known = {**dict.fromkeys(holders, 0), **beats}
        self._seen = {
            worker: self._since(worker, count, seconds) for worker, count in known.items()
        }
        return frozenset(
            worker for worker, (_, since) in self._seen.items() if seconds - since >= self._silence
        )

    def _since(self, worker: str, count: int, seconds: float) -> tuple[int, float]:
        seen = self._seen.get(worker)
        return seen if seen and seen[0] == count else (count, seconds)
