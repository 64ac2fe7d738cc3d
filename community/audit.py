"""The audit log (操作日志): what staff and the service did, in a chain that shows any change.

Each row holds the SHA-256 of the row before it together with its own content, and one head row
the latest of them; the head is taken with an update, so rows are added one after another on
both stores. Ids and words of the code alone stand here, never anything of a person, so that
nothing in it ever needs to be erased.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    type_coerce,
    update,
)

from storage import RowId, UtcDateTime, insert_if_absent, metadata

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = 1
_NOTHING_YET = "0" * 64
_ACTOR = re.compile(r"[a-z_]{1,20}(:[0-9]{1,19})?")
_ACTION = re.compile(r"[a-z][a-z_]{0,29}(\.[a-z_]{1,29})?")
_SUBJECT = re.compile(r"([a-z_]{1,30}:[A-Za-z0-9_-]{1,64})?")
_DETAIL_NAME = re.compile(r"[a-z][a-z_0-9]{0,39}")
# One word without spaces: an id, a code, a state, a time, a hash. Sentences are people's.
_DETAIL_VALUE = re.compile(r"[\x21-\x7e]{0,120}")

audit_entry = Table(
    "audit_entry",
    metadata,
    # Counted by the head, without a gap: a row that was taken out leaves one.
    Column("id", RowId, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(100), nullable=False),
    # Compact JSON with sorted keys, hashed as it stands here.
    Column("detail", Text, nullable=False),
    Column("district_id", String(40), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_entry_district_id", "district_id", "id"),
    Index("ix_audit_entry_subject", "subject", "id"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_id", RowId, nullable=False),
    Column("hash", String(64), nullable=False),
)


class NotForTheLog(Exception):
    """Something that might be a person's was about to be written where nothing is erased."""

    permanent = True

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(
            f"the audit log takes internal ids and words of the code, not this {field}: "
            "keep the text in a row of its own and name that row's id"
        )


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing done.

    Attributes:
        id: its place in the chain, from 1.
        at: when, in UTC.
        actor: ``staff:12``, ``system`` or ``resident``.
        action: as ``case.moved``.
        subject: as ``case:33``; "" when it is about no row.
        detail: ids and words of the code.
        district_id: where; "" when it is about the whole installation.
        hash: over this row and all before it.
    """

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str | int]
    district_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What checking the chain found.

    Attributes:
        first_broken: the place of the first row that was changed, put in or taken out; None
            when the chain is whole.
        count: how many rows before that are as they were written.
    """

    first_broken: int | None
    count: int

    @property
    def is_whole(self) -> bool:
        """Whether every row is as it was written."""
        return self.first_broken is None


class _Content(NamedTuple):
    """A row as the store holds it, which is what its hash is over."""

    id: int
    at: int  # microseconds since 1970 UTC
    actor: str
    action: str
    subject: str
    detail: str
    district_id: str


def note(  # noqa: PLR0913 - the columns of one row, each by its name
    db: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, str | int],
    now: datetime,
    district_id: str = "",
) -> int:
    """Add a row to the log and return its place in it.

    Others who add rows wait until this transaction ends, so it comes late in a write.

    Args:
        db: inside a write.
        actor: ``staff:12``, ``system`` or ``resident``.
        action: a word of the code, as ``case.moved``.
        subject: what it was done to, as ``case:33``.
        detail: more ids and words of the code: ASCII without spaces, or whole numbers.
        now: when.
        district_id: where; those who may read the district's log see the row.

    Raises:
        NotForTheLog: for anything that does not look like an id or a word of the code.
    """
    _require_internal(actor, action, subject, detail)
    text = json.dumps(dict(detail), sort_keys=True, separators=(",", ":"))
    place, before = _taken_head(db)
    at = (now - _EPOCH) // timedelta(microseconds=1)
    content = _Content(place, at, actor, action, subject, text, district_id)
    values = content._asdict() | {"at": now, "hash": _hash(before, content)}
    db.execute(insert(audit_entry).values(values))
    head = update(audit_head).where(audit_head.c.id == _HEAD)
    db.execute(head.values(hash=values["hash"]))
    return place


