"""Keys (api_key) with which other systems report through Open311; only their HMACs are kept."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, String, Table, insert, select, update

from community import audit
from community.keys import derived_key
from hazards.anonymity import daily_mac
from hazards.limit_store import count_up
from storage import RowId, UtcDateTime, metadata

MOST_NAME_CHARACTERS = 80
# An installation's partner sends dozens a day; a leaked key must not bury the reviewers.
REPORTS_A_DAY = 500
_KEY_BYTES = 24

open311_key = Table(
    "open311_key",
    metadata,
    Column("id", RowId, primary_key=True),
    # Whom it was given to: a system or an office, for staff to read.
    Column("name", String(MOST_NAME_CHARACTERS), nullable=False),
    Column("mac", String(64), nullable=False, unique=True),
    # How many reports it may send on one day (UTC).
    Column("per_day", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    sqlite_autoincrement=True,
)


class BadKeyName(Exception):
    """A name that says nothing of whom a key was given to."""

    permanent = True

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} names nobody: give 1 to {MOST_NAME_CHARACTERS} characters")


class DayFull(Exception):
    """A key has sent as many reports as it may on one day."""

    permanent = True

    def __init__(self, client: "ApiClient") -> None:
        self.client = client
        super().__init__(f"key {client.id} has sent {client.per_day} reports today: go on tomorrow")


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Whoever holds a key; ``per_day`` is how many reports they may send."""

    id: int
    name: str
    per_day: int
    created_at: datetime
    revoked_at: datetime | None


def add_key(
    db: Connection, name: str, key: bytes, now: datetime, *, per_day: int = REPORTS_A_DAY
) -> tuple[int, str]:
    """Make a key for somebody; return its id and the key, which nobody can read again.

    Args:
        db: inside a write.
        name: whom it is for.
        key: the installation's.
        now: when.
        per_day: how many reports it may send on one day, above zero.

    Raises:
        BadKeyName: when the name is empty or too long.
        ValueError: when ``per_day`` is not above zero.
    """
    told = name.strip()
    if not 1 <= len(told) <= MOST_NAME_CHARACTERS or not told.isprintable():
        raise BadKeyName(name)
    if per_day < 1:
        raise ValueError(f"a key that may send {per_day} reports a day is none")
    made = secrets.token_urlsafe(_KEY_BYTES)
    row = {"name": told, "mac": _mac(key, made), "per_day": per_day, "created_at": now}
    added = db.execute(insert(open311_key).values(row).returning(open311_key.c.id))
    key_id = int(added.scalar_one())
    _audit(db, "api_key.added", key_id, now)
    return key_id, made


def revoke_key(db: Connection, key_id: int, now: datetime) -> bool:
    """Take a key back; False when there is none that still holds."""
    own = open311_key.c
    holding = update(open311_key).where(own.id == key_id, own.revoked_at.is_(None))
    if db.execute(holding.values(revoked_at=now)).rowcount == 0:
        return False
    _audit(db, "api_key.revoked", key_id, now)
    return True


def list_keys(db: Connection) -> list[ApiClient]:
    """Return every key's holder, the first one first, revoked ones included."""
    query = select(*_columns()).order_by(open311_key.c.id)
    return [ApiClient(*row) for row in db.execute(query)]


def client_of(db: Connection, typed: str, key: bytes) -> ApiClient | None:
    """Return whose key this is; None for none and for one that was taken back."""
    own = open311_key.c
    query = select(*_columns()).where(own.mac == _mac(key, typed), own.revoked_at.is_(None))
    row = db.execute(query).first()
    return None if row is None else ApiClient(*row)


def count_report(db: Connection, client: ApiClient, key: bytes, now: datetime) -> None:
    """Count one report of a key; in its transaction.

    Raises:
        DayFull: when that was one too many today.
    """
    today = now.astimezone(UTC).date()
    mac = daily_mac(key, today, f"open311 key {client.id}")
    if not count_up(db, mac, today, client.per_day):
        raise DayFull(client)


def _columns() -> tuple[Column[Any], ...]:
    own = open311_key.c
    return (own.id, own.name, own.per_day, own.created_at, own.revoked_at)


def _mac(key: bytes, made: str) -> str:
    own = derived_key(key, "open311 api key")
    return hmac.new(own, made.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _audit(db: Connection, action: str, key_id: int, now: datetime) -> None:
    audit.note(db, actor="system", action=action, subject=f"api_key:{key_id}", detail={}, now=now)
