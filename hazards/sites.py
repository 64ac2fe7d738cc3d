"""Where a report's hazard is, worked out of what its reporter told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from community.coordinates import Point, distance_m
from community.districts import District, UnknownDistrict
from hazards.drafts import MOST_PLACE_CHARACTERS, Where
from hazards.site_store import Ground, ground_of_building, ground_of_street

# A phone that is farther from the building it reports tells where its owner is, not the hazard.
AT_BUILDING_METRES = 300.0


class NoPlace(Exception):
    """Nothing tells where the hazard is: no building, place or words."""

    permanent = True

    def __init__(self) -> None:
        super().__init__("a report needs a place: ask for a building, a location or words")


class Area(NamedTuple):
    """A district, and whether the place lies outside of all that are served."""

    district_id: str
    is_outside: bool


@dataclass(frozen=True, slots=True)
class Site:
    """Where a hazard is, as its case says it.

    Attributes:
        district_id: whose case it is; the reporter's own for a place outside.
        street_id: None where it is not known.
        building_id: likewise.
        words: for staff and, once looked at, the public.
        floor: as the reporter says it.
        point: WGS-84.
        is_outside: in none of the districts served; kept, looked at and referred.
    """

    district_id: str
    street_id: int | None
    building_id: int | None
    words: str
    floor: str
    point: Point | None
    is_outside: bool


def site_of(db: Connection, where: Where, home: str, districts: Mapping[str, District]) -> Site:
    """Return where a hazard is.

    The district is the building's, else the place's, else the street's, else ``home``.

    Raises:
        NoPlace: when nothing is known, or only a building that is gone.
        BadCoordinates: when the coordinates are no place on earth.
        UnknownDistrict: when ``home`` is not served.
    """
    told = where.cut()
    ground = _ground(db, told)
    point = point_for(told.point(), ground)
    if ground is None and point is None and not told.words:
        raise NoPlace
    area = _area(ground, point, home, districts)
    is_building = ground is not None and ground.building_id is not None
    return Site(
        district_id=area.district_id,
        street_id=ground.street_id if ground else None,
        building_id=ground.building_id if ground else None,
        words=joined_words(ground.name if ground and is_building else "", told.words),
        floor=told.floor,
        point=point,
        is_outside=area.is_outside,
    )


def _ground(db: Connection, where: Where) -> Ground | None:
    found = None
    if where.building_id is not None:
        found = ground_of_building(db, where.building_id)
    if found is None and where.street_id is not None:
        found = ground_of_street(db, where.street_id)
    return found


def point_for(sent: Point | None, ground: Ground | None) -> Point | None:
    """Return the place sent, unless it is far from the building, whose own counts then."""
    own = ground.point if ground else None
    if sent is None or own is None:
        return sent or own
    return sent if distance_m(sent, own) <= AT_BUILDING_METRES else own


def _area(
    ground: Ground | None, point: Point | None, home: str, districts: Mapping[str, District]
) -> Area:
    if ground is not None and ground.building_id is not None:
        return Area(ground.district_id, is_outside=False)
    if home not in districts:
        raise UnknownDistrict(home, sorted(districts))
    if point is None:
        return Area(ground.district_id if ground else home, is_outside=False)
    if districts[home].may_hold(point):
        return Area(home, is_outside=False)
    boxed = (one for one in districts.values() if one.bounds is not None)
    found = next((one.id for one in boxed if one.may_hold(point)), None)
    return Area(found or home, is_outside=found is None)


def joined_words(name: str, told: str) -> str:
    """Return the building's name and what was told besides, once."""
    if not name or told in name:
        return name or told
    shared = _shared(name, told)
    gap = "" if shared else " "
    return f"{name}{gap}{told[shared:]}"[:MOST_PLACE_CHARACTERS]


def _shared(name: str, told: str) -> int:
    """Return how many characters at the end of ``name`` begin ``told``: 阳光小区[3栋], [3栋]2楼.

    A number counts whole: 13栋 and 3栋 share nothing.
    """
    for length in range(min(len(name), len(told)), 1, -1):
        before = name[-length - 1 : -length]
        if name.endswith(told[:length]) and not (before.isalnum() and before.isascii()):
            return length
    return 0
