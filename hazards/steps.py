"""The steps of a deadline as later work: reminded (催办), escalated (升级督办), listed (挂牌督办).

Only the next step of a case is planned; taking it plans the one after. A step re-reads its case
and does nothing when that has moved on.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from hazards.case_rules import Rules
from hazards.case_store import find_case
from hazards.case_write_store import claim_step, held_case
from hazards.cases import SYSTEM, Case
from hazards.timeline import Event, Kind, record
from hazards.transitions import LEVEL_NAMES
from storage import reschedule, schedule, unschedule

STEP_JOB = "hazard_step"
MONTH_JOB = "hazard_month"
MONTH = timedelta(days=30)

_SOFT = "整改时间已经过半"


class StepPlace(NamedTuple):
    """Which step: number ``number`` of one round of a case."""

    case_id: int
    round: int
    number: int

    @property
    def key(self) -> str:
        """Its key among the rows of later work."""
        return ":".join(map(str, self))


def replan(db: Connection, before: Case | None, after: Case) -> None:
    """Bring the planned step in line with a case that was opened (no ``before``) or changed."""
    old, new = _planned(before), _planned(after)
    if old is not None and old != new:
        unschedule(db, STEP_JOB, old.key)
    if new is None or after.next_step is None:
        return
    at = after.next_step.at
    if not schedule(db, STEP_JOB, new.key, at, list(new)):
        reschedule(db, STEP_JOB, new.key, at)


def plan_month(db: Connection, case: Case, now: datetime) -> None:
    """Have the reporters of a case that was closed asked again a month later."""
    schedule(db, MONTH_JOB, _month_key(case), now + MONTH, [case.id, case.round])


def cancel_month(db: Connection, case: Case) -> None:
    """Take that back."""
    unschedule(db, MONTH_JOB, _month_key(case))


def run_step(db: Connection, place: StepPlace, rules: Rules, now: datetime) -> bool:
    """Take a step of a deadline and plan the next; False when the case has moved on.

    Raises:
        UnknownCase: when there is no such case.
    """
    case = held_case(db, place.case_id)
    if case.round != place.round or len(case.steps) <= place.number:
        return False
    if not claim_step(db, case, place.number, now):
        return False
    step = case.steps[place.number]
    taken = find_case(db, case.id) or case
    kind: Kind = "escalated" if step.level > 1 else "reminded"
    words = LEVEL_NAMES[step.level] or _SOFT
    record(db, taken, Event(kind, SYSTEM, reason=words, action=f"level_{step.level}"), rules, now)
    replan(db, None, taken)
    return True


def _planned(case: Case | None) -> StepPlace | None:
    if case is None or not case.is_running or case.next_step is None:
        return None
    return StepPlace(case.id, case.round, case.steps_done)


def _month_key(case: Case) -> str:
    return f"{case.id}:{case.round}"
