"""The rows of merging: which case took in which, and where the reports are because of it.

A report's ``home_id`` is the case it was put to; ``case_id`` is where merging has brought it. So
whatever order merges are undone in, each report is found by its home.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hazards.case_store import case_columns, case_from, report_counts
from hazards.cases import Case
from hazards.store import hazard_case, hazard_merge, hazard_report

_case = hazard_case.c
_merge = hazard_merge.c
_report = hazard_report.c


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that stands, or was undone.

    Attributes:
        before: state of the merged case, and its reports with their standing, when it was made.
    """

    id: int
    kept_id: int
    merged_id: int
    before: Mapping[str, Any]
    staff_id: int | None
    merged_at: datetime
    undone_at: datetime | None


def held_cases(db: Connection, *case_ids: int) -> dict[int, Case]:
    """Return cases by id, held in the order of their ids, so that two merges never ring."""
    query = case_columns().where(_case.id.in_(case_ids)).order_by(_case.id)
    rows = db.execute(query.with_for_update(key_share=True))
    return {row.id: case_from(row) for row in rows}


def add_merge(
    db: Connection, kept_id: int, merged: Case, staff_id: int | None, now: datetime
) -> int:
    """Note a merge and return its id."""
    standings = db.execute(
        select(_report.id, _report.standing)
        .where(_report.case_id == merged.id)
        .order_by(_report.id)
    )
    before = {"state": merged.state, "reports": [list(row) for row in standings]}
    row = {"kept_id": kept_id, "merged_id": merged.id, "before": before}
    adding = insert(hazard_merge).values(row | {"staff_id": staff_id, "merged_at": now})
    return int(db.execute(adding.returning(_merge.id)).scalar_one())


def held_merge(db: Connection, merge_id: int) -> Merge | None:
    """Return a merge, held until this transaction ends."""
    query = select(hazard_merge).where(_merge.id == merge_id).with_for_update()
    row = db.execute(query).one_or_none()
    return Merge(*row) if row else None


def merges_of(db: Connection, case_id: int) -> list[Merge]:
    """Return the merges into a case that stand, earliest first."""
    rows = db.execute(
        select(hazard_merge)
        .where(_merge.kept_id == case_id, _merge.undone_at.is_(None))
        .order_by(_merge.id)
    )
    return [Merge(*row) for row in rows]


def undo_merge(db: Connection, merge_id: int, now: datetime) -> bool:
    """Mark a merge undone; False when it was."""
    undone = update(hazard_merge).where(_merge.id == merge_id, _merge.undone_at.is_(None))
    return db.execute(undone.values(undone_at=now)).rowcount == 1


def bring_reports(db: Connection, merged_id: int, kept_id: int) -> None:
    """Give all reports of one case to another, and remember their home."""
    db.execute(
        update(hazard_report)
        .where(_report.case_id == merged_id)
        .values(home_id=func.coalesce(_report.home_id, _report.case_id), case_id=kept_id)
    )


def bring_back(db: Connection, case_id: int) -> None:
    """Give a case the reports whose home it is, and those of the cases merged into it."""
    homes = _merged_into(db, case_id)
    db.execute(update(hazard_report).where(_report.home_id.in_(homes)).values(case_id=case_id))
    at_home = update(hazard_report).where(_report.home_id == case_id)
    db.execute(at_home.values(home_id=None))


def restore_case(db: Connection, case: Case, state: str, now: datetime) -> bool:
    """Take a case out of the one that took it in; False when it is not a duplicate."""
    restored = db.execute(
        update(hazard_case)
        .where(_case.id == case.id, _case.state == "duplicate", _case.merged_into.is_not(None))
        .values(
            state=state,
            merged_into=None,
            closed_at=None,
            version=_case.version + 1,
            changed_at=now,
        )
    )
    return restored.rowcount == 1


def recount(db: Connection, case_id: int) -> None:
    """Count the reports of a case anew."""
    counted = update(hazard_case).where(_case.id == case_id)
    db.execute(counted.values(report_count=report_counts(db, case_id)))


def root_of(db: Connection, case_id: int) -> int:
    """Return the case that a case was merged into, over any number of merges."""
    while (into := db.scalar(select(_case.merged_into).where(_case.id == case_id))) is not None:
        case_id = into
    return case_id


def take_out(db: Connection, report_id: int, case_id: int) -> None:
    """Put a report to a case of its own."""
    moved = update(hazard_report).where(_report.id == report_id)
    db.execute(moved.values(case_id=case_id, home_id=None, standing="new"))


def case_of_report(db: Connection, report_id: int) -> int | None:
    """Return the case that a report supports now; None when there is none."""
    return db.scalar(select(_report.case_id).where(_report.id == report_id))


def _merged_into(db: Connection, case_id: int) -> list[int]:
    """Return a case and all that were merged into it, directly or through others."""
    found = level = [case_id]
    while level:
        level = list(db.scalars(select(_case.id).where(_case.merged_into.in_(level))))
        found = found + level
    return found
