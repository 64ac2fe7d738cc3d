"""What casework reads from the districts' files, and what a pause makes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from community.departments import UnknownDepartment
from community.districts import UnknownDistrict, load_district
from community.workdays import load_workdays
from hazards.case_rules import CaseRules, Told
from hazards.case_write_store import times_values
from hazards.cases import Case, NewCase
from hazards.casework import open_case
from hazards.categories import UnknownCategory
from hazards.timeline import Event, Happened
from storage import Database
from tests.hazards.casefile import DAY, HOUR, NOON

RULES = CaseRules(
    {name: load_district(name) for name in ("demo", "qianjiang", "jiangjin")}, load_workdays()
)


@pytest.mark.parametrize(
    ("district", "category", "units"),
    [
        ("demo", "lane_blocked", ("street", "fire_rescue")),
        ("qianjiang", "lane_blocked", ("street", "urban_management")),
        ("qianjiang", "ebike_charging", ("street", "economy_information")),
    ],
)
def test_the_street_handles_and_the_lead_supervises(
    district: str, category: str, units: tuple[str, str]
) -> None:
    assert RULES.route(district, category) == units


def test_what_no_file_says_is_refused() -> None:
    with pytest.raises(UnknownDistrict):
        RULES.route("atlantis", "lane_blocked")
    with pytest.raises(UnknownCategory):
        RULES.route("demo", "fantasy")
    with pytest.raises(UnknownDepartment):
        RULES.require_department("demo", "urban_management")
    RULES.require_department("qianjiang", "urban_management")


@pytest.mark.parametrize(
    ("is_major", "levels"), [(False, [0, 1, 2]), (True, [0, 1, 2, 3])], ids=["usual", "major"]
)
def test_the_steps_rise_from_a_reminder_to_the_list(is_major: bool, levels: list[int]) -> None:
    times = RULES.deadline("demo", "flying_wire", NOON, is_major=is_major)

    assert [step.level for step in times.steps] == levels
    assert times.steps[0].at == times.soft_at < times.due_at < times.steps[1].at
    assert list(times.steps) == sorted(times.steps, key=lambda step: step.at)
    assert times.version == "2026-01-01"


@pytest.fixture(scope="module")
def opened() -> Case:
    return Case(
        id=1,
        code="K7M3K7M3",
        district_id="demo",
        street_id=None,
        building_id=None,
        category="flying_wire",
        state="accepted",
        handler="street",
        lead="fire_rescue",
        level=0,
        is_major=True,
        round=1,
        place_words="",
        floor="",
        point=None,
        summary="",
        version=1,
        merged_into=None,
        external_number="",
        is_public=False,
        public_text="",
        report_count=1,
        opened_at=NOON,
        round_at=NOON,
        changed_at=NOON,
        verified_at=None,
        closed_at=None,
        steps_done=0,
        paused_at=NOON,
        pause_reason="",
        **_times(),
    )


def _times() -> dict[str, object]:
    times = RULES.deadline("demo", "flying_wire", NOON, is_major=True)
    values = {"soft_at": times.soft_at, "due_at": times.due_at, "steps": times.steps}
    return {**values, "rule_version": times.version}


@settings(max_examples=60, deadline=None)
@given(first=st.integers(0, 200), second=st.integers(0, 200))
def test_pauses_only_ever_put_off_and_keep_the_order(opened: Case, first: int, second: int) -> None:
    case = opened
    for hours in (first, second):
        times = RULES.resumed(case, NOON + hours * HOUR)
        moved = [step.at for step in times.steps]
        assert all(new >= old.at for new, old in zip(moved, case.steps, strict=True))
        assert moved == sorted(moved)
        assert case.due_at is not None
        assert times.due_at >= case.due_at
        assert times.version == case.rule_version
        case = replace(case, due_at=times.due_at, soft_at=times.soft_at, steps=times.steps)


def test_a_pause_of_no_length_moves_nothing(opened: Case) -> None:
    times = RULES.resumed(opened, NOON)
    assert (times.soft_at, times.due_at, times.steps) == (
        opened.soft_at,
        opened.due_at,
        opened.steps,
    )
    assert RULES.resumed(opened, NOON - DAY) == times  # a clock that was put back


def test_what_is_not_paused_is_not_resumed(opened: Case) -> None:
    with pytest.raises(ValueError, match="not paused"):
        RULES.resumed(replace(opened, paused_at=None), NOON)


def test_times_are_kept_to_the_microsecond() -> None:
    times = RULES.deadline("demo", "flying_wire", NOON + timedelta(microseconds=7), is_major=False)
    packed = times_values(times)["steps"]
    assert [level for level, _ in packed] == [0, 1, 2]
    assert all(isinstance(at, int) for _, at in packed)


@pytest.mark.parametrize("store", ["sqlite"])
def test_without_listeners_nothing_is_said(database: Database) -> None:
    def work(db: Connection) -> None:
        case = open_case(db, NewCase("jiangjin", "canopy"), RULES, NOON)
        RULES.tell(db, Told(1, case.id, "accepted", 1))
        RULES.happened(db, Happened(1, case, Event("noted", actor=None), NOON))  # type: ignore[arg-type]
        assert case.lead

    database.write(work)
