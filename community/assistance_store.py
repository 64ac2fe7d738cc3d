"""The tables of who needs help to leave a building, sealed under each resident's own key.

Room, kinds and phone are unreadable for good once the resident is erased, and wiped once they
take their consent back. Whoever reads is noted in the audit log first, in the same transaction.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from community import audit
from community.assistance import (
    GRACE,
    Household,
    Need,
    NeedsRefused,
    a_year_after,
    checked_reason,
    households,
    packed,
    unpacked,
)
from community.building_posts import building_place, is_head_of
from community.data_key_store import data_key, opened, sealed_for
from community.register_store import building
from community.sealing import Damaged, sealed_with
from community.staff import Staff
from community.staff_store import find_staff, staff_member
from community.store import resident
from storage import RowId, UtcDateTime, metadata

logger = logging.getLogger(__name__)

assistance_need = Table(
    "assistance_need",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    # Both NULL once it was withdrawn. Erasing a person deletes their key, and so this row.
    Column("key_id", String(16), ForeignKey(data_key.c.key_id, ondelete="CASCADE")),
    Column("sealed", LargeBinary),
    Column("consent_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("renew_by", UtcDateTime, nullable=False),
    Column("reminded_at", UtcDateTime),
    Column("withdrawn_at", UtcDateTime),
    Index("ix_assistance_need_resident_id", "resident_id", "building_id"),
    Index("ix_assistance_need_building_id", "building_id"),
    Index("ix_assistance_need_key_id", "key_id"),
    Index("ix_assistance_need_renew_by", "renew_by"),
    sqlite_autoincrement=True,
)

assistance_opening = Table(
    "assistance_opening",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("households", Integer, nullable=False),
    Index("ix_assistance_opening_building_id", "building_id", "opened_at"),
    Index("ix_assistance_opening_staff_id", "staff_id"),
    sqlite_autoincrement=True,
)

_need = assistance_need.c
_WIPED = {"sealed": None, "key_id": None}


@dataclass(frozen=True, slots=True)
class Registered:
    """A running registration, without what is sealed in it.

    Attributes:
        id: internal.
        resident_id: whose.
        building_id: where.
        consent_at: when they agreed, first or again.
        renew_by: until when it holds unless they agree again, and 30 days of grace more.
    """

    id: int
    resident_id: int
    building_id: int
    consent_at: datetime
    renew_by: datetime


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A list opened in an incident.

    Attributes:
        id: of the opening, as the audit log names it.
        building_id: of which building.
        opened_by: the name of who opened it.
        opened_at: when.
        reason: in their words.
        households: one line a door, from the highest floor down, with phones.
        unreadable: how many registrations are damaged: somebody waits behind a door not listed.
    """

    id: int
    building_id: int
    opened_by: str
    opened_at: datetime
    reason: str
    households: tuple[Household, ...]
    unreadable: int = 0


def register_need(  # noqa: PLR0913, PLR0917 - whose, where and what are each their own
    db: Connection, key: bytes, resident_id: int, building_id: int, need: Need, now: datetime
) -> int:
    """Register what a resident needs in a building, in place of what they had there before.

    Args:
        db: inside a write.
        key: of the installation's vault.
        resident_id: whose; held until the transaction ends.
        building_id: where.
        need: as ``community.assistance.read_need`` returns it.
        now: when they agreed; a year later they are asked again.

    Returns:
        The registration's id.
    """
    db.execute(select(resident.c.id).where(resident.c.id == resident_id).with_for_update())
    _wipe(db, _of(resident_id, building_id), now)
    kept = Registered(0, resident_id, building_id, now, a_year_after(now))
    return _insert(db, key, kept, need, now)


def change(  # noqa: PLR0913, PLR0917 - as register_need
    db: Connection, key: bytes, resident_id: int, building_id: int, need: Need, now: datetime
) -> bool:
    """Change what is registered; the consent stays as old as it is. False when there is none."""
    db.execute(select(resident.c.id).where(resident.c.id == resident_id).with_for_update())
    running = registered(db, resident_id, building_id, now)
    if running is None:
        return False
    _wipe(db, _of(resident_id, building_id), now)
    _insert(db, key, running, need, now)
    return True


