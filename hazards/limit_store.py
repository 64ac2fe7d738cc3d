"""Counting reports, and blocking whoever keeps sending false ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from community import audit
from community.store import resident
from hazards.limits import FALSE_REPORTS
from hazards.store import hazard_block, hazard_limit, hazard_report
from storage import insert_if_absent

ROWS_PER_CHUNK = 500
MOST_REASON_CHARACTERS = 500
MOST_APPEAL_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class NewBlock:
    """Who is not to report, why, by whom, and from when until when."""

    resident_id: int
    district_id: str
    reason: str
    staff_id: int | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody may not report for a while; ``appeal`` is what they said to it, "" if nothing."""

    id: int
    resident_id: int
    district_id: str
    reason: str
    staff_id: int | None
    since: datetime
    until: datetime
    appeal: str
    appealed_at: datetime | None
    lifted_at: datetime | None


def hold_resident(db: Connection, resident_id: int) -> None:
    """Hold a resident until the transaction ends, so that two reports never count together."""
    db.execute(select(resident.c.id).where(resident.c.id == resident_id).with_for_update()).all()


def reports_since(
    db: Connection,
    resident_id: int,
    since: datetime,
    place: tuple[int, str] | None = None,
) -> list[datetime]:
    """Return when a resident reported since a moment, earliest first.

    With ``place``, a building's id and a category, only what they reported of these.
    """
    own = hazard_report.c
    query = select(own.created_at).where(own.reporter_id == resident_id, own.created_at >= since)
    if place is not None:
        query = query.where(own.building_id == place[0], own.category == place[1])
    return list(db.scalars(query.order_by(own.created_at)))


def count_up(db: Connection, mac: str, day: date, most: int) -> bool:
    """Count one more under ``mac`` on this day; False when there are ``most`` already."""
    first = {"mac": mac, "day": day, "count": 1}
    if insert_if_absent(db, hazard_limit, first, keys=["mac", "day"]):
        return True
    own = hazard_limit.c
    counted = update(hazard_limit).where(own.mac == mac, own.day == day, own.count < most)
    return db.execute(counted.values(count=own.count + 1)).rowcount == 1


def counted(db: Connection, mac: str, day: date) -> int:
    """Return how many were counted under ``mac`` on this day."""
    own = hazard_limit.c
    return db.scalar(select(own.count).where(own.mac == mac, own.day == day)) or 0


def forget_counts(db: Connection, now: datetime) -> int:
    """Delete a chunk of the counts of past days; 0 means that none is left.

    A day is over everywhere on earth a day after it is in UTC.
    """
    past = hazard_limit.c.day < now.date() - timedelta(days=1)
    macs = db.scalars(select(hazard_limit.c.mac).where(past).limit(ROWS_PER_CHUNK)).all()
    return db.execute(delete(hazard_limit).where(past, hazard_limit.c.mac.in_(macs))).rowcount


def note_false(db: Connection, report_id: int, staff_id: int, now: datetime) -> int:
    """Note that a report was false; return how many of its reporter's were, 0 if nobody's.

    From ``FALSE_REPORTS`` on staff may be shown the suggestion to block, see
    ``suggests_block``. A second note of the same report changes nothing.
    """
    own = hazard_report.c
    noted = db.execute(
        update(hazard_report)
        .where(own.id == report_id, own.is_false.is_(False))
        .values(is_false=True)
        .returning(own.district_id)
    ).scalar_one_or_none()
    if noted is not None:
        _audit(db, "report.false", f"report:{report_id}", (staff_id, noted), now)
    reporter = db.scalar(select(own.reporter_id).where(own.id == report_id))
    return 0 if reporter is None else false_reports(db, reporter)


def false_reports(db: Connection, resident_id: int) -> int:
    """Return how many reports of a resident were noted as false."""
    own = hazard_report.c
    query = select(func.count()).where(own.reporter_id == resident_id, own.is_false.is_(True))
    return db.execute(query).scalar_one()


def suggests_block(db: Connection, resident_id: int) -> bool:
    """Tell whether staff should be shown the suggestion to block; people decide."""
    return false_reports(db, resident_id) >= FALSE_REPORTS


def block(db: Connection, wanted: NewBlock) -> int:
    """Keep somebody from reporting; return the block's id."""
    row = {
        "resident_id": wanted.resident_id,
        "district_id": wanted.district_id,
        "reason": wanted.reason.strip()[:MOST_REASON_CHARACTERS],
        "staff_id": wanted.staff_id,
        "since": wanted.since,
        "until": wanted.until,
        "appeal": "",
    }
    made: int = db.execute(
        insert(hazard_block).values(row).returning(hazard_block.c.id)
    ).scalar_one()
    place = (wanted.staff_id, wanted.district_id)
    _audit(db, "block.made", f"block:{made}", place, wanted.since)
    return made


def block_of(db: Connection, resident_id: int, now: datetime) -> Block | None:
    """Return the block that holds for a resident now, the longest if several."""
    own = hazard_block.c
    query = _blocks().where(
        own.resident_id == resident_id, own.until > now, own.lifted_at.is_(None)
    )
    row = db.execute(query.order_by(own.until.desc()).limit(1)).first()
    return Block(*row) if row else None


def appeal(db: Connection, resident_id: int, text: str, now: datetime) -> bool:
    """Note what a blocked resident says to it; False when they are not, or said it before."""
    found = block_of(db, resident_id, now)
    if found is None:
        return False
    own = hazard_block.c
    noted = db.execute(
        update(hazard_block)
        .where(own.id == found.id, own.appealed_at.is_(None))
        .values(appeal=text.strip()[:MOST_APPEAL_CHARACTERS], appealed_at=now)
    )
    return noted.rowcount == 1


def lift(db: Connection, block_id: int, staff_id: int, now: datetime) -> bool:
    """End a block early; False when it is gone, was lifted, or this person made it.

    Whoever blocked does not judge the appeal.
    """
    own = hazard_block.c
    lifted = db.execute(
        update(hazard_block)
        .where(own.id == block_id, own.lifted_at.is_(None), own.until > now)
        .where(own.staff_id.is_distinct_from(staff_id))
        .values(lifted_at=now)
        .returning(own.district_id)
    ).scalar_one_or_none()
    if lifted is None:
        return False
    _audit(db, "block.lifted", f"block:{block_id}", (staff_id, lifted), now)
    return True


def blocks_in(
    db: Connection, district_ids: Sequence[str], now: datetime, *, most: int = 100
) -> list[Block]:
    """Return the blocks that hold now, appeals first, then those that end last."""
    own = hazard_block.c
    query = _blocks().where(
        own.district_id.in_(district_ids), own.until > now, own.lifted_at.is_(None)
    )
    order = (own.appealed_at.is_(None), own.until.desc(), own.id)
    return [Block(*row) for row in db.execute(query.order_by(*order).limit(most))]


def _blocks() -> Select[Any]:
    own = hazard_block.c
    return select(
        own.id, own.resident_id, own.district_id, own.reason, own.staff_id, own.since, own.until,
        own.appeal, own.appealed_at, own.lifted_at,
    )  # fmt: skip


def _audit(
    db: Connection, action: str, subject: str, place: tuple[int | None, str], now: datetime
) -> None:
    """Write who did it, ``place`` being a staff id and a district."""
    staff_id, district_id = place
    actor = "system" if staff_id is None else f"staff:{staff_id}"
    audit.note(
        db,
        actor=actor,
        action=action,
        subject=subject,
        detail={},
        now=now,
        district_id=district_id,
    )
