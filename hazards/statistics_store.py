"""Counting cases: by category, street, department, state and month, and how long they took.

One statement counts a district, in the order of an index: all groupings are made of its rows. The
time to closure is that from opening to the last closure (销号), in hours begun; beyond ten days,
in days begun.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
)

from community.staff import Area
from hazards.queue_store import overdue
from hazards.store import hazard_case
from storage import UtcDateTime

Dimension = Literal["category", "street_id", "handler", "lead", "state"]

_case = hazard_case.c
# As the index ``ix_hazard_case_figures`` has them.
_GROUPED = (_case.category, _case.street_id, _case.handler, _case.lead, _case.state)
_HOUR = 3_600_000_000  # microseconds
# Up to here the time to closure is counted by the hour, beyond by the day.
_FINE_HOURS = 240
_SUMMED = ("cases", "reports", "open", "overdue", "late")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted: cases of an area, opened within a period, its end not included."""

    area: Area
    opened_from: datetime | None = None
    opened_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The counts of one group.

    Attributes:
        key: the group: a category, street id, department id, state, or a month's number.
        cases: all of them.
        reports: that support them.
        open: not ended.
        overdue: open, and past their deadline.
        closed: put right and closed (已销号).
        late: closed after their deadline.
        median: time to closure that half of the closed ones kept; None when none was closed.
        p90: that nine of ten kept.
    """

    key: str | int | None
    cases: int
    reports: int
    open: int
    overdue: int
    closed: int
    late: int
    median: timedelta | None
    p90: timedelta | None

    @property
    def overdue_share(self) -> float:
        """Overdue ones among the open ones, within 0 and 1; 0 when none is open."""
        return self.overdue / self.open if self.open else 0.0

    @property
    def late_share(self) -> float:
        """Late ones among the closed ones, within 0 and 1; 0 when none was closed."""
        return self.late / self.closed if self.closed else 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything in scope, counted once; made by ``count``."""

    cells: "tuple[_Cell, ...]"

    @property
    def total(self) -> Line:
        """The counts of everything; its key is 0."""
        return _line(0, self.cells)

    def by(self, dimension: Dimension) -> list[Line]:
        """Return the counts of each group, the largest first."""
        place = [column.name for column in _GROUPED].index(dimension)
        groups: dict[Any, list[_Cell]] = {}
        for cell in self.cells:
            groups.setdefault(cell.keys[place], []).append(cell)
        lines = [_line(key, cells) for key, cells in groups.items()]
        return sorted(lines, key=lambda line: (-line.cases, str(line.key)))


@dataclass(frozen=True, slots=True)
class _Cell:
    """The cases that are alike in all that is grouped by; ``took`` are hours of closed ones."""

    keys: tuple[str | int | None, ...]
    sums: tuple[int, ...]
    took: tuple[int, ...]


def count(db: Connection, scope: Scope, now: datetime) -> Counts:
    """Return all that statistics show of a scope but months, counted together.

    Args:
        db: for reading.
        scope: what is counted.
        now: tells what is overdue.
    """
    period = _period(scope.opened_from, scope.opened_until)
    queries = (_counting(now, *_GROUPED).where(part, *period) for part in _parts(scope.area))
    rows = chain.from_iterable(db.execute(query.group_by(*_ORDER)) for query in queries)
    return Counts(tuple(_cell(tuple(row[: len(_GROUPED)]), row) for row in rows))


def count_by(db: Connection, scope: Scope, dimension: Dimension, now: datetime) -> list[Line]:
    """Return the counts of each group, the largest first; for several, ``count`` them at once.

    Args:
        db: for reading.
        scope: what is counted.
        dimension: what groups it.
        now: tells what is overdue.
    """
    return count(db, scope, now).by(dimension)


def count_all(db: Connection, scope: Scope, now: datetime) -> Line:
    """Return the counts of everything in scope."""
    return count(db, scope, now).total


def count_months(
    db: Connection, scope: Scope, starts: Sequence[datetime], now: datetime
) -> list[Line]:
    """Return the counts of cases opened from each of ``starts`` to the next.

    Args:
        db: for reading.
        scope: what is counted; its period is that of ``starts``.
        starts: first moments of months, earliest first, and the end of the last month.
        now: tells what is overdue.

    Returns:
        A line for every month, its number from 0 as the key.

    Raises:
        ValueError: when there is not even one month.
    """
    if len(starts) < 2:
        raise ValueError("months need a start and an end")
    within = _period(starts[0], starts[-1])
    month = _month(starts[1:-1]).label("month")
    months: dict[int, list[_Cell]] = {number: [] for number in range(len(starts) - 1)}
    for part in _parts(scope.area):
        # Grouped outside: PostgreSQL takes two bound values of one expression for two expressions.
        query = _counting(now, month).where(part, *within).group_by(text("month"))
        for row in db.execute(query):
            months[row.month].append(_cell((), row))
    return [_line(number, cells) for number, cells in months.items()]


