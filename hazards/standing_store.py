"""What each report is to its case: the first valid one, a later one, or none that counts.

A function of the case's state and its reports alone, so that undoing a merge brings back what
was before.
"""

from sqlalchemy import ColumnElement, Connection, select, update

from hazards.store import hazard_report
from hazards.transitions import State

_report = hazard_report.c
# Before anybody has looked at it, nobody is the first valid reporter.
_FIRST: dict[State, str] = {"submitted": "new"}


def settle_standings(db: Connection, case_id: int, state: State) -> None:
    """Give each report of a case its standing: the earliest valid one is the first.

    Withdrawn reports and those found false keep theirs.
    """
    valid = (
        _report.case_id == case_id,
        _report.standing != "withdrawn",
        _report.is_false.is_(False),
    )
    if state == "rejected":
        _set(db, "rejected", *valid)
        return
    earliest = select(_report.id).where(*valid).order_by(_report.created_at, _report.id).limit(1)
    first = db.scalar(earliest)
    if first is None:
        return
    _set(db, _FIRST.get(state, "first"), _report.id == first)
    _set(db, "me_too", *valid, _report.id != first)


def _set(db: Connection, standing: str, *conditions: ColumnElement[bool]) -> None:
    changing = update(hazard_report).where(*conditions, _report.standing != standing)
    db.execute(changing.values(standing=standing))
