"""The tables of places, and looking them up.

What is said about a building stands in ``building_facts``, one row for each import that changed
it; the latest *finished* import is what readers see. So an import of any size becomes visible by
one row (``finished_at``), and a crash in its middle is never seen. Writing stands in
``community.building_apply``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    case,
    func,
    or_,
    select,
    update,
)

from community.placenames import name_key, search_terms
from community.registers import (
    FACT_NAMES,
    PAGE_SIZE,
    Building,
    BuildingFacts,
    Community,
    Page,
    Street,
)
from storage import JsonText, RowId, UtcDateTime, insert_if_absent, metadata, read_code

street = Table(
    "street",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    Column("name", String(60), nullable=False),
    Column("name_key", Text, nullable=False),
    UniqueConstraint("district_id", "name_key"),
)

community = Table(
    "community",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId, ForeignKey(street.c.id), nullable=False),
    Column("name", String(60), nullable=False),
    Column("name_key", Text, nullable=False),
    UniqueConstraint("district_id", "name_key"),
    Index("ix_community_street_id", "street_id"),
)

building = Table(
    "building",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    Column("community_id", RowId, ForeignKey(community.c.id), nullable=False),
    Column("name_key", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
    UniqueConstraint("community_id", "name_key"),
    Index("ix_building_district_id", "district_id"),
)

building_import = Table(
    "building_import",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("abandoned_at", UtcDateTime),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    sqlite_autoincrement=True,  # a later import has a higher id, also after one was taken back
)

building_facts = Table(
    "building_facts",
    metadata,
    Column("building_id", RowId, ForeignKey(building.c.id), primary_key=True),
    Column("import_id", RowId, ForeignKey(building_import.c.id), primary_key=True),
    Column("sort_key", Text, nullable=False),
    Column("search_key", Text, nullable=False),
    Column("name", String(60), nullable=False),
    Column("address", String(200), nullable=False),
    Column("aliases", JsonText, nullable=False),
    Column("stairs", Integer),
    Column("floors_above", Integer),
    Column("floors_below", Integer),
    Column("households", Integer),
    Column("height_m", Float),
    Column("use", String(20), nullable=False),
    Column("built_year", Integer),
    Column("is_old", Boolean),
    Column("refuge_floors", JsonText, nullable=False),
    Column("assembly_points", JsonText, nullable=False),
    Column("property_company", String(100), nullable=False),
    Column("property_phone", String(60), nullable=False),
    Column("control_room_phone", String(60), nullable=False),
    Column("community_phone", String(60), nullable=False),
    Column("head_phone", String(60), nullable=False),
    Column("fire_station", String(100), nullable=False),
    Column("maintenance_unit", String(100), nullable=False),
    Column("last_inspected", Date),
    Column("latitude", Float),
    Column("longitude", Float),
    Index("ix_building_facts_import_id", "import_id"),
)

T = TypeVar("T")

_LISTS = ("aliases", "refuge_floors", "assembly_points")


def add_street(db: Connection, district_id: str, name: str) -> bool:
    """Add a street to a district's register; False when one of this name stands there."""
    row = {"district_id": district_id, "name": name, "name_key": name_key(name)}
    return insert_if_absent(db, street, row, keys=["district_id", "name_key"])


def all_streets(db: Connection, district_id: str) -> list[Street]:
    """Return every street of a district, also those without a building."""
    return [Street(*row) for row in db.execute(_streets(district_id))]


def all_communities(db: Connection, district_id: str) -> list[Community]:
    """Return every community of a district, also those without a building."""
    rows = db.execute(
        select(community.c.id, community.c.street_id, community.c.name)
        .where(community.c.district_id == district_id)
        .order_by(community.c.id)
    )
    return [Community(*row) for row in rows]


def list_streets(db: Connection, district_id: str, page: int = 0) -> Page[Street]:
    """Return a page of the streets in which there is a building to choose."""
    has_building = (
        _visible(community.c.id)
        .join(community, community.c.id == building.c.community_id)
        .where(community.c.street_id == street.c.id, building.c.archived_at.is_(None))
    )
    query = _streets(district_id).where(has_building.exists())
    return _page([Street(*row) for row in db.execute(_cut(query, page))], page)


def list_communities(db: Connection, street_id: int, page: int = 0) -> Page[Community]:
    """Return a page of the communities in which there is a building to choose."""
    has_building = _visible(building.c.id).where(
        building.c.community_id == community.c.id, building.c.archived_at.is_(None)
    )
    query = (
        select(community.c.id, community.c.street_id, community.c.name)
        .where(community.c.street_id == street_id, has_building.exists())
        .order_by(community.c.name, community.c.id)
    )
    return _page([Community(*row) for row in db.execute(_cut(query, page))], page)


def list_buildings(db: Connection, community_id: int, page: int = 0) -> Page[Building]:
    """Return a page of a community's buildings, 2栋 before 10栋, without archived ones."""
    query = (
        buildings_query()
        .where(building.c.community_id == community_id, building.c.archived_at.is_(None))
        .order_by(building_facts.c.sort_key, building.c.id)
    )
    return _page([building_from(row) for row in db.execute(_cut(query, page))], page)


