"""What the registers know of a building or street that a report names."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from community.coordinates import Point
from community.register_store import community, find_building, street


@dataclass(frozen=True, slots=True)
class Ground:
    """A registered place; ``name`` is a building's with its street and community."""

    district_id: str
    street_id: int
    building_id: int | None = None
    name: str = ""
    point: Point | None = None


def ground_of_building(db: Connection, building_id: int) -> Ground | None:
    """Return a building's place, archived or not; None when there is none to be seen."""
    found = find_building(db, building_id)
    if found is None:
        return None
    query = select(community.c.street_id).where(community.c.id == found.community_id)
    street_id: int = db.execute(query).scalar_one()
    facts = found.facts
    has_point = facts.latitude is not None and facts.longitude is not None
    point = Point(facts.latitude, facts.longitude) if has_point else None  # type: ignore[arg-type] # both are there
    return Ground(found.district_id, street_id, building_id, found.full_name, point)


def ground_of_street(db: Connection, street_id: int) -> Ground | None:
    """Return a street's place; None when there is none."""
    query = select(street.c.district_id).where(street.c.id == street_id)
    district_id = db.scalar(query)
    return None if district_id is None else Ground(district_id, street_id)
