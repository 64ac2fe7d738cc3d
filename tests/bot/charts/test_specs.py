"""Charts as values: what they refuse, and the table for whoever cannot see them."""

import math
from collections.abc import Callable

import pytest

from bot.charts.specs import (
    MOST_LABELS,
    MOST_SERIES,
    Bars,
    Chart,
    Curve,
    Histogram,
    Lines,
    Mark,
    Series,
    StackedBars,
    UnfitChart,
    figure_text,
)
from tests.bot.charts.samples import BARS, CURVE, HISTOGRAM, LINES, STACKED


@pytest.mark.parametrize(
    ("chart", "rows"),
    [
        (
            BARS,
            [
                ("类别", "隐患（件）"),
                ("占用消防车通道", "132"),
                ("楼道、楼梯间堆物", "98.5"),
                ("飞线充电", "—"),
            ],
        ),
        (
            STACKED,
            [
                ("月份", "已销号（件）", "整改中（件）", "超期（件）"),
                ("8月", "41", "4", "0"),
                ("9月", "38", "3", "3"),
                ("10月", "44", "9", "2"),
                ("11月", "20", "22", "4"),
            ],
        ),
        (
            LINES,
            [
                ("时间", "平安街道（天）", "几江街道（天）"),
                ("8月", "5", "3"),
                ("9月", "4.25", "3.5"),
                ("10月", "—", "3"),
                ("11月", "3", "2"),
            ],
        ),
        (
            HISTOGRAM,
            [
                ("用时（天）", "数量（件）"),
                ("0至1", "12"),
                ("1至2.5", "40"),
                ("2.5至7", "55"),
                ("7至365", "2"),
            ],
        ),
        (
            CURVE,
            [
                ("警报后", "人数（人）"),
                ("0:35", "2"),
                ("1:20", "9"),
                ("2:30", "20"),
                ("2:31", "22"),
                ("5:00", "31"),
                ("10:10", "33"),
            ],
        ),
    ],
    ids=["bars", "stacked bars", "lines", "histogram", "curve"],
)
def test_the_figures_are_a_table_too(chart: Chart, rows: list[tuple[str, ...]]) -> None:
    assert chart.rows() == rows


def test_without_a_unit_the_heading_is_the_bare_name() -> None:
    assert Lines("图", ("1月",), (Series("甲", (1,)),), unit="").rows()[0] == ("时间", "甲")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bars("图", (), (Series("甲", ()),)),
        lambda: Bars("图", ("一",), ()),
        lambda: Bars("图", ("一",), (Series("甲", (1,)), Series("乙", (1,)))),
        lambda: StackedBars("图", ("一", "二"), (Series("甲", (1,)),)),
        lambda: StackedBars("图", ("一",), (Series("甲", (1,)),) * (MOST_SERIES + 1)),
        lambda: Lines("图", ("一",) * (MOST_LABELS + 1), (Series("甲", (1,) * (MOST_LABELS + 1)),)),
        lambda: Lines("图", ("一",), (Series("甲", (-1,)),)),
        lambda: Lines("图", ("一",), (Series("甲", (math.nan,)),)),
        lambda: Lines("图", ("一",), (Series("甲", (math.inf,)),)),
        lambda: Histogram("图", (0,), ()),
        lambda: Histogram("图", (0, 1), (1, 2)),
        lambda: Histogram("图", (0, 1, 1), (1, 2)),
        lambda: Histogram("图", (0, math.nan, 1), (1, 2)),
        lambda: Histogram("图", (0, 1), (-1,)),
        lambda: Curve("图", ()),
        lambda: Curve("图", ((1, 1), (1, 2))),
        lambda: Curve("图", ((-1, 1),)),
        lambda: Curve("图", ((1, -1),)),
        lambda: Curve("图", ((1, 1),), (Mark("一半", -1),)),
    ],
    ids=[
        "no labels", "no series", "two series of plain bars", "a figure missing",
        "too many series", "too many labels", "below nought", "not a number", "endless",
        "no class", "an edge missing", "edges that stand still", "an edge that is no number",
        "a count below nought", "no points", "time that stands still", "before the beginning",
        "fewer than nobody", "a mark before the beginning",
    ],
)  # fmt: skip
def test_figures_that_make_no_chart_are_refused(make: Callable[[], Chart]) -> None:
    with pytest.raises(UnfitChart) as caught:
        make()

    assert caught.value.title == "图"


@pytest.mark.parametrize(
    ("figure", "text"),
    [(12.0, "12"), (3.5, "3.5"), (3.25, "3.25"), (2 / 3, "0.67"), (0, "0"), (None, "—")],
)
def test_figures_are_written_short(figure: float | None, text: str) -> None:
    assert figure_text(figure) == text


def test_a_small_figure_is_not_written_as_a_bare_point() -> None:
    assert figure_text(0.001) == "0"
