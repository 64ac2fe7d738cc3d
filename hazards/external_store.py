"""Finding cases by the number that 12345 or a grid platform has given them."""

from sqlalchemy import Connection

from community.staff import Area
from hazards.case_store import case_columns, case_from
from hazards.cases import Case
from hazards.queue_store import in_area
from hazards.store import hazard_case

MOST_OF_A_NUMBER = 20


def cases_of_number(db: Connection, area: Area, district_id: str, number: str) -> list[Case]:
    """Return a district's cases of a number within an area, merged ones left out, latest first."""
    if not number:
        return []
    own = hazard_case.c
    query = case_columns().where(
        own.external_number == number,
        own.district_id == district_id,
        own.merged_into.is_(None),
        in_area(area),
    )
    rows = db.execute(query.order_by(own.id.desc()).limit(MOST_OF_A_NUMBER))
    return [case_from(row) for row in rows]
