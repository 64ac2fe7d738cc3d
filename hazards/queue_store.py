"""The queue of cases (待办): filtered, within an area, in pages that never shift.

Open cases come in the order they are due, so overdue ones first; once ended ones are asked for
too, those changed last come first. Each part of an area is a query of its own that an index
answers; their first rows are put together by the database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    or_,
    select,
    union,
)

from community.staff import Area
from hazards.case_store import case_columns, case_from
from hazards.cases import Case
from hazards.store import hazard_case
from hazards.transitions import OPEN, RUNNING, STATES, State
from storage import read_code

PAGE_SIZE = 50
MOST_A_PAGE = 500

_case = hazard_case.c
_ALL = frozenset(STATES)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_ID = 2**63 - 1


class BadCursor(Exception):
    """A place in the queue that no page gave out."""

    permanent = True

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is no place in the queue: begin with its first page")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are asked for; what is left as it is does not narrow.

    Attributes:
        area: what the asker may see; nothing is found in an empty one.
        states: open ones when left as it is.
        handler: department id, or the lead's.
        is_unplaced: those that no street is known of, so that no street sees them.
        level: at least so high: 1 催办, 2 升级督办, 3 挂牌督办.
        text: a case's code, or words of its place, summary or external number.
        opened_from: the first moment.
        opened_until: the first moment after.
    """

    area: Area
    states: frozenset[State] = OPEN
    category: str = ""
    street_id: int | None = None
    building_id: int | None = None
    handler: str = ""
    is_overdue: bool = False
    is_paused: bool = False
    is_unplaced: bool = False
    level: int = 0
    text: str = ""
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    external_number: str = ""

    @property
    def is_open_only(self) -> bool:
        """Whether only open cases are asked for, which come in the order they are due."""
        return self.states <= OPEN


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases, and where the next page begins; "" after the last."""

    cases: tuple[Case, ...]
    after: str


def queue(
    db: Connection, wanted: CaseFilter, now: datetime, *, after: str = "", most: int = PAGE_SIZE
) -> CasePage:
    """Return a page of the cases that are asked for.

    Args:
        db: for reading.
        wanted: which.
        now: tells what is overdue.
        after: where the page begins, from the page before; "" for the first.
        most: how many, up to ``MOST_A_PAGE``.

    Raises:
        BadCursor: when ``after`` is none.
    """
    order = _Order(_case.due_at, is_latest_first=False)
    if not wanted.is_open_only:
        order = _Order(_case.changed_at, is_latest_first=True)
    return _page(db, wanted, order, (now, after, most))


def register(
    db: Connection, wanted: CaseFilter, now: datetime, *, after: str = "", most: int = MOST_A_PAGE
) -> CasePage:
    """Return a page of the same cases in the order they were opened.

    That never changes, so whoever goes through all pages gets each case once, whatever happens
    meanwhile. Arguments and errors as ``queue``.
    """
    order = _Order(_case.opened_at, is_latest_first=False)
    return _page(db, wanted, order, (now, after, most))


def _page(
    db: Connection, wanted: CaseFilter, order: "_Order", place: tuple[datetime, str, int]
) -> CasePage:
    """Return a page; ``place`` is the time, where the page begins, and how many it has."""
    now, after, asked = place
    most = min(asked, MOST_A_PAGE)
    conditions = (*_states(wanted), *_conditions(wanted, now), *order.beginning(after))
    parts = [
        order.sorted(select(_case.id).where(part, *conditions)).limit(most + 1).subquery()
        for part in area_parts(wanted.area)
    ]
    if not parts:
        return CasePage((), "")
    found = union(*(select(part.c.id) for part in parts)).subquery()
    query = case_columns().where(_case.id.in_(select(found.c.id)))
    rows = db.execute(order.sorted(query).limit(most + 1)).all()
    cases = tuple(case_from(row) for row in rows[:most])
    return CasePage(cases, order.place(cases[-1]) if len(rows) > most else "")


def state_counts(db: Connection, wanted: CaseFilter, now: datetime) -> dict[State, int]:
    """Return how many of the cases that are asked for stand in each state."""
    rows = db.execute(
        select(_case.state, func.count())
        .where(
            in_area(wanted.area),
            _case.state.in_(sorted(wanted.states)),
            *_conditions(wanted, now),
        )
        .group_by(_case.state)
    )
    return {row.state: row[1] for row in rows}


def area_parts(area: Area) -> Iterator[ColumnElement[bool]]:
    """Yield the condition of each part of an area; a department sees what it handles or leads."""
    for district in sorted(area.districts):
        yield _case.district_id == district
    for street in sorted(area.streets):
        yield _case.street_id == street
    for district, department in sorted(area.departments):
        for column in (_case.handler, _case.lead):
            yield and_(_case.district_id == district, column == department)


def in_area(area: Area) -> ColumnElement[bool]:
    """Return the condition that a case is in an area, one district written plainly."""
    return or_(false(), *area_parts(area))


@dataclass(frozen=True)
class _Order:
    """The order of a queue, ties by id, and places in it."""

    column: Column[Any]
    is_latest_first: bool

    def sorted(self, query: Select[Any]) -> Select[Any]:
        if self.is_latest_first:
            return query.order_by(self.column.desc(), _case.id.desc())
        return query.order_by(self.column, _case.id)

    def beginning(self, after: str) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions of what comes after a place: the first for the index."""
        if not after:
            return ()
        at, case_id = _read_place(after)
        if self.is_latest_first:
            return (self.column <= at, or_(self.column < at, _case.id < case_id))
        return (self.column >= at, or_(self.column > at, _case.id > case_id))

    def place(self, case: Case) -> str:
        """Return where a case stands, as text for an address."""
        at: datetime | None = getattr(case, self.column.name)
        return f"{((at or _EPOCH) - _EPOCH) // _MICROSECOND}-{case.id}"


