"""The tables of the dialogue: turns (for repeats and the last day's history) and sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    select,
    update,
)

from community.delivery_store import delivery
from community.store import account_of, add_account, channel_account
from storage import JsonText, Prepared, RowId, UtcDateTime, inserted_id, metadata, put

# A platform repeats a message within minutes; the reply is kept for a day so that the repeat
# gets the same one and the page can show the conversation again.
TURNS_KEPT = timedelta(hours=24)
SESSIONS_KEPT = timedelta(days=30)
ROWS_PER_CHUNK = 500

turn = Table(
    "turn",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account_id", RowId, ForeignKey(channel_account.c.id), nullable=False),
    Column("utterance_id", String(200), nullable=False),
    Column("said", Text, nullable=False),
    Column("replies", JsonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "utterance_id"),
    Index("ix_turn_at", "at"),
    sqlite_autoincrement=True,  # a page asks for turns after an id, so ids are never used twice
)

session = Table(
    "session",
    metadata,
    Column("account_id", RowId, ForeignKey(channel_account.c.id), primary_key=True),
    Column("state", JsonText, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_session_changed_at", "changed_at"),
)


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One stored turn: what was said and the replies as JSON."""

    id: int
    said: str
    replies: list[dict[str, Any]]
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session's JSON, of whatever shape it was written in, and when it last changed."""

    state: object
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is stored of the sender of a message.

    Attributes:
        account_id: their row.
        turn: what was made of this very message already, if it is a repeat.
        session: theirs, if any.
        has_waiting: something for them is in the outbox.
    """

    account_id: int
    turn: TurnRow | None = None
    session: StoredSession | None = None
    has_waiting: bool = False


_turn_of_utterance = select(turn.c.id, turn.c.said, turn.c.replies, turn.c.at).where(
    turn.c.account_id == bindparam("account"), turn.c.utterance_id == bindparam("utterance")
)
_session_of_account = select(session.c.state, session.c.changed_at).where(
    session.c.account_id == bindparam("account")
)

# One look instead of four.
_standing = Prepared(
    select(
        channel_account.c.id,
        exists().where(
            delivery.c.account_id == channel_account.c.id, delivery.c.settled_at.is_(None)
        ),
        session.c.state,
        session.c.changed_at,
        turn.c.id,
        turn.c.said,
        turn.c.replies,
        turn.c.at,
    )
    .outerjoin(session, session.c.account_id == channel_account.c.id)
    .outerjoin(
        turn,
        and_(
            turn.c.account_id == channel_account.c.id,
            turn.c.utterance_id == bindparam("utterance"),
        ),
    )
    .where(
        channel_account.c.channel == bindparam("channel"),
        channel_account.c.name == bindparam("name"),
    )
)


def take_up(db: Connection, channel: str, name: str, utterance_id: str, now: datetime) -> Standing:
    """Return what is stored of who sent a message, with the account held as ``account_of`` does.

    A new account gets its row.
    """
    if db.dialect.name == "postgresql":
        # Before the rest is read: a query that itself waits for the account would show the
        # session as it was before the wait.
        account_of(db, channel, name, now)
    sought = {"channel": channel, "name": name, "utterance": utterance_id}
    row = _standing.row(db, sought)
    if row is None:
        return Standing(add_account(db, channel, name, now))
    account_id, has_waiting, state, changed_at, *seen = row
    stored = None if changed_at is None else StoredSession(state, changed_at)
    found = None if seen[0] is None else TurnRow(*seen)
    return Standing(account_id, found, stored, bool(has_waiting))


def find_turn(db: Connection, account_id: int, utterance_id: str) -> TurnRow | None:
    """Return the turn already made of this utterance, if any."""
    sought = {"account": account_id, "utterance": utterance_id}
    row = db.execute(_turn_of_utterance, sought).one_or_none()
    return TurnRow(*row) if row else None


def add_turn(
    db: Connection, account_id: int, utterance_id: str, row: TurnRow
) -> tuple[TurnRow, bool]:
    """Store a turn unless this utterance has one; the id in ``row`` is not looked at.

    Returns:
        The turn that stands, with its id, and whether it is the one given.
    """
    values = {
        "account_id": account_id,
        "utterance_id": utterance_id,
        "said": row.said,
        "replies": row.replies,
        "at": row.at,
    }
    new_id = inserted_id(db, turn, values, keys=["account_id", "utterance_id"])
    if new_id is not None:
        return replace(row, id=new_id), True
    standing = find_turn(db, account_id, utterance_id)
    if standing is None:  # pragma: no cover - the row stood there
        raise LookupError(f"the turn of {utterance_id} vanished within a transaction")
    return standing, False


def turns_after(
    db: Connection, account_id: int, after: int, since: datetime, most: int
) -> Sequence[TurnRow]:
    """Return the latest ``most`` turns with an id above ``after``, oldest first."""
    rows = db.execute(
        select(turn.c.id, turn.c.said, turn.c.replies, turn.c.at)
        .where(turn.c.account_id == account_id, turn.c.id > after, turn.c.at >= since)
        .order_by(turn.c.id.desc())
        .limit(most)
    )
    return [TurnRow(*row) for row in reversed(rows.all())]


def turn_of(db: Connection, account_id: int, turn_id: int) -> TurnRow | None:
    """Return one turn of this account, or None when it is another's or gone."""
    row = db.execute(
        select(turn.c.id, turn.c.said, turn.c.replies, turn.c.at).where(
            turn.c.id == turn_id, turn.c.account_id == account_id
        )
    ).one_or_none()
    return TurnRow(*row) if row else None


def load_session(db: Connection, account_id: int) -> StoredSession | None:
    """Return the session, if any; who will change it holds the account's row (``account_of``)."""
    row = db.execute(_session_of_account, {"account": account_id}).one_or_none()
    return StoredSession(*row) if row else None


def save_session(db: Connection, account_id: int, state: dict[str, Any], now: datetime) -> None:
    """Store the session's JSON, new or changed."""
    values = {"account_id": account_id, "state": state, "changed_at": now}
    put(db, session, values, keys=["account_id"])


def blank_turns(db: Connection, account_id: int, since: datetime) -> None:
    """Empty what was said and answered since then; the rows stay, to know repeats by.

    So do the deliveries that carried the answers.
    """
    mine = (turn.c.account_id == account_id) & (turn.c.at >= since)
    ids = select(turn.c.id).where(mine)
    own = delivery.c
    db.execute(
        update(delivery).where(own.account_id == account_id, own.turn_id.in_(ids)).values(body=[])
    )
    db.execute(update(turn).where(mine).values(said="", replies=[]))


def forget_old(db: Connection, now: datetime) -> int:
    """Delete at most one chunk of turns and one of sessions past their time.

    Returns how many rows went; 0 means that nothing old is left.
    """
    turns = select(turn.c.id).where(turn.c.at < now - TURNS_KEPT).limit(ROWS_PER_CHUNK)
    sessions = (
        select(session.c.account_id)
        .where(session.c.changed_at < now - SESSIONS_KEPT)
        .limit(ROWS_PER_CHUNK)
    )
    gone = db.execute(delete(turn).where(turn.c.id.in_(turns))).rowcount
    return gone + db.execute(delete(session).where(session.c.account_id.in_(sessions))).rowcount
