"""What changes a case without moving it: pauses, its category, its level, notes, what is public.

Raises as ``hazards.casework.move`` does.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hazards.case_reach import require_reach
from hazards.case_rules import Rules
from hazards.case_store import find_case, purposes_of
from hazards.case_write_store import (
    change_case,
    held_case,
    times_values,
)
from hazards.case_write_store import raise_level as raise_level_to
from hazards.cases import (
    Act,
    Case,
    CaseError,
    IllegalMove,
    MissingPhoto,
    MissingReason,
    NotAllowed,
    StaleCase,
    Step,
)
from hazards.drafts import Where
from hazards.site_store import Ground, ground_of_building, ground_of_street
from hazards.sites import joined_words, point_for
from hazards.steps import replan
from hazards.timeline import Event, Kind, record
from hazards.transitions import HANDLE, LEVEL_NAMES, REVIEW, RUNNING, SUPERVISE, State

MOST_EXTERNAL_CHARACTERS = 60
MOST_PAUSE_REASON_CHARACTERS = 200
MOST_SUMMARY_CHARACTERS = 500

_ANYBODY = SUPERVISE | HANDLE | {"grid_worker", "building_head"}
# Once another department is to handle it, whoever has it now is done, and that one signs anew.
_HANDED_ON: frozenset[State] = frozenset({"assigned", "accepted", "rectifying"})


class NotInDistrict(CaseError):
    """A building or street that is none of the case's district."""

    def __init__(self, case: Case) -> None:
        self.current = case
        super().__init__(
            f"case {case.code} lies in {case.district_id}: "
            "give a building or a street of that district's register"
        )


def pause(db: Connection, case_id: int, act: Act, rules: Rules, now: datetime) -> Case:
    """Stop a running case's deadline, for a reason; its next step waits."""
    case = _held(db, case_id, act, "pause", SUPERVISE)
    if not case.is_running:
        raise IllegalMove(case, "pause")
    if not act.reason.strip():
        raise MissingReason("pause")
    values = {"paused_at": now, "pause_reason": act.reason[:MOST_PAUSE_REASON_CHARACTERS]}
    return _changed(db, case, values, Event("paused", act.actor, reason=act.reason), rules, now)


def resume(db: Connection, case_id: int, act: Act, rules: Rules, now: datetime) -> Case:
    """Let a paused deadline run on with what was left of it."""
    case = _held(db, case_id, act, "resume", SUPERVISE)
    if case.paused_at is None:
        raise IllegalMove(case, "resume")
    values = {"paused_at": None, "pause_reason": "", **times_values(rules.resumed(case, now))}
    return _changed(db, case, values, Event("resumed", act.actor, reason=act.reason), rules, now)


def change_category(  # noqa: PLR0913, PLR0917 - as ``move``
    db: Connection, case_id: int, category: str, act: Act, rules: Rules, now: datetime
) -> Case:
    """Correct the category: units and deadline follow, the timeline keeps what it was.

    Where another department handles the new category it is assigned to that one. The deadline
    counts from where this round began, and a pause ends.
    """
    case = _held(db, case_id, act, "change_category", REVIEW)
    if case.state not in RUNNING:
        raise IllegalMove(case, "change_category")
    units = rules.route(case.district_id, category)
    times = rules.deadline(case.district_id, category, case.round_at, is_major=case.is_major)
    values: dict[str, Any] = {"category": category, "lead": units.lead, **times_values(times)}
    values |= {"paused_at": None, "pause_reason": "", "steps_done": _behind(case, times.steps)}
    if case.state != "reopened":
        values["handler"] = units.handler
        if units.handler != case.handler and case.state in _HANDED_ON:
            values["state"] = "assigned"
    words = f"类别：{case.category} → {category}。{act.reason}".removesuffix("。")
    event = Event("noted", act.actor, case.state, words, action="change_category")
    return _changed(db, case, values, event, rules, now)


