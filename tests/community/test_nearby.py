"""The buildings around a place: nearest first, none that is far, archived or another district's."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, update

from community.building_apply import apply_import
from community.building_import import plan_import
from community.building_rows import read_building_list
from community.building_sheets import read_csv
from community.nearby import NEAR_METRES, Point, buildings_near, metres_between
from community.register_store import building, search_buildings
from community.registers import Building
from storage import Database

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
HOME = Point(29.53, 108.77)
LIST = """镇街,社区,小区,楼栋,层数,纬度,经度
城东街道,文汇社区,阳光小区,1栋,33,29.5300,108.7700
城东街道,文汇社区,阳光小区,2栋,33,29.5310,108.7700
城东街道,文汇社区,阳光小区,3栋,33,29.5330,108.7700
城东街道,文汇社区,远山苑,1栋,18,29.5440,108.7700
城东街道,文汇社区,没有位置的,1栋,18,,
"""


@pytest.fixture
def registered(database: Database) -> Database:
    listed = read_building_list(read_csv(LIST.encode()))
    plan = database.read(
        lambda db: plan_import(
            db, listed, district_id="demo", district_name="演示区", add_streets=True
        )
    )
    assert plan.faults == ()
    apply_import(database, plan, NOON)
    return database


def near(
    database: Database, point: Point = HOME, districts: tuple[str, ...] = ("demo",), most: int = 8
) -> list[str]:
    found = database.read(lambda db: buildings_near(db, districts, point, most))
    return [one.full_name[-6:] for one in found]


def test_the_nearest_come_first_and_the_far_not_at_all(registered: Database) -> None:
    assert near(registered) == ["阳光小区1栋", "阳光小区2栋", "阳光小区3栋"]
    assert near(registered, Point(29.5331, 108.77))[0] == "阳光小区3栋"
    assert near(registered, most=1) == ["阳光小区1栋"]


def test_another_district_is_none_of_ours(registered: Database) -> None:
    assert near(registered, districts=("elsewhere",)) == []
    assert near(registered, districts=()) == []


def test_what_is_archived_is_not_offered(registered: Database) -> None:
    def archive(db: Connection) -> None:
        first = search_buildings(db, ["demo"], "阳光小区1栋").rows[0]
        db.execute(update(building).where(building.c.id == first.id).values(archived_at=NOON))

    registered.write(archive)

    assert near(registered) == ["阳光小区2栋", "阳光小区3栋"]


@pytest.mark.parametrize(
    "point",
    [
        Point(0.0, 0.0), Point(90.0, 0.0), Point(-90.0, 180.0), Point(91.0, 0.0), Point(0.0, 181.0),
        Point(1e300, 1e300), Point(math.nan, math.nan), Point(math.inf, 0.0),
    ],
    ids=str,
)  # fmt: skip
def test_a_place_that_is_none_finds_nothing(registered: Database, point: Point) -> None:
    assert near(registered, point) == []


def first_building(database: Database) -> Building:
    return database.read(lambda db: search_buildings(db, ["demo"], "阳光小区1栋")).rows[0]


@pytest.mark.parametrize(
    ("point", "metres"),
    [(HOME, 0), (Point(29.54, 108.77), 1113), (Point(29.53, 108.78), 968)],
    ids=["there", "a hundredth north", "a hundredth east"],
)
def test_metres(registered: Database, point: Point, metres: int) -> None:
    assert metres_between(point, first_building(registered)) == pytest.approx(metres, abs=1)


def test_a_building_without_a_place_is_nowhere(registered: Database) -> None:
    (one,) = registered.read(lambda db: search_buildings(db, ["demo"], "没有位置的")).rows
    assert metres_between(HOME, one) == math.inf


@given(st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_only_degrees_are_on_earth(latitude: float, longitude: float) -> None:
    is_on_earth = Point(latitude, longitude).is_on_earth
    assert is_on_earth == (-90 <= latitude <= 90 and -180 <= longitude <= 180)


def test_near_is_wider_than_the_shift_of_the_platforms_map() -> None:
    assert NEAR_METRES > 2 * 600
