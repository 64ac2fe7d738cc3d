"""The database as every package sees it: closures in, values out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import local
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.engine import Engines, postgres_engines, sqlite_engines
from storage.errors import (
    DatabaseBusy,
    DatabaseClosed,
    NestedWrite,
    UnsupportedDatabase,
    WriteTimedOut,
)
from storage.writer import GroupWriter, PoolWriter, Writer

T = TypeVar("T")


class Database:
    """One store, read and written through closures that get a connection.

    Safe to use from many threads; never from an event loop, which it would block. A
    child process opens its own. Made by ``open_database``; ``close`` it, or use ``with``.

    A closure may be run more than once, so it has effects through its connection alone;
    it neither commits nor keeps the connection. What it raises is raised to its caller
    and undoes its own work only.
    """

    def __init__(self, url: URL, engines: Engines, writer: Writer, busy_seconds: float) -> None:
        self.url = url
        self.engines = engines
        self.busy_seconds = busy_seconds
        self._writer = writer
        self._here = local()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string()!r})"

    @property
    def is_embedded(self) -> bool:
        """Whether this is an SQLite file, which needs no server and migrates at start."""
        return self.url.get_backend_name() == "sqlite"

    def write(self, work: Callable[[Connection], T], *, timeout: float | None = None) -> T:
        """Run ``work`` in a transaction and return its value once that is committed.

        On SQLite writes never overlap. On PostgreSQL they do: a row read in order to be
        changed is read with ``with_for_update()`` (SQLite ignores it). Keep it under
        20 ms: everybody else waits. Bulk work goes in ``chunks`` of 500 rows.

        Args:
            work: gets the connection; see the class for what it may do.
            timeout: seconds to wait for the commit; None waits for as long as it takes.

        Raises:
            WriteTimedOut: when it is not committed in time; it stays queued and may
                still be done.
            NestedWrite: when called inside another closure.
            StorageError: when the store refused; nothing of ``work`` is kept.
            Exception: whatever ``work`` raised.
        """
        future = self.submit(work)
        try:
            return future.result(timeout)
        except TimeoutError as error:
            if timeout is None or future.done():
                return future.result()  # done just now, or a TimeoutError of the closure's own
            raise WriteTimedOut(timeout) from error

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Queue ``work`` as ``write`` does and return at once.

        The future is done after the commit, with the value or with what ``write`` raises.

        Raises:
            NestedWrite: when called inside a closure, which might then wait for itself.
            DatabaseClosed: after ``close``.
        """
        if getattr(self._here, "writing", False):
            raise NestedWrite
        return self._writer.submit(partial(self._run, work))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on one snapshot of the committed data and return its value.

        Readers neither wait for writers nor hold them up. Writing raises DatabaseReadOnly.

        Raises:
            DatabaseClosed: after ``close``.
            DatabaseBusy: when every connection stays in use for ``busy_seconds``.
            StorageError: when the store cannot be read.
            Exception: whatever ``work`` raised.
        """
        if self._closed:
            raise DatabaseClosed
        try:
            opened = self.engines.read.connect()
        except PoolTimeout as error:
            raise DatabaseBusy(self.url.render_as_string(), str(error)) from error
        with opened as connection:
            return work(connection)

    def close(self) -> None:
        """Commit what is queued, then close every connection. Closing twice does nothing."""
        self._closed = True
        self._writer.close()
        self.engines.dispose()

    def _run(self, work: Callable[[Connection], T], connection: Connection) -> T:
        self._here.writing = True
        try:
            return work(connection)
        finally:
            self._here.writing = False


def open_database(url: str, *, connections: int = 16, busy_seconds: float = 30.0) -> Database:
    """Open an SQLite file or a PostgreSQL database; its tables come from ``migrate``.

    Args:
        url: ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``postgresql://…``.
        connections: how many may read at once, and on PostgreSQL write at once.
        busy_seconds: how long a transaction waits for another process's lock before
            DatabaseBusy.

    Raises:
        UnsupportedDatabase: for any other URL.
        StorageError: when the file cannot be opened; a server is first asked on first use.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engines = sqlite_engines(parsed, connections=connections, busy_seconds=busy_seconds)
        return Database(parsed, engines, GroupWriter(engines.write), busy_seconds)
    engines = postgres_engines(parsed, connections=connections, busy_seconds=busy_seconds)
    return Database(parsed, engines, PoolWriter(engines.write, connections), busy_seconds)


def _parse(url: str) -> URL:
    """Return the URL; an unreadable one may hold a password, so it is not repeated."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnsupportedDatabase("the database URL") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise UnsupportedDatabase(parsed.render_as_string())
    return parsed
