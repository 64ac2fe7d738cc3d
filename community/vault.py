"""The identity vault (身份保密): who a report came from, readable only with a reason.

What is kept is sealed under the reporter's own key, and goes when they are erased. Opening it
needs a reason, a role, a second person's approval, and is written to the audit log before
anything is read.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from community import audit
from community.data_key_store import data_key, opened, opened_for, sealed_for
from community.sealing import Damaged, VaultError, WrongKey, seal, sealed_with, unseal
from community.staff import Role, Staff
from community.staff_store import staff_member
from storage import RowId, UtcDateTime, metadata, put

__all__ = [
    "Damaged",
    "IdentityRequest",
    "OpeningRefused",
    "ReasonMissing",
    "Source",
    "VaultError",
    "WrongKey",
    "approve_opening",
    "data_key",
    "identity",
    "identity_opening",
    "identity_request",
    "keep_identity",
    "open_identity",
    "open_requests",
    "opened_for",
    "propose_opening",
    "seal",
    "sealed_for",
    "unseal",
]

REQUEST_LIFETIME = timedelta(hours=24)
LEAST_REASON_CHARACTERS = 4
MOST_REASON_CHARACTERS = 500
OPENING_ROLES: tuple[Role, ...] = ("supervisor", "duty_officer")

identity = Table(
    "identity",
    metadata,
    Column("report_ref", String(60), primary_key=True),
    Column("district_id", String(40), nullable=False),
    # Erasing a person deletes their data keys, and so this row.
    Column("key_id", String(16), ForeignKey(data_key.c.key_id, ondelete="CASCADE"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_identity_key_id", "key_id"),
)

identity_request = Table(
    "identity_request",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("report_ref", String(60), nullable=False),
    Column("district_id", String(40), nullable=False),
    Column("asked_by", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("approved_by", RowId, ForeignKey(staff_member.c.id)),
    Column("approved_at", UtcDateTime),
    CheckConstraint("approved_by <> asked_by", name="second_person"),
    Index("ix_identity_request_district_id", "district_id", "expires_at"),
    Index("ix_identity_request_asked_by", "asked_by", "report_ref"),
    Index("ix_identity_request_approved_by", "approved_by"),
    sqlite_autoincrement=True,
)

identity_opening = Table(
    "identity_opening",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("request_id", RowId, ForeignKey(identity_request.c.id), nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Index("ix_identity_opening_request_id", "request_id"),
    sqlite_autoincrement=True,
)


class ReasonMissing(VaultError):
    """No reason was given, or one too short or long to be one."""

    def __init__(self) -> None:
        super().__init__(
            f"opening an identity needs a reason of {LEAST_REASON_CHARACTERS} "
            f"to {MOST_REASON_CHARACTERS} characters"
        )


class OpeningRefused(VaultError):
    """A staff member may not do this.

    Attributes:
        staff_id: who.
        report_ref: to which report.
        problem: ``role`` (not theirs to open), ``approval`` (no second person has agreed, or
            24 hours ago), ``unknown`` (nothing is kept of this report, or no more).
    """

    def __init__(
        self, staff_id: int, report_ref: str, problem: Literal["role", "approval", "unknown"]
    ) -> None:
        self.staff_id = staff_id
        self.report_ref = report_ref
        self.problem = problem
        super().__init__(f"staff {staff_id} may not open {report_ref}: {problem}")


@dataclass(frozen=True, slots=True)
class Source:
    """Which report came from whom.

    Attributes:
        report_ref: as ``report:33``.
        district_id: whose staff may ask.
        resident_id: who.
    """

    report_ref: str
    district_id: str
    resident_id: int


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Somebody's wish to know who a report came from.

    Attributes:
        id: internal.
        report_ref: of which report.
        district_id: where.
        asked_by: staff id.
        reason: in their words.
        asked_at: when.
        expires_at: no approval and no opening after.
        approved_by: staff id of the second person, None until then.
    """

    id: int
    report_ref: str
    district_id: str
    asked_by: int
    reason: str
    asked_at: datetime
    expires_at: datetime
    approved_by: int | None


def keep_identity(db: Connection, key: bytes, source: Source, plain: bytes) -> None:
    """Keep who a report came from, in place of what was kept of it before.

    Args:
        db: inside a write.
        key: as for ``sealed_for``.
        source: which report, and whose.
        plain: what an opening will show, as the caller wrote it.
    """
    sealed = sealed_for(db, key, source.resident_id, plain, source.report_ref.encode())
    row = {
        "report_ref": source.report_ref,
        "district_id": source.district_id,
        "key_id": sealed_with(sealed),
        "sealed": sealed,
    }
    put(db, identity, row, keys=["report_ref"])


