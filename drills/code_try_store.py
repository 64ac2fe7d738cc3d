"""Checking in with the six digits of the assembly point, and how often somebody may guess them."""

import unicodedata
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Column, Connection, ForeignKey, Index, Table, delete, func, insert, select

from community.store import resident
from drills.check_in_store import check_in_self
from drills.drill_store import drill_by_digits
from drills.roll_change_store import CheckIn
from drills.rollcall import Moment
from storage import RowId, UtcDateTime, metadata

MOST_TRIES = 5
TRIES_WITHIN = timedelta(minutes=10)
MOST_FORGOTTEN = 500

# Rows go with the resident who is erased.
drill_code_try = Table(
    "drill_code_try",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id), nullable=False),
    Column("tried_at", UtcDateTime, nullable=False),
    Index("ix_drill_code_try_resident_id_tried_at", "resident_id", "tried_at"),
    Index("ix_drill_code_try_tried_at", "tried_at"),
)

CodeRefusal = Literal["wrong_code", "too_many_tries"]
# What people are told.
CODE_REFUSALS: dict[CodeRefusal, str] = {
    "wrong_code": "签到码不对，请看集合点公布的六位数字，再输一次。",
    "too_many_tries": "输错太多次了，请等十分钟，或直接告诉现场的组织人员。",
}

_tries = drill_code_try.c


def check_in_by_code(
    db: Connection, resident_id: int, typed: str, moment: Moment
) -> CheckIn | CodeRefusal:
    """Note that a resident has come, by the digits that they read there.

    A wrong code is counted, and so it is returned and not raised; with ``MOST_TRIES`` of them
    within ten minutes even the right one is refused.

    Args:
        db: inside a write.
        resident_id: who.
        typed: as they typed it; full width and spaces are taken.
        moment: when.

    Raises:
        DrillRefused: as ``check_in_store.check_in_self``.
    """
    # Held, so that guesses sent at once are counted one after the other.
    db.execute(select(resident.c.id).where(resident.c.id == resident_id).with_for_update()).all()
    now = moment.recorded_at
    if _recent(db, resident_id, now) >= MOST_TRIES:
        return "too_many_tries"
    digits = "".join(unicodedata.normalize("NFKC", typed).split())
    held = drill_by_digits(db, digits) if digits.isdecimal() and len(digits) == 6 else None
    if held is None:
        db.execute(insert(drill_code_try), {"resident_id": resident_id, "tried_at": now})
        return "wrong_code"
    return check_in_self(db, held.id, resident_id, "code", moment)


def forget_tries(db: Connection, now: datetime) -> int:
    """Forget up to ``MOST_FORGOTTEN`` tries that count no more, a daily chore; return how many."""
    old = select(_tries.id).where(_tries.tried_at <= now - TRIES_WITHIN).limit(MOST_FORGOTTEN)
    return db.execute(delete(drill_code_try).where(_tries.id.in_(old))).rowcount


def _recent(db: Connection, resident_id: int, now: datetime) -> int:
    query = select(func.count()).where(
        _tries.resident_id == resident_id, _tries.tried_at > now - TRIES_WITHIN
    )
    return db.execute(query).scalar_one()
