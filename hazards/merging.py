"""Merging cases that are about one hazard, undoing that, and splitting a report off.

Merges may be undone in any order: what was one case before is one again, with its reports.
"""

from datetime import datetime

from sqlalchemy import Connection

from hazards.case_reach import require_reach
from hazards.case_rules import Rules
from hazards.case_store import find_case, reports_of
from hazards.case_write_store import held_case
from hazards.cases import (
    Act,
    Case,
    CaseError,
    IllegalMove,
    NewCase,
    NotAllowed,
    StaleCase,
    UnknownCase,
)
from hazards.casework import attempted, finish_move, open_case
from hazards.merge_store import (
    add_merge,
    bring_back,
    bring_reports,
    case_of_report,
    held_cases,
    held_merge,
    merges_of,
    recount,
    restore_case,
    root_of,
    take_out,
    undo_merge,
)
from hazards.moments import Due, standing_moment, tell_reporters
from hazards.standing_store import settle_standings
from hazards.steps import replan
from hazards.timeline import Event, record
from hazards.transitions import REVIEW

__all__ = ["CannotMerge", "NothingToUndo", "merge", "merges_of", "split", "undo"]

# Nothing is put to what was turned away, or is itself part of another case.
_CANNOT_KEEP = frozenset({"rejected", "duplicate", "referred"})


class CannotMerge(CaseError):
    """Two cases cannot be made one, or a report cannot be taken out.

    Attributes:
        problem: ``same`` case, another ``district``, the kept one has ``ended``, ``only`` report.
    """

    def __init__(self, case_id: int, problem: str) -> None:
        self.case_id = case_id
        self.problem = problem
        super().__init__(f"case {case_id} cannot be merged or split ({problem}): choose another")


class NothingToUndo(CaseError):
    """There is no such merge, or it was undone."""

    def __init__(self, merge_id: int) -> None:
        self.merge_id = merge_id
        super().__init__(f"merge {merge_id} does not stand: look at the case again")


def merge(  # noqa: PLR0913, PLR0917 - as ``hazards.casework.move``
    db: Connection, kept_id: int, merged_id: int, act: Act, rules: Rules, now: datetime
) -> int:
    """Make one case of two and return the merge's id.

    The reports go to the kept case, where the earliest valid one is the first and the others
    are "me too"; their senders are told what those of the kept case were told.

    Args:
        db: inside a write.
        kept_id: the case that goes on.
        merged_id: the case that becomes a duplicate.
        act: with the version of the merged case.
        rules: of the district.
        now: when.

    Raises:
        CannotMerge: when the two do not go together.
        CaseError: as ``hazards.casework.move`` for the merged case.
    """
    kept, merged = _pair(db, kept_id, merged_id)
    attempt = attempted(db, merged_id, "mark_duplicate", act, now)
    require_reach(db, kept, act.actor, "mark_duplicate")
    merge_id = add_merge(db, kept_id, merged, act.actor.staff_id, now)
    bring_reports(db, merged_id, kept_id)
    finish_move(db, attempt, {"merged_into": kept_id, "report_count": 0}, rules)
    _settle(db, kept)
    joined = _found(db, kept_id)
    words = f"并入：{merged.code}"
    record(db, joined, Event("merged", act.actor, reason=words, action="merge"), rules, now)
    if moment := standing_moment(joined.state):
        tell_reporters(db, joined, Due(moment), rules, now)
    return merge_id


def undo(db: Connection, merge_id: int, act: Act, rules: Rules, now: datetime) -> Case:
    """Take a merge back and return the case that is one of its own again.

    Args:
        db: inside a write.
        merge_id: which.
        act: with the version of the merged case.
        rules: of the district.
        now: when.

    Raises:
        NothingToUndo: when it does not stand.
        NotAllowed, StaleCase: as ``hazards.casework.move``.
    """
    standing = held_merge(db, merge_id)
    if standing is None or not undo_merge(db, merge_id, now):
        raise NothingToUndo(merge_id)
    root_id = root_of(db, standing.kept_id)
    merged = held_cases(db, root_id, standing.merged_id)[standing.merged_id]
    _require(db, merged, act, "undo_merge")
    if not restore_case(db, merged, standing.before["state"], now):
        raise NothingToUndo(merge_id)
    bring_back(db, merged.id)
    restored = _settle(db, _found(db, merged.id))
    root = _settle(db, _found(db, root_id))
    words = f"撤销合并：{merged.code}"
    record(db, root, Event("split", act.actor, reason=words, action="undo_merge"), rules, now)
    event = Event("split", act.actor, merged.state, words, action="undo_merge")
    record(db, restored, event, rules, now)
    replan(db, None, restored)
    return restored


def split(db: Connection, report_id: int, act: Act, rules: Rules, now: datetime) -> Case:
    """Take a report out of its case into a new one at the same place; merging takes it back.

    Args:
        db: inside a write.
        report_id: of a case with further reports.
        act: with the version of that case.
        rules: of the district.
        now: when.

    Raises:
        UnknownCase: when the report has none.
        CannotMerge: when it is the only report.
        NotAllowed, StaleCase: as ``hazards.casework.move``.
    """
    case_id = case_of_report(db, report_id)
    case = held_case(db, case_id or 0)
    _require(db, case, act, "split")
    reports = reports_of(db, case.id)
    if len(reports) == 1:
        raise CannotMerge(case.id, "only")
    category = next(report.category for report in reports if report.id == report_id)
    split_off = open_case(db, _alike(case, category), rules, now, act.actor)
    take_out(db, report_id, split_off.id)
    left = _settle(db, case)
    words = f"拆出：{split_off.code}"
    record(db, left, Event("split", act.actor, reason=words, action="split"), rules, now)
    return _settle(db, split_off)


def _pair(db: Connection, kept_id: int, merged_id: int) -> tuple[Case, Case]:
    if kept_id == merged_id:
        raise CannotMerge(kept_id, "same")
    held = held_cases(db, kept_id, merged_id)
    for case_id in (kept_id, merged_id):
        if case_id not in held:
            raise UnknownCase(case_id)
    kept, merged = held[kept_id], held[merged_id]
    if kept.district_id != merged.district_id:
        raise CannotMerge(merged_id, "district")
    if kept.state in _CANNOT_KEEP:
        raise CannotMerge(kept_id, "ended")
    return kept, merged


def _require(db: Connection, case: Case, act: Act, action: str) -> None:
    if case.version != act.version:
        raise StaleCase(case)
    if act.actor.role not in REVIEW:
        raise NotAllowed(case, action, act.actor)
    require_reach(db, case, act.actor, action)
    if action == "split" and case.state == "duplicate":
        raise IllegalMove(case, action)


def _alike(case: Case, category: str) -> NewCase:
    return NewCase(
        district_id=case.district_id,
        category=category or case.category,
        street_id=case.street_id,
        building_id=case.building_id,
        place_words=case.place_words,
        floor=case.floor,
        point=case.point,
        summary=case.summary,
        is_major=case.is_major,
    )


def _settle(db: Connection, case: Case) -> Case:
    """Give the reports of a case their standings, count them, and return the case."""
    settle_standings(db, case.id, case.state)
    recount(db, case.id)
    return _found(db, case.id)


def _found(db: Connection, case_id: int) -> Case:
    case = find_case(db, case_id)
    if case is None:
        raise UnknownCase(case_id)
    return case