def entries(
    db: Connection, district_ids: Collection[str], *, before: int | None = None, most: int = 50
) -> list[AuditEntry]:
    """Return a page of the log, the latest first.

    Args:
        db: for reading.
        district_ids: whose rows; "" among them for those of the whole installation.
        before: only rows before this place, to go on from a page.
        most: how many.
    """
    query = select(audit_entry).where(audit_entry.c.district_id.in_(district_ids))
    if before is not None:
        query = query.where(audit_entry.c.id < before)
    rows = db.execute(query.order_by(audit_entry.c.id.desc()).limit(most))
    return [_entry(row) for row in rows]


def verify(db: Connection, *, chunk: int = 500) -> AuditCheck:
    """Go through the chain from its beginning, ``chunk`` rows at a time.

    Whoever can write to the database can also write the whole chain anew; the head's hash,
    noted elsewhere from time to time, shows that as well.
    """
    count, last = 0, _NOTHING_YET
    for content, kept in _contents(db, chunk):
        if content.id != count + 1 or kept != _hash(last, content):
            return AuditCheck(count + 1, count)
        count, last = count + 1, kept
    head = db.execute(select(audit_head.c.last_id, audit_head.c.hash)).one_or_none()
    expected = (0, _NOTHING_YET) if head is None else tuple(head)
    return AuditCheck(None if expected == (count, last) else count + 1, count)


def _taken_head(db: Connection) -> tuple[int, str]:
    """Count the head up and hold it; return the new row's place and the hash before it."""
    counted = (
        update(audit_head)
        .where(audit_head.c.id == _HEAD)
        .values(last_id=audit_head.c.last_id + 1)
        .returning(audit_head.c.last_id, audit_head.c.hash)
    )
    row = db.execute(counted).one_or_none()
    if row is None:
        first = {"id": _HEAD, "last_id": 0, "hash": _NOTHING_YET}
        insert_if_absent(db, audit_head, first, keys=["id"])
        row = db.execute(counted).one()
    return row.last_id, row.hash


def _contents(db: Connection, chunk: int) -> Iterator[tuple[_Content, str]]:
    """Yield every row's content as it stands in the store, readable or not, and its hash."""
    columns = [
        type_coerce(column, BigInteger).label("at") if column.name == "at" else column
        for column in audit_entry.columns
    ]
    last = None
    while True:
        query = select(*columns).order_by(audit_entry.c.id).limit(chunk)
        if last is not None:
            query = query.where(audit_entry.c.id > last)
        rows = db.execute(query).all()
        for row in rows:
            yield _Content(*row[:-1]), row.hash
        if len(rows) < chunk:
            return
        last = rows[-1].id


def _hash(before: str, content: _Content) -> str:
    # A row that somebody changed may hold anything, bytes too, where text or a number belongs.
    canonical = json.dumps([before, *content], separators=(",", ":"), default=repr)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _entry(row: Row[Any]) -> AuditEntry:
    named = row._asdict()
    return AuditEntry(**named | {"detail": json.loads(row.detail)})


def _require_internal(
    actor: str, action: str, subject: str, detail: Mapping[str, str | int]
) -> None:
    for field, pattern, text in (
        ("actor", _ACTOR, actor),
        ("action", _ACTION, action),
        ("subject", _SUBJECT, subject),
    ):
        if not pattern.fullmatch(text):
            raise NotForTheLog(field)
    for name, value in detail.items():
        is_word = isinstance(value, int) or _DETAIL_VALUE.fullmatch(value)
        if not is_word or not _DETAIL_NAME.fullmatch(name):
            raise NotForTheLog(f"detail {name}")
