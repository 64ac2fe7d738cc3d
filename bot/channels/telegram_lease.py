"""A lease: of several processes one polls, and another takes over when it is gone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Column, Connection, String, Table, delete, or_, update

from storage import Database, UtcDateTime, insert_if_absent, metadata

WRITING_SECONDS = 2.5

lease = Table(
    "lease",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("holder", String(100), nullable=False),
    Column("held_until", UtcDateTime, nullable=False),
)


class Lease(Protocol):
    """What the polling asks; synchronous, called in worker threads."""

    def hold(self, name: str, seconds: float) -> bool:
        """Take or renew the lease ``name``; False while another one has it."""

    def release(self, name: str) -> None:
        """Give the lease back, if we have it."""


class StoredLease:
    """Leases as rows of the main database, for one holder."""

    def __init__(self, database: Database, holder: str, clock: Callable[[], datetime]) -> None:
        """Speak for ``holder``, a name that no other process has."""
        self._database = database
        self._holder = holder
        self._clock = clock

    def hold(self, name: str, seconds: float) -> bool:
        """Take or renew the lease ``name``; False while another one has it.

        Raises:
            StorageError: when the database cannot be written.
        """
        until = timedelta(seconds=seconds)

        def work(db: Connection) -> bool:
            now = self._clock()
            return take_lease(db, name, self._holder, now=now, until=now + until)

        return self._database.write(work, timeout=WRITING_SECONDS)

    def release(self, name: str) -> None:
        """Give the lease back, if we have it.

        Raises:
            StorageError: when the database cannot be written.
        """
        mine = (lease.c.name == name) & (lease.c.holder == self._holder)
        self._database.write(
            lambda db: db.execute(delete(lease).where(mine)), timeout=WRITING_SECONDS
        )


def take_lease(db: Connection, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Give the lease to ``holder`` until a time, unless another one's has not run out.

    Two that come at once cannot both get it: the condition stands in the SQL.
    """
    row = {"name": name, "holder": holder, "held_until": until}
    if insert_if_absent(db, lease, row, keys=["name"]):
        return True
    taken = db.execute(
        update(lease)
        .where(lease.c.name == name, or_(lease.c.holder == holder, lease.c.held_until <= now))
        .values(holder=holder, held_until=until)
    )
    return taken.rowcount == 1
