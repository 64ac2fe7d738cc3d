"""The child process that draws charts with matplotlib: one message a chart.

Imported by no other module: the service's own process never loads matplotlib.
"""

import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from bot.charts.specs import clock_text, figure_text
from bot.papers.pipes import serve

FONT = Path(__file__).parent.parent / "fonts" / "LifelineSans.otf"
# Okabe and Ito's colours ("Color Universal Design", 2008), which people with any kind of
# colour vision tell apart; black last, yellow left out: it is too pale on white.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#7A5C00", "#000000")
# Colour is never the only mark: lines differ in their points, stacked bars in their hatching.
POINTS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "///", "...", "\\\\\\", "xx", "--", "++", "oo")
INK, FAINT, GRID = "#1f2933", "#66727f", "#dfe4e9"
WIDTH_INCHES, HEIGHT_INCHES = 7.2, 4.0
BAR_INCHES, BARS_FRAME_INCHES = 0.34, 1.1
DOTS_PER_INCH = 150
MOST_TICKS = 14

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_STYLE_SHEET = re.compile(r"<style.*?</style>", re.DOTALL)
_STYLE = re.compile(r'(?<=\s)style="([^"]*)"')
_PROPERTY = re.compile(r"([\w-]+):\s*([^;]+);?")

# A chart as it came through the pipe: the fields of one of the specs, by name.
Spec = dict[str, Any]


def prepare() -> None:
    """Set our font, and text as paths: a browser needs no font to show a chart."""
    font_manager.fontManager.addfont(FONT)
    family = font_manager.FontProperties(fname=FONT).get_name()
    mpl.rcParams.update(
        {
            "font.family": [family],
            "font.size": 10.5,
            "svg.fonttype": "path",
            # Ids in an SVG are hashed with this: the same figures make the same bytes.
            "svg.hashsalt": "lifeline",
            "axes.unicode_minus": False,
            "text.color": INK,
            "axes.labelcolor": FAINT,
            "xtick.color": FAINT,
            "ytick.color": FAINT,
            "axes.edgecolor": GRID,
            "hatch.color": "white",
            "hatch.linewidth": 0.8,
            # A $ in a label is a dollar sign.
            "text.parse_math": False,
        }
    )


def answer(parts: list[bytes]) -> list[bytes]:
    """Return one picture; the order is JSON: ``kind``, ``format`` (svg or png) and ``chart``."""
    order = json.loads(parts[0])
    chart: Spec = order["chart"]
    figure = Figure(figsize=(WIDTH_INCHES, _height(order["kind"], chart)), layout="constrained")
    axes = figure.add_subplot()
    _DRAWN[order["kind"]](axes, chart)
    _finish(axes, chart, is_lying=order["kind"] == "Bars")
    if order["format"] == "png":
        return [_saved(figure, "png", {"Software": None})]
    return [_bare(_saved(figure, "svg", {"Date": None, "Creator": None}).decode()).encode()]


def _saved(figure: Figure, form: str, metadata: dict[str, str | None]) -> bytes:
    """Return the picture; without date and maker, so that equal charts are equal bytes."""
    out = io.BytesIO()
    figure.savefig(out, format=form, dpi=DOTS_PER_INCH, metadata=metadata)
    return out.getvalue()


def _bare(svg: str) -> str:
    """Return the SVG without styles, so that it shows under a CSP that refuses inline ones.

    Every property that matplotlib writes is also an attribute; its one rule goes to the root.
    The comments go too: they repeat the labels.
    """
    svg = _STYLE_SHEET.sub("", _COMMENT.sub("", svg))
    svg = _STYLE.sub(lambda found: _PROPERTY.sub(r'\1="\2"', found[1]), svg)
    return svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)


def _height(kind: str, chart: Spec) -> float:
    if kind != "Bars":
        return HEIGHT_INCHES
    return max(2.0, BARS_FRAME_INCHES + BAR_INCHES * len(chart["labels"]))


def _bars(axes: Axes, chart: Spec) -> None:
    (series,) = chart["series"]
    figures = [figure or 0 for figure in series["figures"]]
    places = range(len(figures))
    axes.barh(places, figures, height=0.62, color=PALETTE[0])
    axes.set_yticks(list(places), chart["labels"], color=INK)
    axes.invert_yaxis()
    for place, figure in zip(places, series["figures"], strict=True):
        axes.annotate(
            figure_text(figure), (figure or 0, place), xytext=(4, 0),
            textcoords="offset points", va="center", color=INK,
        )  # fmt: skip
    axes.margins(x=0.1, y=0.02)


