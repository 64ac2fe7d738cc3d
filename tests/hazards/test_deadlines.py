"""Deadlines: hours by the clock and working days, reminders, escalation, pauses."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.districts import District, district_ids, load_district
from community.placefiles import BrokenPlaceFile
from community.workdays import WorkCalendar, load_workdays
from hazards.categories import Category, UnknownCategory, load_categories
from hazards.deadline_rules import Allowance, NoDeadlines, read_deadlines, rules_at
from hazards.deadlines import Deadline, deadline, resumed
from tests.community.places import DISTRICT, write_places

CHINA = ZoneInfo("Asia/Shanghai")
DEMO = load_district("demo")
CALENDAR = DEMO.calendar(load_workdays())
URGENT = "lane_blocked"
OTHER = "canopy"

RULES = """\
- from: 2026-01-01
  source: 某文件
  urgent: {check_hours: 24}
  others: {working_days: 3}
  reminder: 0.5
  escalation:
  - {level: urge, working_hours: 1}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def due(category: str, moment: str, is_major: bool = False) -> Deadline:
    return deadline(DEMO, category, at(moment), CALENDAR, is_major)


def district_with(tmp_path: Path, rules: str) -> District:
    text = f"{DISTRICT}deadlines:\n{rules}"
    return load_district("test_area", write_places(tmp_path, {"districts/test_area.yaml": text}))


START = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(), timedelta(days=334)).map(lambda since: START + since)
lengths = st.integers(min_value=0, max_value=20 * 24 * 60).map(lambda n: timedelta(minutes=n))
categories = st.sampled_from([URGENT, OTHER])


def test_a_blocked_way_is_checked_within_a_day_by_the_clock() -> None:
    found = due(URGENT, "2026-11-20 21:14")
    assert found.due_at == at("2026-11-21 21:14")
    assert found.soft_at == at("2026-11-21 09:14")
    # The day it falls due is a Saturday: offices are told on Monday.
    assert found.escalations == (at("2026-11-23 10:00"), at("2026-11-23 17:30"))
    assert found.text == "24小时内核查，11月21日21:14前（待本地确认）"


def test_everything_else_has_three_working_days() -> None:
    found = due(OTHER, "2026-11-20 10:00")
    assert found.due_at == at("2026-11-25 17:30")
    # Half of the 27 working hours left: 6 on Friday, 7 on Monday.
    assert found.soft_at == at("2026-11-24 09:30")
    assert found.escalations == (at("2026-11-26 10:00"), at("2026-11-26 17:30"))
    assert found.text == "3个工作日内处理，11月25日17:30前（待本地确认）"
    assert (found.version, found.is_to_confirm) == ("2026-01-01", True)


def test_a_holiday_is_no_working_day() -> None:
    # 春节: 2026-02-14 is worked, then nine days off.
    assert due(OTHER, "2026-02-13 10:00").due_at == at("2026-02-25 17:30")
    assert due(URGENT, "2026-02-16 10:00").due_at == at("2026-02-17 10:00")


def test_a_major_hazard_is_listed_for_supervision_in_the_end() -> None:
    steps = due(URGENT, "2026-11-23 10:00", is_major=True).steps
    assert [step.level for step in steps] == ["urge", "supervise", "list"]
    assert steps[-1].at == at("2026-11-26 10:00")
    assert [step.level for step in due(URGENT, "2026-11-23 10:00").steps] == ["urge", "supervise"]


@pytest.mark.parametrize("one", load_categories().all, ids=lambda one: one.id)
@pytest.mark.parametrize("district", district_ids())
def test_shipped_districts_have_a_day_or_three(district: str, one: Category) -> None:
    found = rules_at(load_district(district), date(2026, 11, 23))
    allowance = found.allowance(one.id)
    assert found.is_to_confirm
    assert allowance == (Allowance(check_hours=24) if one.is_urgent else Allowance(working_days=3))


@given(categories, moments, st.booleans())
def test_reminder_deadline_and_steps_come_in_order(
    category: str, moment: datetime, is_major: bool
) -> None:
    found = deadline(DEMO, category, moment, CALENDAR, is_major)
    times = [moment, found.soft_at, found.due_at, *found.escalations]
    assert times == sorted(times)
    assert all(one.tzinfo == CHINA for one in times[1:])


