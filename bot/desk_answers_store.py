"""Ready answers (常用回复) of a district, written by its staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from community.staff import Area
from community.staff_store import staff_member
from storage import RowId, UtcDateTime, metadata

MOST_ANSWERS = 50
MOST_TITLE_CHARACTERS = 20

desk_ready_answer = Table(
    "desk_ready_answer",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    Column("title", String(MOST_TITLE_CHARACTERS), nullable=False),
    Column("text", Text, nullable=False),
    Column("changed_by", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_desk_ready_answer_district_id", "district_id", "title"),
    sqlite_autoincrement=True,
)

_own = desk_ready_answer.c


class TooManyAnswers(Exception):
    """A district has as many ready answers as fit a page."""

    permanent = True

    def __init__(self, district_id: str) -> None:
        self.district_id = district_id
        super().__init__(f"{district_id} has {MOST_ANSWERS} ready answers: delete one first")


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """One ready answer; ``id`` is 0 before it is stored."""

    id: int
    district_id: str
    title: str
    text: str


def answers_of(db: Connection, district_id: str) -> list[ReadyAnswer]:
    """Return a district's ready answers by title."""
    query = select(_own.id, _own.district_id, _own.title, _own.text)
    query = query.where(_own.district_id == district_id).order_by(_own.title, _own.id)
    return [ReadyAnswer(*row) for row in db.execute(query)]


def find_answer(db: Connection, district_id: str, answer_id: int) -> ReadyAnswer | None:
    """Return one ready answer of a district."""
    return next((one for one in answers_of(db, district_id) if one.id == answer_id), None)


def keep_answer(db: Connection, answer: ReadyAnswer, staff_id: int, now: datetime) -> bool:
    """Add a ready answer, or change the one with its id; False when that is gone.

    Raises:
        TooManyAnswers: when the district has ``MOST_ANSWERS``.
    """
    values: dict[str, Any] = {
        "title": answer.title,
        "text": answer.text,
        "changed_by": staff_id,
        "changed_at": now,
    }
    if answer.id:
        changed = update(desk_ready_answer).where(
            _own.id == answer.id, _own.district_id == answer.district_id
        )
        return db.execute(changed.values(values)).rowcount == 1
    count = select(func.count()).where(_own.district_id == answer.district_id)
    if db.execute(count).scalar_one() >= MOST_ANSWERS:
        raise TooManyAnswers(answer.district_id)
    db.execute(insert(desk_ready_answer).values(district_id=answer.district_id, **values))
    return True


def drop_answer(db: Connection, area: Area, answer_id: int) -> bool:
    """Delete a ready answer of the districts of an area; False when there is none."""
    own = delete(desk_ready_answer).where(
        _own.id == answer_id, _own.district_id.in_(sorted(area.districts))
    )
    return db.execute(own).rowcount == 1
