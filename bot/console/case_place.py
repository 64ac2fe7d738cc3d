"""Where a case is put to (定位): the buildings and streets to choose, the nearest first."""

from dataclasses import dataclass

from sqlalchemy import Connection

from bot.console.field_forms import BUILDING, STREET
from bot.console.posts import Places
from bot.console.shell import Refused
from community.nearby import Point, buildings_near, metres_between
from community.staff import Area
from hazards.cases import Case
from hazards.inspection_store import find_ground, grounds
from storage import read_code

NEAR_METRES = 300
MOST_NEAR = 5
NO_CHOICE = "请选楼栋或街道，再点一次。"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers, each a field's value and its words.

    Attributes:
        near: buildings within ``NEAR_METRES`` of where the case is, nearest first.
        streets: of the case's district.
        buildings: likewise, by name, without those near.
    """

    near: list[tuple[str, str]]
    streets: list[tuple[str, str]]
    buildings: list[tuple[str, str]]


def choices_for(db: Connection, case: Case, places: Places) -> Choices:
    """Return where a case can be put to."""
    near = _near(db, case)
    values = {value for value, _ in near}
    here = Area(districts=frozenset({case.district_id}))
    named = sorted((one.building.full_name, one.building.code) for one in grounds(db, here))
    return Choices(
        near,
        [
            (f"{STREET}:{id_}", name)
            for id_, name in places.streets.items()
            if places.of_street[id_] == case.district_id
        ],
        [(value, name) for name, code in named if (value := f"{BUILDING}:{code}") not in values],
    )


def chosen(db: Connection, case: Case, value: str) -> tuple[int | None, int | None]:
    """Return the ids of the building and of the street that were chosen, one of them None.

    Raises:
        Refused: when nothing was chosen, or a building that is not of the case's district.
    """
    kind, _, id_ = value.partition(":")
    code = read_code(id_) if kind == BUILDING else None
    if code is not None:
        here = Area(districts=frozenset({case.district_id}))
        ground = find_ground(db, here, code)
        if ground is not None:
            return ground.building.id, None
    if kind == STREET and id_.isascii() and id_.isdigit() and len(id_) < 19:
        return None, int(id_)
    raise Refused(NO_CHOICE)


def _near(db: Connection, case: Case) -> list[tuple[str, str]]:
    if case.point is None:
        return []
    point = Point(case.point.latitude, case.point.longitude)
    found = [
        (metres_between(point, one), one)
        for one in buildings_near(db, [case.district_id], point, MOST_NEAR)
    ]
    return [
        (f"{BUILDING}:{one.code}", f"{one.full_name}（约{round(metres)}米）")
        for metres, one in found
        if metres <= NEAR_METRES
    ]
