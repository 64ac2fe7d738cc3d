"""What a chart shows, as values: drawn in a child process, and readable as a table.

Whoever cannot see a chart reads its figures: each has ``rows()``, headings first. A series is
named for what it counts; a label for what it stands at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_LABELS, MOST_SERIES = 120, 8
MOST_POINTS, MOST_MARKS = 20_000, 8
Row = tuple[str, ...]


class UnfitChart(ValueError):
    """Figures that make no chart; ``problem`` says why, for the log."""

    def __init__(self, title: str, problem: str) -> None:
        self.title, self.problem = title, problem
        super().__init__(f"chart {title!r}: {problem}")


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one name, one for each label; None is a gap (no figure, not nought)."""

    name: str
    figures: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Labelled:
    """What all charts with labels share: the figures fit the labels, and are a table."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = "件"
    heading: str = "名称"

    def __post_init__(self) -> None:
        _check(self.title, self.labels, self.series)

    def rows(self) -> list[Row]:
        """Return the figures as a table, headings first."""
        return _rows(self.heading, self.labels, self.series, self.unit)


@dataclass(frozen=True, slots=True)
class Bars(_Labelled):
    """Lying bars, one a label, the first on top: cases by category or street.

    Attributes:
        title: what the chart shows.
        labels: in the order of the bars.
        series: one with a figure for each label; a gap has no bar.
        unit: of the figures, such as 件.
        heading: over the labels in the table, such as 街道.
    """

    def __post_init__(self) -> None:
        _Labelled.__post_init__(self)
        if len(self.series) != 1:
            raise UnfitChart(self.title, f"{len(self.series)} series in plain bars")


@dataclass(frozen=True, slots=True)
class StackedBars(_Labelled):
    """Standing bars of parts that add up, such as closed, open and overdue for each month.

    Attributes: as :class:`Bars`, with up to eight series, the lowest first.
    """


@dataclass(frozen=True, slots=True)
class Lines(_Labelled):
    """How figures go with time; a gap breaks the line.

    Attributes: as :class:`Bars`, with up to eight series; the labels stand in order of time.
    """

    heading: str = "时间"


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many fall between each pair of edges, such as days to closure.

    Attributes:
        title: what the chart shows.
        edges: rising, one more than there are counts.
        counts: how many lie between an edge (included) and the next.
        unit: of the counts.
        heading: what the edges measure, with its unit: 用时（天）.
    """

    title: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    unit: str = "件"
    heading: str = "用时（天）"

    def __post_init__(self) -> None:
        if not 0 < len(self.counts) <= MOST_LABELS or len(self.edges) != len(self.counts) + 1:
            raise UnfitChart(self.title, f"{len(self.edges)} edges, {len(self.counts)} counts")
        # A comparison with NaN is false either way, so what must hold is asked for.
        if not all(low < high for low, high in pairwise(self.edges)):
            raise UnfitChart(self.title, "the edges do not rise")
        if min(self.counts) < 0:
            raise UnfitChart(self.title, "a count below nought")

    def rows(self) -> list[Row]:
        """Return the figures as a table, headings first."""
        between = pairwise(self.edges)
        labels = [f"{figure_text(low)}至{figure_text(high)}" for low, high in between]
        counts = Series("数量", tuple(map(float, self.counts)))
        return _rows(self.heading, labels, (counts,), self.unit)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that a curve points out, such as 一半人到齐."""

    name: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Curve:
    """How a figure goes in steps from a beginning on: arrivals since the alarm.

    Attributes:
        title: what the chart shows.
        points: (seconds since the beginning, figure from then on), rising in seconds.
        marks: moments to point out.
        unit: of the figure.
        heading: over the seconds in the table, and below the axis.
        most: of how many; a line at that height, none without it.
    """

    title: str
    points: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...] = ()
    unit: str = "人"
    heading: str = "警报后"
    most: int | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.points) <= MOST_POINTS or len(self.marks) > MOST_MARKS:
            raise UnfitChart(self.title, f"{len(self.points)} points, {len(self.marks)} marks")
        if not all(one[0] < other[0] for one, other in pairwise(self.points)):
            raise UnfitChart(self.title, "the seconds do not rise")
        if min(*(min(point) for point in self.points), *(one.seconds for one in self.marks), 0) < 0:
            raise UnfitChart(self.title, "a figure below nought")

    def rows(self) -> list[Row]:
        """Return the figures as a table, headings first."""
        head = (self.heading, f"人数（{self.unit}）" if self.unit else "人数")
        return [head, *((clock_text(at), str(figure)) for at, figure in self.points)]


Chart = Bars | StackedBars | Lines | Histogram | Curve


def figure_text(figure: float | None) -> str:
    """Return 12 for 12.0, 3.5, and — for a gap."""
    if figure is None:
        return "—"
    return (
        f"{figure:.0f}" if float(figure).is_integer() else f"{figure:.2f}".rstrip("0").rstrip(".")
    )


def clock_text(seconds: float) -> str:
    """Return 3:05 for 185 seconds, 1:02:05 for more than an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _rows(heading: str, labels: Sequence[str], series: Sequence[Series], unit: str) -> list[Row]:
    head = (heading, *(f"{one.name}（{unit}）" if unit else one.name for one in series))
    columns = [map(figure_text, one.figures) for one in series]
    return [head, *zip(labels, *columns, strict=True)]


def _check(title: str, labels: Sequence[str], series: Sequence[Series]) -> None:
    if not 0 < len(labels) <= MOST_LABELS or not 0 < len(series) <= MOST_SERIES:
        raise UnfitChart(title, f"{len(labels)} labels, {len(series)} series")
    uneven = [one.name for one in series if len(one.figures) != len(labels)]
    if uneven:
        raise UnfitChart(title, f"not one figure for each label: {uneven}")
    if any(one is not None and not 0 <= one < 1e12 for each in series for one in each.figures):
        raise UnfitChart(title, "a figure below nought, or none at all (NaN)")
