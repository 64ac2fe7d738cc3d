"""Working days and hours: holidays, days worked instead, and arithmetic over both."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.placefiles import BrokenPlaceFile, read_place_file
from community.workdays import (
    OFFICE_HOURS,
    NeverOpen,
    WorkCalendar,
    WorkDays,
    load_workdays,
    read_hours,
)

CHINA = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar(CHINA, OFFICE_HOURS, load_workdays())
PLAIN = WorkDays({}, frozenset(), frozenset())
OFFICE_DAY = timedelta(hours=7)

YEAR = """\
- year: 2026
  source: 某通知
  holidays:
  - {name: 元旦, from: 2026-01-01, to: 2026-01-03}
  work: [2026-01-04]
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


START = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(), timedelta(days=364)).map(lambda since: START + since)
hours = st.integers(min_value=0, max_value=120 * 60).map(lambda minutes: minutes / 60)
days = st.integers(min_value=0, max_value=30)


def test_the_holidays_of_2026_are_known() -> None:
    found = load_workdays()
    assert CALENDAR.has_year(2026)
    assert not CALENDAR.has_year(2027)
    assert found.years[2026] == "国务院办公厅关于2026年部分节假日安排的通知"
    # 元旦 3, 春节 9, 清明 3, 劳动节 5, 端午 3, 中秋 3, 国庆 7.
    assert len(found.off) == 33
    assert len(found.extra) == 6


@pytest.mark.parametrize(
    ("on", "is_working"),
    [
        ("2026-01-01", False),
        ("2026-01-02", False),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-15", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-04-06", False),
        ("2026-05-05", False),
        ("2026-05-09", True),
        ("2026-05-10", False),
        ("2026-06-19", False),
        ("2026-09-20", True),
        ("2026-09-25", False),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2026-11-23", True),
        # A year without data: weekdays alone.
        ("2027-01-01", True),
        ("2027-01-02", False),
    ],
)
def test_a_day_is_worked_or_not(on: str, is_working: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(on)) is is_working


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 08:59", False),
        ("2026-11-23 09:00", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 13:30", True),
        ("2026-11-23 17:29", True),
        ("2026-11-23 17:30", False),
        ("2026-11-22 10:00", False),
        ("2026-02-28 10:00", True),
    ],
)
def test_offices_are_open_in_their_hours(moment: str, is_open: bool) -> None:
    assert CALENDAR.is_open(at(moment)) is is_open


def test_hours_are_the_districts_whatever_the_zone_of_the_moment() -> None:
    assert CALENDAR.is_open(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    assert not CALENDAR.is_open(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-23 10:00", "2026-11-23 10:00"),
        ("2026-11-23 12:30", "2026-11-23 13:30"),
        ("2026-11-20 18:00", "2026-11-23 09:00"),
        ("2026-02-14 17:30", "2026-02-24 09:00"),
        ("2026-09-30 20:00", "2026-10-08 09:00"),
    ],
)
def test_the_next_opening_waits_for_holidays_to_end(moment: str, opening: str) -> None:
    assert CALENDAR.next_opening(at(moment)) == at(opening)


@pytest.mark.parametrize(
    ("moment", "number", "end"),
    [
        ("2026-11-23 10:00", 3, "2026-11-26 17:30"),
        ("2026-11-23 23:00", 1, "2026-11-24 17:30"),
        ("2026-11-21 10:00", 3, "2026-11-25 17:30"),
        ("2026-02-13 10:00", 2, "2026-02-24 17:30"),
        ("2026-09-30 10:00", 3, "2026-10-10 17:30"),
        ("2026-11-23 10:00", 0, "2026-11-23 10:00"),
    ],
)
def test_working_days_end_at_closing_time(moment: str, number: int, end: str) -> None:
    assert CALENDAR.add_working_days(at(moment), number) == at(end)


