"""The tables of staff: who they are and their posts; and what they come in by.

Writing takes a connection and commits nothing. What takes a role away ends the sessions in the
same transaction; a session or a bound account finds the posts of now each time.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    or_,
    select,
    update,
)

from community.register_store import street
from community.staff import (
    SESSION_IDLE,
    SESSION_LIFETIME,
    Post,
    Staff,
    StaffError,
    StaffSession,
    checked_login,
    checked_name,
    is_login,
    unified_login,
)
from community.staff_entry_store import (
    bound_accounts,
    clear_failed_tries,
    end_session,
    end_sessions,
    forget_old_sessions,
    locked_until,
    new_chat_code,
    note_failed_try,
    note_seen,
    shut_out,
    staff_account,
    staff_session,
    take_chat_code,
    tries_of,
    unbind,
)
from storage import RowId, UtcDateTime, insert_if_absent, inserted_id, metadata, put

__all__ = [
    "LoginTaken",
    "StaffCredentials",
    "UnknownStreet",
    "add_post",
    "add_staff",
    "bound_accounts",
    "clear_failed_tries",
    "end_session",
    "end_sessions",
    "find_staff",
    "forget_old_sessions",
    "list_staff",
    "locked_until",
    "new_chat_code",
    "note_failed_try",
    "note_seen",
    "open_session",
    "remove_post",
    "renew_hash",
    "session_of",
    "set_active",
    "set_password",
    "set_totp",
    "staff_account",
    "staff_by_login",
    "staff_member",
    "staff_of_account",
    "staff_post",
    "take_chat_code",
    "take_totp_step",
    "unbind",
]

staff_member = Table(
    "staff_member",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("login", String(40), nullable=False, unique=True),
    Column("name", String(40), nullable=False),
    Column("password_hash", String(200), nullable=False),
    # The sealed secret of the authenticator app, and the last time step that it signed in with.
    Column("totp", LargeBinary),
    Column("totp_step", RowId),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,  # the audit log names ids: none is ever another's
)

staff_post = Table(
    "staff_post",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("role", String(20), nullable=False),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId, ForeignKey(street.c.id)),
    Column("department", String(40), nullable=False),
    # Street or department in one text: NULLs are never equal, so they keep no row unique.
    Column("place", String(60), nullable=False),
    UniqueConstraint("staff_id", "role", "district_id", "place"),
    Index("ix_staff_post_district_id", "district_id"),
    Index("ix_staff_post_street_id", "street_id"),
)


class LoginTaken(StaffError):
    """Somebody has this login already."""

    def __init__(self, login: str) -> None:
        self.login = login
        super().__init__(f"the login {login!r} is taken: choose another")


class UnknownStreet(StaffError):
    """A post names a street that its district does not have."""

    def __init__(self, district_id: str, street_id: int) -> None:
        self.district_id = district_id
        self.street_id = street_id
        super().__init__(
            f"district {district_id} has no street {street_id}: use one of its register"
        )


@dataclass(frozen=True, slots=True)
class StaffCredentials:
    """What a sign-in is checked against.

    Attributes:
        staff: who has the login.
        password_hash: as ``community.passwords`` made it.
        totp: the sealed secret of the authenticator app, None when none is set up.
        failed_tries: since the last success or lock.
        locked_until: no try counts before.
    """

    staff: Staff
    password_hash: str = field(repr=False)
    totp: bytes | None = field(repr=False)
    failed_tries: int
    locked_until: datetime | None

    @property
    def is_active(self) -> bool:
        """Whether they may sign in at all."""
        return self.staff.is_active


def add_staff(  # noqa: PLR0913, PLR0917 - the columns of one row
    db: Connection, login: str, name: str, password_hash: str, posts: Iterable[Post], now: datetime
) -> int:
    """Add somebody with their posts and return their id.

    Raises:
        LoginTaken: when somebody has the login.
        BadLogin: when login or name is none.
        UnknownStreet: when a post's street is not in its district.
    """
    kept_login = checked_login(login)
    row = {
        "login": kept_login,
        "name": checked_name(name),
        "password_hash": password_hash,
        "is_active": True,
        "created_at": now,
    }
    staff_id: int | None = inserted_id(db, staff_member, row, keys=["login"])
    if staff_id is None:
        raise LoginTaken(kept_login)
    for post in posts:
        add_post(db, staff_id, post)
    return staff_id


def find_staff(db: Connection, staff_id: int) -> Staff | None:
    """Return a staff member, active or not."""
    return next(iter(_staff(db, staff_member.c.id == staff_id)), None)


def staff_by_login(db: Connection, login: str) -> StaffCredentials | None:
    """Return what a sign-in with this login is checked against; None when nobody has it."""
    typed = unified_login(login)
    known = _staff(db, staff_member.c.login == typed) if is_login(typed) else []
    if not known:
        return None
    found = known[0]
    columns = (staff_member.c.password_hash, staff_member.c.totp)
    row = db.execute(select(*columns).where(staff_member.c.id == found.id)).one()
    tries, locked = tries_of(db, typed)
    return StaffCredentials(found, row.password_hash, row.totp, tries, locked)


def list_staff(db: Connection, district_ids: Collection[str] | None = None) -> list[Staff]:
    """Return everybody with a post in one of the districts, by id; None: simply everybody."""
    if district_ids is None:
        return _staff(db)
    placed = select(staff_post.c.staff_id).where(staff_post.c.district_id.in_(district_ids))
    return _staff(db, staff_member.c.id.in_(placed))


def set_password(db: Connection, staff_id: int, password_hash: str) -> bool:
    """Give somebody a new password and end their sessions; False when there is nobody."""
    end_sessions(db, staff_id)
    return _changed(db, staff_member.c.id == staff_id, {"password_hash": password_hash})


def renew_hash(db: Connection, staff_id: int, old: str, new: str) -> bool:
    """Put a stronger hash of the same password in place of ``old``, unless that has changed."""
    same = (staff_member.c.id == staff_id) & (staff_member.c.password_hash == old)
    return _changed(db, same, {"password_hash": new})


def set_active(db: Connection, staff_id: int, *, is_active: bool) -> bool:
    """Let somebody in again, or shut them out; False when they were so already.

    Shutting out ends every session and binding at once; letting in brings none of them back.
    """
    if not is_active:
        shut_out(db, staff_id)
    other = (staff_member.c.id == staff_id) & (staff_member.c.is_active != is_active)
    return _changed(db, other, {"is_active": is_active})


def add_post(db: Connection, staff_id: int, post: Post) -> bool:
    """Give somebody a post; False when they hold it.

    Raises:
        UnknownStreet: when its street is not in its district.
    """
    if post.street_id is not None:
        query = select(street.c.id).where(
            street.c.id == post.street_id, street.c.district_id == post.district_id
        )
        if db.execute(query).one_or_none() is None:
            raise UnknownStreet(post.district_id, post.street_id)
    row = _post_keys(staff_id, post) | {"street_id": post.street_id, "department": post.department}
    return insert_if_absent(db, staff_post, row, keys=["staff_id", "role", "district_id", "place"])


def remove_post(db: Connection, staff_id: int, post: Post) -> bool:
    """Take a post from somebody and end their sessions; False when they did not hold it."""
    keys = _post_keys(staff_id, post)
    held = [staff_post.c[name] == value for name, value in keys.items()]
    if db.execute(delete(staff_post).where(*held)).rowcount == 0:
        return False
    end_sessions(db, staff_id)
    return True


def set_totp(db: Connection, staff_id: int, sealed: bytes | None) -> bool:
    """Keep the sealed secret of an authenticator app, or none; False when there is nobody."""
    return _changed(db, staff_member.c.id == staff_id, {"totp": sealed, "totp_step": None})


def take_totp_step(db: Connection, staff_id: int, step: int) -> bool:
    """Use up a time step's code; False when it, or a later one, was used before."""
    unused = or_(staff_member.c.totp_step.is_(None), staff_member.c.totp_step < step)
    return _changed(db, (staff_member.c.id == staff_id) & unused, {"totp_step": step})


