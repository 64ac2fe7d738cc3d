"""The table ``due``: what must happen later, and what became of it.

A row is the truth; the engine's queue only brings it to a worker, so that queue can be lost
and rebuilt. Every statement carries its condition, so two workers never both win. An
``entry`` names one place in the queue: who reschedules a row gives it a new one, and what
was queued under the old finds nothing to do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    or_,
    select,
    update,
)

from storage.errors import StorageError
from storage.rows import CHUNK, insert_if_absent
from storage.schema import JsonText, RowId, UtcDateTime, metadata

MAX_ARGUMENT_CHARACTERS = 2_000
MAX_REASON_CHARACTERS = 1_000

due = Table(
    "due",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("job", String(100), nullable=False),
    Column("key", String(200), nullable=False),
    Column("args", JsonText, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("try_at", UtcDateTime, nullable=False),
    Column("entry", String(32), nullable=False),
    Column("claim", String(32)),
    Column("starts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    Column("done_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    UniqueConstraint("job", "key"),
)
OPEN = due.c.done_at.is_(None) & due.c.failed_at.is_(None)
Index("ix_due_try_at", due.c.try_at, due.c.id, sqlite_where=OPEN, postgresql_where=OPEN)

# What went wrong once is tried again soon, what keeps going wrong ever more rarely.
PAUSES = (
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
NOTABLE_FAILURES = 3


class UnfitArguments(StorageError):
    """Arguments of a job would not come back from the store as they went in."""

    permanent = True

    def __init__(self, job: str, arguments: object, reason: str) -> None:
        self.job = job
        self.arguments = arguments
        self.reason = reason
        super().__init__(
            f"{job} cannot be given {arguments!r} ({reason}): pass the ids of rows, as plain JSON"
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the queue; a row that was moved stands elsewhere."""

    row_id: int
    entry: str


