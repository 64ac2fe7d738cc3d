"""Whose reports were false, and blocks, as the console's pages list them: by number, no name."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, select

from hazards.limit_store import Block
from hazards.store import hazard_block, hazard_case, hazard_report

_report = hazard_report.c
_block = hazard_block.c


@dataclass(frozen=True, slots=True)
class FalseReporter:
    """Somebody whose reports were noted as false, by their internal number."""

    resident_id: int
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class FalseReport:
    """One of these reports; ``case_code`` is "" where it leads to no case."""

    code: str
    category: str
    created_at: datetime
    case_code: str


def false_reporters(
    db: Connection, districts: Collection[str], most: int = 100
) -> list[FalseReporter]:
    """Return who has false reports in some districts, most of them first."""
    count, last = func.count(), func.max(_report.created_at, type_=_report.created_at.type)
    rows = db.execute(
        select(_report.reporter_id, count, last)
        .where(
            _report.district_id.in_(sorted(districts)),
            _report.is_false,
            _report.reporter_id.is_not(None),
        )
        .group_by(_report.reporter_id)
        .order_by(count.desc(), last.desc())
        .limit(most)
    )
    return [FalseReporter(*row) for row in rows]


def false_reports_of(
    db: Connection, districts: Collection[str], resident_id: int
) -> list[FalseReport]:
    """Return somebody's false reports in some districts, the latest fifty."""
    rows = db.execute(
        select(_report.code, _report.category, _report.created_at, hazard_case.c.code)
        .outerjoin(hazard_case, hazard_case.c.id == _report.case_id)
        .where(
            _report.reporter_id == resident_id,
            _report.is_false,
            _report.district_id.in_(sorted(districts)),
        )
        .order_by(_report.created_at.desc(), _report.id.desc())
        .limit(50)
    )
    return [FalseReport(code, category, at, case or "") for code, category, at, case in rows]


def district_of_false(db: Connection, districts: Collection[str], resident_id: int) -> str | None:
    """Return the district of somebody's latest false report; None when there is none."""
    query = (
        select(_report.district_id)
        .where(
            _report.reporter_id == resident_id,
            _report.is_false,
            _report.district_id.in_(sorted(districts)),
        )
        .order_by(_report.id.desc())
    )
    found: str | None = db.scalar(query.limit(1))
    return found


def block_in(db: Connection, districts: Collection[str], block_id: int) -> Block | None:
    """Return a block of one of some districts."""
    own = (_block.id == block_id, _block.district_id.in_(sorted(districts)))
    columns = [_block[field.name] for field in fields(Block)]
    row = db.execute(select(*columns).where(*own)).one_or_none()
    return Block(*row) if row else None