@given(categories, moments, moments)
def test_who_comes_later_is_due_no_earlier(
    category: str, first: datetime, second: datetime
) -> None:
    early, late = sorted((first, second))
    before, after = (deadline(DEMO, category, moment, CALENDAR) for moment in (early, late))
    assert before.due_at <= after.due_at
    assert before.soft_at <= after.soft_at


def test_a_pause_by_the_clock() -> None:
    found = due(URGENT, "2026-11-23 10:00")
    later = resumed(found, at("2026-11-23 12:00"), at("2026-11-23 15:00"), CALENDAR)
    assert later.due_at == at("2026-11-24 13:00")
    assert later.soft_at == at("2026-11-24 01:00")
    assert later.escalations == (at("2026-11-24 14:30"), at("2026-11-25 12:00"))
    assert later.text.startswith("24小时内核查，11月24日13:00前")


def test_a_pause_in_working_time() -> None:
    found = due(OTHER, "2026-11-20 10:00")
    later = resumed(found, at("2026-11-25 16:30"), at("2026-11-27 09:00"), CALENDAR)
    assert later.due_at == at("2026-11-27 10:00")
    assert later.soft_at == found.soft_at
    assert later.escalations == (at("2026-11-27 11:00"), at("2026-11-30 10:00"))


def test_a_night_is_no_pause_for_working_days() -> None:
    found = due(OTHER, "2026-11-20 10:00")
    assert resumed(found, at("2026-11-23 18:00"), at("2026-11-24 08:00"), CALENDAR) == found


def test_a_pause_after_the_deadline_moves_only_what_is_to_come() -> None:
    found = due(OTHER, "2026-11-20 10:00")
    later = resumed(found, at("2026-11-26 11:00"), at("2026-11-26 15:00"), CALENDAR)
    assert (later.soft_at, later.due_at) == (found.soft_at, found.due_at)
    # Five working hours were left at 11:00.
    assert later.escalations == (at("2026-11-26 10:00"), at("2026-11-27 11:30"))


def test_a_pause_does_not_end_before_it_begins() -> None:
    found = due(OTHER, "2026-11-20 10:00")
    with pytest.raises(ValueError, match="cannot end"):
        resumed(found, at("2026-11-24 10:00"), at("2026-11-24 09:00"), CALENDAR)


@given(categories, moments, lengths)
def test_no_pause_changes_nothing(category: str, moment: datetime, after: timedelta) -> None:
    found = deadline(DEMO, category, moment, CALENDAR, is_major=True)
    assert resumed(found, moment + after, moment + after, CALENDAR) == found


@given(categories, moments, lengths, lengths)
def test_what_was_left_is_left(
    category: str, moment: datetime, after: timedelta, length: timedelta
) -> None:
    found = deadline(DEMO, category, moment, CALENDAR)
    start, end = moment + after, moment + after + length
    later = resumed(found, start, end, CALENDAR)
    if found.due_at <= start:
        assert later.due_at == found.due_at
    elif category == URGENT:
        assert later.due_at - end == found.due_at - start
    else:
        left = CALENDAR.working_time_between(start, found.due_at)
        assert CALENDAR.working_time_between(end, later.due_at) == left


@given(categories, moments, lengths, lengths)
def test_a_pause_only_delays_and_keeps_the_order(
    category: str, moment: datetime, after: timedelta, length: timedelta
) -> None:
    found = deadline(DEMO, category, moment, CALENDAR, is_major=True)
    later = resumed(found, moment + after, moment + after + length, CALENDAR)
    old = [found.soft_at, found.due_at, *found.escalations]
    new = [later.soft_at, later.due_at, *later.escalations]
    assert all(before <= now for before, now in zip(old, new, strict=True))
    assert new == sorted(new)


@given(categories, moments, lengths, lengths, lengths)
def test_two_pauses_in_a_row_are_one(
    category: str, moment: datetime, after: timedelta, first: timedelta, second: timedelta
) -> None:
    found = deadline(DEMO, category, moment, CALENDAR)
    start, middle = moment + after, moment + after + first
    once = resumed(found, start, middle + second, CALENDAR)
    twice = resumed(resumed(found, start, middle, CALENDAR), middle, middle + second, CALENDAR)
    assert twice.due_at == once.due_at