def raise_level(  # noqa: PLR0913, PLR0917 - as ``move``
    db: Connection, case_id: int, level: int, act: Act, rules: Rules, now: datetime
) -> Case:
    """Remind (1 催办), escalate (2 升级督办) or list (3 挂牌督办) by hand; the version stays.

    Raises:
        IllegalMove: when the case does not run, or is at this level already.
    """
    case = _held(db, case_id, act, "raise_level", SUPERVISE)
    if not 1 <= level < len(LEVEL_NAMES) or not raise_level_to(db, case, level, now):
        raise IllegalMove(case, "raise_level")
    kind: Kind = "escalated" if level > 1 else "reminded"
    raised = _found(db, case)
    words = act.reason or LEVEL_NAMES[level]
    record(db, raised, Event(kind, act.actor, reason=words, action=f"level_{level}"), rules, now)
    return raised


def set_major(  # noqa: PLR0913 - as ``move``
    db: Connection, case_id: int, act: Act, rules: Rules, now: datetime, *, is_major: bool
) -> Case:
    """Rate a running case as a major hazard (重大隐患), or no longer: its steps change with it.

    It is due as before, and a pause goes on. What is past of the new steps is taken at once.

    Raises:
        IllegalMove: when the case does not run, or is rated so already.
        MissingReason: without words why.
    """
    case = _held(db, case_id, act, "set_major", SUPERVISE)
    if case.state not in RUNNING or case.is_major is is_major:
        raise IllegalMove(case, "set_major")
    if not act.reason.strip():
        raise MissingReason("set_major")
    times = rules.rated(case, is_major=is_major)
    values = {**times_values(times), "is_major": is_major}
    values["steps_done"] = _behind(case, times.steps)
    words = f"{'认定为' if is_major else '不再作为'}重大隐患：{act.reason}"
    event = Event("noted", act.actor, case.state, words, action="set_major")
    return _changed(db, case, values, event, rules, now)


def note(db: Connection, case_id: int, act: Act, rules: Rules, now: datetime) -> int:
    """Add staff's words, and photos, to the timeline; return the event's id."""
    case = held_case(db, case_id)
    _require(db, case, act, "note", _ANYBODY)
    if not act.reason.strip():
        raise MissingReason("note")
    if len(purposes_of(db, case.id, act.photo_ids)) != len(set(act.photo_ids)):
        raise MissingPhoto("note")
    event = Event("noted", act.actor, reason=act.reason, photo_ids=act.photo_ids, action="note")
    return record(db, case, event, rules, now)


def set_external_number(  # noqa: PLR0913, PLR0917 - as ``move``
    db: Connection, case_id: int, number: str, act: Act, rules: Rules, now: datetime
) -> Case:
    """Note the number that 12345 or a grid platform has given a case.

    Raises:
        ValueError: when it is longer than ``MOST_EXTERNAL_CHARACTERS``.
    """
    if len(number) > MOST_EXTERNAL_CHARACTERS:
        raise ValueError(f"an external number has at most {MOST_EXTERNAL_CHARACTERS} characters")
    case = _held(db, case_id, act, "set_external_number", _ANYBODY)
    event = Event("noted", act.actor, reason=f"外部编号：{number}", action="external_number")
    return _changed(db, case, {"external_number": number}, event, rules, now)


def set_summary(  # noqa: PLR0913, PLR0917 - as ``move``
    db: Connection, case_id: int, text: str, act: Act, rules: Rules, now: datetime
) -> Case:
    """Note in staff's words what is wrong (案情摘要): notices and work orders say it so.

    Without words they say what was reported, as before. The timeline keeps each wording.

    Raises:
        ValueError: when it is longer than ``MOST_SUMMARY_CHARACTERS``.
    """
    if len(text) > MOST_SUMMARY_CHARACTERS:
        raise ValueError(f"a summary has at most {MOST_SUMMARY_CHARACTERS} characters")
    case = _held(db, case_id, act, "set_summary", SUPERVISE)
    words = f"案情摘要：{text}" if text else "不用案情摘要，以上报人的话为准"
    event = Event("noted", act.actor, reason=words, action="summary")
    return _changed(db, case, {"summary": text}, event, rules, now)


