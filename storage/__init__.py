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
from storage.prepared import Prepared
from storage.rows import chunks, insert_if_absent, inserted_id, put
from storage.schema import JsonText, RowId, UtcDateTime, metadata
from storage.work_jobs import Jobs, Run
from storage.work_leases import give_back_lease, take_lease
from storage.work_rows import Trouble, reschedule, schedule, troubles, unschedule

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
    "Jobs",
    "JsonText",
    "LockTimedOut",
    "MigrationNeeded",
    "NaiveDateTime",
    "NestedWrite",
    "Prepared",
    "RowId",
    "Run",
    "StorageError",
    "TransactionEnded",
    "Trouble",
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
    "give_back_lease",
    "insert_if_absent",
    "inserted_id",
    "is_valid",
    "keep_fact",
    "keep_first_fact",
    "metadata",
    "migrate",
    "new_code",
    "open_database",
    "pending",
    "put",
    "read_code",
    "reschedule",
    "schedule",
    "swapped_file",
    "swapped_folder",
    "take_lease",
    "troubles",
    "unschedule",
]
