"""Coordinates: the Chinese shift and back, distances, and places made coarse."""

import math
from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.coordinates import (
    METRES_A_DEGREE,
    BadCoordinates,
    Bounds,
    Point,
    coarsened,
    distance_m,
    from_gcj02,
    to_gcj02,
)

HALF_A_METRE = 0.5
chinese = st.builds(
    Point, st.floats(min_value=3, max_value=53), st.floats(min_value=74, max_value=135)
)
on_earth = st.builds(
    Point, st.floats(min_value=-90, max_value=90), st.floats(min_value=-180, max_value=180)
)
inhabited = st.builds(
    Point, st.floats(min_value=-75, max_value=75), st.floats(min_value=-179, max_value=179)
)
widths = st.floats(min_value=1, max_value=5000)


@given(chinese)
def test_to_gcj02_and_back_is_the_same_place(point: Point) -> None:
    assert distance_m(from_gcj02(*to_gcj02(point)), point) < HALF_A_METRE


@given(chinese)
def test_from_gcj02_and_forth_is_the_same_place(shown: Point) -> None:
    there = to_gcj02(from_gcj02(shown.latitude, shown.longitude))
    assert distance_m(Point(*there), shown) < HALF_A_METRE


@given(chinese)
def test_the_shift_is_some_hundred_metres(point: Point) -> None:
    assert 10 < distance_m(Point(*to_gcj02(point)), point) < 1000


def test_the_shift_is_as_published() -> None:
    # 天安门: WGS-84 and what Chinese maps show, to six decimals.
    latitude, longitude = to_gcj02(Point(39.908823, 116.397470))
    assert (round(latitude, 4), round(longitude, 4)) == (39.9102, 116.4037)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(48.8566, 2.3522), (-33.87, 151.21), (35.68, 139.69), (0.0, 0.0), (90.0, 180.0)],
    ids=["Paris", "Sydney", "Tokyo", "null", "corner"],
)
def test_outside_china_nothing_is_shifted(latitude: float, longitude: float) -> None:
    point = Point(latitude, longitude)
    assert from_gcj02(latitude, longitude) == point
    assert to_gcj02(point) == (latitude, longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(math.nan, 106), (29, math.nan), (math.inf, 106), (90.1, 0), (0, -180.1), (106.5, 29.5)],
    ids=["nan", "nan east", "inf", "north", "west", "swapped"],
)
def test_what_is_no_place_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(BadCoordinates, match="no place on earth") as bad:
        Point(latitude, longitude)
    assert bad.value.permanent
    with pytest.raises(BadCoordinates):
        from_gcj02(latitude, longitude)


def test_distances_are_those_of_the_earth() -> None:
    # 黔江 to 江津, some 250 km by the map.
    assert 240_000 < distance_m(Point(29.53, 108.77), Point(29.29, 106.25)) < 250_000
    assert distance_m(Point(0, 0), Point(0, 180)) == pytest.approx(20_015_000, rel=0.001)


@given(on_earth, on_earth)
def test_distance_is_the_same_both_ways(first: Point, second: Point) -> None:
    assert distance_m(first, second) == pytest.approx(distance_m(second, first))
    assert distance_m(first, first) == 0


@given(inhabited, widths)
def test_a_coarse_place_is_near_and_stays_where_it_is(point: Point, metres: float) -> None:
    coarse = coarsened(point, metres)
    # Half a cell's diagonal; near the poles a cell is narrower at one edge than at the other.
    assert distance_m(point, coarse) <= metres * 0.75
    assert distance_m(coarsened(coarse, metres), coarse) < 0.01


@given(on_earth, widths)
def test_every_place_can_be_made_coarse(point: Point, metres: float) -> None:
    coarse = coarsened(point, metres)
    assert abs(coarse.latitude) <= 90
    assert abs(coarse.longitude) <= 180


def test_neighbours_become_one_place() -> None:
    centre = coarsened(Point(29.53, 108.77), 200)
    metres_east = 50 / (METRES_A_DEGREE * cos(radians(centre.latitude)))
    nearby = Point(centre.latitude + 50 / METRES_A_DEGREE, centre.longitude + metres_east)
    assert coarsened(nearby, 200) == centre


@pytest.mark.parametrize("metres", [0, -1, math.nan])
def test_a_grid_has_a_width(metres: float) -> None:
    with pytest.raises(ValueError, match="wider"):
        coarsened(Point(29, 106), metres)


def test_a_box_holds_its_edges() -> None:
    box = Bounds(29.0, 108.0, 30.0, 109.0)
    assert box.contains(Point(29.0, 109.0))
    assert not box.contains(Point(28.99, 108.5))
    assert not box.contains(Point(29.5, 109.01))
