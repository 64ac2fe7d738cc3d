"""The rows of inspections, and when each building was last inspected.

The register of buildings has a date of its own, from imports; this one is what was done here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    false,
    func,
    or_,
    select,
    update,
)

from community.register_store import (
    building,
    building_facts,
    building_from,
    buildings_query,
    community,
    street,
)
from community.registers import Building
from community.staff import Area
from community.staff_store import staff_member
from hazards.inspections import Answer, Inspection
from hazards.store import hazard_case
from storage import RowId, UtcDateTime, insert_if_absent, metadata, put

MOST_BUILDINGS = 1000
MOST_LISTED = 50

inspection = Table(
    "inspection",
    metadata,
    Column("id", RowId, primary_key=True),
    # Of the form that began it, so that a second tap begins no second one.
    Column("operation", String(36), nullable=False),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId, ForeignKey(street.c.id), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    # Version of the list of questions.
    Column("guide", String(40), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("operation"),
    Index("ix_inspection_building_id", "building_id", "finished_at"),
    Index("ix_inspection_staff_id", "staff_id", "finished_at"),
    Index("ix_inspection_street_id", "street_id"),
    sqlite_autoincrement=True,
)

inspection_answer = Table(
    "inspection_answer",
    metadata,
    Column("inspection_id", RowId, ForeignKey(inspection.c.id), primary_key=True),
    Column("question", String(40), primary_key=True),
    # ok, hazard, none
    Column("verdict", String(8), nullable=False),
    Column("case_id", RowId, ForeignKey(hazard_case.c.id)),
    Column("answered_at", UtcDateTime, nullable=False),
    Index("ix_inspection_answer_case_id", "case_id"),
)

_own = inspection.c
_answer = inspection_answer.c


@dataclass(frozen=True, slots=True)
class NewInspection:
    """What an inspection begins with."""

    operation: str
    district_id: str
    street_id: int
    building_id: int
    staff_id: int
    guide: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A building to inspect, its street, and when it last was; None for never."""

    building: Building
    street_id: int
    inspected_at: datetime | None


def begin(db: Connection, new: NewInspection, now: datetime) -> int:
    """Begin an inspection, or go on with one of theirs in that building; return its id."""
    mine = (_own.staff_id == new.staff_id, _own.building_id == new.building_id)
    open_one = db.scalar(select(_own.id).where(*mine, _own.finished_at.is_(None)).limit(1))
    if open_one is not None:
        return int(open_one)
    row = {name: getattr(new, name) for name in NewInspection.__slots__} | {"started_at": now}
    insert_if_absent(db, inspection, row, keys=["operation"])
    query = select(_own.id).where(_own.operation == new.operation, *mine)
    return int(db.execute(query).scalar_one())


def find_inspection(db: Connection, inspection_id: int) -> Inspection | None:
    """Return an inspection with its answers; None when there is none."""
    row = db.execute(select(inspection).where(_own.id == inspection_id)).one_or_none()
    return None if row is None else _inspection(row, _answers(db, [inspection_id]))


def held_inspection(db: Connection, inspection_id: int, staff_id: int) -> Inspection | None:
    """Return somebody's inspection under way, held until this transaction ends; None for none."""
    query = select(inspection).where(
        _own.id == inspection_id, _own.staff_id == staff_id, _own.finished_at.is_(None)
    )
    row = db.execute(query.with_for_update()).one_or_none()
    return None if row is None else _inspection(row, _answers(db, [inspection_id]))


def keep_answer(db: Connection, inspection_id: int, answer: Answer) -> None:
    """Note an answer, in place of the one there was; the inspection is held."""
    row = {
        "inspection_id": inspection_id,
        "question": answer.question,
        "verdict": answer.verdict,
        "case_id": answer.case_id,
        "answered_at": answer.answered_at,
    }
    put(db, inspection_answer, row, keys=["inspection_id", "question"])


def finish(db: Connection, inspection_id: int, staff_id: int, now: datetime) -> bool:
    """End an inspection; False when it was over, or is somebody else's."""
    open_one = (_own.id == inspection_id, _own.staff_id == staff_id, _own.finished_at.is_(None))
    return db.execute(update(inspection).where(*open_one).values(finished_at=now)).rowcount == 1


