"""The rules of a plan as values: nearness of two drills, titles, assembly points, times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.registers import Building, BuildingFacts
from drills.drills import Drill
from drills.plan_rules import (
    MARGIN,
    Plan,
    assembly_point,
    building_faults,
    conflict_faults,
    day_and_clock,
    time_faults,
    title_of,
    word_faults,
)
from drills.templates import load_templates

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
PLAN = Plan("evacuation", (1,), NOON, 40)
OTHER = Drill(
    id=9, code="0000000A", district_id="demo", street_id=1, community_id=1, kind="night",
    title="夜间演练", scenario="", assembly_point="", state="planned", version=1, sequence=0,
    starts_at=NOON, lasts_minutes=40, organiser_id=1, approver_id=None, check_in_code="",
    check_in_token="", alarm_at=None, mustering_at=None, roll_closed_at=None, all_clear_at=None,
    ended_at=None, reason="", created_at=NOON, changed_at=NOON,
)  # fmt: skip

minutes = st.integers(10, 180)
apart = st.integers(-600, 600)


def building(number: int, *points: str) -> Building:
    facts = BuildingFacts(f"{number}栋", assembly_points=points)
    return Building(number, "0000000A", "demo", "双福街道", 1, "幸福社区", facts)


@given(apart, minutes, minutes)
def test_two_drills_are_near_each_other_or_not(after: int, first: int, second: int) -> None:
    plan = replace(PLAN, lasts_minutes=first)
    other = replace(OTHER, starts_at=NOON + timedelta(minutes=after), lasts_minutes=second)
    turned = Plan("night", (1,), other.starts_at, second)
    back = replace(OTHER, starts_at=plan.starts_at, lasts_minutes=first)
    is_near = bool(list(conflict_faults(plan, [other], ZONE)))
    assert is_near == bool(list(conflict_faults(turned, [back], ZONE))), "whoever plans second"
    gap = max(other.starts_at - plan.ends_at, plan.starts_at - other.ends_at)
    assert is_near == (gap < MARGIN)


def test_a_drill_is_not_in_its_own_way() -> None:
    assert [fault.code for fault in conflict_faults(PLAN, [OTHER], ZONE)] == ["conflict"]
    assert not list(conflict_faults(PLAN, [OTHER], ZONE, besides=9))


def test_a_conflict_is_named_by_title_and_local_time() -> None:
    words = next(conflict_faults(PLAN, [OTHER], ZONE)).words
    assert "“夜间演练”（11月23日12:00开始）" in words


@given(st.integers(0, 60 * 24 * 400))
def test_every_start_is_refused_warned_of_or_good(ahead: int) -> None:
    plan = replace(PLAN, starts_at=NOON + timedelta(minutes=ahead))
    found = [(fault.code, fault.is_refusal) for fault in time_faults(plan, NOON)]
    days = ahead / 1440
    expected = (
        [("in_past", True)] if days <= 0
        else [("too_soon", True)] if days < 1
        else [("short_notice", False)] if days < 7
        else [] if days <= 366
        else [("too_far", True)]
    )  # fmt: skip
    assert found == expected


@pytest.mark.parametrize("title", ["", "  ", "消防演练", "社区消防演习", "演" * 38 + "演练"])
def test_a_title_that_names_a_drill_may_stand(title: str) -> None:
    assert not list(word_faults(replace(PLAN, title=title)))


@given(st.text(max_size=60))
def test_no_title_without_the_word_drill_may_stand(title: str) -> None:
    if not title.strip() or "演练" in title or "演习" in title:
        return
    codes = {fault.code for fault in word_faults(replace(PLAN, title=title))}
    assert "title_without_drill" in codes


def test_a_title_left_out_names_the_building() -> None:
    template = load_templates()["gas_leak"]
    one, three = [building(1)], [building(1), building(2), building(3)]
    assert title_of(PLAN, template, one) == "1栋燃气泄漏应急演练"
    assert title_of(PLAN, template, three) == "1栋等3栋燃气泄漏应急演练"
    assert title_of(replace(PLAN, title=" 春季演练 "), template, three) == "春季演练"


def test_the_longest_names_still_fit_the_column_of_titles() -> None:
    long = replace(building(1), facts=BuildingFacts("长" * 60))
    for template in load_templates().values():
        assert len(title_of(PLAN, template, [long] * 50)) <= 80


def test_people_gather_at_the_first_point_that_all_share() -> None:
    shared = [building(1, "中庭", "东门"), building(2, "东门", "中庭")]
    assert assembly_point(PLAN, shared) == "中庭"
    assert assembly_point(PLAN, [building(1, "中庭", "东门"), building(2, "东门")]) == "东门"
    assert assembly_point(replace(PLAN, assembly_point="球场"), shared) == "球场"
    assert assembly_point(PLAN, [building(1, "中庭"), building(2, "东门")]) == ""
    assert assembly_point(PLAN, []) == ""


def test_a_building_named_twice_counts_once() -> None:
    plan = replace(PLAN, building_ids=(1, 1))
    assert not list(building_faults(plan, [building(1, "中庭")]))


def test_a_moment_is_written_in_the_time_of_the_place() -> None:
    assert day_and_clock(datetime(2026, 12, 31, 16, 5, tzinfo=UTC), ZONE) == "1月1日00:05"
