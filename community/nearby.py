"""The registered buildings around a place that somebody sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians

from sqlalchemy import Connection

from community.register_store import building, building_facts, building_from, buildings_query
from community.registers import Building

# WeChat sends places in its own, shifted coordinates, up to some 600 m off; one that is not
# within this distance is none of the buildings around.
NEAR_METRES = 1500
_METRES_A_DEGREE = 111_320
MOST_READ = 500


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees north and east."""

    latitude: float
    longitude: float

    @property
    def is_on_earth(self) -> bool:
        """Whether these can be degrees at all."""
        return abs(self.latitude) <= 90 and abs(self.longitude) <= 180


def buildings_near(
    db: Connection, district_ids: Sequence[str], point: Point, most: int
) -> list[Building]:
    """Return the nearest buildings within ``NEAR_METRES``, nearest first."""
    if not point.is_on_earth:
        return []
    reach = NEAR_METRES / _METRES_A_DEGREE
    wide = reach / max(cos(radians(point.latitude)), 0.01)
    facts = building_facts.c
    rows = db.execute(
        buildings_query()
        .where(
            building.c.district_id.in_(district_ids),
            building.c.archived_at.is_(None),
            facts.latitude.between(point.latitude - reach, point.latitude + reach),
            facts.longitude.between(point.longitude - wide, point.longitude + wide),
        )
        .limit(MOST_READ)
    )
    found = [(metres_between(point, one), one) for one in map(building_from, rows)]
    near = sorted((far, one.id, one) for far, one in found if far <= NEAR_METRES)
    return [one for _, _, one in near][:most]


def metres_between(point: Point, one: Building) -> float:
    """Return how far a building is, on a plane: exact enough for some kilometres."""
    latitude, longitude = one.facts.latitude, one.facts.longitude
    if latitude is None or longitude is None:
        return float("inf")
    north = (latitude - point.latitude) * _METRES_A_DEGREE
    east = (longitude - point.longitude) * _METRES_A_DEGREE * cos(radians(point.latitude))
    return hypot(north, east)
