"""How staff get in: their sessions, tries to sign in, codes for chat, and accounts bound by them.

Rows alone: who is behind an id, and whether they may come in, ``community.staff_store`` says,
through which everybody else calls this module.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    case,
    delete,
    literal,
    or_,
    select,
    update,
)

from community.staff import (
    CHAT_CODE_LIFETIME,
    LOCK,
    SESSION_IDLE,
    SESSION_LIFETIME,
    TRIES_BEFORE_LOCK,
    unified_login,
)
from community.store import channel_account
from storage import RowId, UtcDateTime, insert_if_absent, metadata, new_code, put, read_code

_MOST_AT_ONCE = 500

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_mac", String(64), primary_key=True),
    Column("staff_id", RowId, ForeignKey("staff_member.id"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Index("ix_staff_session_staff_id", "staff_id"),
    Index("ix_staff_session_opened_at", "opened_at"),
    Index("ix_staff_session_seen_at", "seen_at"),
)

# By what was typed, so that a login nobody has is locked like any other. Kept as a digest:
# some people type their password here.
staff_try = Table(
    "staff_try",
    metadata,
    Column("login_digest", String(64), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("locked_until", UtcDateTime),
    Index("ix_staff_try_tried_at", "tried_at"),
)

staff_chat_code = Table(
    "staff_chat_code",
    metadata,
    Column("staff_id", RowId, ForeignKey("staff_member.id"), primary_key=True),
    Column("code_digest", String(64), nullable=False, unique=True),
    Column("expires_at", UtcDateTime, nullable=False),
)

staff_account = Table(
    "staff_account",
    metadata,
    Column("account_id", RowId, ForeignKey(channel_account.c.id), primary_key=True),
    Column("staff_id", RowId, ForeignKey("staff_member.id"), nullable=False),
    Column("bound_at", UtcDateTime, nullable=False),
    Index("ix_staff_account_staff_id", "staff_id"),
)


def note_failed_try(db: Connection, login: str, now: datetime) -> datetime | None:
    """Count a try to sign in, before its password is looked at.

    Cleared by ``clear_failed_tries`` when it was right. Counting first keeps tries that come
    at the same time within the limit.

    Returns:
        None when this try may go on; else until when the login is locked, and it is not counted.
    """
    digest = _digest(unified_login(login))
    first = {"login_digest": digest, "tries": 1, "tried_at": now}
    if insert_if_absent(db, staff_try, first, keys=["login_digest"]):
        return None
    locked = staff_try.c.locked_until
    tries = case((staff_try.c.tried_at <= now - LOCK, 1), else_=staff_try.c.tries + 1)
    counted = db.execute(
        update(staff_try)
        .where(staff_try.c.login_digest == digest, or_(locked.is_(None), locked <= now))
        .values(
            tries=case((locked.is_not(None), 1), else_=tries),
            tried_at=now,
            locked_until=case(
                (locked.is_(None) & (tries >= TRIES_BEFORE_LOCK), literal(now + LOCK, UtcDateTime)),
                else_=None,
            ),
        )
    )
    return None if counted.rowcount else locked_until(db, login, now)


def clear_failed_tries(db: Connection, login: str) -> None:
    """Forget the tries of a login, and its lock, once somebody has signed in with it."""
    digest = _digest(unified_login(login))
    db.execute(delete(staff_try).where(staff_try.c.login_digest == digest))


def locked_until(db: Connection, login: str, now: datetime) -> datetime | None:
    """Return until when a login is locked, whether or not anybody has it; None when it is not."""
    _, until = tries_of(db, login)
    return until if until and until > now else None


def tries_of(db: Connection, login: str) -> tuple[int, datetime | None]:
    """Return how many tries of a login count, and until when the last lock lasts or lasted."""
    digest = _digest(unified_login(login))
    query = select(staff_try).where(staff_try.c.login_digest == digest)
    row = db.execute(query).one_or_none()
    return (row.tries, row.locked_until) if row else (0, None)


def note_seen(db: Connection, token_mac: str, now: datetime) -> bool:
    """Move a session's idle end on; False when it has ended."""
    seen = db.execute(
        update(staff_session)
        .where(
            staff_session.c.token_mac == token_mac,
            staff_session.c.seen_at > now - SESSION_IDLE,
        )
        .values(seen_at=now)
    )
    return seen.rowcount == 1


def end_session(db: Connection, token_mac: str) -> bool:
    """End one session; False when there was none."""
    ended = db.execute(delete(staff_session).where(staff_session.c.token_mac == token_mac))
    return ended.rowcount == 1


def end_sessions(db: Connection, staff_id: int) -> int:
    """End every session of somebody; return how many there were."""
    return db.execute(delete(staff_session).where(staff_session.c.staff_id == staff_id)).rowcount


def forget_old_sessions(db: Connection, now: datetime) -> int:
    """Delete up to 500 sessions, and as many tries, that count no more; return how many."""
    session_ended = or_(
        staff_session.c.seen_at <= now - SESSION_IDLE,
        staff_session.c.opened_at <= now - SESSION_LIFETIME,
    )
    db.execute(delete(staff_chat_code).where(staff_chat_code.c.expires_at <= now))
    # A lock begins with the last try that was counted, so it is over by then as well.
    return _forget(db, staff_session.c.token_mac, session_ended) + _forget(
        db, staff_try.c.login_digest, staff_try.c.tried_at <= now - LOCK
    )


def shut_out(db: Connection, staff_id: int) -> None:
    """End every session, chat code and binding of somebody."""
    for table in (staff_session, staff_chat_code, staff_account):
        db.execute(delete(table).where(table.c.staff_id == staff_id))


def new_chat_code(db: Connection, staff_id: int, now: datetime) -> str:
    """Return a code that binds the chat account it is typed in; an earlier one ends with it."""
    code = new_code()
    row = {"code_digest": _digest(code), "expires_at": now + CHAT_CODE_LIFETIME}
    put(db, staff_chat_code, {"staff_id": staff_id} | row, keys=["staff_id"])
    return code


def take_chat_code(db: Connection, code: str, account_id: int, now: datetime) -> bool:
    """Bind a chat account by a code as typed, once and in its time; False for any other."""
    taken = db.execute(
        delete(staff_chat_code)
        .where(
            staff_chat_code.c.code_digest == _digest(read_code(code) or ""),
            staff_chat_code.c.expires_at > now,
        )
        .returning(staff_chat_code.c.staff_id)
    ).one_or_none()
    if taken is None:
        return False
    row = {"account_id": account_id, "staff_id": taken.staff_id, "bound_at": now}
    put(db, staff_account, row, keys=["account_id"])
    return True


def bound_accounts(db: Connection, staff_id: int) -> list[int]:
    """Return the ids of the chat accounts that somebody has bound, the first bound first."""
    query = select(staff_account.c.account_id).where(staff_account.c.staff_id == staff_id)
    return list(db.scalars(query.order_by(staff_account.c.bound_at, staff_account.c.account_id)))


def unbind(db: Connection, account_id: int) -> bool:
    """Make a chat account a resident's alone again; False when it was."""
    unbound = db.execute(delete(staff_account).where(staff_account.c.account_id == account_id))
    return unbound.rowcount == 1


def _forget(db: Connection, key: Column[Any], condition: ColumnElement[bool]) -> int:
    old = select(key).where(condition).limit(_MOST_AT_ONCE)
    return db.execute(delete(key.table).where(key.in_(old))).rowcount


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
