"""Casework: opening a case and moving it, by the table of transitions and no other way.

Each function is part of a write and does all that goes with its change: the row, the timeline,
the audit log, the steps of the deadline, and the moments that reporters are told of.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from community.departments import STREET
from hazards.case_changes import (
    change_category,
    note,
    pause,
    raise_level,
    resume,
    set_external_number,
    set_major,
    set_public,
)
from hazards.case_reach import require_reach
from hazards.case_rules import Rules
from hazards.case_store import find_case, purposes_of
from hazards.case_write_store import (
    add_case,
    carry_out,
    has_claimed,
    held_case,
    times_values,
)
from hazards.cases import (
    REPORTER,
    SYSTEM,
    Act,
    Actor,
    Attempt,
    Case,
    CaseError,
    IllegalMove,
    MissingPhoto,
    MissingReason,
    NewCase,
    NotAllowed,
    StaleCase,
    UnknownCase,
)
from hazards.moments import Due, moment_of, tell_reporters
from hazards.standing_store import settle_standings
from hazards.steps import cancel_month, plan_month, replan
from hazards.timeline import Event, record
from hazards.transitions import ENDED, MOVES

__all__ = [
    "REPORTER",
    "SYSTEM",
    "Act",
    "Actor",
    "CaseError",
    "IllegalMove",
    "MissingPhoto",
    "MissingReason",
    "NewCase",
    "NotAllowed",
    "StaleCase",
    "UnknownCase",
    "attempted",
    "change_category",
    "close_on_spot",
    "finish_move",
    "move",
    "note",
    "open_case",
    "pause",
    "raise_level",
    "resume",
    "set_external_number",
    "set_major",
    "set_public",
    "take_over",
]

# Of the fixes that grid workers close on the spot, this share is looked at by a supervisor.
RECHECK_SHARE = 0.1

_SETTLING = frozenset({"screened", "rejected", "reopened"})


def open_case(
    db: Connection, new: NewCase, rules: Rules, now: datetime, actor: Actor = REPORTER
) -> Case:
    """Open a case, submitted, with its units and deadline; the first step is planned.

    Args:
        db: inside a write.
        new: what is known of it.
        rules: of its district.
        now: when it was submitted; its deadline counts from then.
        actor: who opens it.

    Raises:
        UnknownDistrict, UnknownCategory, NoSuchRoute: when nobody can be responsible.
    """
    units = rules.route(new.district_id, new.category)
    times = rules.deadline(new.district_id, new.category, now, is_major=new.is_major)
    values = {"handler": units.handler, "lead": units.lead, **times_values(times)}
    case = _found(db, add_case(db, new, values, now))
    record(db, case, Event("moved", actor, from_state="", action="open"), rules, now)
    replan(db, None, case)
    return case


def move(  # noqa: PLR0913, PLR0917 - who, what, by which rules and when
    db: Connection, case_id: int, name: str, act: Act, rules: Rules, now: datetime
) -> Case:
    """Make a move of the table and return the case as it is then.

    Args:
        db: inside a write.
        case_id: which case.
        name: of the move; a duplicate is marked by ``hazards.merging.merge``.
        act: who moves it, the version they saw, and what the move needs.
        rules: of its district.
        now: when.

    Raises:
        UnknownCase: when there is none.
        StaleCase: when it was changed since ``act.version``.
        IllegalMove: when the table has no such edge from its state.
        NotAllowed: when the actor's role or area does not cover it, or they claimed the fix.
        MissingReason, MissingPhoto: when the move needs one.
        UnknownDepartment: when ``act.handler`` or ``act.lead`` is none.
    """
    attempt = attempted(db, case_id, name, act, now)
    if name == "mark_duplicate":
        raise IllegalMove(attempt.case, name)
    return finish_move(db, attempt, _values(attempt, rules), rules)


def take_over(db: Connection, case_id: int, act: Act, rules: Rules, now: datetime) -> Case:
    """Have the lead department handle the case itself; raises as ``move`` does."""
    return move(db, case_id, "take_over", act, rules, now)


def close_on_spot(  # noqa: PLR0913, PLR0917 - as ``move``, and the draw
    db: Connection, case_id: int, act: Act, rules: Rules, now: datetime, draw: float
) -> Case:
    """Close what a grid worker put right on the spot (当场整改); some wait for a second look.

    Args:
        db: inside a write.
        case_id: which case.
        act: with two photos, before and after.
        rules: of its district.
        now: when.
        draw: within 0 and 1; below ``RECHECK_SHARE`` a supervisor verifies and closes.

    Raises:
        CaseError: as ``move``.
    """
    case = move(db, case_id, "close_on_spot", act, rules, now)
    if draw < RECHECK_SHARE:
        return case
    case = move(db, case_id, "verify", Act(SYSTEM, case.version), rules, now)
    return move(db, case_id, "close", Act(SYSTEM, case.version), rules, now)


def attempted(db: Connection, case_id: int, name: str, act: Act, now: datetime) -> Attempt:
    """Hold a case and check that a move may be made; raises as ``move`` does."""
    case = held_case(db, case_id)
    edge = MOVES.get(name)
    if edge is None:
        raise IllegalMove(case, name)
    if case.version != act.version:
        raise StaleCase(case)
    if case.state not in edge.froms:
        raise IllegalMove(case, name)
    attempt = Attempt(case, edge, act, now)
    _require_role(db, attempt)
    if edge.needs_reason and not act.reason.strip():
        raise MissingReason(name)
    _require_photos(db, attempt)
    return attempt


def finish_move(db: Connection, attempt: Attempt, values: Mapping[str, Any], rules: Rules) -> Case:
    """Make a move that was ``attempted``, with all that goes with it."""
    before, act, now = attempt.case, attempt.act, attempt.now
    changed = _unpaused(before, rules, now) | _stamps(attempt) | dict(values)
    if not carry_out(db, attempt, changed):
        raise StaleCase(_found(db, before.id))
    case = _found(db, before.id)
    name = attempt.move.name
    event = Event("moved", act.actor, before.state, act.reason, act.photo_ids, name)
    record(db, case, event, rules, now)
    replan(db, before, case)
    _follow(db, before, case, act.reason, rules, now)
    return case


def _follow(  # noqa: PLR0913, PLR0917 - before and after, why, by which rules and when
    db: Connection, before: Case, case: Case, reason: str, rules: Rules, now: datetime
) -> None:
    """Do what a case's coming to a state brings with it."""
    if case.state in _SETTLING:
        settle_standings(db, case.id, case.state)
    if case.state == "closed":
        plan_month(db, case, now)
    if before.state == "closed":
        cancel_month(db, before)
    if moment := moment_of(case.state):
        tell_reporters(db, case, Due(moment, reason), rules, now)


