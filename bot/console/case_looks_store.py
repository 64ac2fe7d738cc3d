"""Cases as one member of staff may see them: what lies outside their area is not there."""

from collections.abc import Collection

from sqlalchemy import Connection

from community.staff import Area
from hazards.case_store import case_columns, case_from
from hazards.cases import Case
from hazards.queue_store import in_area
from hazards.store import hazard_case
from storage import read_code


def visible_case(db: Connection, area: Area, typed: str) -> Case | None:
    """Return a case by its code as typed; None outside the area, as for none."""
    code = read_code(typed)
    if code is None:
        return None
    query = case_columns().where(hazard_case.c.code == code, in_area(area))
    row = db.execute(query).one_or_none()
    return case_from(row) if row else None


def visible_cases(db: Connection, area: Area, ids: Collection[int]) -> dict[int, Case]:
    """Return those of the cases that lie in the area, by id."""
    query = case_columns().where(hazard_case.c.id.in_(ids), in_area(area))
    return {row.id: case_from(row) for row in db.execute(query)}
