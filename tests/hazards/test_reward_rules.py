"""What the rules give: by category, by day, by month, and what a district has yet to decide."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hazards.reward_rules import NEUTRAL, Amount, RewardRules, RewardScheme
from tests.hazards.rewarded import BLANKET, NOON, RULES, SCHEME, ZONE


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Amount(20, "points"), "20积分"),
        (Amount(3000, "fen"), "30元"),
        (Amount(50, "fen"), "0.50元"),
        (Amount(105, "fen"), "1.05元"),
        (Amount(0, "fen"), "0元"),
    ],
)
def test_an_amount_as_people_read_it(amount: Amount, text: str) -> None:
    assert amount.text == text


@pytest.mark.parametrize(
    ("category", "is_anonymous", "amount"),
    [
        ("lane_blocked", False, Amount(5000, "fen")),
        ("lane_blocked", True, Amount(8, "points")),
        ("hot_work", False, Amount(10, "points")),
        ("hot_work", True, Amount(10, "points")),
        ("other", False, Amount(0, "points")),
    ],
)
def test_each_category_has_its_amount(category: str, is_anonymous: bool, amount: Amount) -> None:
    assert RULES.amount(category, is_anonymous=is_anonymous) == amount


def test_a_district_may_pay_anonymous_reporters() -> None:
    rules = replace(RULES, anonymous_cash=True)
    assert rules.amount("lane_blocked", is_anonymous=True) == Amount(5000, "fen")


def test_without_a_default_other_categories_earn_nothing() -> None:
    rules = replace(RULES, amounts={"lane_blocked": Amount(1, "fen")})
    assert rules.amount("hot_work").number == 0


def test_the_neutral_rules_pay_no_money() -> None:
    assert not NEUTRAL.pays_cash
    assert RULES.pays_cash
    assert NEUTRAL.is_to_confirm
    assert NEUTRAL.amount("lane_blocked", is_anonymous=True).unit == "points"


@pytest.mark.parametrize(
    ("moment", "version"),
    [
        # Midnight of the district, which is 16:00 UTC of the day before.
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "neutral"),
        (datetime(2025, 12, 31, 16, tzinfo=UTC), "v1"),
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), "v1"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "v2"),
    ],
)
def test_a_report_falls_under_the_rules_of_its_day(moment: datetime, version: str) -> None:
    later = replace(RULES, version="v2", since=date(2027, 1, 1))
    assert RewardScheme("demo", ZONE, (later, RULES)).at(moment).version == version


def test_a_month_is_the_district_s() -> None:
    assert SCHEME.month(datetime(2026, 11, 30, 15, 59, tzinfo=UTC)) == "2026-11"
    assert SCHEME.month(datetime(2026, 11, 30, 16, tzinfo=UTC)) == "2026-12"


@pytest.mark.parametrize(
    ("versions", "gaps"),
    [
        ((), ["没有设奖励规则：只按通用办法记积分，不发现金（待本地确认）"]),
        ((RULES,), ["奖励规则“v1”的金额待本地确认", "兑换项目只是示例：灭火毯（示例）"]),
        ((replace(RULES, is_to_confirm=False, offers=()),), []),
        (
            (replace(RULES, is_to_confirm=False),),
            ["兑换项目只是示例：灭火毯（示例）"],
        ),
    ],
    ids=["nothing set", "to confirm", "decided", "example offers"],
)
def test_what_is_undecided_is_said(versions: tuple[RewardRules, ...], gaps: list[str]) -> None:
    assert RewardScheme("demo", ZONE, versions).gaps(NOON) == gaps


def test_an_offer_is_found_by_its_id() -> None:
    assert RULES.offer("fire_blanket") == BLANKET
    assert RULES.offer("car") is None