def withdraw_need(db: Connection, resident_id: int, building_id: int, now: datetime) -> bool:
    """Take a consent back: what was registered is wiped. False when there is none."""
    return _wipe(db, _of(resident_id, building_id), now) > 0


def renew(db: Connection, resident_id: int, building_id: int, now: datetime) -> bool:
    """Agree for one more year; False when there is nothing any more to agree to."""
    renewed = db.execute(
        update(assistance_need)
        .where(_of(resident_id, building_id), _holds(now))
        .values(consent_at=now, renew_by=a_year_after(now), reminded_at=None)
    )
    return renewed.rowcount > 0


def registered(
    db: Connection, resident_id: int, building_id: int, now: datetime
) -> Registered | None:
    """Return a resident's running registration in a building, without what is sealed in it."""
    return next(iter(_registered(db, _of(resident_id, building_id) & _holds(now))), None)


def registrations_of(db: Connection, resident_id: int, now: datetime) -> list[Registered]:
    """Return all running registrations of a resident, the latest first."""
    return _registered(db, (_need.resident_id == resident_id) & _holds(now))


def need_of(
    db: Connection, key: bytes, resident_id: int, building_id: int, now: datetime
) -> Need | None:
    """Return what a resident has registered, for themselves to see; None when nothing.

    Raises:
        WrongKey: when the installation's key is another.
        Damaged: when what is kept is.
    """
    query = select(_need.sealed).where(_of(resident_id, building_id), _holds(now))
    sealed = db.scalar(query.order_by(_need.id.desc()).limit(1))
    plain = opened(db, key, sealed, _context(building_id)) if sealed else None
    return unpacked(plain) if plain else None


def due_for_renewal(db: Connection, now: datetime, limit: int) -> list[Registered]:
    """Return registrations whose year is over and who were not asked yet, the oldest first."""
    due = (_need.renew_by <= now) & _need.reminded_at.is_(None) & _holds(now)
    rows = db.execute(_columns().where(due).order_by(_need.renew_by, _need.id).limit(limit))
    return [Registered(*row) for row in rows]


def note_reminded(db: Connection, need_id: int, now: datetime) -> bool:
    """Note that somebody was asked to renew; False when they were asked, or it has ended."""
    unasked = (_need.id == need_id) & _need.reminded_at.is_(None) & _need.withdrawn_at.is_(None)
    return db.execute(update(assistance_need).where(unasked).values(reminded_at=now)).rowcount == 1


def end_unrenewed(db: Connection, now: datetime, limit: int) -> int:
    """Wipe up to ``limit`` registrations that nobody renewed in time; return how many."""
    late = (_need.renew_by <= now - GRACE) & _need.withdrawn_at.is_(None)
    ids = db.scalars(select(_need.id).where(late).order_by(_need.renew_by).limit(limit)).all()
    return _wipe(db, _need.id.in_(ids) & (_need.renew_by <= now - GRACE), now) if ids else 0


def residents_needing_help(
    db: Connection, building_ids: Collection[int], now: datetime
) -> set[int]:
    """Return the ids of residents who registered for help in one of the buildings."""
    query = select(_need.resident_id).where(_need.building_id.in_(building_ids), _holds(now))
    return set(db.scalars(query))


def needs_for_head(
    db: Connection, key: bytes, staff: Staff, building_id: int, now: datetime
) -> list[Household]:
    """Return who needs help, without phones, to the head named for this building alone.

    That they looked is noted in the audit log, so this is a write.

    Raises:
        NeedsRefused: when the head is not named for it, or has no such post any more.
        WrongKey: when the installation's key is another.
    """
    place = building_place(db, building_id)
    if place is None or not is_head_of(db, staff, building_id):
        raise NeedsRefused(staff.id, building_id, "role")
    seen = _Sight("assistance.seen", staff.id, building_id, place[0])
    needs, unreadable = _opened(db, key, building_id, now)
    _note(db, seen, {"needs": len(needs), "unreadable": unreadable}, now)
    return households(needs, with_phones=False)


