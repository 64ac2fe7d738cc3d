"""Receipts of web forms for those who press twice: held in memory for a minute, then gone.

The receipt of an anonymous report names its password, which no store may hold; without this a
second press would take the place of the only page that shows it.
"""

import asyncio
from weakref import WeakValueDictionary

import anyio

KEPT_SECONDS = 60.0


class Receipts:
    """Pages by the operation that they are the receipt of; used on the event loop alone."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        self._kept: dict[str, str] = {}
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()
        self._seconds = kept_seconds

    def __len__(self) -> int:
        return len(self._kept)

    def turn_of(self, operation: str) -> anyio.Lock:
        """Return what holds a second press back until the first is answered."""
        lock = self._locks.get(operation)
        if lock is None:
            lock = self._locks[operation] = anyio.Lock()
        return lock

    def find(self, operation: str) -> str | None:
        """Return the page of an operation that was done within the minute."""
        return self._kept.get(operation)

    def keep(self, operation: str, page: str) -> None:
        """Hold a page for a minute."""
        self._kept[operation] = page
        asyncio.get_running_loop().call_later(self._seconds, self._kept.pop, operation, None)