@dataclass(frozen=True, slots=True)
class Due:
    """One row that is neither done nor failed for good.

    Attributes:
        job: the name it is registered under.
        key: tells it from the job's other rows.
        args: plain JSON, handed to the job.
        due_at: when it should happen.
        try_at: when it is to be run next; later than ``due_at`` once it has gone wrong.
        entry: its present place in the queue.
        starts: how often it was started.
        failures: how often it then raised.
    """

    id: int
    job: str
    key: str
    args: tuple[Any, ...]
    due_at: datetime
    try_at: datetime
    entry: str
    starts: int
    failures: int

    @property
    def place(self) -> Place:
        """Where it stands in the queue."""
        return Place(self.id, self.entry)

    @property
    def pause(self) -> timedelta:
        """How long to wait after its next failure."""
        return PAUSES[min(self.failures, len(PAUSES) - 1)]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A row that has failed for good, or keeps failing, for ``doctor`` and staff."""

    job: str
    key: str
    due_at: datetime
    failures: int
    is_final: bool
    reason: str


def schedule(
    db: Connection, job: str, key: str, due_at: datetime, args: Sequence[object] = ()
) -> bool:
    """Have ``job`` run at ``due_at``, if this transaction commits.

    Afterwards call ``wake()`` of whatever runs jobs, or it may start up to a minute late.

    Args:
        db: of the transaction it belongs to.
        job: a registered name, of at most 100 characters.
        key: one occasion of the job, of at most 200 characters; the same job and key are
            scheduled once, also when it has been done already.
        due_at: aware; a past moment means at once.
        args: ids and other plain JSON.

    Returns:
        False when job and key stand already; nothing is changed then.

    Raises:
        UnfitArguments: when ``args`` are not plain JSON, or too much of it.
    """
    row = {
        "job": job,
        "key": key,
        "args": _plain(job, args),
        "due_at": due_at,
        "try_at": due_at,
        "entry": token_hex(16),
        "starts": 0,
        "failures": 0,
    }
    return insert_if_absent(db, due, row, keys=["job", "key"])


def reschedule(db: Connection, job: str, key: str, due_at: datetime) -> bool:
    """Move a row to ``due_at``, earlier or later; one that failed for good gets a new try.

    A run that has begun finds that it is no longer wanted, and the job runs again.

    Returns:
        False when there is no such row, or it is done.
    """
    moved = db.execute(
        update(due)
        .where(due.c.job == job, due.c.key == key, due.c.done_at.is_(None))
        .values(
            due_at=due_at,
            try_at=due_at,
            entry=token_hex(16),
            claim=None,
            starts=0,
            failures=0,
            failed_at=None,
            last_error=None,
        )
    )
    return moved.rowcount == 1


def unschedule(db: Connection, job: str, key: str) -> bool:
    """Take a row back; job and key may then be scheduled anew.

    Returns:
        False when there is no such row, or it is done.
    """
    gone = db.execute(
        delete(due).where(due.c.job == job, due.c.key == key, due.c.done_at.is_(None))
    )
    return gone.rowcount == 1


def open_places(db: Connection, until: datetime) -> list[Place]:
    """Return the places of the rows to be run by ``until``, earliest first; they may be many."""
    query = select(due.c.id, due.c.entry).where(OPEN, due.c.try_at <= until)
    return [Place(*row) for row in db.execute(query.order_by(due.c.try_at, due.c.id))]


def rows_at(db: Connection, places: Sequence[Place]) -> list[Due]:
    """Return the rows at up to 500 places, earliest first; what has moved on is left out."""
    wanted = set(places)
    ids = [place.row_id for place in places]
    rows = db.execute(_columns().where(OPEN, due.c.id.in_(ids)).order_by(due.c.try_at, due.c.id))
    return [row for row in map(_due, rows) if row.place in wanted]


def next_row(db: Connection, until: datetime) -> Due | None:
    """Return the first row to be run by ``until``, or None."""
    query = _columns().where(OPEN, due.c.try_at <= until)
    row = db.execute(query.order_by(due.c.try_at, due.c.id).limit(1)).first()
    return _due(row) if row else None


def find_row(db: Connection, job: str, key: str) -> Due | None:
    """Return a row that is still to be done, or None."""
    row = db.execute(_columns().where(OPEN, due.c.job == job, due.c.key == key)).first()
    return _due(row) if row else None


def claim(db: Connection, place: Place, token: str) -> Due | None:
    """Start the row at ``place`` under ``token``; who held it before can not finish it now.

    Returns:
        The row with this start counted, or None when it is done, moved or taken back.
    """
    taken = db.execute(
        update(due).where(OPEN, *_at(place)).values(claim=token, starts=due.c.starts + 1)
    )
    if taken.rowcount == 0:
        return None
    return _due(db.execute(_columns().where(due.c.id == place.row_id)).one())


def is_claimed(db: Connection, place: Place, token: str) -> bool:
    """Tell whether a start is still the one that counts; holds the row on PostgreSQL."""
    query = select(due.c.id).where(*_held(place, token)).with_for_update()
    return db.execute(query).first() is not None


def finish(db: Connection, place: Place, token: str, now: datetime) -> bool:
    """Mark a row done; False when the start under ``token`` no longer counts."""
    done = db.execute(
        update(due).where(*_held(place, token)).values(done_at=now, claim=None, last_error=None)
    )
    return done.rowcount == 1


def postpone(db: Connection, row: Due, token: str, reason: str, now: datetime) -> datetime | None:
    """Note a failure and when to try again; None when the start no longer counts."""
    again = now + row.pause
    values = {"try_at": again, "entry": token_hex(16), "failures": row.failures + 1}
    return again if _note(db, row, token, {**values, "last_error": _storable(reason)}) else None


def give_up(db: Connection, row: Due, token: str, reason: str, now: datetime) -> bool:
    """Mark a row failed for good; False when the start no longer counts."""
    values = {"failed_at": now, "failures": row.failures + 1, "last_error": _storable(reason)}
    return _note(db, row, token, values)


def renew_entry(db: Connection, row: Due) -> str | None:
    """Give a row whose queue entry came to nothing a new one; None when it has moved on."""
    entry = token_hex(16)
    renewed = db.execute(update(due).where(OPEN, *_at(row.place)).values(entry=entry))
    return entry if renewed.rowcount == 1 else None


def troubles(db: Connection, most: int = 100) -> list[Trouble]:
    """Return the rows that failed for good or three times and more, latest due first."""
    failed = due.c.failed_at.is_not(None)
    lasting = due.c.done_at.is_(None) & (due.c.failures >= NOTABLE_FAILURES)
    rows = db.execute(
        select(due).where(or_(failed, lasting)).order_by(due.c.due_at.desc()).limit(most)
    )
    return [
        Trouble(
            job=row.job,
            key=row.key,
            due_at=row.due_at,
            failures=row.failures,
            is_final=row.failed_at is not None,
            reason=row.last_error or "",
        )
        for row in rows
    ]


def forget_done(db: Connection, before: datetime) -> int:
    """Delete up to 500 rows done before a moment; return how many."""
    old = select(due.c.id).where(due.c.done_at < before).limit(CHUNK)
    return db.execute(delete(due).where(due.c.id.in_(old))).rowcount


def _columns() -> Select[Any]:
    names = ("id", "job", "key", "args", "due_at", "try_at", "entry", "starts", "failures")
    return select(*(due.c[name] for name in names))


def _due(row: Row[Any]) -> Due:
    values = row._asdict()
    return Due(**{**values, "args": tuple(values["args"])})


def _at(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (due.c.id == place.row_id, due.c.entry == place.entry)


def _held(place: Place, token: str) -> tuple[ColumnElement[bool], ...]:
    return (OPEN, *_at(place), due.c.claim == token)


def _note(db: Connection, row: Due, token: str, values: dict[str, object]) -> bool:
    statement = update(due).where(*_held(row.place, token)).values(claim=None, **values)
    return db.execute(statement).rowcount == 1


def _plain(job: str, args: Sequence[object]) -> list[object]:
    arguments = list(args)
    try:
        text = json.dumps(arguments, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UnfitArguments(job, args, str(error)) from error
    if json.loads(text) != arguments:  # tuples, numbers as keys
        raise UnfitArguments(job, args, "it would come back as something else")
    if len(text) > MAX_ARGUMENT_CHARACTERS:
        raise UnfitArguments(job, args, f"over {MAX_ARGUMENT_CHARACTERS} characters")
    return arguments


def _storable(reason: str) -> str:
    """Return text without what PostgreSQL refuses: a failure must always be noted."""
    encodable = reason.encode("utf-8", "backslashreplace").decode()
    return encodable.replace("\x00", "\\x00")[:MAX_REASON_CHARACTERS]