@pytest.mark.parametrize(
    ("moment", "added", "end"),
    [
        ("2026-11-23 09:00", 3, "2026-11-23 12:00"),
        ("2026-11-23 09:00", 3.5, "2026-11-23 14:00"),
        ("2026-11-23 11:00", 7, "2026-11-24 11:00"),
        ("2026-11-20 17:00", 1, "2026-11-23 09:30"),
        ("2026-11-21 03:00", 7, "2026-11-23 17:30"),
        ("2026-11-21 03:00", 0, "2026-11-21 03:00"),
        ("2026-02-14 16:30", 2, "2026-02-24 10:00"),
    ],
)
def test_working_hours_pass_over_nights_and_holidays(moment: str, added: float, end: str) -> None:
    assert CALENDAR.add_working_hours(at(moment), added) == at(end)


@pytest.mark.parametrize(
    ("first", "last", "passed"),
    [
        ("2026-11-23 00:00", "2026-11-24 00:00", 7),
        ("2026-11-23 11:00", "2026-11-23 14:00", 1.5),
        ("2026-11-20 17:00", "2026-11-23 09:30", 1),
        ("2026-02-14 17:30", "2026-02-24 09:00", 0),
        ("2026-11-23 14:00", "2026-11-23 11:00", -1.5),
    ],
)
def test_working_time_between(first: str, last: str, passed: float) -> None:
    assert CALENDAR.working_time_between(at(first), at(last)) == timedelta(hours=passed)


def test_nothing_is_added_backwards() -> None:
    with pytest.raises(ValueError, match="-1 working days"):
        CALENDAR.add_working_days(at("2026-11-23 10:00"), -1)
    with pytest.raises(ValueError, match="working time"):
        CALENDAR.add_working_hours(at("2026-11-23 10:00"), -0.5)


@given(moments, hours, hours)
def test_working_hours_add_up(moment: datetime, first: float, second: float) -> None:
    step = CALENDAR.add_working_hours(CALENDAR.add_working_hours(moment, first), second)
    whole = CALENDAR.add_working_time(moment, timedelta(hours=first) + timedelta(hours=second))
    assert step == whole


@given(moments, moments, hours)
def test_working_hours_keep_the_order(first: datetime, last: datetime, added: float) -> None:
    first, last = min(first, last), max(first, last)
    early, late = (CALENDAR.add_working_hours(moment, added) for moment in (first, last))
    assert first <= early <= late


@given(moments, moments, days)
def test_working_days_keep_the_order(first: datetime, last: datetime, added: int) -> None:
    first, last = min(first, last), max(first, last)
    early, late = (CALENDAR.add_working_days(moment, added) for moment in (first, last))
    assert first <= early <= late


@given(moments, days, days)
def test_working_days_add_up(moment: datetime, first: int, second: int) -> None:
    step = CALENDAR.add_working_days(CALENDAR.add_working_days(moment, first), second)
    assert step == CALENDAR.add_working_days(moment, first + second)


@given(moments, hours)
def test_what_was_added_has_passed(moment: datetime, added: float) -> None:
    length = timedelta(hours=added)
    end = CALENDAR.add_working_time(moment, length)
    assert CALENDAR.working_time_between(moment, end) == length


@given(moments, moments, moments)
def test_working_time_is_additive(first: datetime, second: datetime, third: datetime) -> None:
    between = CALENDAR.working_time_between
    assert between(first, second) + between(second, third) == between(first, third)


@given(moments)
def test_an_opening_is_open_and_nothing_works_before_it(moment: datetime) -> None:
    opening = CALENDAR.next_opening(moment)
    assert opening >= moment
    assert CALENDAR.is_open(opening)
    assert CALENDAR.working_time_between(moment, opening) == timedelta()


def test_a_change_of_the_clock_takes_no_working_time() -> None:
    # Berlin went to summer time on 2026-03-29, a Sunday, at 02:00.
    night = ((time(0), time(6)),)
    berlin = WorkCalendar(ZoneInfo("Europe/Berlin"), ((),) * 6 + (night,), PLAIN)
    start = datetime(2026, 3, 29, 0, 0, tzinfo=berlin.zone)
    assert berlin.working_time_between(start, start + timedelta(days=1)) == timedelta(hours=5)
    assert berlin.add_working_hours(start, 5) == datetime(2026, 3, 29, 6, 0, tzinfo=berlin.zone)