def propose_opening(
    db: Connection, staff: Staff, report_ref: str, reason: str, now: datetime
) -> int:
    """Ask to know who a report came from; return the request's id, for a second person.

    Raises:
        ReasonMissing: when the reason is none.
        OpeningRefused: when it is not theirs to ask, or nothing is kept of the report.
    """
    said = _checked_reason(reason)
    district_id = _district_for(db, staff, report_ref)
    row = {
        "report_ref": report_ref,
        "district_id": district_id,
        "asked_by": staff.id,
        "reason": said,
        "asked_at": now,
        "expires_at": now + REQUEST_LIFETIME,
    }
    added = db.execute(insert(identity_request).values(row).returning(identity_request.c.id))
    request_id: int = added.scalar_one()
    _note(db, "identity.asked", staff, _Act(report_ref, district_id, request_id), now)
    return request_id


def approve_opening(db: Connection, staff: Staff, request_id: int, now: datetime) -> bool:
    """Agree to somebody else's request.

    False when none waits for them: it was agreed to, is past, is their own, or elsewhere.
    """
    districts = staff.area(*OPENING_ROLES).districts
    row = db.execute(
        update(identity_request)
        .where(
            identity_request.c.id == request_id,
            identity_request.c.approved_by.is_(None),
            identity_request.c.asked_by != staff.id,
            identity_request.c.district_id.in_(districts),
            identity_request.c.expires_at > now,
        )
        .values(approved_by=staff.id, approved_at=now)
        .returning(identity_request.c.report_ref, identity_request.c.district_id)
    ).one_or_none()
    if row is None:
        return False
    _note(db, "identity.approved", staff, _Act(row.report_ref, row.district_id, request_id), now)
    return True


def open_identity(  # noqa: PLR0913, PLR0917 - who, what, why and when are each their own
    db: Connection, key: bytes, staff: Staff, report_ref: str, reason: str, now: datetime
) -> bytes:
    """Return who a report came from, to whoever asked and was agreed to within 24 hours.

    The audit row is written first, in the same transaction.

    Raises:
        ReasonMissing: when the reason is none.
        OpeningRefused: when it is not theirs, not agreed to, or nothing is kept (any more).
        WrongKey: when the installation's key is another.
        Damaged: when what is kept is.
    """
    said = _checked_reason(reason)
    district_id = _district_for(db, staff, report_ref)
    request_id = _agreed_request(db, staff, report_ref, now)
    opening = {"request_id": request_id, "reason": said, "opened_at": now}
    db.execute(insert(identity_opening).values(opening))
    _note(db, "identity.opened", staff, _Act(report_ref, district_id, request_id), now)
    kept = db.scalars(select(identity.c.sealed).where(identity.c.report_ref == report_ref))
    plain = opened(db, key, kept.one(), report_ref.encode())
    if plain is None:  # pragma: no cover - the row goes with its key
        raise OpeningRefused(staff.id, report_ref, "unknown")
    return plain


def open_requests(db: Connection, staff: Staff, now: datetime) -> list[IdentityRequest]:
    """Return the requests that are not past where this staff member may agree or open."""
    districts = staff.area(*OPENING_ROLES).districts
    names = [column for column in identity_request.columns if column.name != "approved_at"]
    rows = db.execute(
        select(*names)
        .where(identity_request.c.district_id.in_(districts), identity_request.c.expires_at > now)
        .order_by(identity_request.c.id)
    )
    return [IdentityRequest(**row._asdict()) for row in rows]


@dataclass(frozen=True, slots=True)
class _Act:
    report_ref: str
    district_id: str
    request_id: int


def _note(db: Connection, action: str, staff: Staff, act: _Act, now: datetime) -> None:
    audit.note(
        db,
        actor=f"staff:{staff.id}",
        action=action,
        subject=act.report_ref,
        detail={"request": act.request_id},
        now=now,
        district_id=act.district_id,
    )


def _checked_reason(reason: str) -> str:
    said = reason.strip()
    if not LEAST_REASON_CHARACTERS <= len(said) <= MOST_REASON_CHARACTERS:
        raise ReasonMissing
    return said


def _district_for(db: Connection, staff: Staff, report_ref: str) -> str:
    """Return a report's district, in which the staff member has to have the role."""
    query = select(identity.c.district_id).where(identity.c.report_ref == report_ref)
    district_id: str | None = db.execute(query).scalar_one_or_none()
    # Those without the role must not learn which reports have somebody behind them.
    _require_role(staff, report_ref, district_id)
    if district_id is None:
        raise OpeningRefused(staff.id, report_ref, "unknown")
    return district_id


def _require_role(staff: Staff, report_ref: str, district_id: str | None) -> None:
    districts = staff.area(*OPENING_ROLES).districts
    if not districts or (district_id is not None and district_id not in districts):
        raise OpeningRefused(staff.id, report_ref, "role")


def _agreed_request(db: Connection, staff: Staff, report_ref: str, now: datetime) -> int:
    request_id: int | None = db.scalar(
        select(identity_request.c.id)
        .where(
            identity_request.c.report_ref == report_ref,
            identity_request.c.asked_by == staff.id,
            identity_request.c.approved_by.is_not(None),
            identity_request.c.expires_at > now,
        )
        .order_by(identity_request.c.id.desc())
        .limit(1)
    )
    if request_id is None:
        raise OpeningRefused(staff.id, report_ref, "approval")
    return request_id
