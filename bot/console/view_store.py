"""Saved views (常用筛选): the filters of the queue that somebody uses again and again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
)

from community.staff_store import staff_member
from storage import RowId, UtcDateTime, metadata, put

MOST_VIEWS = 20
MOST_NAME_CHARACTERS = 20
MOST_QUERY_CHARACTERS = 1000

console_view = Table(
    "console_view",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("name", String(MOST_NAME_CHARACTERS), nullable=False),
    # The query of the queue's address, as the page wrote it itself.
    Column("query", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("staff_id", "name"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class View:
    """One saved view; ``query`` goes behind the ``?`` of the queue's address."""

    id: int
    name: str
    query: str


class TooManyViews(Exception):
    """Somebody has as many saved views as fit a page."""

    permanent = True

    def __init__(self, staff_id: int) -> None:
        self.staff_id = staff_id
        super().__init__(f"staff {staff_id} has {MOST_VIEWS} saved views: drop one first")


def views_of(db: Connection, staff_id: int) -> list[View]:
    """Return somebody's saved views, the oldest first."""
    own = console_view.c
    query = select(own.id, own.name, own.query).where(own.staff_id == staff_id).order_by(own.id)
    return [View(*row) for row in db.execute(query)]


def keep_view(db: Connection, staff_id: int, named: Mapping[str, str], now: datetime) -> None:
    """Save a view; one of the same name is replaced.

    Args:
        db: inside a write.
        staff_id: whose.
        named: ``name`` and ``query``.
        now: when.

    Raises:
        TooManyViews: when there are ``MOST_VIEWS`` others.
    """
    own = console_view.c
    others = select(func.count()).where(own.staff_id == staff_id, own.name != named["name"])
    if db.execute(others).scalar_one() >= MOST_VIEWS:
        raise TooManyViews(staff_id)
    row = {"staff_id": staff_id, "name": named["name"], "query": named["query"], "created_at": now}
    put(db, console_view, row, keys=["staff_id", "name"])


def drop_view(db: Connection, staff_id: int, view_id: int) -> bool:
    """Delete one of somebody's own views; False when it is none of theirs."""
    own = console_view.c
    dropped = delete(console_view).where(own.id == view_id, own.staff_id == staff_id)
    return db.execute(dropped).rowcount == 1