def _stacked_bars(axes: Axes, chart: Spec) -> None:
    under = [0.0] * len(chart["labels"])
    for number, series in enumerate(chart["series"]):
        figures = [figure or 0 for figure in series["figures"]]
        axes.bar(
            range(len(figures)), figures, bottom=under, width=0.62, label=series["name"],
            color=PALETTE[number], hatch=HATCHES[number],
        )  # fmt: skip
        under = [low + figure for low, figure in zip(under, figures, strict=True)]
    _label_ticks(axes, chart["labels"])


def _lines(axes: Axes, chart: Spec) -> None:
    many = len(chart["labels"]) > 40
    for number, series in enumerate(chart["series"]):
        figures = [math.nan if figure is None else figure for figure in series["figures"]]
        axes.plot(
            range(len(figures)), figures, label=series["name"], color=PALETTE[number],
            marker=None if many else POINTS[number], markersize=5, linewidth=2,
        )  # fmt: skip
    _label_ticks(axes, chart["labels"])
    axes.set_ylim(bottom=0)


def _histogram(axes: Axes, chart: Spec) -> None:
    """Draw classes equally wide, with the edges between them, however far apart these are."""
    places = range(len(chart["counts"]))
    axes.bar(places, chart["counts"], width=1, color=PALETTE[0], edgecolor="white", linewidth=1)
    edges = chart["edges"]
    step = math.ceil(len(edges) / MOST_TICKS)
    ticks = [place - 0.5 for place in range(len(edges))]
    axes.set_xticks(ticks[::step], list(map(figure_text, edges[::step])))
    axes.set_xlabel(chart["heading"])


def _curve(axes: Axes, chart: Spec) -> None:
    """Draw steps from the beginning on, marks as upright lines, each named at its own height."""
    moments = [0, *(point[0] for point in chart["points"])]
    figures = [0, *(point[1] for point in chart["points"])]
    if chart["points"][0][0] == 0:
        moments, figures = moments[1:], figures[1:]
    axes.step(moments, figures, where="post", color=PALETTE[0], linewidth=2)
    axes.plot(moments[-1], figures[-1], color=PALETTE[0], marker=POINTS[0], markersize=5)
    top = max(*figures, chart["most"] or 0, 1)
    if chart["most"] is not None:
        axes.axhline(chart["most"], color=FAINT, linewidth=1, linestyle=":")
    for number, mark in enumerate(chart["marks"]):
        axes.axvline(mark["seconds"], color=PALETTE[3], linewidth=1.2, linestyle="--")
        axes.annotate(
            f"{mark['name']} {clock_text(mark['seconds'])}",
            (mark["seconds"], top * (0.1 + 0.11 * number)), xytext=(4, 0), color=INK,
            textcoords="offset points", fontsize=9.5, va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    axes.set_ylim(0, top * 1.08)
    last = max([*moments, *(mark["seconds"] for mark in chart["marks"]), 60])
    axes.set_xlim(0, last * 1.15)
    axes.xaxis.set_major_locator(MultipleLocator(_time_step(last)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: clock_text(at)))
    axes.set_xlabel(chart["heading"])


def _time_step(last: float) -> int:
    """Return a round distance of ticks, in seconds, so that there are at most eight."""
    steps = (10, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((step for step in steps if last / step <= 8), math.ceil(last / 8 / 3600) * 3600)


_DRAWN: dict[str, Callable[[Axes, Spec], None]] = {
    "Bars": _bars,
    "StackedBars": _stacked_bars,
    "Lines": _lines,
    "Histogram": _histogram,
    "Curve": _curve,
}


def _label_ticks(axes: Axes, labels: list[str]) -> None:
    """Write so many labels as fit, upright where they are short."""
    step = math.ceil(len(labels) / MOST_TICKS)
    shown = labels[::step]
    is_long = sum(map(len, shown)) > 55
    axes.set_xticks(
        range(0, len(labels), step), shown,
        rotation=35 if is_long else 0, ha="right" if is_long else "center",
    )  # fmt: skip


def _finish(axes: Axes, chart: Spec, *, is_lying: bool) -> None:
    """Add what all charts share: title, unit, whole numbers on the axis, a quiet grid."""
    axes.set_title(chart["title"], loc="left", fontsize=13, pad=12)
    if chart["unit"]:
        axes.set_title(f"单位：{chart['unit']}", loc="right", fontsize=9.5, color=FAINT, pad=12)
    figures = axes.xaxis if is_lying else axes.yaxis
    figures.set_major_locator(MaxNLocator(nbins=6, integer=True))
    figures.grid(visible=True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "bottom" if is_lying else "left"]].set_visible(False)
    axes.tick_params(length=0)
    names = axes.get_legend_handles_labels()[1]
    if len(names) > 1:
        axes.figure.legend(loc="outside lower center", ncols=min(len(names), 4), frameon=False)


if __name__ == "__main__":
    prepare()
    serve(answer)
