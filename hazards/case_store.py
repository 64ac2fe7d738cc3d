"""Reading cases: one by its id or code, and what belongs to it; see also ``queue_store``."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from community.coordinates import Point
from hazards.cases import Case, Step
from hazards.event_store import EventRow, events_of
from hazards.store import hazard_case, hazard_photo, hazard_report
from storage import read_code

__all__ = [
    "CasePhoto",
    "CaseReport",
    "EventRow",
    "case_by_code",
    "case_columns",
    "case_from",
    "events_of",
    "find_case",
    "packed_steps",
    "photos_of",
    "reports_of",
]

_MADE_HERE = {"point", "steps", "round_at"}
_AS_STORED = tuple(field.name for field in fields(Case) if field.name not in _MADE_HERE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CaseReport:
    """A report as staff see it: never who sent it."""

    id: int
    code: str
    source: str
    privacy: str
    standing: str
    category: str
    said: str
    place_words: str
    floor: str
    is_outside: bool
    is_false: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CasePhoto:
    """A photo of a case or of one of its reports; ``file_id`` is None until it was fetched.

    Attributes:
        purpose: report, fix, no, before or after.
        refused: why it could not be kept; "" otherwise.
        masks: rectangles over what must not be shown, as fractions of the sides.
        masked_file_id: the masked copy.
        looked_at_by: the staff member who released that copy.
    """

    id: int
    report_id: int | None
    purpose: str
    file_id: int | None
    refused: str
    sha256: str
    phash: str
    masks: Any
    masked_file_id: int | None
    looked_at_by: int | None
    created_at: datetime


def find_case(db: Connection, case_id: int) -> Case | None:
    """Return a case by its id."""
    row = db.execute(case_columns().where(hazard_case.c.id == case_id)).one_or_none()
    return case_from(row) if row else None


def case_by_code(db: Connection, code: str) -> Case | None:
    """Return a case by the code that people read, however it was typed."""
    read = read_code(code)
    if read is None:
        return None
    row = db.execute(case_columns().where(hazard_case.c.code == read)).one_or_none()
    return case_from(row) if row else None


def reports_of(db: Connection, case_id: int) -> list[CaseReport]:
    """Return the reports that support a case, earliest first."""
    wanted = [hazard_report.c[field.name] for field in fields(CaseReport)]
    rows = db.execute(
        select(*wanted)
        .where(hazard_report.c.case_id == case_id)
        .order_by(hazard_report.c.created_at, hazard_report.c.id)
    )
    return [CaseReport(*row) for row in rows]


def photos_of(db: Connection, case_id: int) -> list[CasePhoto]:
    """Return the photos of a case and of its reports, earliest first, refused ones included."""
    wanted = [hazard_photo.c[field.name] for field in fields(CasePhoto)]
    rows = db.execute(
        select(*wanted)
        .where(of_case(case_id))
        .order_by(hazard_photo.c.created_at, hazard_photo.c.id)
    )
    return [CasePhoto(*row) for row in rows]


def purposes_of(db: Connection, case_id: int, photo_ids: tuple[int, ...]) -> list[str]:
    """Return the purposes of those of ``photo_ids`` that are of this case and not refused."""
    rows = db.scalars(
        select(hazard_photo.c.purpose).where(
            hazard_photo.c.id.in_(photo_ids), hazard_photo.c.refused == "", of_case(case_id)
        )
    )
    return list(rows)


def of_case(case_id: int) -> Any:  # noqa: ANN401 - a condition, whose type depends on the mapping
    """Return the condition that a photo is of a case or of one of its reports."""
    reports = select(hazard_report.c.id).where(hazard_report.c.case_id == case_id)
    return or_(hazard_photo.c.case_id == case_id, hazard_photo.c.report_id.in_(reports))


def case_columns() -> Select[Any]:
    """Return the query whose rows ``case_from`` reads."""
    return select(hazard_case)


def case_from(row: Row[Any]) -> Case:
    """Return the case of a row of ``case_columns``."""
    values = row._mapping
    point = None if row.latitude is None else Point(row.latitude, row.longitude)
    return Case(
        **{name: values[name] for name in _AS_STORED},
        point=point,
        steps=tuple(Step(level, _EPOCH + at * _MICROSECOND) for level, at in row.steps),
        round_at=row.round_at or row.opened_at,
    )


def packed_steps(steps: tuple[Step, ...]) -> list[list[int]]:
    """Return steps as the column ``steps`` keeps them."""
    return [[step.level, (step.at - _EPOCH) // _MICROSECOND] for step in steps]


def report_counts(db: Connection, case_id: int) -> int:
    """Return how many reports support a case, withdrawn ones left out."""
    query = select(func.count()).where(
        hazard_report.c.case_id == case_id, hazard_report.c.standing != "withdrawn"
    )
    return int(db.execute(query).scalar_one())
