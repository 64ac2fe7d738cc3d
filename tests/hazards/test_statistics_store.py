"""Counts by group, and the time to closure, against the same counted by hand."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from community.staff import Area
from hazards.statistics_store import (
    Dimension,
    Line,
    Scope,
    count,
    count_all,
    count_by,
    count_months,
)
from storage import Database
from tests.hazards.casefile import (
    DAY,
    HOUR,
    NOON,
    PATH,
    Office,
    add_report,
    case_at,
    make,
    new_case,
    open_office,
    walk,
    written,
)

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
DEMO = Scope(Area(districts=frozenset({"demo"})))


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def test_groups_are_counted(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        for hours in (1, 2, 30):
            case = new_case(db, office, category="flying_wire")
            walk(db, office, case, *PATH, now=NOON + hours * DAY)
        new_case(db, office)
        make(db, office, new_case(db, office), "reject")

        wire, corridor = count_by(db, DEMO, "category", NOON + 9 * DAY)

        assert (wire.key, wire.cases, wire.reports, wire.open, wire.closed) == (
            "flying_wire",
            3,
            3,
            0,
            3,
        )
        assert (wire.median, wire.p90) == (2 * DAY, 30 * DAY)
        assert (wire.late, wire.late_share) == (1, 1 / 3)
        assert (corridor.cases, corridor.open, corridor.overdue) == (2, 1, 1)
        assert (corridor.median, corridor.p90, corridor.overdue_share) == (None, None, 1.0)
        assert {line.key: line.cases for line in count_by(db, DEMO, "state", NOON)} == {
            "closed": 3,
            "submitted": 1,
            "rejected": 1,
        }
        for dimension, key in (
            ("street_id", office.street_id),
            ("handler", "street"),
            ("lead", "fire_rescue"),
        ):
            [line] = count_by(db, DEMO, dimension, NOON)  # type: ignore[arg-type]
            assert (line.key, line.cases) == (key, 5)
        assert count_all(db, DEMO, NOON).cases == 5

    database.write(work)


def test_months_begin_where_they_are_said_to(database: Database, office: Office) -> None:
    starts = [datetime(2026, month, 1, tzinfo=UTC) - 8 * HOUR for month in (9, 10, 11, 12)]

    def work(db: Connection) -> None:
        for at in (starts[0], starts[1] - timedelta(microseconds=1), starts[2], starts[3]):
            new_case(db, office, at)

        months = count_months(db, DEMO, starts, NOON)

        assert [(line.key, line.cases) for line in months] == [(0, 2), (1, 0), (2, 1)]

    database.write(work)


def test_an_area_and_a_period_bound_what_is_counted(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case_at(db, office, "close")
        new_case(db, office, NOON + DAY)
        nowhere = Scope(Area())
        early = Scope(DEMO.area, opened_until=NOON + DAY)
        assert count_all(db, nowhere, NOON) == Line(0, 0, 0, 0, 0, 0, 0, None, None)
        assert count_by(db, nowhere, "state", NOON) == []
        assert count_all(db, early, NOON).cases == 1
        assert count_all(db, Scope(DEMO.area, opened_from=NOON + DAY), NOON).cases == 1

    database.write(work)


@pytest.mark.parametrize("store", ["sqlite"])
def test_no_month_is_refused(database: Database, office: Office) -> None:
    with pytest.raises(ValueError, match="a start and an end"):
        database.read(lambda db: count_months(db, DEMO, [NOON], NOON))


@pytest.mark.parametrize("store", ["sqlite"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(hours=st.lists(st.integers(0, 240), min_size=1, max_size=12))
def test_the_ninetieth_percentile_is_what_nine_of_ten_kept(
    database: Database, office: Office, hours: list[int]
) -> None:
    def work(db: Connection) -> None:
        db.execute(text("UPDATE hazard_case SET district_id = 'gone'"))
        for number in hours:
            case = new_case(db, office)
            written(db, case, state="closed", closed_at=NOON + number * HOUR)
        line = count_all(db, DEMO, NOON)
        ordered = sorted(hours)
        assert line.median == ordered[ceil(len(hours) / 2) - 1] * HOUR
        assert line.p90 == ordered[ceil(len(hours) * 0.9) - 1] * HOUR

    database.write(work)


@pytest.mark.parametrize(
    ("took", "counted"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(minutes=1), HOUR),
        (10 * DAY, 10 * DAY),
        (10 * DAY + timedelta(minutes=1), 11 * DAY),
        (30 * DAY, 30 * DAY),
    ],
    ids=["at once", "an hour begun", "ten days", "a day begun", "whole days"],
)
def test_times_are_counted_by_the_hour_then_by_the_day(
    database: Database, office: Office, took: timedelta, counted: timedelta
) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office)
        written(db, case, state="closed", closed_at=NOON + took)
        line = count_all(db, DEMO, NOON)
        assert (line.median, line.p90, line.closed) == (counted, counted, 1)

    database.write(work)


def test_reports_are_counted_with_the_case_that_they_support(
    database: Database, office: Office
) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office)
        add_report(db, case.id)
        written(db, case, report_count=2)
        assert count_all(db, DEMO, NOON).reports == 2

    database.write(work)


def test_all_groupings_of_one_count_add_up(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        for category in ("flying_wire", "lane_blocked"):
            walk(db, office, new_case(db, office, category=category), *PATH, now=NOON + 5 * DAY)
            new_case(db, office, category=category, street_id=None)
        counts = count(db, DEMO, NOON + 9 * DAY)
        for dimension in DIMENSIONS:
            lines = counts.by(dimension)
            assert lines == count_by(db, DEMO, dimension, NOON + 9 * DAY)
            for name in ("cases", "reports", "open", "overdue", "closed", "late"):
                assert sum(getattr(one, name) for one in lines) == getattr(counts.total, name)
        assert {line.key for line in counts.by("street_id")} == {office.street_id, None}
        assert counts.total.median == counts.total.p90 == 5 * DAY

    database.write(work)


@pytest.mark.parametrize(
    ("area", "found"),
    [
        ({"districts"}, 3),
        ({"streets"}, 2),
        ({"departments"}, 3),
        ({"districts", "streets"}, 3),
        ({"streets", "departments"}, 3),
        ({"districts", "streets", "departments", "elsewhere"}, 4),
        ({"departments", "elsewhere"}, 4),
    ],
    ids=lambda one: "+".join(sorted(one)) if isinstance(one, set) else "",
)
def test_a_case_that_several_parts_of_an_area_hold_counts_once(
    database: Database, office: Office, area: set[str], found: int
) -> None:
    def work(db: Connection) -> None:
        far = open_office(db, "qianjiang")
        case_at(db, office, "close")
        new_case(db, office)
        new_case(db, office, street_id=None)
        place = {"district_id": "qianjiang", "category": "lane_blocked"}
        new_case(db, far, **place, street_id=far.street_id)
        streets = {office.street_id} if "streets" in area else set()
        seen = Area(
            districts=frozenset({"demo"} if "districts" in area else ()),
            streets=frozenset(streets | ({far.street_id} if "elsewhere" in area else set())),
            departments=frozenset({("demo", "fire_rescue")} if "departments" in area else ()),
        )
        assert count_all(db, Scope(seen), NOON).cases == found
        months = count_months(db, Scope(seen), [NOON - DAY, NOON, NOON + DAY], NOON)
        assert [line.cases for line in months] == [0, found]

    database.write(work)


@pytest.mark.parametrize("store", ["sqlite"])
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    days=st.lists(st.integers(0, 99), max_size=8),
    starts=st.lists(st.integers(0, 100), min_size=2, max_size=9, unique=True),
)
def test_months_of_any_number_are_told_apart(
    database: Database, office: Office, days: list[int], starts: list[int]
) -> None:
    starts = sorted(starts)

    def work(db: Connection) -> None:
        db.execute(text("UPDATE hazard_case SET district_id = 'gone'"))
        for day in days:
            new_case(db, office, NOON + day * DAY)
        months = count_months(db, DEMO, [NOON + day * DAY for day in starts], NOON)
        assert [line.cases for line in months] == [
            sum(start <= day < end for day in days) for start, end in pairwise(starts)
        ]

    database.write(work)


@pytest.mark.parametrize("store", ["sqlite"])
def test_a_district_is_counted_in_the_order_of_an_index(database: Database, office: Office) -> None:
    statements: list[str] = []

    def plans(db: Connection) -> list[str]:
        driver = db.connection.driver_connection
        driver.set_trace_callback(statements.append)
        count(db, DEMO, NOON)
        driver.set_trace_callback(None)
        [statement] = [one for one in statements if "hazard_case" in one]
        return [row.detail for row in db.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]

    [plan] = database.read(plans)
    assert "USING COVERING INDEX ix_hazard_case_figures" in plan