def search_buildings(
    db: Connection, district_ids: Sequence[str], text: str, page: int = 0
) -> Page[Building]:
    """Return a page of the buildings whose name, alias, address or place hold what was typed.

    Args:
        db: for reading.
        district_ids: where to look.
        text: as typed; unit, floor and room in it are passed over. Nothing is found for none.
        page: from 0.

    Returns:
        Best first: the very name, a name that begins so, the words side by side, then the rest.
    """
    terms = search_terms(text)
    if not terms:
        return Page((), page)
    wanted = "".join(terms)
    key = building.c.name_key
    rank = case(
        (key == wanted, 0),
        (key.startswith(wanted, autoescape=True), 1),
        (building_facts.c.search_key.contains(wanted, autoescape=True), 2),
        else_=3,
    )
    query = (
        buildings_query()
        .where(
            building.c.district_id.in_(district_ids),
            building.c.archived_at.is_(None),
            *(_holds(term) for term in terms),
        )
        .order_by(rank, building_facts.c.sort_key, building.c.id)
    )
    return _page([building_from(row) for row in db.execute(_cut(query, page))], page)


def find_building(db: Connection, building_id: int) -> Building | None:
    """Return a building, archived or not; None when there is none to be seen."""
    row = db.execute(buildings_query().where(building.c.id == building_id)).one_or_none()
    return building_from(row) if row else None


def find_building_by_code(db: Connection, typed: str) -> Building | None:
    """Return the building with a code as typed or scanned; None when archived or unknown."""
    if (code := read_code(typed)) is None:
        return None
    query = buildings_query().where(building.c.code == code, building.c.archived_at.is_(None))
    row = db.execute(query).one_or_none()
    return building_from(row) if row else None


def all_buildings(
    db: Connection, district_id: str, *, after: int = 0, most: int = 500
) -> list[Building]:
    """Return up to ``most`` buildings with an id above ``after``, archived ones too, by id."""
    query = (
        buildings_query()
        .where(building.c.district_id == district_id, building.c.id > after)
        .order_by(building.c.id)
        .limit(most)
    )
    return [building_from(row) for row in db.execute(query)]


def archive_building(db: Connection, building_id: int, now: datetime) -> bool:
    """Take a building out of every list; those bound to it keep it. False when it was out."""
    archived = db.execute(
        update(building)
        .where(building.c.id == building_id, building.c.archived_at.is_(None))
        .values(archived_at=now)
    )
    return archived.rowcount == 1


def restore_building(db: Connection, building_id: int) -> bool:
    """Put an archived building back; False when it was not archived."""
    restored = db.execute(
        update(building)
        .where(building.c.id == building_id, building.c.archived_at.is_not(None))
        .values(archived_at=None)
    )
    return restored.rowcount == 1


def buildings_query() -> Select[Any]:
    """Return a query of visible buildings, to narrow down; each row is for ``building_from``."""
    return (
        _visible(
            building.c.id, building.c.code, building.c.district_id, building.c.community_id,
            building.c.archived_at, street.c.name.label("street_name"),
            community.c.name.label("community_name"),
            *(building_facts.c[name] for name in FACT_NAMES),
        )
        .join(community, community.c.id == building.c.community_id)
        .join(street, street.c.id == community.c.street_id)
    )  # fmt: skip


def building_from(row: Row[Any]) -> Building:
    """Return the building in a row of ``buildings_query``."""
    named = row._mapping
    facts = {name: named[name] for name in FACT_NAMES}
    facts.update({name: tuple(facts[name]) for name in _LISTS})
    return Building(
        id=named["id"],
        code=named["code"],
        district_id=named["district_id"],
        street=named["street_name"],
        community_id=named["community_id"],
        community=named["community_name"],
        facts=BuildingFacts(**facts),
        archived_at=named["archived_at"],
    )


def _visible(*columns: Column[Any] | ColumnElement[Any]) -> Select[Any]:
    """Return a query of buildings joined to their facts of the latest finished import."""
    earlier = building_facts.alias()
    latest = (
        select(func.max(earlier.c.import_id))
        .join(building_import, building_import.c.id == earlier.c.import_id)
        .where(earlier.c.building_id == building.c.id, building_import.c.finished_at.is_not(None))
        .correlate(building)
        .scalar_subquery()
    )
    return (
        select(*columns)
        .select_from(building)
        .join(
            building_facts,
            (building_facts.c.building_id == building.c.id)
            & (building_facts.c.import_id == latest),
        )
    )


def _streets(district_id: str) -> Select[Any]:
    return (
        select(street.c.id, street.c.district_id, street.c.name)
        .where(street.c.district_id == district_id)
        .order_by(street.c.name, street.c.id)
    )


def _holds(term: str) -> ColumnElement[bool]:
    return or_(
        building_facts.c.search_key.contains(term, autoescape=True),
        community.c.name_key.contains(term, autoescape=True),
        street.c.name_key.contains(term, autoescape=True),
    )


def _cut(query: Select[Any], page: int) -> Select[Any]:
    """Return a page of a query, and one row more to see whether another page follows."""
    return query.limit(PAGE_SIZE + 1).offset(max(page, 0) * PAGE_SIZE)


def _page(rows: Sequence[T], number: int) -> Page[T]:
    return Page(tuple(rows[:PAGE_SIZE]), number, len(rows) > PAGE_SIZE)
