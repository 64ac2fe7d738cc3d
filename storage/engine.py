"""SQLAlchemy engines for the two stores: how a connection is set up, nothing else.

SQLite gets a write engine, which takes the write lock when a transaction begins, and a
read engine, which can only read. Stock engines begin deferred and lose concurrent
read-then-write updates without an error.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from storage.errors import (
    DatabaseUnavailable,
    TransactionEnded,
    UnsupportedDatabase,
    translate,
    translator,
)
from storage.locks import exclusive

# DBOS needs SQLite 3.42; every engine of a process must use the same library.
if sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < (3, 42):
    from pysqlite3 import dbapi2 as sqlite_driver
else:
    from sqlite3 import dbapi2 as sqlite_driver

IN_CLOSURE = "lifeline.in_closure"


@dataclass(frozen=True, slots=True)
class Engines:
    """What one database is written and read through."""

    write: Engine
    read: Engine

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.write.dispose()
        self.read.dispose()


def sqlite_engines(url: URL, *, connections: int, busy_seconds: float) -> Engines:
    """Return the engines of an SQLite file, which is made if need be and put in WAL mode.

    Args:
        url: as ``sqlite:///path``; in-memory databases are refused.
        connections: how many may read at once.
        busy_seconds: how long to wait for another process's transaction.

    Raises:
        UnsupportedDatabase: for a URL without a file.
        DatabaseUnavailable: when the folder cannot be made.
        DatabaseFault: when the file cannot be opened as a database.
    """
    if not url.database or url.database == ":memory:" or url.query:
        raise UnsupportedDatabase(url.render_as_string())
    _prepare_file(Path(url.database), url, busy_seconds)
    write = _sqlite(url, "BEGIN IMMEDIATE", ("foreign_keys = ON",), busy_seconds, pool_size=1)
    pool = {"pool_size": connections, "max_overflow": 0, "pool_timeout": busy_seconds}
    read = _sqlite(url, "BEGIN", ("query_only = ON",), busy_seconds, **pool)
    event.listen(write, "commit", _refuse_commit_in_closure)
    return Engines(write, read)


def sqlite_migration_engine(url: URL, *, busy_seconds: float) -> Engine:
    """Return an engine without foreign keys, for rebuilding tables that others point at.

    With them on, dropping the old copy of a table deletes or blocks its children's rows,
    and inside a transaction they cannot be switched off.
    """
    return _sqlite(
        url, "BEGIN IMMEDIATE", ("foreign_keys = OFF",), busy_seconds, poolclass=NullPool
    )


def postgres_engines(url: URL, *, connections: int, busy_seconds: float) -> Engines:
    """Return the engines of a PostgreSQL database; both share one pool.

    Reads see one snapshot, as they do on SQLite. Writes are READ COMMITTED: a closure
    that reads a row in order to change it reads it FOR UPDATE.
    """
    write = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=connections,
        pool_timeout=busy_seconds,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 10},
    )
    lock_timeout = f"SET lock_timeout = {round(busy_seconds * 1000)}"

    def set_up(driver: Any, _record: object) -> None:  # noqa: ANN401
        driver.execute(lock_timeout)
        driver.commit()

    event.listen(write, "connect", set_up)
    event.listen(write, "handle_error", translator(url.render_as_string()), retval=True)
    event.listen(write, "commit", _refuse_commit_in_closure)
    read = write.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(write, read)


@contextlib.contextmanager
def closure_guard(connection: Connection) -> Iterator[None]:
    """Keep a caller's closure from ending the transaction it was given.

    Raises:
        TransactionEnded: at its commit(), or afterwards when it has ended otherwise.
    """
    transaction, info = connection.get_transaction(), connection.info
    info[IN_CLOSURE] = True
    try:
        yield
    finally:
        info.pop(IN_CLOSURE, None)
        ended = transaction is None or not transaction.is_active
        if ended and not connection.closed:
            # SQLAlchemy would hand it back to the pool with the store's transaction open.
            connection.invalidate()
    if ended:
        raise TransactionEnded


def _refuse_commit_in_closure(connection: Connection) -> None:
    if IN_CLOSURE in connection.info:
        raise TransactionEnded


def _sqlite(
    url: URL,
    begin: str,
    pragmas: tuple[str, ...],
    busy_seconds: float,
    **pool: Any,  # noqa: ANN401
) -> Engine:
    engine = create_engine(
        url,
        module=sqlite_driver,
        hide_parameters=True,  # an error's text ends up in the log, and people's words must not
        connect_args={"isolation_level": None, "timeout": busy_seconds},
        **pool,
    )

    def set_up(driver: Any, _record: object) -> None:  # noqa: ANN401
        for pragma in ("synchronous = FULL", *pragmas):
            driver.execute(f"PRAGMA {pragma}")

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", start)
    event.listen(engine, "handle_error", translator(url.render_as_string()), retval=True)
    return engine


def _prepare_file(path: Path, url: URL, busy_seconds: float) -> None:
    """Make the folder, and switch the file to WAL mode, which the file then remembers.

    The switch itself does not heed the busy timeout, so processes that start together
    take turns at it.
    """
    name = url.render_as_string()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite_driver.connect(path, timeout=busy_seconds)) as driver:
            if _journal_mode(driver, "") == "wal":
                return
            with exclusive(path.with_name(f"{path.name}.lock"), busy_seconds):
                mode = _journal_mode(driver, " = WAL")
    except OSError as error:
        raise DatabaseUnavailable(name, str(error)) from error
    except sqlite_driver.Error as error:
        fault = translate(error, is_disconnect=True) or DatabaseUnavailable
        raise fault(name, str(error)) from error
    if mode != "wal":
        raise DatabaseUnavailable(name, f"its file system allows no WAL mode, only {mode}")


def _journal_mode(driver: sqlite3.Connection, change: str) -> str:
    return str(driver.execute(f"PRAGMA journal_mode{change}").fetchone()[0])
