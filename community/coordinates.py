"""Places as coordinates: WGS-84 inside, whatever datum they came in.

WeChat and Chinese maps give GCJ-02, which is shifted by up to some 600 m inside China. What is
stored, compared and published is WGS-84.
"""

from dataclasses import dataclass
from math import asin, cos, floor, isfinite, pi, radians, sin, sqrt

EARTH_RADIUS_METRES = 6_371_008.8
METRES_A_DEGREE = EARTH_RADIUS_METRES * pi / 180

# GCJ-02 shifts on the ellipsoid of Krasovsky 1940, and only within this box.
_AXIS_METRES = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.006693421622965943
_SOUTH, _WEST, _NORTH, _EAST = 0.8293, 72.004, 55.8271, 137.8347
# Each round leaves a thousandth of the error before it; the first leaves some metres.
_INVERSE_ROUNDS = 4
# Nearer to a pole degrees of longitude have next to no length.
_MOST_NORTHERN = 89.9


class BadCoordinates(Exception):
    """Numbers that are no place on earth."""

    permanent = True

    def __init__(self, latitude: float, longitude: float) -> None:
        self.latitude = latitude
        self.longitude = longitude
        super().__init__(
            f"{latitude}, {longitude} is no place on earth: latitude lies within -90 and 90 "
            "degrees, longitude within -180 and 180"
        )


@dataclass(frozen=True, slots=True)
class Point:
    """A place, in degrees north and east, WGS-84.

    Raises:
        BadCoordinates: for what is not finite or out of range.
    """

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        _require_on_earth(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in degrees, WGS-84, edges included; it does not cross the date line."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, point: Point) -> bool:
        """Return whether a place lies in the box."""
        return (
            self.south <= point.latitude <= self.north and self.west <= point.longitude <= self.east
        )


def from_gcj02(latitude: float, longitude: float) -> Point:
    """Return the WGS-84 place of GCJ-02 degrees, exact to a millimetre; the same outside China.

    Raises:
        BadCoordinates: for what is not finite or out of range.

    Source: the shift has no closed inverse, so the guess is corrected by what it misses.
    """
    _require_on_earth(latitude, longitude)
    north, east = latitude, longitude
    for _ in range(_INVERSE_ROUNDS):
        to_north, to_east = _shift(north, east)
        north, east = latitude - to_north, longitude - to_east
    return Point(north, east)


def to_gcj02(point: Point) -> tuple[float, float]:
    """Return the (latitude, longitude) in GCJ-02 of a place; the same outside China."""
    to_north, to_east = _shift(point.latitude, point.longitude)
    return point.latitude + to_north, point.longitude + to_east


def distance_m(first: Point, second: Point) -> float:
    """Return the metres between two places on a sphere, within half a percent of the truth.

    Source: haversine formula.
    """
    north = radians(second.latitude - first.latitude)
    east = radians(second.longitude - first.longitude)
    narrow = cos(radians(first.latitude)) * cos(radians(second.latitude))
    half = sin(north / 2) ** 2 + narrow * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * asin(min(1.0, sqrt(half)))


def coarsened(point: Point, metres: float) -> Point:
    """Return the centre of the grid cell that a place lies in, cells ``metres`` wide.

    All places of one cell give the same answer, so that many answers reveal no more than one.

    Raises:
        ValueError: when ``metres`` is not above zero.
    """
    if not metres > 0:
        raise ValueError(f"a grid cell must be wider than {metres} m")
    height = metres / METRES_A_DEGREE
    north = _centre(point.latitude, height, 90)
    width = height / cos(radians(min(abs(north), _MOST_NORTHERN)))
    return Point(north, _centre(point.longitude, width, 180))


def _centre(degrees: float, size: float, most: float) -> float:
    """Return the middle of the step of ``size`` that ``degrees`` fall into, at most ``most``."""
    middle = (floor(degrees / size) + 0.5) * size
    return max(-most, min(most, middle))


def _require_on_earth(latitude: float, longitude: float) -> None:
    is_number = isfinite(latitude) and isfinite(longitude)
    if not is_number or abs(latitude) > 90 or abs(longitude) > 180:
        raise BadCoordinates(latitude, longitude)


def _shift(latitude: float, longitude: float) -> tuple[float, float]:
    """Return what GCJ-02 adds to WGS-84 degrees, north and east.

    Source: the published approximation of the official transformation, as maps use it.
    """
    if not (_SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST):
        return 0.0, 0.0
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north_metres = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north_metres += wave + (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north_metres += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east_metres = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east_metres += wave + (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east_metres += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    return _in_degrees(latitude, north_metres, east_metres)


def _in_degrees(latitude: float, north: float, east: float) -> tuple[float, float]:
    bend = 1 - _ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    meridian = _AXIS_METRES * (1 - _ECCENTRICITY_SQUARED) / (bend * sqrt(bend))
    parallel = _AXIS_METRES / sqrt(bend) * cos(radians(latitude))
    return north * 180 / (meridian * pi), east * 180 / (parallel * pi)
