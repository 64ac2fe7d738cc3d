"""Storage: one database, SQLite or PostgreSQL, behind closures, and what files need.

Other packages import from here alone.
"""

from storage.codes import is_valid, new_code, read_code
from storage.database import Database, open_database
from storage.errors import (
    BrokenReferences,
    CommitFailed,
    DatabaseBusy,
    DatabaseClosed,
    DatabaseDamaged,
    DatabaseFault,
    DatabaseNewer,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DiskFull,
    LockTimedOut,
    MigrationNeeded,
    NaiveDateTime,
    NestedWrite,
    StorageError,
    TransactionEnded,
    UnsupportedDatabase,
    WriteConflict,
    WriteTimedOut,
)
from storage.facts import find_fact, keep_fact, keep_first_fact
from storage.locks import exclusive, swapped_file, swapped_folder
from storage.migrations import bring_up_to_date, differences, draft_revision, migrate, pending
from storage.rows import chunks, insert_if_absent
from storage.schema import JsonText, RowId, UtcDateTime, metadata

__all__ = [
    "BrokenReferences",
    "CommitFailed",
    "Database",
    "DatabaseBusy",
    "DatabaseClosed",
    "DatabaseDamaged",
    "DatabaseFault",
    "DatabaseNewer",
    "DatabaseReadOnly",
    "DatabaseUnavailable",
    "DiskFull",
    "JsonText",
    "LockTimedOut",
    "MigrationNeeded",
    "NaiveDateTime",
    "NestedWrite",
    "RowId",
    "StorageError",
    "TransactionEnded",
    "UnsupportedDatabase",
    "UtcDateTime",
    "WriteConflict",
    "WriteTimedOut",
    "bring_up_to_date",
    "chunks",
    "differences",
    "draft_revision",
    "exclusive",
    "find_fact",
    "insert_if_absent",
    "is_valid",
    "keep_fact",
    "keep_first_fact",
    "metadata",
    "migrate",
    "new_code",
    "open_database",
    "pending",
    "read_code",
    "swapped_file",
    "swapped_folder",
]
