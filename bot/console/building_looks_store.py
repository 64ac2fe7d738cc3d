"""What the console's pages of buildings ask the register: lists, filters and counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from community.bindings import binding
from community.building_posts import ActingFor
from community.placenames import search_terms
from community.register_store import (
    building,
    building_facts,
    building_from,
    buildings_query,
    community,
    street,
)
from community.registers import Building
from hazards.inspection_store import inspection
from storage import read_code

Lack = Literal["", "old", "no_assembly", "not_inspected"]
LACKS: tuple[Lack, ...] = get_args(Lack)
PAGE_SIZE = 50
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which buildings are asked for; what is left as it is does not narrow.

    Attributes:
        reach: what the asker may see; nothing is found in an empty one.
        text: a code, or words of name, alias, address or place.
        street_id: only this street.
        community_id: only this community.
        lack: only old high-rises, those without an assembly point, or those that nobody has
            inspected for a year.
        page: from 0.
    """

    reach: ActingFor
    text: str = ""
    street_id: int | None = None
    community_id: int | None = None
    lack: Lack = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of buildings; ``count`` is of all pages together."""

    buildings: tuple[Building, ...]
    count: int

    def has_more(self, page: int) -> bool:
        """Whether another page follows ``page``."""
        return (page + 1) * PAGE_SIZE < self.count


def buildings_in(db: Connection, wanted: Wanted, now: datetime) -> Found:
    """Return a page of buildings by street, community and name, without archived ones."""
    query = buildings_query().where(building.c.archived_at.is_(None), *_narrowed(wanted, now))
    counted = query.with_only_columns(building.c.id).subquery()
    order = (street.c.name, community.c.name, building_facts.c.sort_key, building.c.id)
    page = query.order_by(*order).limit(PAGE_SIZE).offset(wanted.page * PAGE_SIZE)
    count = db.scalar(select(func.count()).select_from(counted)) or 0
    return Found(tuple(building_from(row) for row in db.execute(page)), count)


def residents_bound(db: Connection, building_id: int) -> int:
    """Return how many residents belong to a building; never who."""
    query = select(func.count()).where(binding.c.building_id == building_id)
    return db.scalar(query.select_from(binding)) or 0


def _narrowed(wanted: Wanted, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield _within(wanted.reach)
    if wanted.street_id is not None:
        yield community.c.street_id == wanted.street_id
    if wanted.community_id is not None:
        yield building.c.community_id == wanted.community_id
    if (code := read_code(wanted.text)) is not None:
        yield building.c.code == code
    else:
        yield from (_holds(term) for term in search_terms(wanted.text))
    match wanted.lack:
        case "old":
            yield building_facts.c.is_old.is_(True)
        case "no_assembly":
            yield building_facts.c.assembly_points == ()
        case "not_inspected":
            yield _not_inspected_since(now - YEAR)


def _within(reach: ActingFor) -> ColumnElement[bool]:
    area = reach.area
    return or_(
        false(),
        building.c.district_id.in_(sorted(area.districts)),
        community.c.street_id.in_(sorted(area.streets)),
        building.c.id.in_(sorted(reach.building_ids)),
    )


def _holds(term: str) -> ColumnElement[bool]:
    return or_(
        building_facts.c.search_key.contains(term, autoescape=True),
        community.c.name_key.contains(term, autoescape=True),
        street.c.name_key.contains(term, autoescape=True),
    )


def _not_inspected_since(moment: datetime) -> ColumnElement[bool]:
    """Return whether neither the list nor our own rounds know of an inspection since."""
    known = building_facts.c.last_inspected
    day: date = moment.date()
    looked = (
        select(inspection.c.id)
        .where(inspection.c.building_id == building.c.id, inspection.c.finished_at >= moment)
        .correlate(building)
        .exists()
    )
    return or_(known.is_(None), known < day) & ~looked
