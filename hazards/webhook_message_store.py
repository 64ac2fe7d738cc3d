"""The rows of messages to webhooks, and what became of each.

A message is written in the transaction of what it tells, with the later work that sends it; its
row is the truth, and every change of it carries what it was before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    or_,
    select,
    text,
    update,
)

from hazards.store import hazard_case, hazard_event
from hazards.timeline import Happened
from hazards.webhook_store import find_webhook, note_audit, webhook
from hazards.webhooks import EventName, Webhook, pause_after
from storage import RowId, UtcDateTime, inserted_id, metadata, schedule

SEND_JOB = "webhook"
KEEP_SENT = timedelta(days=30)
KEEP_DEAD = timedelta(days=180)
ROWS_PER_CHUNK = 500
MOST_ERROR_CHARACTERS = 200

_IS_DEAD = text("state = 'dead'")

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", RowId, primary_key=True),
    # What receivers tell repeats by.
    Column("uid", String(36), nullable=False, unique=True),
    Column("webhook_id", RowId, ForeignKey(webhook.c.id), nullable=False),
    Column("case_id", RowId, ForeignKey(hazard_case.c.id), nullable=False),
    Column("event_id", RowId, ForeignKey(hazard_event.c.id), nullable=False),
    Column("event", String(20), nullable=False),
    # JSON as it is sent and signed; the case as it stood then.
    Column("body", Text, nullable=False),
    # waiting, sent, dead (given up), dropped (its webhook was stopped).
    Column("state", String(10), nullable=False),
    # Counted anew with each ``series``: a retry by hand begins the next one.
    Column("tries", Integer, nullable=False),
    Column("series", Integer, nullable=False),
    # The last HTTP status, and what went wrong last, as words of the code.
    Column("status", Integer),
    Column("error", String(MOST_ERROR_CHARACTERS), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("tried_at", UtcDateTime),
    Column("next_at", UtcDateTime),
    UniqueConstraint("webhook_id", "event_id"),
    Index("ix_webhook_delivery_created_at", "created_at"),
    Index(
        "ix_webhook_delivery_dead", "webhook_id", sqlite_where=_IS_DEAD, postgresql_where=_IS_DEAD
    ),
    sqlite_autoincrement=True,
)

_hook, _sent = webhook.c, webhook_delivery.c
State = Literal["waiting", "sent", "dead", "dropped"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one webhook.

    Attributes:
        uid: what receivers tell repeats by.
        tries: how often it was sent in this ``series``.
        status: the last HTTP status; None while there was no answer.
        error: what went wrong last; "" when nothing.
    """

    id: int
    uid: str
    webhook_id: int
    case_id: int
    event: EventName
    body: str = field(repr=False)
    state: State
    tries: int
    series: int
    status: int | None
    error: str
    created_at: datetime
    tried_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try: the HTTP status if there was an answer, and what went wrong."""

    status: int | None
    error: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether it arrived: any 2xx."""
        return self.status is not None and 200 <= self.status < 300 and not self.error


def book(db: Connection, hook: Webhook, happened: Happened, told: tuple[EventName, str]) -> None:
    """Book an event for a webhook, ``told`` being its name and body; a second time nothing."""
    row = {
        "uid": str(uuid4()),
        "webhook_id": hook.id,
        "case_id": happened.case.id,
        "event_id": happened.id,
        "event": told[0],
        "body": told[1],
        "state": "waiting",
        "tries": 0,
        "series": 0,
        "error": "",
        "created_at": happened.at,
        "next_at": happened.at,
    }
    message_id = inserted_id(db, webhook_delivery, row, keys=["webhook_id", "event_id"])
    if message_id is not None:
        _plan(db, message_id, 0, 0, happened.at)


def find_message(db: Connection, message_id: int) -> Message | None:
    """Return a message by its id."""
    row = db.execute(_messages().where(_sent.id == message_id)).one_or_none()
    return Message(*row) if row else None


