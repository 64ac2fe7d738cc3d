"""The moments that reporters are told of: 受理, 退回或转办, 整改完成请确认, 一个月后, 奖励.

Each comes once for each report and round, in the transaction of what brings it. Of a case with
very many reporters the first are told at once and the others by later work, so that no
transaction is long.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from hazards.case_rules import Moment, Rules, Told
from hazards.cases import Case
from hazards.notice_store import note_told, reports_after
from hazards.transitions import State
from storage import schedule

MOMENT_JOB = "hazard_moment"
MOST_AT_ONCE = 50

# What brings which moment. Whatever happens to a case between these is for those who ask.
_BROUGHT_BY: dict[State, Moment] = {
    "assigned": "accepted",
    "accepted": "accepted",
    "rejected": "turned",
    "referred": "turned",
    "verified": "fixed",
}
# What the reporters of a case in such a state have been told last; whoever joins them is, too.
_STANDING: dict[State, Moment] = {
    "assigned": "accepted",
    "accepted": "accepted",
    "returned": "accepted",
    "rectifying": "accepted",
    "fix_claimed": "accepted",
    "reopened": "accepted",
    "verified": "fixed",
    "closed": "fixed",
}


class Due(NamedTuple):
    """A moment of a case.

    Attributes:
        moment: which.
        reason: the words of staff that go with it.
        after: the report up to which reporters were told already.
    """

    moment: Moment
    reason: str = ""
    after: int = 0


def moment_of(state: State) -> Moment | None:
    """Return the moment that a case brings by coming to ``state``; None for most."""
    return _BROUGHT_BY.get(state)


def standing_moment(state: State) -> Moment | None:
    """Return what reporters who join a case in ``state`` are told; None before it is taken up."""
    return _STANDING.get(state)


def tell_reporters(db: Connection, case: Case, due: Due, rules: Rules, now: datetime) -> None:
    """Tell the reporters of a case of a moment, each once.

    Args:
        db: inside a write.
        case: as it stands.
        due: the moment.
        rules: whose ``tell`` puts it into words.
        now: when.
    """
    reporters = reports_after(db, case.id, due.after, MOST_AT_ONCE)
    for reporter in reporters:
        told = Told(reporter.report_id, case.id, due.moment, _round(case, due.moment), due.reason)
        is_new = note_told(db, told.report_id, told.moment, told.round, now)
        if is_new and reporter.is_told:
            rules.tell(db, told)
    if len(reporters) == MOST_AT_ONCE:
        last = reporters[-1].report_id
        key = f"{case.id}:{case.round}:{due.moment}:{last}"
        schedule(db, MOMENT_JOB, key, now, [case.id, due.moment, due.reason, last])


def tell_reward(db: Connection, case: Case, report_id: int, rules: Rules, now: datetime) -> bool:
    """Tell one reporter of a reward; False when they were told."""
    told = Told(report_id, case.id, "reward", case.round)
    if not note_told(db, report_id, told.moment, told.round, now):
        return False
    wanted = reports_after(db, case.id, report_id - 1, 1)
    if wanted and wanted[0].report_id == report_id and wanted[0].is_told:
        rules.tell(db, told)
    return True


def _round(case: Case, moment: Moment) -> int:
    # Taken up (受理) is told once, however often the case is opened.
    return 1 if moment == "accepted" else case.round
