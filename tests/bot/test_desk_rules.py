"""Rules of the inbox: what residents read outside the hours, and by when an answer is due."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import desk_hours
from bot.desk_rules import SPOKE_LATELY, closed_words, is_attended, opening_words, resident_name
from bot.phrases import load_translation, load_wording

HOURS = desk_hours(("demo", "qianjiang"))
CALENDAR = HOURS.of("demo")
ZH, EN = load_wording().functions, load_translation("en").functions


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CALENDAR.zone)


@pytest.mark.parametrize(
    ("now", "when"),
    [
        (at(23, 8), "今天9点"),
        (at(23, 12, 30), "今天13点30分"),
        (at(23, 17, 30), "工作日9点（明天）"),
        (at(22, 12), "工作日9点（明天）"),
        (at(20, 18), "工作日9点（11月23日）"),
        (at(30, 18, month=9), "工作日9点（10月8日）"),
    ],
    ids=["before", "noon", "evening", "Sunday", "Friday", "national day"],
)
def test_the_next_opening_is_said_from_the_calendar(now: datetime, when: str) -> None:
    assert opening_words(CALENDAR, now, ZH) == when


def test_the_hours_are_the_districts_in_utc_too() -> None:
    assert opening_words(CALENDAR, datetime(2026, 11, 22, 23, tzinfo=UTC), ZH) == "今天9点"


def test_nobody_on_duty_is_said_as_the_issue_words_it() -> None:
    said = closed_words(CALENDAR, at(22, 12), ZH)

    assert said == "现在没有人值守，工作日9点（明天）回复你；急事打119，办事打12345。"
    assert "from 9:00" in closed_words(CALENDAR, at(22, 12), EN)


def test_within_the_hours_nothing_is_said() -> None:
    assert closed_words(CALENDAR, at(23, 10), ZH) == ""


@pytest.mark.parametrize(
    ("now", "spoken_ago", "is_there"),
    [
        (at(23, 10), None, True),
        (at(22, 12), None, False),
        (at(22, 12), SPOKE_LATELY, True),
        (at(22, 12), SPOKE_LATELY + timedelta(seconds=1), False),
    ],
    ids=["in hours", "closed", "just wrote", "wrote long ago"],
)
def test_who_has_just_written_is_there(
    now: datetime, spoken_ago: timedelta | None, is_there: bool
) -> None:
    spoken_at = None if spoken_ago is None else now - spoken_ago

    assert is_attended(CALENDAR, now, spoken_at) is is_there


@pytest.mark.parametrize(
    ("now", "due"),
    [(at(23, 10), at(24, 17, 30)), (at(22, 12), at(23, 17, 30)), (at(20, 10), at(23, 17, 30))],
    ids=["Monday", "Sunday", "Friday"],
)
def test_an_answer_is_due_when_the_next_working_day_ends(now: datetime, due: datetime) -> None:
    assert HOURS.answer_due("demo", now) == due


def test_a_district_that_is_gone_has_the_hours_of_the_default() -> None:
    assert HOURS.of("gone") is CALENDAR


def test_staff_know_residents_by_four_signs() -> None:
    assert resident_name("K7M3AB9X") == "居民 #K7M3"