def _read_place(text: str) -> tuple[datetime, int]:
    at, _, case_id = text.partition("-")
    if not (at.isdecimal() and case_id.isdecimal() and len(text) < 40):
        raise BadCursor(text)
    try:
        moment = _EPOCH + int(at) * _MICROSECOND
    except OverflowError as error:
        raise BadCursor(text) from error
    if int(case_id) > _MOST_ID:
        raise BadCursor(text)
    return moment, int(case_id)


def _conditions(wanted: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return what every case of a page meets, whatever part of the area it is from."""
    conditions: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (_case.category, wanted.category),
            (_case.street_id, wanted.street_id),
            (_case.building_id, wanted.building_id),
            (_case.external_number, wanted.external_number),
        )
        if value
    ]
    if wanted.handler:
        conditions.append(or_(_case.handler == wanted.handler, _case.lead == wanted.handler))
    if wanted.level:
        conditions.append(_case.level >= wanted.level)
    if wanted.opened_from:
        conditions.append(_case.opened_at >= wanted.opened_from)
    if wanted.opened_until:
        conditions.append(_case.opened_at < wanted.opened_until)
    if wanted.is_overdue:
        conditions.append(overdue(now))
    if wanted.is_paused:
        conditions.append(_case.paused_at.is_not(None))
    if wanted.is_unplaced:
        conditions.append(_case.street_id.is_(None))
    return [*conditions, *_text(wanted.text)]


def _states(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.is_open_only:
        # As the indexes of open cases say it.
        conditions.append(_case.closed_at.is_(None))
    if wanted.states not in {OPEN, _ALL}:
        conditions.append(_case.state.in_(sorted(wanted.states)))
    return conditions


def overdue(now: datetime) -> ColumnElement[bool]:
    """Return the condition that the deadline of a case runs and has passed."""
    runs = and_(_case.state.in_(sorted(RUNNING)), _case.paused_at.is_(None))
    return and_(_case.closed_at.is_(None), _case.due_at < now, runs)


def _text(text: str) -> list[ColumnElement[bool]]:
    words = text.strip()
    if not words:
        return []
    code = read_code(words)
    if code is not None:
        return [_case.code == code]
    return [_case.searched.contains(words.lower(), autoescape=True)]
