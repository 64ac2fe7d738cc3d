"""Who can be written to, and until when: the platform's window, and who left or blocked us.

WeChat lets an account answer for a while after somebody wrote, and only so often. Whoever
sends takes one of these first, so that the count is right over all workers and the platform's
refusal stays the exception.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    Table,
    and_,
    case,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from community.store import channel_account
from storage import Prepared, RowId, UtcDateTime, metadata

reach = Table(
    "reach",
    metadata,
    Column("account_id", RowId, ForeignKey(channel_account.c.id), primary_key=True),
    Column("wrote_at", UtcDateTime),
    Column("window_ends_at", UtcDateTime),
    Column("window_left", Integer, nullable=False),
    Column("left_at", UtcDateTime),
    Column("blocked_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class Window:
    """How long, and how often, a platform lets us write after a person did something."""

    lasts: timedelta
    messages: int


# developers.weixin.qq.com, 客服消息「下发条数限制」: a message 5 in 48 hours; a tap on the menu,
# following and scanning a code 3 in a minute each. A tap on a message menu counts as the menu.
WECHAT_MESSAGE = Window(timedelta(hours=48), 5)
WECHAT_TAP = Window(timedelta(minutes=1), 3)
# The platform counts from its own clock, and a message needs time to arrive there.
MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of an account's reach; an account that never wrote has none of the times."""

    wrote_at: datetime | None = None
    window_ends_at: datetime | None = None
    window_left: int = 0
    left_at: datetime | None = None
    blocked_at: datetime | None = None

    @property
    def is_here(self) -> bool:
        """Whether they neither left nor blocked us."""
        return self.left_at is None and self.blocked_at is None

    def has_window(self, now: datetime) -> bool:
        """Whether a message may be sent within the platform's window."""
        ends = self.window_ends_at
        return self.is_here and ends is not None and ends > now and self.window_left > 0


def note_contact(db: Connection, account_id: int, window: Window | None, now: datetime) -> None:
    """Note that somebody wrote, tapped or scanned: they are here, and a window opens.

    A short window never replaces a longer one that still has messages left. Platforms without
    windows pass None.
    """
    ends = now + window.lasts - MARGIN if window else None
    values = {
        "account_id": account_id,
        "wrote_at": now,
        "window_ends_at": ends,
        "window_left": window.messages if window else 0,
        "left_at": None,
        "blocked_at": None,
    }
    _contact(db.dialect.name).row(db, values)


@cache
def _contact(dialect: str) -> Prepared:
    """Return the statement behind ``note_contact``; built once, for that costs more than a run."""
    statement = postgresql.insert(reach) if dialect == "postgresql" else sqlite.insert(reach)
    given = statement.excluded
    outlasts = and_(
        reach.c.window_left > 0,
        or_(given.window_ends_at.is_(None), reach.c.window_ends_at > given.window_ends_at),
    )
    changed = {
        name: case((outlasts, reach.c[name]), else_=given[name])
        for name in ("window_ends_at", "window_left")
    } | {name: given[name] for name in ("wrote_at", "left_at", "blocked_at")}
    return Prepared(
        statement.on_conflict_do_update(index_elements=[reach.c.account_id], set_=changed)
    )


def take_window(db: Connection, account_id: int, now: datetime) -> bool:
    """Take one message of the open window; False when it is closed or used up.

    Of several workers only as many get True as there are messages left.
    """
    taken = db.execute(
        update(reach)
        .where(
            reach.c.account_id == account_id,
            reach.c.window_left > 0,
            reach.c.window_ends_at > now,
        )
        .values(window_left=reach.c.window_left - 1)
    )
    return taken.rowcount == 1


def give_window_back(db: Connection, account_id: int, now: datetime) -> None:
    """Return a message taken with ``take_window`` that surely was not sent.

    When the person wrote in between, the count is one too high; the platform then says so.
    """
    db.execute(
        update(reach)
        .where(reach.c.account_id == account_id, reach.c.window_ends_at > now)
        .values(window_left=reach.c.window_left + 1)
    )


def close_window(db: Connection, account_id: int) -> None:
    """Note that the platform counts otherwise than we do: nothing is left until they write."""
    db.execute(update(reach).where(reach.c.account_id == account_id).values(window_left=0))


def note_left(db: Connection, account_id: int, now: datetime) -> None:
    """Note that somebody unfollowed; cancel what waits for them beside it."""
    _note_gone(db, account_id, "left_at", now)


def note_blocked(db: Connection, account_id: int, now: datetime) -> None:
    """Note that the platform says they blocked us."""
    _note_gone(db, account_id, "blocked_at", now)


def note_back(db: Connection, account_id: int) -> None:
    """Note that somebody follows again or unblocked us; a window opens with ``note_contact``."""
    db.execute(
        update(reach).where(reach.c.account_id == account_id).values(left_at=None, blocked_at=None)
    )


def reach_of(db: Connection, account_id: int) -> Reach:
    """Return what is known of an account; nothing known is an empty ``Reach``."""
    row = db.execute(
        select(
            reach.c.wrote_at,
            reach.c.window_ends_at,
            reach.c.window_left,
            reach.c.left_at,
            reach.c.blocked_at,
        ).where(reach.c.account_id == account_id)
    ).one_or_none()
    return Reach(*row) if row else Reach()


def is_reachable(db: Connection, account_id: int) -> bool:
    """Return whether an account neither left nor blocked us; by a window or a consent, then."""
    return reach_of(db, account_id).is_here


def forget_reach(db: Connection, account_id: int) -> None:
    """Delete what is kept here of an account, before the account itself goes."""
    db.execute(delete(reach).where(reach.c.account_id == account_id))


def _note_gone(db: Connection, account_id: int, column: str, now: datetime) -> None:
    """Set ``left_at`` or ``blocked_at`` unless it is set, and close the window."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(reach)
    first = case((reach.c[column].is_(None), statement.excluded[column]), else_=reach.c[column])
    db.execute(
        statement.on_conflict_do_update(
            index_elements=[reach.c.account_id], set_={column: first, "window_left": 0}
        ),
        {"account_id": account_id, "window_left": 0, column: now},
    )
