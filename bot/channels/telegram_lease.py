"""A lease: of several processes one polls, and another takes over when it is gone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from storage import Database, give_back_lease, take_lease

WRITING_SECONDS = 2.5


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
        hold = timedelta(seconds=seconds)

        def work(db: Connection) -> bool:
            return take_lease(db, name, self._holder, now=self._clock(), hold=hold)

        return self._database.write(work, timeout=WRITING_SECONDS)

    def release(self, name: str) -> None:
        """Give the lease back, if we have it.

        Raises:
            StorageError: when the database cannot be written.
        """
        self._database.write(
            lambda db: give_back_lease(db, name, self._holder), timeout=WRITING_SECONDS
        )
