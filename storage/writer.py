"""Who runs the writes: one thread that commits in groups, or a pool with retries.

Both take closures, run each in a transaction, and answer only after the commit. A
closure may be run more than once, so it acts through its connection alone.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from storage.engine import closure_guard
from storage.errors import CommitFailed, DatabaseBusy, DatabaseClosed, StorageError, WriteConflict

logger = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Connection], T]

# A group ends at whichever comes first, so that other processes, which wait for the
# same lock, and the first caller of the group are not held up.
GROUP_SIZE = 64
GROUP_SECONDS = 0.02
SLOW_SECONDS = 0.2

# Waits before trying a PostgreSQL transaction again; each is drawn from 50 to 150 %,
# so that two that collided do not collide in step.
RETRY_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


class Writer(Protocol):
    """What a database needs of its writer."""

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue a closure; its future is done once the commit has succeeded or failed."""

    def close(self) -> None:
        """Finish what is queued and take nothing more."""


class GroupWriter:
    """One thread that commits everything queued as one transaction (SQLite).

    One synchronised commit costs the same for one closure as for fifty.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Kept from group to group: a pool's checking out and in costs as much as two statements.
        self._connection: Connection | None = None
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._lock = Lock()
        self._closed = False
        # A daemon, so that a program that forgets to close can still end.
        self._thread = Thread(target=self._serve, name="storage-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue a closure; the future cannot be cancelled.

        Raises:
            DatabaseClosed: after ``close``.
        """
        job = _Job(work)
        with self._lock:
            if self._closed:
                raise DatabaseClosed
            self._queue.put(job)
        return job.future

    def close(self) -> None:
        """Commit what is queued, then end the thread. Closing twice does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            began = time.monotonic()
            self._commit_group([first])
            seconds = time.monotonic() - began
            if seconds > SLOW_SECONDS:
                logger.warning("a group of writes took %.2f s, the first being %r", seconds, first)
        self._let_go()

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        """Give the connection with a transaction begun; a fresh one after anything failed."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                yield self._connection
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit_group(self, group: list[_Job[Any]]) -> None:
        """Run the job in ``group`` and those queued behind it in one transaction."""
        try:
            with self._begun() as connection:
                end = time.monotonic() + GROUP_SECONDS
                group[0].attempt_first(connection)
                for job in self._gather(group, end):
                    job.attempt(connection)
        except (_TransactionLost, IntegrityError):
            # One of them undid the others or broke a deferred constraint. Nothing is
            # stored, so each of those not at fault gets a transaction of its own.
            self._commit_singly(group)
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            if isinstance(error, DatabaseBusy):
                group.extend(self._take_queued())  # they have waited for the lock as well
            _fail(group, error)
        else:
            for job in group:
                job.succeed()

    def _commit_singly(self, group: Sequence[_Job[Any]]) -> None:
        for job in group:
            if job.future.done():
                continue
            try:
                with self._begun() as connection:
                    job.attempt_first(connection)
            except Exception as error:  # noqa: BLE001 - handed to the caller
                _fail([job], error)
            else:
                job.succeed()

    def _gather(self, group: list[_Job[Any]], end: float) -> Iterator[_Job[Any]]:
        """Add and yield queued jobs until the group is full."""
        while len(group) < GROUP_SIZE and time.monotonic() < end:
            job = self._take()
            if job is None:
                return
            group.append(job)
            yield job

    def _take_queued(self) -> list[_Job[Any]]:
        return list(iter(self._take, None))

    def _take(self) -> _Job[Any] | None:
        """Return the next queued job, or None when there is none or the end is reached."""
        try:
            job = self._queue.get_nowait()
        except Empty:
            return None
        if job is None:
            self._queue.put(None)  # the end is for _serve to see
        return job


class PoolWriter:
    """A thread and a transaction for each write, tried again after a collision (PostgreSQL)."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="storage-writer")
        self._closed = False
        self._lock = Lock()

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue a closure.

        Raises:
            DatabaseClosed: after ``close``.
        """
        with self._lock:
            if self._closed:
                raise DatabaseClosed
            return self._pool.submit(self._run, work)

    def close(self) -> None:
        """Finish what is queued. Closing twice does nothing."""
        with self._lock:
            self._closed = True
        self._pool.shutdown()

    def _run(self, work: Work[T]) -> T:
        for seconds in RETRY_SECONDS:
            try:
                return self._run_once(work)
            except WriteConflict:
                time.sleep(seconds * random.uniform(0.5, 1.5))
        return self._run_once(work)

    def _run_once(self, work: Work[T]) -> T:
        with self._engine.begin() as connection, closure_guard(connection):
            return work(connection)


class _TransactionLost(Exception):
    """A closure took the whole transaction with it; it has its own error already."""


class _Job(Generic[T]):
    """One closure on its way through the writer."""

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.future: Future[T] = Future()
        self.future.set_running_or_notify_cancel()
        self._value: list[T] = []

    def __repr__(self) -> str:
        return _name_of(self.work)

    def attempt_first(self, connection: Connection) -> None:
        """Run the closure before any other of its transaction, so that no savepoint is needed.

        Raises:
            _TransactionLost: when it fails; it gets its error at once.
        """
        try:
            with closure_guard(connection):
                self._value = [self.work(connection)]
        except BaseException as error:
            self.future.set_exception(error)
            raise _TransactionLost from error

    def attempt(self, connection: Connection) -> None:
        """Run the closure in a savepoint, and keep its value for ``succeed``.

        A closure that raises gets its error at once.

        Raises:
            _TransactionLost: when the savepoint could not contain the failure.
        """
        # SQLAlchemy's own savepoints are compiled anew each time, at four times the cost.
        connection.exec_driver_sql("SAVEPOINT closure")
        try:
            with closure_guard(connection):
                value = self.work(connection)
            connection.exec_driver_sql("RELEASE closure")
        except BaseException as error:
            self.future.set_exception(error)
            if not _undone(connection):
                raise _TransactionLost from error
        else:
            self._value = [value]

    def succeed(self) -> None:
        """Hand over the value after the commit, unless the closure has failed."""
        if not self.future.done():
            self.future.set_result(self._value[0])


def _name_of(work: Callable[..., Any]) -> str:
    """Return the name of what a closure calls, without its arguments: these are people's words."""
    while isinstance(work, partial):
        work = work.args[0] if work.args and callable(work.args[0]) else work.func
    return str(getattr(work, "__qualname__", type(work).__qualname__))


def _undone(connection: Connection) -> bool:
    """Undo one closure; False when the transaction around it is gone as well.

    SQLite ends the whole transaction on a full disk and on some input/output errors.
    """
    try:
        driver: Any = connection.connection.dbapi_connection
        if not (connection.in_transaction() and driver.in_transaction):
            return False
        connection.exec_driver_sql("ROLLBACK TO closure")
        connection.exec_driver_sql("RELEASE closure")
    except (SQLAlchemyError, StorageError):
        return False
    return True


def _fail(group: Sequence[_Job[Any]], error: Exception) -> None:
    """Tell every caller who has no answer yet."""
    if not isinstance(error, StorageError | IntegrityError):
        reason = error
        error = CommitFailed(str(reason))
        error.__cause__ = reason
    for job in group:
        if not job.future.done():
            job.future.set_exception(error)
