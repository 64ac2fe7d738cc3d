"""The moves of a drill, its times, and what people are told of a refusal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.drills import (
    ABORTABLE,
    BEFORE,
    COURSE,
    ENDED,
    HOLDING,
    MOVES,
    OPEN,
    REFUSALS,
    RUNNING,
    STAGES,
    STATE_NAMES,
    STATES,
    Drill,
    DrillRefused,
    Refusal,
    State,
    check_move,
    staff_event,
    step_times,
    system_event,
)

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
DRILL = Drill(
    id=1, code="0000000A", district_id="demo", street_id=1, community_id=1, kind="evacuation",
    title="消防疏散演练", scenario="假设起火", assembly_point="小区中庭", state="planned",
    version=1, sequence=0, starts_at=NOON, lasts_minutes=40, organiser_id=1, approver_id=None,
    check_in_code="012345", check_in_token="t",  # noqa: S106 - no password
    alarm_at=None, mustering_at=None,
    roll_closed_at=None, all_clear_at=None, ended_at=None, reason="", created_at=NOON,
    changed_at=NOON,
)  # fmt: skip

states = st.sampled_from(STATES)


def reachable(first: State) -> set[State]:
    seen: set[State] = set()
    todo = {first}
    while todo:
        state = todo.pop()
        seen.add(state)
        todo |= MOVES[state] - seen
    return seen


def test_every_state_has_its_moves_and_its_name() -> None:
    assert set(MOVES) == set(STATES) == set(STATE_NAMES)
    assert len(set(STATE_NAMES.values())) == len(STATES)


def test_a_drill_runs_its_course_step_by_step() -> None:
    assert COURSE[0] == "planned"
    assert COURSE[-1] == "closed"
    for position, state in enumerate(COURSE[:-1]):
        assert set(COURSE) & MOVES[state] == {COURSE[position + 1]}


def test_every_state_can_be_reached_from_the_first() -> None:
    assert reachable("planned") == set(STATES)


@given(states)
def test_every_drill_can_come_to_an_end(state: State) -> None:
    assert reachable(state) & ENDED


@given(st.data())
def test_nothing_follows_an_end(data: st.DataObject) -> None:
    state: State = "planned"
    for _ in range(40):
        if not MOVES[state]:
            break
        state = data.draw(st.sampled_from(sorted(MOVES[state])))
    assert (state in ENDED) == (not MOVES[state])


@given(states)
def test_only_what_has_not_begun_is_put_off(state: State) -> None:
    assert ("postponed" in MOVES[state]) == (state in BEFORE)
    assert ("cancelled" in MOVES[state]) == (state in BEFORE | {"postponed"})


@given(states)
def test_a_real_incident_ends_whatever_people_gather_for(state: State) -> None:
    assert ("aborted" in MOVES[state]) == (state in ABORTABLE)


def test_the_groups_of_states_fit_together() -> None:
    assert set(STATES) == OPEN | ENDED
    assert not OPEN & ENDED
    assert not BEFORE & RUNNING
    assert HOLDING < OPEN
    assert "postponed" not in HOLDING


@given(states, states)
def test_a_move_is_allowed_or_told_what_is(state: State, to: State) -> None:
    drill = replace(DRILL, state=state)
    if to in MOVES[state]:
        check_move(drill, to)
        return
    with pytest.raises(DrillRefused) as refused:
        check_move(drill, to)
    assert refused.value.code == "illegal_move"
    assert STATE_NAMES[state] in refused.value.words


@given(states)
def test_a_drill_knows_where_it_stands(state: State) -> None:
    drill = replace(DRILL, state=state)
    assert drill.is_open == (state not in ENDED)
    assert drill.is_running == (state in {"alarm", "mustering", "roll_closed"})


def test_a_drill_ends_after_it_has_lasted() -> None:
    assert DRILL.ends_at == NOON + timedelta(minutes=40)


@given(st.integers(10, 180))
def test_the_steps_come_in_order(minutes: int) -> None:
    times = step_times(NOON, minutes)
    assert tuple(times) == STAGES
    moments = list(times.values())
    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)
    assert times["alarm"] == NOON
    assert times["roll_close"] == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(("minutes", "after"), [(10, 5), (19, 9.5), (20, 10), (180, 10)])
def test_the_reminder_leaves_time_to_answer(minutes: int, after: float) -> None:
    assert step_times(NOON, minutes)["reminder"] - NOON == timedelta(minutes=after)


def test_the_notices_come_a_week_a_day_and_half_an_hour_before() -> None:
    times = step_times(NOON, 40)
    assert [NOON - times[stage] for stage in STAGES[:3]] == [
        timedelta(days=7),
        timedelta(days=1),
        timedelta(minutes=30),
    ]


def test_an_event_says_who_did_what_when() -> None:
    event = staff_event("planned", 7, NOON, building=3)
    assert (event.actor_kind, event.actor_id, event.detail) == ("staff", 7, {"building": 3})
    assert event.occurred_at == event.recorded_at == NOON
    assert system_event("reminder", NOON).actor_id is None


@pytest.mark.parametrize("code", get_args(Refusal))
def test_every_refusal_is_told_in_a_sentence(code: Refusal) -> None:
    words = DrillRefused(code).words
    assert words == REFUSALS[code]
    assert words.endswith("。")
    assert "请" in words or "，" in words, "what to do"
    assert not any("a" <= letter.lower() <= "z" for letter in words)


def test_a_refusal_may_name_which_one() -> None:
    refused = DrillRefused("checks_missing", "还差：公告已贴出。")
    assert refused.words.endswith("打勾。还差：公告已贴出。")
    assert "checks_missing" in str(refused)
