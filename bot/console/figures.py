"""The figures of a period and an area as tables and charts, kept for a minute.

Values and the reading of them; ``bot.console.statistics`` shows them.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from types import MappingProxyType
from typing import Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.charts.specs import Bars, Chart, Series, StackedBars
from bot.console.posts import Places
from community.departments import STREET
from community.tables import Cell, Column, TableRow
from hazards.categories import Categories
from hazards.statistics_store import Dimension, Line, Scope, count, count_months
from hazards.transitions import STATE_NAMES

T = TypeVar("T")
Kind = Literal["category", "street", "handler", "lead", "state", "month"]

KEPT = timedelta(minutes=1)
MOST_KEPT = 256
MOST_BARS = 15
NOWHERE, NOBODY = "没有写镇街", "督办员（暂无办理单位）"
STREETS_OWN = "镇街"
REST = "其余"

TITLES: Mapping[Kind, str] = MappingProxyType(
    {
        "month": "按月份",
        "category": "按类别",
        "street": "按镇街",
        "handler": "按办理单位",
        "lead": "按牵头单位",
        "state": "按状态",
    }
)
HEADINGS: Mapping[Kind, str] = MappingProxyType(
    {
        "month": "月份",
        "category": "类别",
        "street": "镇街",
        "handler": "办理单位",
        "lead": "牵头单位",
        "state": "状态",
    }
)
_DIMENSIONS: Mapping[Kind, Dimension] = MappingProxyType(
    {
        "category": "category",
        "street": "street_id",
        "handler": "handler",
        "lead": "lead",
        "state": "state",
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """The counts of one group with its name."""

    name: str
    line: Line


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a page of statistics shows, read on one snapshot."""

    all: Line
    groups: Mapping[Kind, tuple[Named, ...]]


class Recent(Generic[T]):
    """Values kept for a minute, the oldest dropped first; threads may share it."""

    def __init__(self, kept: timedelta = KEPT, most: int = MOST_KEPT) -> None:
        self._kept = kept
        self._most = most
        self._values: OrderedDict[object, tuple[datetime, T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: object, now: datetime) -> T | None:
        """Return what was kept under ``key`` less than a minute ago."""
        with self._lock:
            found = self._values.get(key)
        return found[1] if found and found[0] <= now < found[0] + self._kept else None

    def keep(self, key: object, value: T, now: datetime) -> T:
        """Keep a value from now on, and return it."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (now, value)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


def months_between(first: datetime, last: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the first moments of the months from one moment to another, and the end of the last.

    Args:
        first: in the first month.
        last: in the last month.
        zone: in which months begin.
    """
    start = first.astimezone(zone)
    month = datetime(start.year, start.month, 1, tzinfo=zone)
    starts = [month]
    while month <= last:
        month = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=zone)
        starts.append(month)
    return starts


def read_figures(
    db: Connection, scope: Scope, names: "Names", starts: Sequence[datetime], now: datetime
) -> Figures:
    """Return all figures of a scope; two queries for each district, of one index.

    Args:
        db: for reading.
        scope: what is counted.
        names: words for the groups.
        starts: of months, and the end of the last.
        now: tells what is overdue.
    """
    counts = count(db, scope, now)
    groups: dict[Kind, tuple[Named, ...]] = {
        kind: _named(counts.by(dimension), names.of(kind))
        for kind, dimension in _DIMENSIONS.items()
    }
    months = count_months(db, scope, starts, now)
    groups["month"] = tuple(
        Named(f"{start:%Y-%m}", line) for start, line in zip(starts, months, strict=False)
    )
    return Figures(counts.total, {kind: groups[kind] for kind in TITLES})


@dataclass(frozen=True, slots=True)
class Names:
    """Words for what groups are counted by."""

    categories: Categories
    places: Places

    def of(self, kind: Kind) -> Callable[[object], str]:
        """Return what names a group of one kind."""
        named: Mapping[Kind, Callable[[object], str]] = {
            "category": self._category,
            "street": self._street,
            "handler": self._unit,
            "lead": self._unit,
            "state": self._state,
            "month": str,
        }
        return named[kind]

    def _category(self, key: object) -> str:
        found = self.categories.get(str(key))
        return found.name if found else str(key)

    def _state(self, key: object) -> str:
        return next((name for state, name in STATE_NAMES.items() if state == key), str(key))

    def _street(self, key: object) -> str:
        return self.places.streets.get(key, NOWHERE) if isinstance(key, int) else NOWHERE

    def _unit(self, key: object) -> str:
        if not key:
            return NOBODY
        if key == STREET:
            return STREETS_OWN
        districts = self.places.districts.values()
        names = (one.name for each in districts for one in each.departments if one.id == key)
        return next(names, str(key))


def chart_of(kind: Kind, named: Sequence[Named]) -> Chart | None:
    """Return the chart of a group; None when there is nothing to draw."""
    if not any(one.line.cases for one in named):
        return None
    title = f"隐患数量：{TITLES[kind]}"
    if kind == "month":
        return _months(title, named)
    shown = named[:MOST_BARS]
    labels, figures = [one.name for one in shown], [one.line.cases for one in shown]
    if rest := sum(one.line.cases for one in named[MOST_BARS:]):
        labels.append(REST)
        figures.append(rest)
    series = Series("隐患", tuple(map(float, figures)))
    return Bars(title, tuple(labels), (series,), heading=HEADINGS[kind])


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """Return the columns of a group's table to take away."""
    return (
        Column("name", HEADINGS[kind], 22),
        Column("cases", "隐患", 8),
        Column("reports", "上报次数", 10),
        Column("open", "在办", 8),
        Column("overdue", "超期", 8),
        Column("overdue_share", "超期占在办（%）", 16),
        Column("closed", "已销号", 8),
        Column("late", "超期销号", 10),
        Column("late_share", "占销号（%）", 12),
        Column("median", "销号用时中位数（小时）", 22),
        Column("p90", "九成在此以内（小时）", 22),
    )


def row_of(named: Named) -> TableRow:
    """Return a group as a row of its table to take away."""
    line = named.line
    return {
        "name": named.name,
        "cases": line.cases,
        "reports": line.reports,
        "open": line.open,
        "overdue": line.overdue,
        "overdue_share": round(100 * line.overdue_share, 1),
        "closed": line.closed,
        "late": line.late,
        "late_share": round(100 * line.late_share, 1),
        "median": _hours(line.median),
        "p90": _hours(line.p90),
    }


def span_text(span: timedelta | None) -> str:
    """Return a time to closure as people read it: 5小时, 3.5天; a dash for none."""
    if span is None:
        return "—"
    hours = span / timedelta(hours=1)
    return f"{hours:.0f}小时" if hours < 48 else f"{round(hours / 24, 1):g}天"


def share_text(share: float) -> str:
    """Return a share as people read it: 12%."""
    return f"{100 * share:.0f}%"


def _months(title: str, named: Sequence[Named]) -> Chart:
    lines = [one.line for one in named]
    parts = (
        ("已办结", [line.cases - line.open for line in lines]),
        ("在办", [line.open - line.overdue for line in lines]),
        ("超期", [line.overdue for line in lines]),
    )
    series = tuple(Series(name, tuple(map(float, figures))) for name, figures in parts)
    return StackedBars(title, tuple(one.name for one in named), series, heading="月份")


def _named(lines: Sequence[Line], name: Callable[[object], str]) -> tuple[Named, ...]:
    return tuple(Named(name(line.key), line) for line in lines)


def _hours(span: timedelta | None) -> Cell:
    return None if span is None else round(span / timedelta(hours=1), 1)