def set_place(  # noqa: PLR0913 - as ``move``, and the place
    db: Connection,
    case_id: int,
    act: Act,
    rules: Rules,
    now: datetime,
    *,
    building_id: int | None = None,
    street_id: int | None = None,
    words: str = "",
    floor: str | None = None,
) -> Case:
    """Put an open case to a building, or at least to a street, whose staff see it from then on.

    It stays in its state, with its units and its deadline; a pause goes on.

    Args:
        db: inside a write.
        case_id: which case.
        act: by whom, on which version.
        rules: of its district.
        now: when.
        building_id: brings its street, its name and, where the case's is far off or unknown, its
            place; ``street_id`` does not count then.
        street_id: where no building is known.
        words: the place in words; those there are stay without, unless they name another building.
        floor: None keeps it.

    Raises:
        IllegalMove: when the case has come to an end.
        NotInDistrict: when there is no such building or street in its district, or none is given.
    """
    case = _held(db, case_id, act, "set_place", SUPERVISE)
    if not case.is_open:
        raise IllegalMove(case, "set_place")
    ground = _ground(db, case, building_id, street_id)
    kept = case.place_words if case.building_id is None else ""
    told = Where(words=words or kept, floor=case.floor if floor is None else floor)
    values = _placed(case, ground, told.cut())
    kind = "街道" if ground.building_id is None else "楼栋"
    what = f"定位到{kind}：{values['place_words']}".removesuffix("：")
    event = Event("noted", act.actor, case.state, what, action="placed")
    return _changed(db, case, values, event, rules, now)


def _placed(case: Case, ground: Ground, told: Where) -> dict[str, Any]:
    """Return the columns of a case that say where it is."""
    point = point_for(case.point, ground)
    return {
        "street_id": ground.street_id,
        "building_id": ground.building_id,
        "place_words": joined_words(ground.name, told.words) if ground.building_id else told.words,
        "floor": told.floor,
        "latitude": point.latitude if point else None,
        "longitude": point.longitude if point else None,
    }


def _ground(db: Connection, case: Case, building_id: int | None, street_id: int | None) -> Ground:
    """Return the registered place that was given."""
    found = None
    if building_id is not None:
        found = ground_of_building(db, building_id)
    elif street_id is not None:
        found = ground_of_street(db, street_id)
    if found is None or found.district_id != case.district_id:
        raise NotInDistrict(case)
    return found


def set_public(  # noqa: PLR0913, PLR0917 - as ``move``
    db: Connection, case_id: int, text: str, act: Act, rules: Rules, now: datetime
) -> Case:
    """Release a case to the public with words that were looked at, or, without, take it back."""
    case = _held(db, case_id, act, "set_public", REVIEW)
    values = {"is_public": text != "", "public_text": text}
    words = "公开" if text else "取消公开"
    return _changed(db, case, values, Event("noted", act.actor, reason=words), rules, now)


def _behind(case: Case, steps: tuple[Step, ...]) -> int:
    """Return how many of new steps are not to be taken again: those up to the present level."""
    if not case.steps_done:
        return 0
    return sum(1 for step in steps if step.level <= case.level)


def _held(db: Connection, case_id: int, act: Act, action: str, roles: frozenset[str]) -> Case:
    case = held_case(db, case_id)
    if case.version != act.version:
        raise StaleCase(case)
    _require(db, case, act, action, roles)
    return case


def _require(db: Connection, case: Case, act: Act, action: str, roles: frozenset[str]) -> None:
    if act.actor.role not in roles | {"system"}:
        raise NotAllowed(case, action, act.actor)
    require_reach(db, case, act.actor, action)


def _changed(  # noqa: PLR0913, PLR0917 - what changes, and what is recorded of it
    db: Connection,
    case: Case,
    values: Mapping[str, Any],
    event: Event,
    rules: Rules,
    now: datetime,
) -> Case:
    if not change_case(db, case, values, now):
        raise StaleCase(_found(db, case))
    changed = _found(db, case)
    record(db, changed, event, rules, now)
    replan(db, case, changed)
    return changed


def _found(db: Connection, case: Case) -> Case:
    return find_case(db, case.id) or case
