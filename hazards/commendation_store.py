"""Commendations: certificates of thanks, and the honour roll of those who agreed to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    select,
    update,
)

from community.store import resident
from hazards.store import hazard_report
from storage import RowId, UtcDateTime, insert_if_absent, metadata, new_code

MOST_SHOWN = 200
MOST_TEXT = 400
UNNAMED = "热心市民"

commendation = Table(
    "commendation",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    # Nobody for anonymous reports. Whoever is erased takes the row along: it may name them.
    Column("resident_id", RowId, ForeignKey(resident.c.id)),
    Column("report_id", RowId, ForeignKey(hazard_report.c.id), nullable=False),
    Column("shown_as", String(40), nullable=False),
    Column("text", String(MOST_TEXT), nullable=False),
    Column("issued_by", RowId),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # Only what the person has agreed to stands on the roll; the moment they did is kept.
    Column("is_on_honour_roll", Boolean, nullable=False),
    Column("consented_at", UtcDateTime),
    Column("withdrawn_at", UtcDateTime),
    UniqueConstraint("report_id", "text"),
    Index("ix_commendation_resident_id", "resident_id"),
    Index("ix_commendation_roll", "district_id", "is_on_honour_roll", "issued_at"),
    sqlite_autoincrement=True,
)

_columns = commendation.c


@dataclass(frozen=True, slots=True)
class NewCommendation:
    """A certificate to be issued.

    Attributes:
        district_id: who thanks.
        report_id: for which report.
        resident_id: whom; None for an anonymous report.
        text: what for, in Chinese; staff have looked at it.
        shown_as: the name on it, which the person chose.
        expires_at: until when its code is confirmed.
        issued_by: a staff id; None for the service itself.
    """

    district_id: str
    report_id: int
    resident_id: int | None
    text: str
    expires_at: datetime
    shown_as: str = UNNAMED
    issued_by: int | None = None


@dataclass(frozen=True, slots=True)
class Commendation:
    """A certificate, as kept; as ``NewCommendation``, with the code that proves it."""

    id: int
    code: str
    district_id: str
    report_id: int
    resident_id: int | None
    shown_as: str
    text: str
    issued_at: datetime
    expires_at: datetime
    is_on_honour_roll: bool
    withdrawn_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether its code is to be confirmed."""
        return self.withdrawn_at is None and now < self.expires_at


def issue(db: Connection, new: NewCommendation, now: datetime) -> Commendation:
    """Issue a certificate; the same text for the same report again returns the one there is."""
    values = {
        "district_id": new.district_id,
        "resident_id": new.resident_id,
        "report_id": new.report_id,
        "shown_as": new.shown_as,
        "text": new.text,
        "issued_by": new.issued_by,
        "issued_at": now,
        "expires_at": new.expires_at,
        "is_on_honour_roll": False,
    }
    code = new_code()
    while commendation_by_code(db, code) is not None:
        code = new_code()
    insert_if_absent(db, commendation, {**values, "code": code}, keys=["report_id", "text"])
    same = (_columns.report_id == new.report_id, _columns.text == new.text)
    return _commendation(db.execute(select(commendation).where(*same)).one())


def commendation_by_code(db: Connection, code: str) -> Commendation | None:
    """Return a certificate by its code, as ``storage.read_code`` reads it."""
    return _found(db, _columns.code == code)


def commendation_by_id(db: Connection, commendation_id: int) -> Commendation | None:
    """Return a certificate by its id."""
    return _found(db, _columns.id == commendation_id)


def commendations_of(db: Connection, resident_id: int, most: int = 20) -> list[Commendation]:
    """Return a resident's latest certificates, newest first."""
    rows = db.execute(
        select(commendation)
        .where(_columns.resident_id == resident_id)
        .order_by(_columns.id.desc())
        .limit(most)
    )
    return [_commendation(row) for row in rows]


def agree_to_roll(
    db: Connection, commendation_id: int, resident_id: int, shown_as: str, now: datetime
) -> bool:
    """Put a certificate on the honour roll, as its owner agrees, under the name they chose.

    False when it is not theirs or was withdrawn.
    """
    values = {"is_on_honour_roll": True, "consented_at": now, "shown_as": shown_as}
    theirs = _columns.resident_id == resident_id
    return _changed(db, commendation_id, values, theirs, _columns.withdrawn_at.is_(None))


def leave_roll(db: Connection, commendation_id: int, resident_id: int) -> bool:
    """Take a certificate off the honour roll at its owner's wish; False when it is not theirs."""
    values = {"is_on_honour_roll": False, "consented_at": None}
    return _changed(db, commendation_id, values, _columns.resident_id == resident_id)


def withdraw(db: Connection, commendation_id: int, now: datetime) -> bool:
    """Withdraw a certificate that should not have been issued; False when that was done before."""
    values = {"withdrawn_at": now, "is_on_honour_roll": False}
    return _changed(db, commendation_id, values, _columns.withdrawn_at.is_(None))


def honour_roll(
    db: Connection, district_ids: Sequence[str], now: datetime, most: int = MOST_SHOWN
) -> list[Commendation]:
    """Return the certificates that may be shown to everybody, newest first."""
    rows = db.execute(
        select(commendation)
        .where(
            _columns.district_id.in_(district_ids),
            _columns.is_on_honour_roll,
            _columns.expires_at > now,
        )
        .order_by(_columns.issued_at.desc(), _columns.id.desc())
        .limit(most)
    )
    return [_commendation(row) for row in rows]


def _changed(
    db: Connection, commendation_id: int, values: dict[str, Any], *conditions: ColumnElement[bool]
) -> bool:
    changed = db.execute(
        update(commendation).where(_columns.id == commendation_id, *conditions).values(**values)
    )
    return changed.rowcount == 1


def _found(db: Connection, *conditions: ColumnElement[bool]) -> Commendation | None:
    row = db.execute(select(commendation).where(*conditions)).one_or_none()
    return _commendation(row) if row else None


def _commendation(row: Row[Any]) -> Commendation:
    return Commendation(
        row.id,
        row.code,
        row.district_id,
        row.report_id,
        row.resident_id,
        row.shown_as,
        row.text,
        row.issued_at,
        row.expires_at,
        row.is_on_honour_roll,
        row.withdrawn_at,
    )
