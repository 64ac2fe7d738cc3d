"""What residents' questions leave behind: unanswered ones, ratings, and chosen topics.

Questions are kept without the resident and with personal numbers masked; they teach curators
which answer or which wording is missing.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage import JsonText, Prepared, RowId, UtcDateTime, insert_if_absent, metadata

KINDS = ("declined", "disliked", "clarified")
MOST_KEPT_CHARACTERS = 500

unanswered = Table(
    "unanswered",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("question", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("nearest", JsonText, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("resident_id", RowId, nullable=False),
    Column("topic", String(80), nullable=False),
    Column("day", Date, nullable=False),
    Column("useful", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("resident_id", "topic", "day"),
)

labelled_question = Table(
    "labelled_question",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("question", Text, nullable=False),
    Column("topic", String(80), nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
# Phone, identity and bank numbers, also dictated ones and ones written in groups. A date
# (2026-11-22) or a run of short numbers is masked with them: better too much than too little.
_LONG_NUMBER = re.compile(
    r"[0-9零〇一二三四五六七八九幺](?:[\s.·－-]?[0-9零〇一二三四五六七八九幺]){6,}[xX]?"
)
_ROOM = re.compile(
    r"(?<=[栋幢座元号楼－-])\s?\d{3,4}(?!\d|\s?[元米度瓦块])|\d{3,4}(?=号房|室|房间)"
)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that was declined, disliked, or met with choices none of which was meant."""

    question: str
    kind: str
    nearest: tuple[str, ...]
    count: int
    first_at: datetime
    last_at: datetime


def masked(question: str) -> str:
    """Return a question as it may be kept: shortened, personal numbers replaced by ＊."""
    shown = question.strip()[:MOST_KEPT_CHARACTERS]
    text = "".join(_digit(sign) if sign.isdigit() else sign for sign in shown)
    for pattern in (_EMAIL, _LONG_NUMBER, _ROOM):
        text = pattern.sub("＊＊＊", text)
    return text


def _digit(sign: str) -> str:
    """Return 3 for any way to write it, such as ３ or ③."""
    return str(unicodedata.digit(sign))


def record_unanswered(
    connection: Connection, *, question: str, kind: str, nearest: Sequence[str], now: datetime
) -> None:
    """Count a question that found no answer; the same words again raise the count.

    Args:
        connection: inside a write.
        question: as written; it is masked here, and one without any word is not kept.
        kind: one of ``KINDS``.
        nearest: ids of the topics that came closest, best first.
        now: when it was asked.
    """
    key = _key(kind, question)
    if not key:
        return
    row = {
        "key": key, "question": masked(question), "kind": kind, "nearest": list(nearest),
        "count": 1, "first_at": now, "last_at": now,
    }  # fmt: skip
    _counting(connection.dialect.name, unanswered, ("last_at", "nearest")).row(connection, row)


def list_unanswered(connection: Connection, limit: int = 100) -> list[Unanswered]:
    """Return the unanswered questions, the most asked first, the latest first among equals."""
    query = (
        select(unanswered)
        .order_by(unanswered.c.count.desc(), unanswered.c.last_at.desc(), unanswered.c.id)
        .limit(limit)
    )
    # By name in the mapping: `count` is also a method of every row.
    rows = connection.execute(query).mappings()
    return [
        Unanswered(
            row["question"], row["kind"], tuple(row["nearest"]),
            row["count"], row["first_at"], row["last_at"],
        )
        for row in rows
    ]  # fmt: skip


def record_feedback(
    connection: Connection, *, resident_id: int, topic: str, useful: bool, now: datetime
) -> bool:
    """Note whether an answer was useful; the first rating of a topic on a day stays.

    Args:
        connection: inside a write.
        resident_id: who rates; once a topic a day.
        topic: the answer rated.
        useful: 有用 or 没用.
        now: the day is counted in its time zone, so pass the district's.

    Returns:
        False when this resident had already rated the topic that day.
    """
    row = {
        "resident_id": resident_id, "topic": topic, "day": date(now.year, now.month, now.day),
        "useful": useful, "at": now,
    }  # fmt: skip
    return insert_if_absent(connection, feedback, row, keys=["resident_id", "topic", "day"])


def record_label(connection: Connection, *, question: str, topic: str, now: datetime) -> None:
    """Count that somebody who asked ``question`` chose ``topic`` from the choices.

    Kept as material for authors; like unanswered questions it names nobody.
    """
    key = _key(topic, question)
    if not key:
        return
    row = {
        "key": key, "question": masked(question), "topic": topic,
        "count": 1, "first_at": now, "last_at": now,
    }  # fmt: skip
    _counting(connection.dialect.name, labelled_question, ("last_at",)).row(connection, row)


@cache
def _counting(dialect: str, table: Table, renewed: tuple[str, ...]) -> Prepared:
    """Return what inserts a row, or counts one more and renews these columns of the standing."""
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    changed = {
        "count": table.c.count + 1,
        **{name: statement.excluded[name] for name in renewed},
    }
    return Prepared(statement.on_conflict_do_update(index_elements=["key"], set_=changed))


def _key(about: str, question: str) -> str:
    """Return what makes two questions the same: letters and digits alone; "" without any."""
    words = "".join(
        sign for sign in unicodedata.normalize("NFKC", masked(question)).lower() if sign.isalnum()
    )
    return hashlib.sha256(f"{about}\n{words}".encode()).hexdigest() if words else ""
