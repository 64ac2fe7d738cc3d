"""What one word makes of a line: only somebody's word brings anybody to be there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drills.drills import STATES, Drill, DrillRefused, State
from drills.rollcall import (
    FAST_CLOCK,
    MOST_PERSONS,
    STATUSES,
    Line,
    Moment,
    Source,
    Status,
    Teller,
    arrive,
    at_closing,
    check_persons,
    check_time,
    correct,
    found,
    mark,
)
from tests.drills.gathered import ALARM, MINUTE

SELF = Teller("resident", 7, "button")
STAFF = Teller("staff", 3, "organiser")


def line(status: Status = "unknown", **values: object) -> Line:
    whole = Line(
        id=1, building_id=1, resident_id=7, room="", floor=None, kind="resident", persons=1,
        arrived=0, status=status, source="", by_staff_id=None, by_resident_id=None,
        needs_assistance=False, left_at=None, arrived_at=None, helped_at=None,
        changed_at=ALARM,
    )  # fmt: skip
    return replace(whole, **values)  # type: ignore[arg-type]


def drill(state: State, *, has_alarm: bool = True) -> Drill:
    return Drill(
        id=1, code="", district_id="demo", street_id=1, community_id=1, kind="evacuation",
        title="", scenario="", assembly_point="", state=state, version=1, sequence=0,
        starts_at=ALARM, lasts_minutes=40, organiser_id=1, approver_id=None,
        check_in_code="123456", check_in_token="", alarm_at=ALARM if has_alarm else None,
        mustering_at=None, roll_closed_at=None, all_clear_at=None, ended_at=None, reason="",
        created_at=ALARM, changed_at=ALARM,
    )  # fmt: skip


TAKEN = {"alarm", "mustering", "roll_closed", "all_clear", "debrief"}


@pytest.mark.parametrize("state", STATES)
def test_the_list_is_noted_on_from_the_alarm_to_the_debriefing(state: State) -> None:
    moment = Moment(ALARM + MINUTE, ALARM + MINUTE)
    if state in TAKEN:
        check_time(drill(state), moment)
        return
    with pytest.raises(DrillRefused) as raised:
        check_time(drill(state), moment)
    assert raised.value.code == "not_running"
    is_before = state in {"planned", "approved", "announced", "standby", "postponed"}
    assert ("还没开始" if is_before else "已经结束") in raised.value.words


@pytest.mark.parametrize(
    ("occurred", "heard", "is_good"),
    [
        (timedelta(0), timedelta(0), True),
        (-timedelta(seconds=1), timedelta(0), False),
        (FAST_CLOCK, timedelta(0), True),
        (FAST_CLOCK + timedelta(seconds=1), timedelta(0), False),
        (timedelta(0), timedelta(hours=3), True),
    ],
    ids=["at the alarm", "before it", "fast clock", "too fast", "hours later"],
)
def test_a_moment_lies_between_alarm_and_now(
    occurred: timedelta, heard: timedelta, is_good: bool
) -> None:
    moment = Moment(ALARM + occurred, ALARM + heard)
    if is_good:
        check_time(drill("mustering"), moment)
        return
    with pytest.raises(DrillRefused) as raised:
        check_time(drill("mustering"), moment)
    assert raised.value.code == "bad_moment"


@pytest.mark.parametrize(
    ("persons", "is_good"), [(0, False), (1, True), (MOST_PERSONS, True), (MOST_PERSONS + 1, False)]
)
def test_a_line_stands_for_a_home_and_no_more(persons: int, is_good: bool) -> None:
    if is_good:
        check_persons(persons)
        return
    with pytest.raises(DrillRefused, match="bad_persons"):
        check_persons(persons)


@pytest.mark.parametrize("status", [one for one in STATUSES if one != "arrived"])
def test_whatever_was_said_before_who_comes_has_come(status: Status) -> None:
    came = arrive(line(status), 1, SELF, ALARM + MINUTE)

    assert (came.status, came.arrived, came.source) == ("arrived", 1, "button")
    assert came.arrived_at == ALARM + MINUTE


def test_told_twice_the_first_time_and_teller_hold() -> None:
    once = arrive(line(), 1, SELF, ALARM + MINUTE)

    assert arrive(once, 1, STAFF, ALARM + 2 * MINUTE) == once


def test_an_earlier_time_heard_of_later_holds() -> None:
    once = arrive(line(), 1, SELF, ALARM + 5 * MINUTE)

    earlier = arrive(once, 1, STAFF, ALARM + 3 * MINUTE)

    assert earlier == replace(once, arrived_at=ALARM + 3 * MINUTE)


def test_of_two_numbers_the_larger_holds_and_may_exceed_the_list() -> None:
    home = line(persons=3)
    two = arrive(home, 2, SELF, ALARM + MINUTE)
    four = arrive(two, 4, SELF, ALARM + 2 * MINUTE)

    assert (two.arrived, two.rest, two.status) == (2, 1, "unknown")
    assert (four.persons, four.arrived, four.status) == (4, 4, "arrived")
    assert arrive(four, 1, SELF, ALARM + 3 * MINUTE) == four


def test_the_words_for_the_others_of_a_home_stay() -> None:
    part = arrive(line("at_home", persons=3), 2, SELF, ALARM + MINUTE)

    assert (part.status, part.arrived) == ("at_home", 2)


@pytest.mark.parametrize("status", ["arrived", "unknown"])
def test_some_statuses_are_no_words(status: Status) -> None:
    with pytest.raises(DrillRefused, match="bad_status"):
        mark(line(), status, STAFF, ALARM)


@pytest.mark.parametrize("status", ["leaving", "at_home", "away", "excused", "missing"])
def test_who_has_come_stays_so(status: Status) -> None:
    came = arrive(line(), 1, SELF, ALARM + MINUTE)

    assert mark(came, status, STAFF, ALARM + 9 * MINUTE) == came


def test_later_words_hold_against_earlier_ones() -> None:
    leaving = mark(line(), "leaving", SELF, ALARM + 5 * MINUTE)

    assert leaving.left_at == ALARM + 5 * MINUTE
    assert mark(leaving, "away", STAFF, ALARM + 4 * MINUTE) == leaving
    assert mark(leaving, "away", STAFF, ALARM + 6 * MINUTE).status == "away"
    assert mark(leaving, "leaving", SELF, ALARM + 7 * MINUTE) == leaving


@pytest.mark.parametrize("status", ["leaving", "at_home", "away"])
def test_a_call_for_help_outlasts_second_thoughts_and_older_words(status: Status) -> None:
    older_call = mark(mark(line(), status, SELF, ALARM + 5 * MINUTE), "needs_help", STAFF, ALARM)

    assert older_call.status == "needs_help"
    assert mark(older_call, status, SELF, ALARM + 9 * MINUTE) == older_call
    assert mark(older_call, status, STAFF, ALARM + 9 * MINUTE).status == status


@pytest.mark.parametrize(
    ("source", "by", "status"),
    [("proxy", 8, "needs_help"), ("proxy", 7, "arrived"), ("button", 7, "arrived")],
    ids=["answered for by another", "by themselves", "tapped"],
)
def test_who_was_answered_for_may_still_call(source: Source, by: int, status: Status) -> None:
    member = line("arrived", persons=0, source=source, by_resident_id=by, arrived_at=ALARM)

    called = mark(member, "needs_help", SELF, ALARM + MINUTE)

    assert called.status == status
    assert (called.arrived_at is None) is (status == "needs_help")


def test_who_is_found_has_come_and_is_helped() -> None:
    called = mark(line(), "needs_help", SELF, ALARM + MINUTE)

    helped = found(called, STAFF, ALARM + 8 * MINUTE)

    assert (helped.status, helped.arrived) == ("arrived", 1)
    assert helped.helped_at == ALARM + 8 * MINUTE
    assert found(helped, STAFF, ALARM + 9 * MINUTE) == helped


def test_a_wrong_check_in_is_taken_back_for_good() -> None:
    came = arrive(line(), 1, SELF, ALARM + MINUTE)
    undone = correct(came, "unknown", 0, STAFF, ALARM + 10 * MINUTE)

    assert (undone.status, undone.arrived, undone.arrived_at) == ("unknown", 0, None)
    assert arrive(undone, 1, SELF, ALARM + 9 * MINUTE) == undone
    assert arrive(undone, 1, SELF, ALARM + 11 * MINUTE).status == "arrived"
    assert mark(undone, "needs_help", STAFF, ALARM + 9 * MINUTE) == undone


@pytest.mark.parametrize(
    ("status", "arrived", "code"),
    [
        ("arrived", 2, "bad_status"),
        ("unknown", 3, "bad_status"),
        ("unknown", 4, "bad_persons"),
        ("unknown", -1, "bad_persons"),
    ],
)
def test_a_correction_has_to_add_up(status: Status, arrived: int, code: str) -> None:
    with pytest.raises(DrillRefused) as raised:
        correct(line(persons=3), status, arrived, STAFF, ALARM)
    assert raised.value.code == code


@pytest.mark.parametrize("status", STATUSES)
def test_closing_calls_missing_only_who_was_under_way(status: Status) -> None:
    expected = "missing" if status in {"leaving", "needs_help"} else status
    assert at_closing(status) == expected


@pytest.mark.parametrize(
    ("status", "values", "is_sought"),
    [
        ("unknown", {}, True),
        ("leaving", {}, True),
        ("arrived", {"arrived": 1}, False),
        ("at_home", {}, False),
        ("unknown", {"persons": 0}, False),
        ("needs_help", {"persons": 0}, True),
        ("unknown", {"kind": "guest"}, False),
        ("needs_help", {"kind": "guest"}, True),
        ("unknown", {"persons": 3, "arrived": 2}, True),
    ],
)
def test_who_is_to_be_looked_for(
    status: Status, values: dict[str, object], is_sought: bool
) -> None:
    assert line(status, **values).is_sought is is_sought
