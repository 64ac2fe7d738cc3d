"""Days and hours that are kept free: exams, holidays, noise and heat."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.districts import District, load_district
from community.placefiles import BrokenPlaceFile, read_place_file
from community.workdays import load_workdays
from drills.blackouts import BLACKOUTS_FILE, When, district_days, load_blackouts
from drills.drills import KINDS, Kind
from drills.faults import Fault

ZONE = ZoneInfo("Asia/Shanghai")
MIDDLE_EXAM = "- {name: 中考, from: 2026-06-11, to: 2026-06-13, refused: true, why: 考生要安静}"


def faults(at: str, minutes: int = 40, kind: Kind = "evacuation") -> list[Fault]:
    """Return what speaks against a time in Chongqing, written as 2026-12-05 10:00."""
    starts_at = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    when = When(kind, starts_at, starts_at + timedelta(minutes=minutes))
    return load_blackouts().faults(when, load_workdays(), ())


def codes(at: str, minutes: int = 40, kind: Kind = "evacuation") -> list[tuple[str, bool]]:
    return [(fault.code, fault.is_refusal) for fault in faults(at, minutes, kind)]


@pytest.mark.parametrize(
    ("at", "minutes", "found"),
    [
        ("2026-12-05 09:00", 40, []),
        ("2026-06-06 09:00", 40, []),
        ("2026-06-07 09:00", 40, [("blackout_day", True)]),
        ("2026-06-10 20:00", 40, [("blackout_day", True)]),
        ("2026-06-11 09:00", 40, []),
        ("2026-10-01 09:00", 40, [("holiday", False)]),
        ("2026-10-08 09:00", 40, []),
        ("2027-03-06 09:00", 40, [("holidays_unknown", False)]),
        ("2026-12-05 05:59", 40, [("night", True)]),
        ("2026-12-05 06:00", 40, []),
        ("2026-12-05 21:20", 40, []),
        ("2026-12-05 21:21", 40, [("night", True)]),
        ("2026-12-05 23:30", 40, [("night", True)]),
        ("2026-12-05 11:20", 40, []),
        ("2026-12-05 11:21", 40, [("hours", False)]),
        ("2026-12-05 13:59", 40, [("hours", False)]),
        ("2026-12-05 14:00", 40, []),
        ("2026-07-04 09:00", 60, []),
        ("2026-07-04 09:00", 61, [("hours", False)]),
        ("2026-08-29 12:30", 40, [("hours", False), ("hours", False)]),
        ("2026-09-05 16:00", 40, []),
    ],
)
def test_what_speaks_against_a_time(at: str, minutes: int, found: list[tuple[str, bool]]) -> None:
    assert codes(at, minutes) == found


@pytest.mark.parametrize(
    ("at", "minutes", "found"),
    [
        ("2026-12-05 10:00", 30, [("not_dark", False)]),
        ("2026-12-05 18:00", 30, [("control_room", False)]),
        ("2026-12-05 22:30", 30, [("control_room", False)]),
        ("2026-12-05 22:31", 30, [("night", True)]),
        ("2026-12-05 03:00", 30, [("night", True)]),
        ("2026-12-05 22:30", 90, [("after_midnight", True), ("control_room", False)]),
    ],
)
def test_a_night_drill_has_hours_of_its_own(
    at: str, minutes: int, found: list[tuple[str, bool]]
) -> None:
    assert codes(at, minutes, "night") == found


@given(
    st.integers(0, 500 * 24 * 60),
    st.integers(10, 180),
    st.sampled_from([kind for kind in KINDS if kind != "night"]),
)
def test_no_other_drill_is_ever_held_in_the_night(at: int, minutes: int, kind: Kind) -> None:
    starts_at = datetime(2026, 1, 1, tzinfo=ZONE) + timedelta(minutes=at)
    when = When(kind, starts_at, starts_at + timedelta(minutes=minutes))
    found = load_blackouts().faults(when, load_workdays(), ())
    is_quiet = any(
        not 6 <= (starts_at + timedelta(minutes=passed)).hour < 22 for passed in range(minutes)
    )
    assert is_quiet == any(fault.code == "night" for fault in found)


def test_refusals_come_before_warnings() -> None:
    found = faults("2027-06-08 12:30")
    assert [fault.is_refusal for fault in found] == [True, False, False]


def test_every_reason_is_told() -> None:
    exam, night = faults("2026-06-08 09:00")[0], faults("2026-12-05 23:00")[0]
    assert exam.words == "这个时间赶上高考：考生要安静，也要好好休息。请换个时间。"
    assert "22:00到早上06:00" in night.words


def own_days(tmp_path: Path, text: str) -> District:
    """Return a district whose file has a part with days of its own."""
    file = tmp_path / "days.yaml"
    file.write_text(text, encoding="utf-8")
    return replace(load_district("demo"), parts={"blackouts": read_place_file(file)})


def test_a_district_keeps_its_own_days(tmp_path: Path) -> None:
    district = own_days(tmp_path, MIDDLE_EXAM)
    starts_at = datetime(2026, 6, 13, 9, tzinfo=ZONE)
    when = When("evacuation", starts_at, starts_at + timedelta(minutes=40))
    found = load_blackouts().faults(when, load_workdays(), district_days(district))
    assert [fault.words for fault in found] == ["这个时间赶上中考：考生要安静。请换个时间。"]
    after = replace(
        when, starts_at=starts_at + timedelta(days=1), ends_at=when.ends_at + timedelta(days=1)
    )
    assert not load_blackouts().faults(after, load_workdays(), district_days(district))


def test_a_district_without_days_of_its_own_has_none() -> None:
    assert district_days(load_district("demo")) == ()


def test_days_that_end_before_they_begin_are_named(tmp_path: Path) -> None:
    district = own_days(tmp_path, MIDDLE_EXAM.replace("2026-06-13", "2026-06-01"))
    with pytest.raises(BrokenPlaceFile):
        district_days(district)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda text: text.replace('"06-07"', '"13-07"'), "没有“13-07”这一天"),
        (lambda text: text.replace('"06-07"', "六月七日"), "没有“六月七日”这一天"),
        (lambda text: text.replace('"06-10"', '"05-10"'), "比开始的日子还早"),
        (lambda text: text.replace('"22:00"', '"25:00"'), "“25:00”不是钟点"),
        (lambda text: text.replace("[7, 8]", "[7, 13]"), "没有13月"),
        (lambda text: text.replace("12:00-14:00", "14:00-12:00"), "“14:00-12:00”不是一段时间"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, edit: Callable[[str], str], problem: str) -> None:
    broken = tmp_path / "blackouts.yaml"
    broken.write_text(edit(BLACKOUTS_FILE.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BrokenPlaceFile) as error:
        load_blackouts(broken)
    assert error.value.problem == problem
