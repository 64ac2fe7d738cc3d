"""Statistics: counted within one's area, drawn, taken away, kept for a minute."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from bot.charts.studio import Studio
from bot.console.figures import (
    MOST_BARS,
    Named,
    Recent,
    chart_of,
    columns_of,
    months_between,
    row_of,
    share_text,
    span_text,
)
from bot.console.statistics import PATH, StatisticsPages
from bot.papers.typesetting import Typesetter
from hazards.statistics_store import Line
from tests.bot.console.bureau import Opened, closed, desk_of, opening
from tests.bot.console.console_service import NOON, Town
from tests.bot.console.office import Office

HOUR = timedelta(hours=1)
CHONGQING = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as studio:
        yield studio


@pytest.fixture
def office(town: Town, typesetter: Typesetter) -> Office:
    return Office(town, typesetter)


@pytest.fixture
def opened(office: Office, studio: Studio) -> Iterator[Opened]:
    with opening(office, StatisticsPages(desk_of(office), studio)) as opened:
        yield opened


def table(opened: Opened, login: str, kind: str, query: str = "") -> list[dict[str, str]]:
    text = opened(login).get(f"{PATH}/{kind}.csv{query}").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_table_is_shown_with_its_chart(office: Office, opened: Opened) -> None:
    closed(office)
    office.case(category="lane_blocked")
    shen = opened("shen")

    page = shen.get(PATH).text

    for heading in ("按月份", "按类别", "按镇街", "按办理单位", "按牵头单位", "按状态"):
        assert heading in page
    for name in ("城东街道", "已销号", "待初审", "2026-11"):
        assert f"<strong>{name}</strong>" in page
    chart = shen.get(f"{PATH}/category.svg")
    assert chart.headers["content-type"] == "image/svg+xml"
    assert chart.content.startswith(b"<?xml") or b"<svg" in chart.content


def test_a_table_is_taken_away(office: Office, opened: Opened) -> None:
    closed(office)
    office.case()

    (row,) = table(opened, "shen", "street")
    assert (row["镇街"], row["隐患"], row["在办"], row["已销号"]) == ("城东街道", "2", "1", "1")
    months = table(opened, "shen", "month")
    assert (len(months), months[-1]["月份"], months[-1]["隐患"]) == (12, "2026-11", "2")
    book = openpyxl.load_workbook(io.BytesIO(opened("shen").get(f"{PATH}/state.xlsx").content))
    assert book.active["A1"].value == "状态"


@pytest.mark.parametrize(
    ("login", "query", "count"),
    [
        ("shen", "", 2),
        ("ban", "", 1),
        ("yuan", "", 0),
        ("shen", "?district=jiangjin", 0),
        ("shen", "?street={street}", 1),
        ("shen", "?street=99999", 0),
        ("shen", "?street=x", 0),
        ("xiao", "", 2),
        ("xiao", "?street={street}", 0),
        ("shen", "?since=2026-11-20&until=2026-11-20", 2),
        ("shen", "?since=2026-11-21&until=2026-11-30", 0),
        ("shen", "?until=2026-11-19", 0),
    ],
)
def test_areas_and_filters_narrow(
    office: Office, opened: Opened, login: str, query: str, count: int
) -> None:
    office.case()
    office.case(street_id=office.street_id + 1)

    rows = table(opened, login, "state", query.format(street=office.street_id))

    assert sum(int(row["隐患"]) for row in rows) == count


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=gestern", "日期没看懂"),
        ("since=2026-11-20&until=2026-11-01", "结束日期比开始日期早"),
        ("since=1990-01-01", "一次最多统计"),
    ],
)
def test_bent_days_are_refused_in_words(
    office: Office, opened: Opened, query: str, words: str
) -> None:
    assert words in opened("shen").get(f"{PATH}?{query}").text


@pytest.mark.parametrize("name", ["nothing.csv", "state.pdf", "nothing.svg", "state.svg"])
def test_what_there_is_not_is_not_found(office: Office, opened: Opened, name: str) -> None:
    assert opened("shen").get(f"{PATH}/{name}").status_code == 404


def test_figures_are_kept_for_a_minute(office: Office, opened: Opened) -> None:
    shen = opened("shen")

    def counted() -> bool:
        return "这个范围没有隐患" not in shen.get(PATH).text

    assert not counted()
    office.case()
    assert not counted()
    office.town.clock.forward(seconds=61)
    assert counted()


def test_an_empty_scope_says_so(office: Office, opened: Opened) -> None:
    assert "没有隐患" in opened("yuan").get(PATH).text


def test_what_is_kept_goes_with_time_and_number() -> None:
    recent: Recent[int] = Recent(most=2)
    for number in range(3):
        recent.keep(number, number, NOON)

    assert [recent.get(number, NOON) for number in range(3)] == [None, 1, 2]
    assert recent.get(2, NOON + timedelta(minutes=1)) is None
    assert recent.get(2, NOON - HOUR) is None


def test_months_run_over_the_year() -> None:
    first = datetime(2025, 12, 31, 20, tzinfo=UTC)  # January already, in Chongqing
    last = datetime(2026, 2, 1, tzinfo=UTC)

    found = months_between(first, last, CHONGQING)

    assert [f"{one:%Y-%m}" for one in found] == ["2026-01", "2026-02", "2026-03"]


def line(cases: int, **values: object) -> Line:
    known = dict.fromkeys(("reports", "open", "overdue", "closed", "late"), 0)
    times = {"median": None, "p90": None}
    return Line(**{"key": "x", "cases": cases, **known, **times, **values})


def test_many_groups_are_drawn_as_the_largest_and_the_rest() -> None:
    named = [Named(f"街道{n}", line(30 - n)) for n in range(MOST_BARS + 3)]

    chart = chart_of("street", named)

    assert chart
    assert len(chart.labels) == MOST_BARS + 1
    assert (chart.labels[-1], chart.series[0].figures[-1]) == ("其余", 15 + 14 + 13)
    assert chart_of("street", [Named("没有", line(0))]) is None


def test_a_month_is_drawn_as_what_became_of_its_cases() -> None:
    chart = chart_of("month", [Named("2026-11", line(9, open=5, overdue=2))])

    assert chart
    assert [(one.name, one.figures) for one in chart.series] == [
        ("已办结", (4.0,)),
        ("在办", (3.0,)),
        ("超期", (2.0,)),
    ]


def test_a_row_has_every_column() -> None:
    row = row_of(Named("x", line(4, open=2, overdue=1, closed=2, late=1, median=5 * HOUR)))

    assert row.keys() == {column.key for column in columns_of("street")}
    assert (row["overdue_share"], row["late_share"], row["median"], row["p90"]) == (
        50.0,
        50.0,
        5.0,
        None,
    )


@pytest.mark.parametrize(
    ("span", "words"),
    [(None, "—"), (5 * HOUR, "5小时"), (47 * HOUR, "47小时"), (60 * HOUR, "2.5天")],
)
def test_spans_are_read(span: timedelta | None, words: str) -> None:
    assert span_text(span) == words
    assert share_text(0.125) == "12%"
