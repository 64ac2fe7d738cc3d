"""The table of what residents left for staff (留言), and the answers that went back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.messages import Media
from community.files import StoredFile, stored_file
from community.store import channel_account
from storage import RowId, UtcDateTime, metadata, new_code

ANSWERED_KEPT = timedelta(days=180)
ROWS_PER_CHUNK = 500

staff_request = Table(
    "staff_request",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("account_id", RowId, ForeignKey(channel_account.c.id), nullable=False),
    Column("said", Text, nullable=False),
    # What was sent along: its kind, how its channel finds it, and where it was kept once it
    # was fetched.
    Column("media_kind", String(10), nullable=False),
    Column("media_ref", Text, nullable=False),
    Column("media_file", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("answer", Text, nullable=False),
    Index("ix_staff_request_account_id", "account_id"),
    Index("ix_staff_request_answered_at", "answered_at"),
)

# Which stored file came with a request; goes with it, and the file with the next sweep.
staff_request_file = Table(
    "staff_request_file",
    metadata,
    Column(
        "request_id",
        RowId,
        ForeignKey(staff_request.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("file_id", RowId, ForeignKey(stored_file.c.id), nullable=False),
    Index("ix_staff_request_file_file_id", "file_id"),
)


@dataclass(frozen=True, slots=True)
class StaffRequest:
    """What one resident left for staff; ``channel`` and ``name`` are the account's.

    With a ``media_kind`` but neither ``media_ref`` nor ``media_file`` it came with something
    that could not be kept.
    """

    id: int
    code: str
    account_id: int
    channel: str
    name: str
    said: str
    media_kind: str
    media_ref: str
    media_file: str
    created_at: datetime
    answered_at: datetime | None
    answer: str


def add_request(
    db: Connection, account_id: int, said: str, now: datetime, sent: Media | None = None
) -> tuple[int, str]:
    """Store a request, with what was sent along, and return its id and its code."""
    code = new_code()
    found: int = db.execute(
        insert(staff_request)
        .values(
            code=code,
            account_id=account_id,
            said=said,
            media_kind=sent.kind if sent else "",
            media_ref=sent.source if sent else "",
            media_file="",
            created_at=now,
            answer="",
        )
        .returning(staff_request.c.id)
    ).scalar_one()
    return found, code


def requests_since(db: Connection, account_id: int, since: datetime) -> int:
    """Return how many requests an account has left since then."""
    return db.execute(
        select(func.count()).where(
            staff_request.c.account_id == account_id, staff_request.c.created_at >= since
        )
    ).scalar_one()


def open_requests(db: Connection, most: int) -> Sequence[StaffRequest]:
    """Return the requests that nobody has answered, oldest first."""
    rows = db.execute(
        _requests()
        .where(staff_request.c.answered_at.is_(None))
        .order_by(staff_request.c.id)
        .limit(most)
    )
    return [StaffRequest(*row) for row in rows]


def find_request(db: Connection, code: str) -> StaffRequest | None:
    """Return the request with a code, answered or not."""
    row = db.execute(_requests().where(staff_request.c.code == code)).one_or_none()
    return StaffRequest(*row) if row else None


def request_by_id(db: Connection, request_id: int) -> StaffRequest | None:
    """Return a request, or None when it is gone with its account."""
    row = db.execute(_requests().where(staff_request.c.id == request_id)).one_or_none()
    return StaffRequest(*row) if row else None


def answer_request(db: Connection, request_id: int, answer: str, now: datetime) -> bool:
    """Note the answer; False when another was first, so that one answer goes out."""
    changed = db.execute(
        update(staff_request)
        .where(staff_request.c.id == request_id, staff_request.c.answered_at.is_(None))
        .values(answer=answer, answered_at=now)
    )
    return changed.rowcount == 1


def note_media(db: Connection, request_id: int, file_id: int, name: str) -> bool:
    """Note which stored file came along; False when the request is gone or has one."""
    own = staff_request.c
    noted = update(staff_request).where(own.id == request_id, own.media_file == "")
    if db.execute(noted.values(media_file=name)).rowcount == 0:
        return False
    db.execute(insert(staff_request_file).values(request_id=request_id, file_id=file_id))
    return True


def media_of(db: Connection, request_id: int) -> StoredFile | None:
    """Return the sealed file that came with a request, None when there is none."""
    own = stored_file.c
    row = db.execute(
        select(own.sha256, own.kind, own.size)
        .join(staff_request_file, staff_request_file.c.file_id == own.id)
        .where(staff_request_file.c.request_id == request_id)
    ).one_or_none()
    return StoredFile(*row) if row else None


def drop_media(db: Connection, request_id: int) -> None:
    """Note that what was sent along cannot be kept; without words nothing is left to read."""
    own = staff_request.c
    empty = (own.id == request_id) & (own.said == "") & own.answered_at.is_(None)
    db.execute(delete(staff_request).where(empty))
    db.execute(update(staff_request).where(own.id == request_id).values(media_ref=""))


def add_words(db: Connection, account_id: int, request_id: int, said: str) -> str | None:
    """Put words to a request of this account that came without; return its code.

    None when it is gone or answered, or has words already.
    """
    own = staff_request.c
    worded = db.execute(
        update(staff_request)
        .where(own.id == request_id, own.account_id == account_id)
        .where(own.said == "", own.answered_at.is_(None))
        .values(said=said)
        .returning(own.code)
    )
    return worded.scalar_one_or_none()


def forget_answered(db: Connection, now: datetime) -> int:
    """Delete a chunk of requests answered long ago; 0 means that none is left."""
    old = (
        select(staff_request.c.id)
        .where(staff_request.c.answered_at < now - ANSWERED_KEPT)
        .limit(ROWS_PER_CHUNK)
    )
    return db.execute(delete(staff_request).where(staff_request.c.id.in_(old))).rowcount


def _requests() -> Select[Any]:
    own, account = staff_request.c, channel_account.c
    return select(
        own.id, own.code, own.account_id, account.channel, account.name, own.said, own.media_kind,
        own.media_ref, own.media_file, own.created_at, own.answered_at, own.answer,
    ).join(channel_account, account.id == own.account_id)  # fmt: skip