def messages_of(
    db: Connection, districts: Collection[str], state: State | None = None, *, most: int = 50
) -> list[Message]:
    """Return the latest messages of some districts, of one state or of all."""
    query = _messages().join(webhook, _hook.id == _sent.webhook_id)
    query = query.where(_hook.district_id.in_(districts))
    if state is not None:
        query = query.where(_sent.state == state)
    return [Message(*row) for row in db.execute(query.order_by(_sent.id.desc()).limit(most))]


def count_dead(db: Connection, districts: Collection[str]) -> int:
    """Return how many messages were given up and wait for somebody."""
    joined = webhook_delivery.join(webhook, _hook.id == _sent.webhook_id)
    query = select(func.count()).select_from(joined)
    return db.scalar(query.where(_sent.state == "dead", _hook.district_id.in_(districts))) or 0


def settle(db: Connection, message: Message, outcome: Outcome, now: datetime) -> State | None:
    """Note what became of a try, and plan the next one; None when somebody else was first.

    Args:
        db: inside a write.
        message: as it was when it was sent.
        outcome: of that.
        now: when.
    """
    tries = message.tries + 1
    pause = None if outcome.is_taken else pause_after(tries)
    state: State = "sent" if outcome.is_taken else "waiting" if pause else "dead"
    values = {
        "state": state,
        "tries": tries,
        "status": outcome.status,
        "error": outcome.error[:MOST_ERROR_CHARACTERS],
        "tried_at": now,
        "next_at": now + pause if pause else None,
    }
    if not _changed(db, message, values):
        return None
    if pause:
        _plan(db, message.id, message.series, tries, now + pause)
    return state


def drop(db: Connection, message: Message, now: datetime) -> bool:
    """Give a message up whose webhook was stopped; False when it was settled before."""
    return _changed(db, message, {"state": "dropped", "tried_at": now, "next_at": None})


def retry(
    db: Connection, message_id: int, districts: Collection[str], now: datetime, *, actor: str
) -> bool:
    """Send a given-up message again, under the same id; False when it is none any more.

    Args:
        db: inside a write.
        message_id: which.
        districts: whose messages the actor may send.
        now: when.
        actor: as the audit log names them.
    """
    hooks = select(_hook.id).where(_hook.district_id.in_(districts), _hook.stopped_at.is_(None))
    again = db.execute(
        update(webhook_delivery)
        .where(_sent.id == message_id, _sent.state == "dead", _sent.webhook_id.in_(hooks))
        .values(state="waiting", tries=0, series=_sent.series + 1, next_at=now)
        .returning(_sent.series, _sent.webhook_id)
    ).one_or_none()
    if again is None:
        return False
    _plan(db, message_id, again.series, 0, now)
    hook = find_webhook(db, again.webhook_id)
    district = hook.district_id if hook else ""
    note_audit(db, ("webhook.retried", again.webhook_id), actor, district, now)
    return True


def forget_old(db: Connection, now: datetime) -> int:
    """Delete a chunk of messages that were sent a month ago, or given up half a year ago."""
    old = or_(
        _sent.state.in_(["sent", "dropped"]) & (_sent.created_at < now - KEEP_SENT),
        (_sent.state == "dead") & (_sent.created_at < now - KEEP_DEAD),
    )
    ids = db.scalars(select(_sent.id).where(old).limit(ROWS_PER_CHUNK)).all()
    return db.execute(delete(webhook_delivery).where(_sent.id.in_(ids))).rowcount


def _plan(db: Connection, message_id: int, series: int, tries: int, at: datetime) -> None:
    schedule(db, SEND_JOB, f"{message_id}:{series}:{tries}", at, [message_id, series, tries])


def _changed(db: Connection, message: Message, values: Mapping[str, Any]) -> bool:
    unchanged = update(webhook_delivery).where(
        _sent.id == message.id,
        _sent.state == "waiting",
        _sent.series == message.series,
        _sent.tries == message.tries,
    )
    return db.execute(unchanged.values(**values)).rowcount == 1


def _messages() -> Select[Any]:
    wanted: Sequence[Column[Any]] = [_sent[one.name] for one in fields(Message)]
    return select(*wanted)
