"""Finding a case by any code that people have in hand: its own, or a report's."""

from sqlalchemy import Connection, select

from hazards.case_store import case_by_code, find_case
from hazards.cases import Case
from hazards.store import hazard_report
from storage import read_code


def case_of_code(db: Connection, typed: str) -> Case | None:
    """Return the case with this code, or that of the report with it, however it was typed.

    For staff: whoever reported gets ``hazards.report_store.progress``.
    """
    if (case := case_by_code(db, typed)) is not None:
        return case
    query = select(hazard_report.c.case_id).where(hazard_report.c.code == read_code(typed))
    case_id = db.scalar(query)
    return None if case_id is None else find_case(db, case_id)
