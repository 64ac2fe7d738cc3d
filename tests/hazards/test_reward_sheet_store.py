"""The month's sheet: what was claimed in the district's month, money alone, and no name."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from hazards.reward_rules import RewardScheme
from hazards.reward_sheet_store import BadMonth, PayoutRow, month_bounds, monthly_sheet
from hazards.reward_store import reward
from hazards.rewards import approve, claim, mark_paid, propose, reverse
from storage import Database
from tests.hazards.rewarded import NOON, RULES, SCHEME, ZONE, closed_case

CLERK, BOSS, CASHIER = 901, 902, 903
# Caps are not what this is about.
FREE = RewardScheme("demo", ZONE, (replace(RULES, caps=None),))


def claimed(database: Database, at: datetime = NOON, category: str = "lane_blocked") -> int:
    case = closed_case(database, category=category)
    waiting = database.write(lambda db: propose(db, case.id, CLERK, NOON, FREE))
    given = database.write(lambda db: approve(db, waiting.id, BOSS, NOON))
    if given.state == "approved":
        database.write(lambda db: claim(db, given.id, case.reporter_id or 0, at))
    return given.id


def sheet(database: Database, month: str = "2026-11") -> Sequence[PayoutRow]:
    return database.read(lambda db: list(monthly_sheet(db, FREE, month)))


def test_it_lists_what_was_claimed_and_what_was_paid(database: Database) -> None:
    first, second = claimed(database), claimed(database, NOON + timedelta(minutes=1))
    database.write(lambda db: mark_paid(db, [first], CASHIER, "P-1", NOON))
    rows = sheet(database)
    assert [(row.reward_id, row.state, row.payout_id) for row in rows] == [
        (first, "paid", "P-1"),
        (second, "claimed", ""),
    ]
    assert {(row.amount_fen, row.category, row.rule_version) for row in rows} == {
        (5000, "lane_blocked", "v1")
    }
    assert not {"resident_id", "report_id", "name"} & {each.name for each in fields(PayoutRow)}


def test_points_and_what_was_taken_back_are_not_on_it(database: Database) -> None:
    claimed(database, category="hot_work")
    back = claimed(database)
    database.write(lambda db: reverse(db, back, BOSS, "不属实", NOON))
    assert sheet(database) == []


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC), "2026-11"),
        (datetime(2026, 11, 30, 16, tzinfo=UTC), "2026-12"),
    ],
)
def test_a_month_begins_at_the_district_s_midnight(
    database: Database, at: datetime, month: str
) -> None:
    claimed(database, at)
    other = "2026-12" if month == "2026-11" else "2026-11"
    assert (len(sheet(database, month)), len(sheet(database, other))) == (1, 0)


def test_another_district_s_payments_stand_elsewhere(database: Database) -> None:
    reward_id = claimed(database)
    database.write(
        lambda db: db.execute(
            update(reward).where(reward.c.id == reward_id).values(district_id="other")
        )
    )
    assert sheet(database) == []


def test_a_year_ends_with_december() -> None:
    since, until = month_bounds(SCHEME, "2026-12")
    assert (since.isoformat(), until.isoformat()) == (
        "2026-12-01T00:00:00+08:00",
        "2027-01-01T00:00:00+08:00",
    )


@pytest.mark.parametrize("month", ["2026-13", "2026", "十一月", "2026-11-22", ""])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(BadMonth) as refused:
        month_bounds(SCHEME, month)
    assert refused.value.month == month