def test_the_version_of_the_day_counts(tmp_path: Path) -> None:
    newer = RULES.replace("2026-01-01", "2026-07-01").replace("days: 3", "days: 5")
    district = district_with(tmp_path, RULES + newer)
    assert rules_at(district, date(2026, 6, 30)).version == "2026-01-01"
    assert rules_at(district, date(2026, 7, 1)).others.working_days == 5
    assert rules_at(district, date(2025, 1, 1)).version == "2026-01-01"


def test_the_day_is_the_districts(tmp_path: Path) -> None:
    newer = RULES.replace("2026-01-01", "2026-07-01")
    district = district_with(tmp_path, RULES + newer)
    first_hour = datetime(2026, 6, 30, 16, 30, tzinfo=UTC)
    assert deadline(district, OTHER, first_hour, CALENDAR).version == "2026-07-01"


def test_a_category_may_have_its_own_time(tmp_path: Path) -> None:
    own = "  categories:\n    canopy: {working_days: 10}\n    lane_blocked: {check_hours: 2}\n"
    district = district_with(tmp_path, RULES + own)
    rules = rules_at(district, date(2026, 6, 1))
    assert rules.allowance("canopy").text == "10个工作日内处理"
    assert rules.allowance("lane_blocked").text == "2小时内核查"
    assert rules.allowance("other").working_days == 3
    assert not rules.is_to_confirm
    assert "待本地确认" not in deadline(district, "canopy", at("2026-06-01 10:00"), CALENDAR).text


def test_an_unknown_category_has_no_deadline() -> None:
    with pytest.raises(UnknownCategory):
        due("nothing", "2026-11-23 10:00")


def test_a_district_without_deadlines_says_so(tmp_path: Path) -> None:
    bare = load_district("test_area", write_places(tmp_path))
    with pytest.raises(NoDeadlines, match="add 'deadlines'") as missing:
        rules_at(bare, date(2026, 1, 1))
    assert missing.value.permanent


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("from: 2026-01-01", "from: 1.1.2026", 8, "这一天"),
        ("check_hours: 24", "check_hours: 0", 10, "“0”不对"),
        ("{working_days: 3}", "{working_days: 3, check_hours: 1}", 11, "要写一种"),
        ("{working_days: 3}", "{}", 11, "要写一种"),
        ("reminder: 0.5", "reminder: 2", 12, "“2”不对"),
        ("level: urge", "level: shout", 14, "没有这一级"),
        ("working_hours: 1", "working_hours: soon", 14, "“soon”不对"),
        ("  source: 某文件", "  sauce: 某文件", 9, "不认识“sauce”"),
        (
            "  reminder",
            "  categories: {canopi: {check_hours: 1}}\n  reminder",
            12,
            "不认识“canopi”",
        ),
    ],
)
def test_broken_deadlines_are_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    part = district_with(tmp_path, RULES.replace(old, new)).part("deadlines")
    assert part is not None
    with pytest.raises(BrokenPlaceFile, match=problem) as broken:
        read_deadlines(part)
    assert broken.value.line == line


def test_a_version_stands_once(tmp_path: Path) -> None:
    part = district_with(tmp_path, RULES * 2).part("deadlines")
    assert part is not None
    with pytest.raises(BrokenPlaceFile, match="写了两次"):
        read_deadlines(part)


def test_a_summer_day_of_23_hours_is_24_by_the_clock(tmp_path: Path) -> None:
    # Berlin went to summer time on 2026-03-29 at 02:00.
    berlin = WorkCalendar(ZoneInfo("Europe/Berlin"), CALENDAR.hours, CALENDAR.days)
    start = datetime(2026, 3, 28, 20, 0, tzinfo=berlin.zone)
    found = deadline(DEMO, URGENT, start, berlin)
    assert found.due_at.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=24)
    assert found.due_at == datetime(2026, 3, 29, 21, 0, tzinfo=berlin.zone)
