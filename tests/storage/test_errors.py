from __future__ import annotations

import inspect
import sqlite3

import pytest
from psycopg import errors as postgres

import storage
from storage import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFault,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DiskFull,
    StorageError,
    WriteConflict,
)
from storage.errors import translate


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (sqlite_error(sqlite3.SQLITE_FULL), DiskFull),
        (sqlite_error(sqlite3.SQLITE_BUSY), DatabaseBusy),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), DatabaseBusy),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), DatabaseReadOnly),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), DatabaseUnavailable),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), DatabaseUnavailable),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), DatabaseDamaged),
        (sqlite_error(sqlite3.SQLITE_NOTADB), DatabaseDamaged),
        (sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE), None),
        (sqlite_error(sqlite3.SQLITE_ERROR), None),
        (postgres.DiskFull(), DiskFull),
        (postgres.SerializationFailure(), WriteConflict),
        (postgres.DeadlockDetected(), WriteConflict),
        (postgres.LockNotAvailable(), DatabaseBusy),
        (postgres.ReadOnlySqlTransaction(), DatabaseReadOnly),
        (postgres.AdminShutdown(), DatabaseUnavailable),
        (postgres.TooManyConnections(), DatabaseUnavailable),
        (postgres.IoError(), DatabaseUnavailable),
        (postgres.DataCorrupted(), DatabaseDamaged),
        (postgres.UniqueViolation(), None),
        (postgres.UndefinedTable(), None),
    ],
    ids=lambda value: getattr(value, "sqlite_errorcode", None) or type(value).__name__,
)
def test_a_drivers_error_becomes_ours(error: Exception, fault: type[DatabaseFault] | None) -> None:
    assert translate(error, is_disconnect=False) is fault


def test_a_lost_connection_without_a_code_is_unavailable() -> None:
    error = postgres.OperationalError("server closed the connection")

    assert translate(error, is_disconnect=True) is DatabaseUnavailable
    assert translate(error, is_disconnect=False) is None


@pytest.mark.parametrize(
    "fault",
    [
        kind
        for _, kind in inspect.getmembers(storage, inspect.isclass)
        if issubclass(kind, DatabaseFault) and kind is not DatabaseFault
    ],
    ids=lambda kind: kind.__name__,
)
def test_a_fault_names_the_database_the_reason_and_the_next_step(
    fault: type[DatabaseFault],
) -> None:
    error = fault("sqlite:///var/lifeline.db", "the reason\n")

    assert str(error) == f"sqlite:///var/lifeline.db: the reason: {fault.advice}"
    assert fault.advice
    assert isinstance(error, StorageError)
