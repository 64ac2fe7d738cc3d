"""What an import of a list of buildings would do: compared with the register, nothing written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, exists, select

from community.building_columns import HEADING_OF, Value
from community.building_rows import BuildingList, ListedBuilding, RowFault
from community.placenames import name_key
from community.register_store import all_buildings, all_streets, building, community, street
from community.registers import Building, BuildingFacts

_NAMED_STREETS = 8


@dataclass(frozen=True, slots=True)
class PlannedBuilding:
    """One building as it will stand, in its community and street."""

    street: str
    community: str
    facts: BuildingFacts


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import does if it is applied; with a fault in it nothing is.

    Attributes:
        district_id: where.
        added: buildings that the register lacks.
        changed: buildings of which something changes.
        unchanged: how many stand in the register just so.
        new_streets: names of streets that come in.
        new_communities: names of communities that come in; a slip of the pen shows here.
        faults: what has to be mended first, in the order of the rows.
    """

    district_id: str
    added: tuple[PlannedBuilding, ...] = ()
    changed: tuple[PlannedBuilding, ...] = ()
    unchanged: int = 0
    new_streets: tuple[str, ...] = ()
    new_communities: tuple[str, ...] = ()
    faults: tuple[RowFault, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether applying it would change nothing."""
        return not (self.added or self.changed)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the register holds of one district, by the keys of names."""

    district_names: frozenset[str]
    streets: Mapping[str, str]
    street_of: Mapping[str, str]
    communities: Mapping[str, str]
    buildings: Mapping[tuple[str, str], Building]


def plan_import(
    db: Connection,
    listed: BuildingList,
    *,
    district_id: str,
    district_name: str,
    add_streets: bool = False,
) -> ImportPlan:
    """Compare a list with a district's register.

    A building is the same when district, community and name are; a column that the list
    lacks, and a blank cell, leave what is registered.

    Args:
        db: for reading.
        listed: what the file says.
        district_id: the district it is imported into.
        district_name: as the file may call it in its column 区县.
        add_streets: register unknown streets instead of refusing their rows.
    """
    known = _known(db, district_id, district_name)
    faults = list(listed.faults)
    sound: list[ListedBuilding] = []
    for row in listed.rows:
        found = list(_place_faults(row, known, add_streets=add_streets))
        faults += found
        sound += [] if found else [row]
    faults += _faults_between(sound)
    planned = [(_planned(row, known), row) for row in sound]
    for building_planned, row in planned:
        faults += _contradictions(row.row, building_planned.facts)
    return replace(
        _sorted_out([plan for plan, _ in planned], known),
        district_id=district_id,
        faults=tuple(sorted(dict.fromkeys(faults), key=lambda fault: fault.row)),
    )


def _known(db: Connection, district_id: str, district_name: str) -> _Known:
    buildings = {
        (name_key(found.community), name_key(found.name)): found
        for found in _every_building(db, district_id)
    }
    # A community without a building came from an import that was broken off: it may be moved.
    rows = db.execute(
        select(community.c.name, street.c.name.label("street"))
        .join(street, street.c.id == community.c.street_id)
        .where(
            community.c.district_id == district_id,
            exists().where(building.c.community_id == community.c.id),
        )
    ).all()
    return _Known(
        district_names=frozenset({district_id, district_name}),
        streets={name_key(found.name): found.name for found in all_streets(db, district_id)},
        street_of={name_key(row.name): row.street for row in rows},
        communities={name_key(row.name): row.name for row in rows},
        buildings=buildings,
    )


def _every_building(db: Connection, district_id: str) -> Iterator[Building]:
    after = 0
    while found := all_buildings(db, district_id, after=after):
        yield from found
        after = found[-1].id


def _place_faults(row: ListedBuilding, known: _Known, *, add_streets: bool) -> Iterator[RowFault]:
    if row.district and row.district not in known.district_names:
        yield _fault(
            row, "district", row.district, "不是这次导入的区县", "分开导入，或用 --district 换区县"
        )
    if name_key(row.street) not in known.streets and not add_streets:
        names = "、".join(list(known.streets.values())[:_NAMED_STREETS]) or "（还没有登记）"
        yield _fault(
            row, "street", row.street, "镇街名单里没有",
            f"改成登记的镇街：{names}；确实是新的，导入时加 --add-streets",
        )  # fmt: skip
    registered = known.street_of.get(name_key(row.community))
    if registered and name_key(registered) != name_key(row.street):
        yield _fault(
            row, "community", row.community, f"已登记在{registered}，和这一行的{row.street}对不上",
            "核对属于哪个镇街，改成一样的",
        )  # fmt: skip
    standing = known.buildings.get((name_key(row.community), name_key(row.name)))
    if standing and standing.archived_at:
        yield _fault(row, "name", row.name, "这栋楼已经注销", "先恢复登记，或删掉这一行")


def _faults_between(rows: Sequence[ListedBuilding]) -> Iterator[RowFault]:
    """Yield rows that say the same as, or another thing than, a row above."""
    first: dict[tuple[str, str], int] = {}
    street_of: dict[str, ListedBuilding] = {}
    for row in rows:
        key = (name_key(row.community), name_key(row.name))
        if key in first:
            yield _fault(row, "name", row.name, f"和第{first[key]}行是同一栋楼", "只留一行")
        first.setdefault(key, row.row)
        above = street_of.setdefault(key[0], row)
        if name_key(above.street) != name_key(row.street):
            yield _fault(
                row, "community", row.community,
                f"第{above.row}行写在{above.street}，这一行写在{row.street}",
                "核对属于哪个镇街，改成一样的",
            )  # fmt: skip


def _planned(row: ListedBuilding, known: _Known) -> PlannedBuilding:
    standing = known.buildings.get((name_key(row.community), name_key(row.name)))
    given: dict[str, Any] = dict(row.given)
    facts = replace(standing.facts, **given) if standing else BuildingFacts(**given)
    return PlannedBuilding(
        known.streets.get(name_key(row.street), row.street),
        known.communities.get(name_key(row.community), row.community),
        facts,
    )


def _contradictions(number: int, facts: BuildingFacts) -> Iterator[RowFault]:
    """Yield what cannot be true together, within a row or with what is registered."""

    def fault(field: str, problem: str, mend: str) -> RowFault:
        value: Value = getattr(facts, field)
        shown = "、".join(map(str, value)) if isinstance(value, tuple) else str(value)
        return RowFault(number, HEADING_OF[field].name, shown, problem, mend)

    top = facts.floors_above
    if top is not None and any(floor > top for floor in facts.refuge_floors):
        yield fault("refuge_floors", f"比地上层数{top}还高", "核对避难层和地上层数")
    if top and facts.height_m and not 2 * top <= facts.height_m <= 10 * (top + 2):
        yield fault("height_m", f"和地上层数{top}对不上", "高度写米，核对层数")
    if (facts.latitude is None) != (facts.longitude is None):
        field = "latitude" if facts.longitude is None else "longitude"
        yield fault(field, "经纬度只写了一个", "两个都写，或都空着")


def _sorted_out(planned: Sequence[PlannedBuilding], known: _Known) -> ImportPlan:
    added: list[PlannedBuilding] = []
    changed: list[PlannedBuilding] = []
    for plan in planned:
        standing = known.buildings.get((name_key(plan.community), name_key(plan.facts.name)))
        if standing is None:
            added.append(plan)
        elif standing.facts != plan.facts:
            changed.append(plan)
    new_streets = {p.street: None for p in added if name_key(p.street) not in known.streets}
    new_communities = {
        p.community: None for p in added if name_key(p.community) not in known.communities
    }
    return ImportPlan(
        district_id="",
        added=tuple(added),
        changed=tuple(changed),
        unchanged=len(planned) - len(added) - len(changed),
        new_streets=tuple(new_streets),
        new_communities=tuple(new_communities),
    )


def _fault(row: ListedBuilding, field: str, value: str, problem: str, mend: str) -> RowFault:
    return RowFault(row.row, HEADING_OF[field].name, value, problem, mend)