def open_inspections(db: Connection, staff_id: int) -> list[Inspection]:
    """Return somebody's inspections under way, the latest first."""
    mine = select(inspection).where(_own.staff_id == staff_id, _own.finished_at.is_(None))
    return _listed(db, mine)


def open_count(db: Connection, staff_id: int) -> int:
    """Return how many inspections somebody has under way."""
    mine = (_own.staff_id == staff_id, _own.finished_at.is_(None))
    return int(db.execute(select(func.count()).select_from(inspection).where(*mine)).scalar_one())


def inspections_of(db: Connection, building_id: int) -> list[Inspection]:
    """Return the inspections of a building, the latest first, those under way included."""
    return _listed(db, select(inspection).where(_own.building_id == building_id))


def codes_of(db: Connection, one: Inspection) -> dict[int, str]:
    """Return the codes of the cases that an inspection led to, by their ids."""
    ids = [answer.case_id for answer in one.answers if answer.case_id is not None]
    rows = db.execute(select(hazard_case.c.id, hazard_case.c.code).where(hazard_case.c.id.in_(ids)))
    return {row.id: row.code for row in rows}


def grounds(db: Connection, area: Area, most: int = MOST_BUILDINGS) -> list[Ground]:
    """Return the buildings of an area, those longest without an inspection first."""
    last = _last_inspected()
    query = (
        _grounds(last)
        .where(or_(false(), *_within(area)), building.c.archived_at.is_(None))
        .order_by(last.is_not(None), last, building_facts.c.sort_key, building.c.id)
        .limit(most)
    )
    return [_ground(row) for row in db.execute(query)]


def find_ground(db: Connection, area: Area, code: str) -> Ground | None:
    """Return a building of an area by its code as kept; None when there is none there."""
    within = or_(false(), *_within(area))
    query = _grounds(_last_inspected()).where(
        building.c.code == code, building.c.archived_at.is_(None), within
    )
    row = db.execute(query).one_or_none()
    return None if row is None else _ground(row)


def ground_of(db: Connection, building_id: int) -> Ground | None:
    """Return a building by its id, archived or not; None when there is none to be seen."""
    row = db.execute(_grounds(_last_inspected()).where(building.c.id == building_id)).one_or_none()
    return None if row is None else _ground(row)


def _last_inspected() -> ColumnElement[Any]:
    return (
        select(func.max(_own.finished_at))
        .where(_own.building_id == building.c.id)
        .correlate(building)
        .scalar_subquery()
    )


def _grounds(last: ColumnElement[Any]) -> Select[Any]:
    return buildings_query().add_columns(community.c.street_id, last.label("inspected_at"))


def _ground(row: Row[Any]) -> Ground:
    return Ground(building_from(row), row.street_id, row.inspected_at)


def _within(area: Area) -> Iterator[ColumnElement[bool]]:
    if area.districts:
        yield building.c.district_id.in_(sorted(area.districts))
    if area.streets:
        yield community.c.street_id.in_(sorted(area.streets))


def _listed(db: Connection, query: Select[Any]) -> list[Inspection]:
    rows = db.execute(query.order_by(_own.started_at.desc(), _own.id.desc()).limit(MOST_LISTED))
    found = rows.all()
    answers = _answers(db, [row.id for row in found])
    return [_inspection(row, answers) for row in found]


def _answers(db: Connection, ids: list[int]) -> dict[int, list[Answer]]:
    rows = db.execute(
        select(inspection_answer)
        .where(_answer.inspection_id.in_(ids))
        .order_by(_answer.answered_at, _answer.question)
    )
    found: dict[int, list[Answer]] = {}
    for row in rows:
        answer = Answer(row.question, row.verdict, row.case_id, row.answered_at)
        found.setdefault(row.inspection_id, []).append(answer)
    return found


def _inspection(row: Row[Any], answers: dict[int, list[Answer]]) -> Inspection:
    return Inspection(
        id=row.id,
        district_id=row.district_id,
        street_id=row.street_id,
        building_id=row.building_id,
        staff_id=row.staff_id,
        guide=row.guide,
        started_at=row.started_at,
        finished_at=row.finished_at,
        answers=tuple(answers.get(row.id, ())),
    )
