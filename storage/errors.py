"""What can go wrong in storage, as types that carry facts.

``translate`` turns a driver's error into one of these; SQLAlchemy calls it for every
failure on our engines, so closures, commits and connects all raise the same types.
Errors of the statement itself (a violated constraint, a missing table) stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DontWrapMixin


class StorageError(DontWrapMixin, Exception):
    """Anything storage could not do.

    ``permanent`` tells whether trying the same again can never help.
    """

    permanent = False


class UnsupportedDatabase(StorageError):
    """The database URL names something other than an SQLite file or PostgreSQL."""

    permanent = True

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"{url!r} is not a database Lifeline can use: give sqlite:///path/to/file.db, "
            "or postgresql://user@host/name"
        )


class DatabaseClosed(StorageError):
    """Something was asked of a database that has been closed."""

    permanent = True

    def __init__(self) -> None:
        super().__init__("the database is closed: open it again first")


class NestedWrite(StorageError):
    """A closure asked for another write, which would wait for itself for ever."""

    permanent = True

    def __init__(self) -> None:
        super().__init__(
            "a write was asked for inside a write: use the connection the closure was given"
        )


class TransactionEnded(StorageError):
    """A closure committed, rolled back or closed a transaction it shares with others."""

    permanent = True

    def __init__(self) -> None:
        super().__init__(
            "a closure ended its transaction and nothing of it is kept: leave commit, rollback "
            "and close to write(); raise to undo"
        )


class WriteTimedOut(StorageError):
    """The commit was not seen in time; it may still happen."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"the write was not committed within {seconds} s but stays queued: "
            "look before writing it again, or write it so that a repeat does nothing"
        )


class CommitFailed(StorageError):
    """A commit failed for a reason that has no type of its own."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the commit failed ({reason}): nothing was acknowledged, try again")


class NaiveDateTime(StorageError):
    """A time without a zone was about to be stored."""

    permanent = True

    def __init__(self, value: object) -> None:
        self.value = value
        super().__init__(
            f"{value!r} has no time zone and cannot be stored: "
            "pass an aware datetime, such as datetime.now(UTC)"
        )


class LockTimedOut(StorageError):
    """Another process held a file lock for too long."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path = path
        self.seconds = seconds
        super().__init__(
            f"{path} was held by another process for over {seconds} s: "
            "wait for that process, or end it if it hangs, and try again"
        )


class MigrationNeeded(StorageError):
    """The database lacks migrations that the code counts on."""

    permanent = True

    def __init__(self, pending: Sequence[str]) -> None:
        self.pending = tuple(pending)
        super().__init__(
            f"the database lacks the migrations {', '.join(self.pending)}: run `lifeline migrate`"
        )


class DatabaseNewer(StorageError):
    """The database was migrated by a later release than this one."""

    permanent = True

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(
            f"the database stands at migration {revision}, which this release does not know: "
            "install the release that made it, or restore a backup from before"
        )


class BrokenReferences(StorageError):
    """A migration would have left rows that point at nothing; it was rolled back."""

    permanent = True

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = tuple(tables)
        super().__init__(
            f"after the migration rows of {', '.join(self.tables)} would point at missing rows: "
            "nothing was changed; mend those rows, then migrate again"
        )


class DatabaseFault(StorageError):
    """The database itself refused; ``database`` is its URL without the password."""

    advice = ""

    def __init__(self, database: str, reason: str) -> None:
        self.database = database
        self.reason = reason
        super().__init__(f"{database}: {reason.strip()}: {self.advice}")


class DiskFull(DatabaseFault):
    """No space is left for the database; what was being written is not stored."""

    advice = "free space on its disk, then try again"


class DatabaseReadOnly(DatabaseFault):
    """The database, or this connection to it, takes no writes."""

    permanent = True
    advice = "write through write(), and give this user the right to write the file and its folder"


class DatabaseBusy(DatabaseFault):
    """Somebody else held the database, or a row, for too long."""

    advice = "try again; if it stays so, look for a process that hangs in a transaction"


class WriteConflict(DatabaseBusy):
    """Two transactions collided and this one was undone (serialization or deadlock)."""

    advice = "try again; the other transaction has won"


class DatabaseDamaged(DatabaseFault):
    """The file is not a database, or its pages contradict one another."""

    permanent = True
    advice = "keep a copy of the file, then restore the last backup"


class DatabaseUnavailable(DatabaseFault):
    """The database cannot be reached, opened or read from its disk."""

    advice = "check that the server runs, and that the path, its disk and its rights are sound"


# Primary result codes, https://www.sqlite.org/rescode.html; extended codes carry
# these in their low byte.
SQLITE_FAULTS: dict[int, type[DatabaseFault]] = {
    5: DatabaseBusy,
    6: DatabaseBusy,
    8: DatabaseReadOnly,
    10: DatabaseUnavailable,
    11: DatabaseDamaged,
    13: DiskFull,
    14: DatabaseUnavailable,
    26: DatabaseDamaged,
}

# SQLSTATE, whole or by its class of two characters:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
POSTGRES_FAULTS: dict[str, type[DatabaseFault]] = {
    "40001": WriteConflict,
    "40P01": WriteConflict,
    "55P03": DatabaseBusy,
    "53100": DiskFull,
    "25006": DatabaseReadOnly,
    "XX001": DatabaseDamaged,
    "XX002": DatabaseDamaged,
    "08": DatabaseUnavailable,
    "53": DatabaseUnavailable,
    "57": DatabaseUnavailable,
    "58": DatabaseUnavailable,
}


def translate(error: BaseException, *, is_disconnect: bool) -> type[DatabaseFault] | None:
    """Return the type for a driver's ``error``, or None when the statement is to blame.

    Args:
        error: what sqlite3 or psycopg raised.
        is_disconnect: whether the connection is lost, as SQLAlchemy saw it.
    """
    sqlite_code: int | None = getattr(error, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return SQLITE_FAULTS.get(sqlite_code & 0xFF)
    state: str | None = getattr(error, "sqlstate", None)
    if state is not None:
        return POSTGRES_FAULTS.get(state) or POSTGRES_FAULTS.get(state[:2])
    return DatabaseUnavailable if is_disconnect else None


def translator(database: str) -> Callable[[ExceptionContext], StorageError | None]:
    """Return a ``handle_error`` listener that names ``database`` in what it raises.

    A failed connection has no connection to blame a statement on, so psycopg's bare
    OperationalError (no SQLSTATE when nobody listens) counts as unavailable.
    """

    def listener(context: ExceptionContext) -> StorageError | None:
        lost = context.is_disconnect or context.connection is None
        fault = translate(context.original_exception, is_disconnect=lost)
        return fault(database, str(context.original_exception)) if fault else None

    return listener
