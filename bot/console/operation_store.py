"""Forms that were carried out: each has a token of its own, so that a repeat has no effect."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, ForeignKey, Index, String, Table, delete

from community.staff_store import staff_member
from storage import RowId, UtcDateTime, insert_if_absent, metadata

# A browser may send a form again when it comes back from a day in somebody's pocket.
KEPT = timedelta(days=7)
MOST_TOKEN_CHARACTERS = 40

console_operation = Table(
    "console_operation",
    metadata,
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), primary_key=True),
    Column("token", String(MOST_TOKEN_CHARACTERS), primary_key=True),
    Column("done_at", UtcDateTime, nullable=False),
    Index("ix_console_operation_done_at", "done_at"),
)


def new_operation() -> str:
    """Return the token of a form that is about to be shown."""
    return secrets.token_urlsafe(12)


def claim(db: Connection, staff_id: int, token: str, now: datetime) -> bool:
    """Note in the transaction that carries a form out that it is; False when it was before."""
    row = {"staff_id": staff_id, "token": token, "done_at": now}
    return insert_if_absent(db, console_operation, row, keys=["staff_id", "token"])


def forget_operations(db: Connection, now: datetime) -> int:
    """Forget forms that nobody sends again, a daily chore; return how many there were."""
    old = console_operation.c.done_at < now - KEPT
    return db.execute(delete(console_operation).where(old)).rowcount
