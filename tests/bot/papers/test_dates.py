"""Days and moments in Chinese, by the district's clocks."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.papers.dates import day_text, moment_text, span_text

CHONGQING = ZoneInfo("Asia/Shanghai")


def test_a_day_has_no_noughts_before_it() -> None:
    assert day_text(date(2026, 3, 5)) == "2026年3月5日"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 1, tzinfo=UTC), "2026年11月22日9时"),
        (datetime(2026, 11, 22, 1, 5, tzinfo=UTC), "2026年11月22日9时05分"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "2027年1月1日0时"),
    ],
    ids=["on the hour", "with minutes", "the next year already"],
)
def test_a_moment_is_told_by_the_clocks_here(moment: datetime, text: str) -> None:
    assert moment_text(moment, CHONGQING) == text


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        moment_text(datetime(2026, 11, 22, 9), CHONGQING)  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (datetime(2026, 11, 22, 9, 30, tzinfo=UTC), "2026年11月22日9时至17时30分"),
        (datetime(2026, 11, 22, 17, tzinfo=UTC), "2026年11月22日9时至2026年11月23日1时"),
    ],
    ids=["within a day", "over midnight"],
)
def test_a_span_names_the_day_once(end: datetime, text: str) -> None:
    assert span_text(datetime(2026, 11, 22, 1, tzinfo=UTC), end, CHONGQING) == text