def test_a_weekend_day_that_is_worked_has_ordinary_hours() -> None:
    worked = CALENDAR.working_time_between(at("2026-02-28 00:00"), at("2026-03-01 00:00"))
    assert worked == OFFICE_DAY


def test_a_weekend_office_keeps_its_own_hours() -> None:
    saturdays = (*OFFICE_HOURS[:5], ((time(9), time(11)),), ())
    calendar = WorkCalendar(CHINA, saturdays, load_workdays())
    worked = calendar.working_time_between(at("2026-02-28 00:00"), at("2026-03-01 00:00"))
    assert worked == timedelta(hours=2)


def test_a_calendar_must_open_once_a_week() -> None:
    with pytest.raises(NeverOpen):
        WorkCalendar(CHINA, ((),) * 7, PLAIN)


def test_a_calendar_closed_for_months_is_noticed() -> None:
    first = date(2026, 1, 1)
    closed = frozenset(first + timedelta(days=ahead) for ahead in range(200))
    calendar = WorkCalendar(CHINA, OFFICE_HOURS, WorkDays({}, closed, frozenset()))
    with pytest.raises(NeverOpen):
        calendar.next_opening(at("2026-01-05 10:00"))


def hours_from(tmp_path: Path, text: str) -> object:
    file = tmp_path / "hours.yaml"
    file.write_text(text, encoding="utf-8")
    return read_hours(read_place_file(file))


def test_hours_are_read_by_weekday(tmp_path: Path) -> None:
    read = hours_from(tmp_path, "tue: [08:30-12:00, 14:00-18:00]\nsun: ['10:00-11:00']\n")
    tuesday = ((time(8, 30), time(12)), (time(14), time(18)))
    assert read == ((), tuesday, (), (), (), (), ((time(10), time(11)),))
    assert read_hours(None) == OFFICE_HOURS


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("mo: [09:00-12:00]", 1, "不认识“mo”"),
        ("mon: [9-12]", 1, "不是一段时间"),
        ("mon: [12:00-09:00]", 1, "不是一段时间"),
        ("mon: [09:00-25:00]", 1, "不是一段时间"),
        ("mon: []\ntue:\n- 09:00-12:00\n- 11:00-13:00", 4, "重叠"),
        ("mon: []", 1, "没有一天"),
    ],
)
def test_broken_hours_are_named_by_line(tmp_path: Path, text: str, line: int, problem: str) -> None:
    with pytest.raises(BrokenPlaceFile, match=problem) as broken:
        hours_from(tmp_path, text)
    assert broken.value.line == line


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("year: 2026", "year: 26", 1, "“26”不对"),
        ("to: 2026-01-03", "to: 2025-12-31", 4, "元旦"),
        ("to: 2026-01-03", "to: 2026-01-33", 4, "没有“2026-01-33”这一天"),
        ("to: 2026-01-03", "to: 2026-02-03", 4, "最多15天"),
        ("work: [2026-01-04]", "work: [2026-01-03]", 5, "不是调休上班的周末"),
        ("work: [2026-01-04]", "work: [2026-01-05]", 5, "不是调休上班的周末"),
        ("work:", "works:", 5, "不认识“works”"),
    ],
)
def test_broken_holidays_are_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    file = tmp_path / "workdays.yaml"
    file.write_text(YEAR.replace(old, new), encoding="utf-8")
    with pytest.raises(BrokenPlaceFile) as broken:
        load_workdays(file)
    assert broken.value.line == line
    assert problem in broken.value.problem + broken.value.mend


def test_a_year_stands_once(tmp_path: Path) -> None:
    file = tmp_path / "workdays.yaml"
    file.write_text(YEAR * 2, encoding="utf-8")
    with pytest.raises(BrokenPlaceFile, match="2026年写了两次"):
        load_workdays(file)