def _require_role(db: Connection, attempt: Attempt) -> None:
    case, edge, actor = attempt.case, attempt.move, attempt.act.actor
    if actor.role not in edge.roles:
        raise NotAllowed(case, edge.name, actor)
    require_reach(db, case, actor, edge.name)
    if (
        edge.to in {"verified", "closed"}
        and actor.staff_id is not None
        and has_claimed(db, case.id, actor.staff_id)
    ):
        raise NotAllowed(case, edge.name, actor)


def _require_photos(db: Connection, attempt: Attempt) -> None:
    name, given = attempt.move.name, attempt.act.photo_ids
    if not given and not attempt.move.needs_photo:
        return
    purposes = purposes_of(db, attempt.case.id, given)
    if not purposes or len(purposes) != len(set(given)):
        raise MissingPhoto(name)
    if name == "close_on_spot" and not {"before", "after"} <= set(purposes):
        raise MissingPhoto(name, 2)


def _values(attempt: Attempt, rules: Rules) -> dict[str, Any]:
    """Return the columns that a move of its own kind changes."""
    made = _VALUES.get(attempt.move.name)
    return made(attempt, rules) if made else {}


def _stamps(attempt: Attempt) -> dict[str, Any]:
    """Return the times that coming to a state sets."""
    if attempt.move.to in ENDED:
        return {"closed_at": attempt.now}
    return {"verified_at": attempt.now} if attempt.move.to == "verified" else {}


def _units(attempt: Attempt, rules: Rules) -> dict[str, Any]:
    """Return the units chosen, those of the route where the case has none."""
    case, act = attempt.case, attempt.act
    handler = act.handler or case.handler or STREET
    lead = act.lead or case.lead
    for department in (handler, lead):
        rules.require_department(case.district_id, department)
    return {"handler": handler, "lead": lead}


def _taken_over(attempt: Attempt, rules: Rules) -> dict[str, Any]:
    del rules
    return {"handler": attempt.case.lead}


def _reopened(attempt: Attempt, rules: Rules) -> dict[str, Any]:
    """Return a new round: with the lead, never with whoever handled it before."""
    case = attempt.case
    times = rules.deadline(case.district_id, case.category, attempt.now, is_major=case.is_major)
    return {
        "handler": case.lead if case.lead != case.handler else "",
        "round": case.round + 1,
        "round_at": attempt.now,
        "level": 0,
        "steps_done": 0,
        "verified_at": None,
        "closed_at": None,
        **times_values(times),
    }


_VALUES: Mapping[str, Callable[[Attempt, Rules], dict[str, Any]]] = MappingProxyType(
    {"assign": _units, "reassign": _units, "take_over": _taken_over, "reopen": _reopened}
)


def _unpaused(case: Case, rules: Rules, now: datetime) -> dict[str, Any]:
    """Return what ends a pause: a case that moves is no longer waiting."""
    if case.paused_at is None:
        return {}
    return {"paused_at": None, "pause_reason": "", **times_values(rules.resumed(case, now))}


def _found(db: Connection, case_id: int) -> Case:
    case = find_case(db, case_id)
    if case is None:
        raise UnknownCase(case_id)
    return case