def open_session(db: Connection, staff_id: int, token_mac: str, now: datetime) -> StaffSession:
    """Begin a session, of which only the MAC of its token is kept.

    Raises:
        LookupError: when there is no such staff member, or they are shut out.
    """
    staff = find_staff(db, staff_id)
    if staff is None or not staff.is_active:
        raise LookupError(f"staff {staff_id} is not active")
    session = StaffSession(staff, secrets.token_urlsafe(32), now)
    row = {"staff_id": staff_id, "csrf": session.csrf, "opened_at": now, "seen_at": now}
    put(db, staff_session, {"token_mac": token_mac} | row, keys=["token_mac"])
    return session


def session_of(db: Connection, token_mac: str, now: datetime) -> StaffSession | None:
    """Return the session of a token; None when it has ended, or its owner was shut out."""
    row = db.execute(
        select(staff_session).where(
            staff_session.c.token_mac == token_mac,
            staff_session.c.seen_at > now - SESSION_IDLE,
            staff_session.c.opened_at > now - SESSION_LIFETIME,
        )
    ).one_or_none()
    staff = find_staff(db, row.staff_id) if row else None
    if row is None or staff is None or not staff.is_active:
        return None
    return StaffSession(staff, row.csrf, row.seen_at)


def staff_of_account(db: Connection, account_id: int) -> Staff | None:
    """Return the active staff member who bound a chat account."""
    bound = select(staff_account.c.staff_id).where(staff_account.c.account_id == account_id)
    active = staff_member.c.is_active.is_(True)
    return next(iter(_staff(db, staff_member.c.id.in_(bound), active)), None)


def _staff(db: Connection, *conditions: ColumnElement[bool]) -> list[Staff]:
    """Return the staff that meet every condition, with their posts, by id."""
    columns = (staff_member.c.id, staff_member.c.login, staff_member.c.name)
    rows = db.execute(
        select(*columns, staff_member.c.is_active).where(*conditions).order_by(staff_member.c.id)
    ).all()
    posts: dict[int, list[Post]] = {row.id: [] for row in rows}
    wanted = select(staff_member.c.id).where(*conditions)
    query = select(staff_post).where(staff_post.c.staff_id.in_(wanted)).order_by(staff_post.c.id)
    for row in db.execute(query):
        post = Post(row.role, row.district_id, row.street_id, row.department)
        posts[row.staff_id].append(post)
    return [Staff(row.id, row.login, row.name, tuple(posts[row.id]), row.is_active) for row in rows]


def _post_keys(staff_id: int, post: Post) -> dict[str, Any]:
    place = str(post.street_id) if post.street_id is not None else post.department
    keys = {"staff_id": staff_id, "role": post.role, "district_id": post.district_id}
    return keys | {"place": place}


def _changed(db: Connection, condition: ColumnElement[bool], values: dict[str, Any]) -> bool:
    return db.execute(update(staff_member).where(condition).values(values)).rowcount == 1
