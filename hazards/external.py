"""Cases that 12345 or a grid platform also has: what was closed there is closed here.

By the table of transitions and no other way: the file is somebody's word, so each step is made
in a role of whoever imports it. What the table does not allow is told, not done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from sqlalchemy import Connection

from community.staff import ROLES, Staff
from hazards.case_reach import covers
from hazards.case_rules import Rules
from hazards.case_write_store import has_claimed
from hazards.cases import Act, Actor, Case, NotAllowed
from hazards.casework import move
from hazards.external_sheet import ClosedRow, Ending
from hazards.external_store import cases_of_number
from hazards.transitions import MOVES, STATE_NAMES

# What becomes of a row: it moves its case, has done so before, or cannot.
Fate = Literal["moved", "settled", "refused"]

_WAYS: Mapping[Ending, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "closed": {"fix_claimed": ("verify", "close"), "verified": ("close",)},
        "rejected": dict.fromkeys(sorted(MOVES["reject"].froms), ("reject",)),
        "referred": dict.fromkeys(sorted(MOVES["refer"].froms), ("refer",)),
    }
)
_ENDS: Mapping[Ending, str] = MappingProxyType(
    {"closed": "closed", "rejected": "rejected", "referred": "referred"}
)

NO_CASE = "没有这个编号的案件，或者不在你的范围里。先在案件页填上外部编号"
SEVERAL = "有{count}件案件是这个编号，到案件页逐件办"
TOO_EARLY = "办结时间比立案还早，核对编号和时间"
EARLIER_ROUND = "案件后来又重新打开了，这是上一次的结果，要重新办"
NO_WAY = "案件现在是“{state}”，不能直接{wanted}。{next}"
NOT_YOURS = "要请别人办：不在你的职务范围里，或者整改是你自己报完成的"
_WANTED: Mapping[Ending, str] = MappingProxyType(
    {"closed": "销号", "rejected": "不予受理", "referred": "转区外"}
)
_NEXT: Mapping[Ending, str] = MappingProxyType(
    {
        "closed": "先由办理单位附照片报整改完成",
        "rejected": "到案件页办",
        "referred": "到案件页办",
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one row; ``why`` is Chinese, for whoever imports, "" when it is moved.

    Attributes:
        row: which.
        fate: what.
        case: the case, None where there is not exactly one.
        steps: the moves, in order.
    """

    row: ClosedRow
    fate: Fate
    case: Case | None = None
    steps: tuple[str, ...] = ()
    why: str = ""


def judged(db: Connection, row: ClosedRow, district_id: str, staff: Staff) -> Verdict:
    """Return what a row would do, without doing it.

    Args:
        db: for reading.
        row: of the list.
        district_id: whose list it is.
        staff: whoever imports it; only cases of their area are found.
    """
    found = cases_of_number(db, staff.area(), district_id, row.number)
    if len(found) != 1:
        why = SEVERAL.format(count=len(found)) if found else NO_CASE
        return Verdict(row, "refused", why=why)
    case = found[0]
    if why := _untimely(case, row):
        return Verdict(row, "refused", case, why=why)
    if case.state == _ENDS[row.ending]:
        return Verdict(row, "settled", case)
    steps = _WAYS[row.ending].get(case.state, ())
    if not steps:
        return Verdict(row, "refused", case, why=_no_way(case, row.ending))
    if not all(_may(db, staff, case, step) for step in steps):
        return Verdict(row, "refused", case, why=NOT_YOURS)
    return Verdict(row, "moved", case, steps)


def applied(
    db: Connection,
    row: ClosedRow,
    importer: tuple[str, Staff],
    rules: Rules,
    now: datetime,
) -> Verdict:
    """Do what a row asks, as ``judged`` tells it at this moment; a repeat has no effect.

    Args:
        db: inside a write.
        row: of the list.
        importer: the district's id, and whoever imports the list.
        rules: of casework.
        now: when.

    Raises:
        CaseError: when somebody else moves the case at the same time.
    """
    district_id, staff = importer
    verdict = judged(db, row, district_id, staff)
    case = verdict.case
    if verdict.fate != "moved" or case is None:
        return verdict
    for step in verdict.steps:
        act = Act(_actor(staff, case, step), case.version, reason_of(row))
        case = move(db, case.id, step, act, rules, now)
    return Verdict(row, "moved", case, verdict.steps)


def reason_of(row: ClosedRow) -> str:
    """Return what the timeline says of a row."""
    return f"外部平台已办结（{row.number}）：{row.result}"


def _untimely(case: Case, row: ClosedRow) -> str:
    if row.closed_until < case.opened_at:
        return TOO_EARLY
    return EARLIER_ROUND if case.round > 1 and row.closed_from < case.round_at else ""


def _no_way(case: Case, ending: Ending) -> str:
    state = STATE_NAMES[case.state]
    return NO_WAY.format(state=state, wanted=_WANTED[ending], next=_NEXT[ending])


def _may(db: Connection, staff: Staff, case: Case, step: str) -> bool:
    is_own = MOVES[step].to in {"verified", "closed"} and has_claimed(db, case.id, staff.id)
    return not is_own and _role(staff, case, step) is not None


def _actor(staff: Staff, case: Case, step: str) -> Actor:
    role = _role(staff, case, step)
    if role is None:
        raise NotAllowed(case, step, Actor("resident", staff.id))
    return Actor(role, staff.id)


def _role(staff: Staff, case: Case, step: str) -> str | None:
    allowed = MOVES[step].roles
    return next((role for role in ROLES if role in allowed and covers(staff, case, role)), None)