def _month(starts: Sequence[datetime], first: int = 0) -> ColumnElement[int]:
    """Return the number of a case's month, halving: so each case is compared with few starts."""
    if not starts:
        return literal(first)
    middle = len(starts) // 2
    earlier = _month(starts[:middle], first)
    later = _month(starts[middle + 1 :], first + middle + 1)
    return case((_case.opened_at < starts[middle], earlier), else_=later)


def _counting(now: datetime, *keys: ColumnElement[Any]) -> Select[Any]:
    """Return the query whose rows ``_cell`` reads."""
    is_closed = _case.state == "closed"
    flags = (
        case((_case.closed_at.is_(None), 1), else_=0),
        case((overdue(now), 1), else_=0),
        case((and_(is_closed, _case.closed_at > _case.due_at), 1), else_=0),
    )
    summed = (func.sum(one) for one in (_case.report_count, *flags))
    took = case((is_closed, cast(_took(), String)))
    return select(
        *keys,
        func.count().label("cases"),
        *(one.label(name) for one, name in zip(summed, _SUMMED[1:], strict=True)),
        func.aggregate_strings(took, ",").label("took"),
    )


def _took() -> ColumnElement[int]:
    """Return how long a closed case took: whole hours begun, after ten days those of a day."""
    took = type_coerce(_case.closed_at, BigInteger) - type_coerce(_case.opened_at, BigInteger)
    hours = (took + (_HOUR - 1)) // _HOUR
    return case((hours <= _FINE_HOURS, hours), else_=(hours + 23) // 24 * 24)


def _cell(keys: tuple[Any, ...], row: Row[Any]) -> _Cell:
    sums = tuple(int(getattr(row, name) or 0) for name in _SUMMED)
    took = tuple(map(int, row.took.split(","))) if row.took else ()
    return _Cell(keys, sums, took)


def _line(key: str | int | None, cells: Sequence[_Cell]) -> Line:
    nothing = (0,) * len(_SUMMED)
    columns = zip(nothing, *(one.sums for one in cells), strict=True)
    cases, reports, are_open, are_overdue, late = map(sum, columns)
    hours = sorted(Counter(chain.from_iterable(one.took for one in cells)).items())
    number = sum(count for _, count in hours)
    return Line(
        key=key,
        cases=cases,
        reports=reports,
        open=are_open,
        overdue=are_overdue,
        closed=number,
        late=late,
        median=_kept_by(hours, (number + 1) // 2),
        p90=_kept_by(hours, (number * 9 + 9) // 10),
    )


def _kept_by(hours: Iterable[tuple[int, int]], wanted: int) -> timedelta | None:
    """Return the time that ``wanted`` of the closed cases kept; None when none was closed."""
    counted = 0
    for hour, cases in hours:
        counted += cases
        if counted >= wanted:
            return timedelta(hours=hour)
    return None


def _parts(area: Area) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that hold an area's cases, each in one: districts first, streets last."""
    for district in sorted(area.districts):
        yield _case.district_id == district
    elsewhere = or_(_case.street_id.is_(None), _case.street_id.not_in(sorted(area.streets)))
    for district in sorted({one for one, _ in area.departments} - area.districts):
        own = [department for one, department in sorted(area.departments) if one == district]
        works = or_(_case.handler.in_(own), _case.lead.in_(own))
        yield and_(_case.district_id == district, works, elsewhere)
    if area.streets:
        outside = _case.district_id.not_in(sorted(area.districts))
        yield and_(_case.street_id.in_(sorted(area.streets)), outside)


def _period(opened_from: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    # By a term instead of the column: else SQLite takes an index of dates, looks each case up and
    # puts them into order.
    at = type_coerce(type_coerce(_case.opened_at, BigInteger) + 0, UtcDateTime)
    conditions = []
    if opened_from is not None:
        conditions.append(at >= opened_from)
    if until is not None:
        conditions.append(at < until)
    return conditions


# The district first, so that the index is read in its order.
_ORDER = (_case.district_id, *_GROUPED)