def open_list(  # noqa: PLR0913, PLR0917 - who, what, why and when are each their own
    db: Connection, key: bytes, staff: Staff, building_id: int, reason: str, now: datetime
) -> OpenedList:
    """Open the whole list with phones, to a duty officer of the place in a real incident.

    The opening, its reason, and its row in the audit log are written in the same transaction.
    A damaged registration is counted, not raised: the others are needed now.

    Raises:
        NeedsRefused: when they are no duty officer there, or the reason is none.
        WrongKey: when the installation's key is another.
    """
    place = building_place(db, building_id)
    on_duty = find_staff(db, staff.id)
    if place is None or on_duty is None or not on_duty.area("duty_officer").holds(*place):
        raise NeedsRefused(staff.id, building_id, "role")
    said = checked_reason(staff.id, building_id, reason)
    needs, unreadable = _opened(db, key, building_id, now)
    doors = tuple(households(needs, with_phones=True))
    row = {
        "building_id": building_id,
        "staff_id": staff.id,
        "reason": said,
        "opened_at": now,
        "households": len(doors),
    }
    added = db.execute(insert(assistance_opening).values(row).returning(assistance_opening.c.id))
    opening_id: int = added.scalar_one()
    sight = _Sight("assistance.opened", staff.id, building_id, place[0])
    _note(db, sight, {"opening": opening_id, "unreadable": unreadable}, now)
    return OpenedList(opening_id, building_id, on_duty.name, now, said, doors, unreadable)


@dataclass(frozen=True, slots=True)
class _Sight:
    """Who looked at what, for the audit log."""

    action: str
    staff_id: int
    building_id: int
    district_id: str


def _note(db: Connection, sight: _Sight, detail: dict[str, str | int], now: datetime) -> None:
    audit.note(
        db,
        actor=f"staff:{sight.staff_id}",
        action=sight.action,
        subject=f"building:{sight.building_id}",
        detail=detail,
        now=now,
        district_id=sight.district_id,
    )


def _insert(db: Connection, key: bytes, kept: Registered, need: Need, now: datetime) -> int:
    context = _context(kept.building_id)
    sealed = sealed_for(db, key, kept.resident_id, packed(need), context)
    row = {
        "resident_id": kept.resident_id,
        "building_id": kept.building_id,
        "key_id": sealed_with(sealed),
        "sealed": sealed,
        "consent_at": kept.consent_at,
        "changed_at": now,
        "renew_by": kept.renew_by,
    }
    added = db.execute(insert(assistance_need).values(row).returning(_need.id))
    need_id: int = added.scalar_one()
    return need_id


def _wipe(db: Connection, which: ColumnElement[bool], now: datetime) -> int:
    values = {**_WIPED, "withdrawn_at": now, "changed_at": now}
    running = which & _need.withdrawn_at.is_(None)
    return db.execute(update(assistance_need).where(running).values(values)).rowcount


def _opened(db: Connection, key: bytes, building_id: int, now: datetime) -> tuple[list[Need], int]:
    """Return what is registered in a building, and how many registrations are damaged."""
    query = select(_need.id, _need.sealed).where(_need.building_id == building_id, _holds(now))
    needs: list[Need] = []
    unreadable = 0
    for row in db.execute(query.order_by(_need.id)).all():
        try:
            plain = opened(db, key, row.sealed, _context(building_id))
        except Damaged:
            logger.exception("registration %s of building %s is damaged", row.id, building_id)
            unreadable += 1
            continue
        needs += [unpacked(plain)] if plain else []
    return needs, unreadable


def _registered(db: Connection, which: ColumnElement[bool]) -> list[Registered]:
    rows = db.execute(_columns().where(which).order_by(_need.id.desc()))
    return [Registered(*row) for row in rows]


def _columns() -> Select[Any]:
    return select(_need.id, _need.resident_id, _need.building_id, _need.consent_at, _need.renew_by)


def _of(resident_id: int, building_id: int) -> ColumnElement[bool]:
    return (_need.resident_id == resident_id) & (_need.building_id == building_id)


def _holds(now: datetime) -> ColumnElement[bool]:
    """Return whether a registration holds: not withdrawn, and renewed in time or in grace."""
    return _need.withdrawn_at.is_(None) & (_need.renew_by > now - GRACE)


def _context(building_id: int) -> bytes:
    # Not the resident: who turns out to be the same person as another has another id.
    return b"assistance:" + str(building_id).encode()
