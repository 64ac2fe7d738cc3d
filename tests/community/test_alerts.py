"""The rules of alerts, without a store."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.alert_words import WORDS_FILE, BrokenAlertWords, load_alert_words
from community.alerts import (
    AGREE_WITHIN,
    KINDS,
    MOVES,
    OPEN,
    SPREAD,
    STATES,
    STATUSES,
    Alert,
    State,
    agree,
    confirm_problem,
    groups_told,
    may_move,
    states_before,
)
from tests.community.registered import NOON

BYS = ("person", "detector", "source", "time")
STEPS = ("received", "spread", "stood_down")
ONE = Alert(
    id=1,
    code="AAAAAAAA",
    source_id=1,
    detector_id=1,
    district_id="demo",
    building_id=1,
    kind="smoke",
    status="actual",
    state="received",
    floor=12,
    room="1201",
    raised_at=NOON,
    heard_at=NOON,
    acknowledged_by=None,
    confirmed_by=None,
    stood_down_by=None,
)
OTHER = replace(ONE, id=2, detector_id=2)

any_alert = st.builds(
    replace,
    st.just(ONE),
    detector_id=st.integers(1, 2),
    building_id=st.integers(1, 2),
    kind=st.sampled_from(KINDS),
    status=st.sampled_from(STATUSES),
    state=st.sampled_from(STATES),
    heard_at=st.integers(-1200, 1200).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)


@given(st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(BYS)), max_size=30))
def test_however_it_is_moved_it_ends_once_and_only_people_take_back_what_spread(
    wishes: list[tuple[State, str]],
) -> None:
    state: State = "received"
    for to, by in wishes:
        if not may_move(state, to, by):
            continue
        assert state in OPEN
        assert to != "received"
        if state in SPREAD:
            assert by in {"person", "time"}
            assert to != "agreed"
        if to == "confirmed":
            assert by == "person"
        state = to


@given(st.sampled_from(STATES), st.sampled_from(STATES), st.sampled_from(BYS))
def test_the_condition_in_sql_says_what_the_table_says(state: State, to: State, by: str) -> None:
    assert (state in states_before(to, by)) is may_move(state, to, by)


@given(any_alert, any_alert)
def test_two_agree_whichever_came_first_and_never_one_with_itself(a: Alert, b: Alert) -> None:
    assert agree(a, b) is agree(b, a)
    assert not agree(a, a)
    if agree(a, b):
        assert a.kind == b.kind != "lane"
        assert a.detector_id != b.detector_id
        assert a.building_id == b.building_id


@given(any_alert, st.sampled_from(STEPS))
def test_residents_hear_of_real_smoke_and_gas_alone(one: Alert, step: str) -> None:
    told = groups_told(one, step)

    if one.kind == "lane" or one.status != "actual":
        assert not {"household", "building"} & set(told)
    assert ("building" in told) is (
        step == "spread" and one.kind != "lane" and one.status == "actual"
    )
    # A lane is nobody's emergency at night.
    assert one.kind != "lane" or set(told) <= {"lane"}


@pytest.mark.parametrize(
    ("changed", "agrees"),
    [
        ({}, True),
        ({"state": "confirmed"}, True),
        ({"heard_at": NOON + AGREE_WITHIN}, True),
        ({"heard_at": NOON + AGREE_WITHIN + timedelta(seconds=1)}, False),
        ({"detector_id": 1}, False),
        ({"building_id": 2}, False),
        ({"kind": "gas"}, False),
        ({"status": "test"}, False),
        ({"state": "stood_down"}, False),
        ({"state": "expired"}, False),
    ],
)
def test_what_agrees(changed: dict[str, object], agrees: bool) -> None:
    assert agree(ONE, replace(OTHER, **changed)) is agrees


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"state": "agreed"}, None),
        ({"kind": "lane"}, "kind"),
        ({"status": "exercise"}, "not_actual"),
        ({"state": "confirmed"}, "state"),
        ({"state": "expired"}, "state"),
    ],
)
def test_what_a_person_may_confirm(changed: dict[str, object], problem: str | None) -> None:
    assert confirm_problem(replace(ONE, **changed)) == problem


def test_every_end_is_an_end() -> None:
    assert {state for state in STATES if not MOVES[state]} == set(STATES) - OPEN


def test_words_name_the_place_and_no_room_to_the_building() -> None:
    words = load_alert_words()

    assert words.place("3栋", ONE, with_room=True) == "3栋12层1201"
    assert words.place("3栋", ONE, with_room=False) == "3栋12层"
    assert words.place("3栋", replace(ONE, floor=-2, room=""), with_room=True) == "3栋负2层"
    assert words.place("3栋", replace(ONE, floor=None), with_room=False) == "3栋"
    assert all("{where}" in text for said in words.building.values() for text in
               said.by_language.values())  # fmt: skip


def test_what_is_said_at_home_holds_what_saves() -> None:
    words = load_alert_words()
    smoke, gas = words.household["smoke"], words.household["gas"]

    assert "119" in smoke.by_language["zh"]
    assert "不坐电梯" in smoke.by_language["zh"]
    assert gas.by_language["zh"].startswith("不碰任何开关")
    assert gas.by_language["zh"].index("室外") < gas.by_language["zh"].index("119")
    assert words.bell["zh"] == "微信消息可能迟到，听到楼里警铃就按警铃行动。"


def test_missing_words_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "alerts.yaml"
    text = WORDS_FILE.read_text(encoding="utf-8")
    broken.write_text(text.replace("  lane:", "  road:"), encoding="utf-8")

    with pytest.raises(BrokenAlertWords) as caught:
        load_alert_words(broken)

    assert caught.value.problem == "staff.lane"
