"""What rules say of a building, which version holds when, and how a duty stands on a day."""

from dataclasses import replace
from datetime import date

import pytest

from community.registers import Use
from drills.duties import (
    Condition,
    Duties,
    DutyState,
    Period,
    PeriodKind,
    Progress,
    Rule,
    any_of,
    period_before,
    period_of,
    state_of,
)
from drills.duty_files import load_duties
from tests.drills.duty_town import ZONE

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
FIRST_HALF = Period(date(2026, 1, 1), date(2026, 6, 30))
SECOND_HALF = Period(date(2024, 7, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def duties() -> Duties:
    return load_duties(ZONE)


def rule(duties: Duties, rule_id: str, version: int = 1) -> Rule:
    return duties.of(rule_id)[version - 1]


@pytest.mark.parametrize(
    ("height", "use", "yearly", "tall"),
    [
        (27.0, "住宅", False, False),
        (27.1, "住宅", True, False),
        (24.5, "公共", True, False),
        (100.0, "公共", True, False),
        (100.1, "公共", False, True),
        (110.0, "商住", True, None),
        (24.0, "商住", False, False),
        (60.0, "工业", False, False),
        (None, "工业", False, False),
        (60.0, "其他", None, False),
        (120.0, "其他", None, None),
        (None, "住宅", None, False),
        (None, "公共", None, None),
        (60.0, "", None, False),
        (120.0, "", None, None),
        (20.0, "", False, False),
        (None, "", None, None),
    ],
)
def test_whom_the_yearly_and_the_half_yearly_drill_concern(
    duties: Duties, height: float | None, use: Use, yearly: bool | None, tall: bool | None
) -> None:
    assert rule(duties, "law44_full_drill").is_about(height, use) is yearly
    assert rule(duties, "law44_full_drill_tall_public").is_about(height, use) is tall


def test_a_condition_without_any_use_concerns_nobody() -> None:
    assert Condition(frozenset()).holds(80.0, "住宅") is False


@pytest.mark.parametrize(
    ("kind", "day", "period", "name", "code"),
    [
        ("year", date(2026, 7, 1), YEAR, "2026年", "2026"),
        ("half_year", date(2026, 6, 30), FIRST_HALF, "2026年上半年", "2026h1"),
        ("half_year", date(2024, 12, 31), SECOND_HALF, "2024年下半年", "2024h2"),
    ],
)
def test_periods_have_days_and_names(
    kind: PeriodKind, day: date, period: Period, name: str, code: str
) -> None:
    found = period_of(kind, day)

    assert (found, found.name, found.code) == (period, name, code)
    assert period_before(kind, found).end.toordinal() == found.start.toordinal() - 1


@pytest.mark.parametrize(
    ("on", "done", "planned", "state"),
    [
        (date(2026, 11, 1), 2, 0, "done"),
        (date(2027, 1, 1), 2, 0, "done"),
        (date(2027, 1, 1), 1, 1, "overdue"),
        (date(2026, 12, 31), 1, 1, "planned"),
        (date(2026, 12, 31), 1, 0, "due_soon"),
        (date(2026, 11, 1), 0, 1, "due_soon"),
        (date(2026, 10, 31), 0, 1, "open"),
    ],
)
def test_how_two_trainings_a_year_stand(
    duties: Duties, on: date, done: int, planned: int, state: DutyState
) -> None:
    twice = rule(duties, "jiangjin2_training", 2)

    assert state_of(twice, YEAR, Progress(done, planned), on) == state


def test_past_years_are_judged_by_the_rule_of_their_time(duties: Duties) -> None:
    old, new = duties.of("jiangjin2_training")
    once = replace(new, count=1)
    changed = replace(duties, rules=(old, once))

    found = changed.periods(date(2021, 1, 1), date(2024, 12, 31))

    assert [(one.version, one.count, period.name) for one, period in found] == [
        (1, 2, "2021年"),
        (1, 2, "2022年"),
        (2, 1, "2023年"),
        (2, 1, "2024年"),
    ]
    assert changed.on(date(2022, 12, 31), ["jiangjin"]) == (old,)
    assert changed.on(date(2023, 1, 1), ["jiangjin"]) == (once,)


def test_nothing_is_owed_before_a_rule_held(duties: Duties) -> None:
    first = min(one.end for _, one in duties.periods(date(2019, 1, 1), date(2021, 12, 31)))

    assert first == date(2020, 12, 31)
    assert duties.on(date(2020, 4, 23), ["jiangjin", "qianjiang"]) == ()


@pytest.mark.parametrize(
    ("kind", "district", "served"),
    [
        ("evacuation", "qianjiang", 4),
        ("evacuation", "jiangjin", 3),
        ("gas_leak", "qianjiang", 2),
        ("school", "qianjiang", 0),
    ],
)
def test_what_a_sealed_drill_counts_for(
    duties: Duties, kind: str, district: str, served: int
) -> None:
    assert len(duties.rules_served(kind, district)) == served
    assert len(duties.rules_served(kind, district, date(2026, 5, 1))) == served
    assert duties.rules_served(kind, district, date(2020, 5, 1)) == ()


@pytest.mark.parametrize(
    ("answers", "found"),
    [([], False), ([False, None], None), ([None, True], True), ([False], False)],
)
def test_one_certain_building_is_enough(answers: list[bool | None], found: bool | None) -> None:
    assert any_of(answers) is found
