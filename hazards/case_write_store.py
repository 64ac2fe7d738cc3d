"""Changing cases: each change with its condition in the SQL, so that two never both win."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from hazards.case_store import case_columns, case_from, packed_steps
from hazards.cases import Attempt, Case, NewCase, Times, UnknownCase
from hazards.store import hazard_case, hazard_event, searched
from hazards.transitions import RUNNING
from storage import inserted_id, new_code

_case = hazard_case.c


def held_case(db: Connection, case_id: int) -> Case:
    """Return a case, held until this transaction ends.

    Raises:
        UnknownCase: when there is none.
    """
    query = case_columns().where(_case.id == case_id).with_for_update(key_share=True)
    row = db.execute(query).one_or_none()
    if row is None:
        raise UnknownCase(case_id)
    return case_from(row)


def add_case(db: Connection, new: NewCase, values: Mapping[str, Any], now: datetime) -> int:
    """Add a case that is submitted, and return its id; ``values`` are units and times."""
    row = {
        "district_id": new.district_id,
        "street_id": new.street_id,
        "building_id": new.building_id,
        "category": new.category,
        "state": "submitted",
        "level": 0,
        "is_major": new.is_major,
        "round": 1,
        "place_words": new.place_words,
        "floor": new.floor,
        "latitude": new.point.latitude if new.point else None,
        "longitude": new.point.longitude if new.point else None,
        "summary": new.summary,
        "version": 1,
        "steps_done": 0,
        "pause_reason": "",
        "external_number": new.external_number,
        "searched": searched(new.place_words, new.external_number, new.summary),
        "is_public": False,
        "public_text": "",
        "report_count": 1,
        "opened_at": now,
        "changed_at": now,
        **values,
    }
    while True:
        case_id = inserted_id(db, hazard_case, {"code": new_code()} | row, keys=["code"])
        if case_id is not None:
            return int(case_id)


def times_values(times: Times) -> dict[str, Any]:
    """Return the columns that hold a case's times."""
    return {
        "soft_at": times.soft_at,
        "due_at": times.due_at,
        "steps": packed_steps(times.steps),
        "rule_version": times.version,
    }


def carry_out(db: Connection, attempt: Attempt, values: Mapping[str, Any]) -> bool:
    """Make a move; False when the case has moved on, or the actor may not for what they did.

    Whoever claimed the fix neither verifies nor closes it, and that too is decided here.
    """
    move, act = attempt.move, attempt.act
    conditions = [_case.id == attempt.case.id, _case.version == act.version]
    conditions.append(_case.state.in_(sorted(move.froms)))
    if move.to in {"verified", "closed"} and act.actor.staff_id is not None:
        conditions.append(~_claimed(attempt.case.id, act.actor.staff_id))
    changed = {"state": move.to, "version": _case.version + 1, "changed_at": attempt.now}
    done = db.execute(update(hazard_case).where(*conditions).values(changed | dict(values)))
    return done.rowcount == 1


def has_claimed(db: Connection, case_id: int, staff_id: int) -> bool:
    """Tell whether a staff member has ever claimed that this case is fixed."""
    return bool(db.scalar(select(_claimed(case_id, staff_id))))


def change_case(db: Connection, case: Case, values: Mapping[str, Any], now: datetime) -> bool:
    """Change columns of a case that stays in its state; False when it has changed meanwhile."""
    unchanged = (_case.id == case.id, _case.version == case.version, _case.state == case.state)
    number = values.get("external_number", case.external_number)
    place = values.get("place_words", case.place_words)
    words = searched(place, number, values.get("summary", case.summary))
    counted = {"version": _case.version + 1, "changed_at": now, "searched": words}
    done = db.execute(update(hazard_case).where(*unchanged).values(counted | dict(values)))
    return done.rowcount == 1


def claim_step(db: Connection, case: Case, number: int, now: datetime) -> bool:
    """Take step ``number`` of a case's deadline; False when it was taken or is not wanted.

    The version stays: a reminder must not make stale what somebody is about to press.
    """
    claimed = db.execute(
        update(hazard_case)
        .where(
            _case.id == case.id,
            _case.round == case.round,
            _case.steps_done == number,
            _case.paused_at.is_(None),
            _case.state.in_(sorted(RUNNING)),
        )
        .values(
            steps_done=number + 1, level=max(case.level, case.steps[number].level), changed_at=now
        )
    )
    return claimed.rowcount == 1


def raise_level(db: Connection, case: Case, level: int, now: datetime) -> bool:
    """Raise a running case to ``level``; False when it is as high, or does not run."""
    raised = db.execute(
        update(hazard_case)
        .where(
            _case.id == case.id,
            _case.round == case.round,
            _case.level < level,
            _case.state.in_(sorted(RUNNING)),
        )
        .values(level=level, changed_at=now)
    )
    return raised.rowcount == 1


def _claimed(case_id: int, staff_id: int) -> Any:  # noqa: ANN401 - Exists, whose ``where`` is untyped
    return exists().where(
        hazard_event.c.case_id == case_id,
        hazard_event.c.kind == "moved",
        hazard_event.c.to_state == "fix_claimed",
        hazard_event.c.staff_id == staff_id,
    )
