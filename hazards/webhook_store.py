"""The rows of webhooks: where messages go, and the secret each is signed with."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    insert,
    select,
    update,
)

from community import audit
from community.keys import derived_key
from community.sealing import seal, unseal
from hazards.webhooks import EventName, Webhook, checked_url
from storage import JsonText, RowId, UtcDateTime, metadata

webhook = Table(
    "webhook",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    # "" for every case of the district.
    Column("department", String(40), nullable=False),
    Column("url", String(500), nullable=False),
    Column("events", JsonText, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
    Index("ix_webhook_district_id", "district_id"),
    sqlite_autoincrement=True,
)

_hook = webhook.c


@dataclass(frozen=True, slots=True)
class Wish:
    """A webhook that is asked for."""

    district_id: str
    department: str
    url: str
    events: tuple[EventName, ...]


def add_webhook(
    db: Connection, wish: Wish, key: bytes, now: datetime, *, actor: str
) -> tuple[int, str]:
    """Add a webhook; return its id and its secret, which is shown this once.

    Args:
        db: inside a write.
        wish: where what is sent; the caller checks that department and events are some, and
            whether http will do.
        key: the installation's.
        now: when.
        actor: who does it, as the audit log names them.

    Raises:
        BadAddress: when the address is none.
    """
    checked_url(wish.url, may_be_plain=True)
    secret = secrets.token_urlsafe(32)
    row = {
        "district_id": wish.district_id,
        "department": wish.department,
        "url": wish.url,
        "events": list(wish.events),
        "sealed": seal(_key(key), secret.encode(), _context(wish.district_id, wish.url)),
        "created_at": now,
    }
    hook_id = int(db.execute(insert(webhook).values(row).returning(_hook.id)).scalar_one())
    note_audit(db, ("webhook.added", hook_id), actor, wish.district_id, now)
    return hook_id, secret


def is_there(db: Connection, wish: Wish) -> bool:
    """Tell whether the same cases go to the same address already."""
    query = select(_hook.id).where(
        _hook.district_id == wish.district_id,
        _hook.department == wish.department,
        _hook.url == wish.url,
        _hook.stopped_at.is_(None),
    )
    return db.scalar(query.limit(1)) is not None


def stop_webhook(
    db: Connection, hook_id: int, districts: Collection[str], now: datetime, *, actor: str
) -> bool:
    """Send nothing more to a webhook; what waits is dropped. False when there is none to stop."""
    stopped = db.execute(
        update(webhook)
        .where(_hook.id == hook_id, _hook.stopped_at.is_(None), _hook.district_id.in_(districts))
        .values(stopped_at=now)
        .returning(_hook.district_id)
    ).scalar_one_or_none()
    if stopped is None:
        return False
    note_audit(db, ("webhook.stopped", hook_id), actor, stopped, now)
    return True


def list_webhooks(db: Connection, districts: Collection[str]) -> list[Webhook]:
    """Return the webhooks of some districts, those still sent to first."""
    query = _hooks().where(_hook.district_id.in_(districts))
    rows = db.execute(query.order_by(_hook.stopped_at.is_not(None), _hook.id))
    return [_webhook(row) for row in rows]


def find_webhook(db: Connection, hook_id: int) -> Webhook | None:
    """Return a webhook by its id."""
    row = db.execute(_hooks().where(_hook.id == hook_id)).one_or_none()
    return _webhook(row) if row else None


def secret_of(hook: Webhook, key: bytes) -> str:
    """Return a webhook's secret.

    Raises:
        WrongKey, Damaged: when it was sealed otherwise (``community.sealing``).
    """
    return unseal(_key(key), hook.sealed, _context(hook.district_id, hook.url)).decode()


def hooks_for(db: Connection, district_id: str, units: Sequence[str]) -> list[Webhook]:
    """Return the webhooks that hear of a case: of these units, and of the whole district."""
    query = _hooks().where(
        _hook.district_id == district_id,
        _hook.department.in_(["", *units]),
        _hook.stopped_at.is_(None),
    )
    return [_webhook(row) for row in db.execute(query)]


def _hooks() -> Select[Any]:
    return select(webhook)


def _webhook(row: Row[Any]) -> Webhook:
    named = row._asdict()
    return Webhook(**named | {"events": tuple(row.events), "sealed": bytes(row.sealed)})


def _key(key: bytes) -> bytes:
    return derived_key(key, "webhook secret")


def _context(district_id: str, url: str) -> bytes:
    """Bind a secret to where it goes: it cannot be put beside another address."""
    return f"webhook:{district_id}:{url}".encode()


def note_audit(
    db: Connection, done: tuple[str, int], actor: str, district_id: str, now: datetime
) -> None:
    """Note what was done, to which webhook."""
    audit.note(
        db,
        actor=actor,
        action=done[0],
        subject=f"webhook:{done[1]}",
        detail={},
        now=now,
        district_id=district_id,
    )
