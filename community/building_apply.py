"""Carrying out an import: staged in small transactions, made visible by one row.

Until the import's ``finished_at`` is set no reader sees any of it; a process killed before that
leaves rows which the next import clears away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from community.building_import import ImportPlan, PlannedBuilding
from community.placenames import name_key, sort_key
from community.register_store import (
    building,
    building_facts,
    building_import,
    community,
    street,
)
from community.registers import FACT_NAMES
from storage import Database, chunks, insert_if_absent, new_code

# Writers wait for one another, so each transaction stays under 20 ms: 200 rows took 22.
ROWS_A_WRITE = 100


class ImportOvertaken(Exception):
    """Another import of the same district began meanwhile; nothing of this one was kept."""

    permanent = False

    def __init__(self, district_id: str) -> None:
        self.district_id = district_id
        super().__init__(
            f"another import into {district_id} began meanwhile, nothing of this one was kept: "
            "run it again, which changes only what still differs"
        )


class FaultyPlan(Exception):
    """A plan with faults was to be applied."""

    permanent = True

    def __init__(self, faults: int) -> None:
        self.faults = faults
        super().__init__(f"the plan has {faults} faults: mend the file, then plan it again")


def apply_import(database: Database, plan: ImportPlan, now: datetime) -> None:
    """Write what a plan says; all of it becomes visible at once, or none.

    The same plan again, or a file that says nothing new, changes nothing.

    Raises:
        FaultyPlan: when the plan has faults.
        ImportOvertaken: when another import of the district was started meanwhile.
        StorageError: when the store refused; readers see nothing of it.
    """
    if plan.faults:
        raise FaultyPlan(len(plan.faults))
    if plan.is_empty:
        return
    import_id = database.write(lambda db: _begin(db, plan, now))
    clear_away(database)
    for rows in chunks((*plan.added, *plan.changed), ROWS_A_WRITE):
        database.write(_Staging(plan.district_id, import_id, tuple(rows), now))
    database.write(lambda db: _finish(db, plan.district_id, import_id, now))
    clear_away(database)


def clear_away(database: Database) -> None:
    """Delete what imports that were broken off or overwritten have left, chunk by chunk.

    Looking takes longer than deleting, so it is done without holding the writer.
    """
    while keys := database.read(_lost_facts):
        database.write(partial(_delete_facts, keys=keys))
    while ids := database.read(_bare_buildings):
        database.write(partial(_delete_buildings, ids=ids))
    database.write(_delete_abandoned)


def _begin(db: Connection, plan: ImportPlan, now: datetime) -> int:
    """Start an import; one that was running in this district is over."""
    running = (building_import.c.district_id == plan.district_id) & _is_running()
    db.execute(update(building_import).where(running).values(abandoned_at=now))
    values = {
        "district_id": plan.district_id,
        "started_at": now,
        "added": len(plan.added),
        "changed": len(plan.changed),
    }
    started: int = db.execute(
        insert(building_import).values(values).returning(building_import.c.id)
    ).scalar_one()
    return started


@dataclass(frozen=True, slots=True, repr=False)  # a slow write is logged, its rows need not be
class _Staging:
    """One chunk of an import, stored so that no reader sees it yet."""

    district_id: str
    import_id: int
    rows: Sequence[PlannedBuilding]
    now: datetime

    def __call__(self, db: Connection) -> None:
        _hold(db, self.district_id, self.import_id)
        places = {name_key(row.community): row for row in self.rows}
        community_ids = {
            key: _community_id(db, self.district_id, row) for key, row in places.items()
        }
        keys = [
            (community_ids[name_key(row.community)], name_key(row.facts.name)) for row in self.rows
        ]
        ids = _building_ids(db, self.district_id, keys, self.now)
        facts = [
            _facts_row(ids[key], self.import_id, row)
            for key, row in zip(keys, self.rows, strict=True)
        ]
        db.execute(insert(building_facts), facts)


def _finish(db: Connection, district_id: str, import_id: int, now: datetime) -> None:
    _hold(db, district_id, import_id)
    db.execute(
        update(building_import).where(building_import.c.id == import_id).values(finished_at=now)
    )


def _hold(db: Connection, district_id: str, import_id: int) -> None:
    """Hold the import's row to the end of the transaction, so that no other overtakes it.

    Raises:
        ImportOvertaken: when one has.
    """
    query = select(building_import.c.id).where(building_import.c.id == import_id, _is_running())
    if db.execute(query.with_for_update()).one_or_none() is None:
        raise ImportOvertaken(district_id)


def _community_id(db: Connection, district_id: str, names: PlannedBuilding) -> int:
    """Return the community's id; street and community are added where they lack."""
    place = {"district_id": district_id, "name": names.street, "name_key": name_key(names.street)}
    insert_if_absent(db, street, place, keys=["district_id", "name_key"])
    street_id: int = db.execute(
        select(street.c.id).where(
            street.c.district_id == district_id, street.c.name_key == place["name_key"]
        )
    ).scalar_one()
    row = {
        "district_id": district_id,
        "street_id": street_id,
        "name": names.community,
        "name_key": name_key(names.community),
    }
    found = (community.c.district_id == district_id) & (community.c.name_key == row["name_key"])
    if not insert_if_absent(db, community, row, keys=["district_id", "name_key"]):
        db.execute(update(community).where(found).values(street_id=street_id))
    community_id: int = db.execute(select(community.c.id).where(found)).scalar_one()
    return community_id


_Key = tuple[int, str]


def _building_ids(
    db: Connection, district_id: str, keys: Sequence[_Key], now: datetime
) -> dict[_Key, int]:
    """Return the building's id for each community and name, made where there was none."""
    known = _known_ids(db, keys)
    missing = [key for key in keys if key not in known]
    if not missing:
        return known
    rows = [
        {
            "code": code,
            "district_id": district_id,
            "community_id": community_id,
            "name_key": name,
            "created_at": now,
        }
        for code, (community_id, name) in zip(_free_codes(db, len(missing)), missing, strict=True)
    ]
    db.execute(insert(building), rows)
    return _known_ids(db, keys)


def _known_ids(db: Connection, keys: Sequence[_Key]) -> dict[_Key, int]:
    found = db.execute(
        select(building.c.community_id, building.c.name_key, building.c.id).where(
            building.c.community_id.in_({community_id for community_id, _ in keys}),
            building.c.name_key.in_([name for _, name in keys]),
        )
    )
    return {(row.community_id, row.name_key): row.id for row in found}


def _free_codes(db: Connection, count: int, draw: Callable[[], str] = new_code) -> list[str]:
    """Return codes that no building has; of 50,000 random ones two may well be the same."""
    free: dict[str, None] = {}
    while len(free) < count:
        drawn = {draw() for _ in range(count - len(free))}
        taken = db.execute(select(building.c.code).where(building.c.code.in_(drawn))).scalars()
        free.update(dict.fromkeys(drawn - set(taken)))
    return list(free)


def _facts_row(building_id: int, import_id: int, row: PlannedBuilding) -> dict[str, object]:
    facts = row.facts
    searched = (facts.name, *facts.aliases, facts.address)
    return {
        "building_id": building_id,
        "import_id": import_id,
        "sort_key": sort_key(facts.name),
        "search_key": "\n".join(name_key(text) for text in searched),
        **{name: getattr(facts, name) for name in FACT_NAMES},
    }


def _is_running() -> ColumnElement[bool]:
    return building_import.c.finished_at.is_(None) & building_import.c.abandoned_at.is_(None)


def _lost_facts(db: Connection) -> list[tuple[int, int]]:
    """Return keys of facts that an abandoned import left, or that a later one overwrote."""
    later, later_import = building_facts.alias(), building_import.alias()
    is_overwritten = (
        exists()
        .where(
            later.c.building_id == building_facts.c.building_id,
            later.c.import_id > building_facts.c.import_id,
            later_import.c.id == later.c.import_id,
            later_import.c.finished_at.is_not(None),
        )
        .correlate(building_facts)
    )
    rows = db.execute(
        select(building_facts.c.building_id, building_facts.c.import_id)
        .join(building_import, building_import.c.id == building_facts.c.import_id)
        .where(building_import.c.abandoned_at.is_not(None) | is_overwritten)
        .limit(ROWS_A_WRITE)
    )
    return [(row.building_id, row.import_id) for row in rows]


def _delete_facts(db: Connection, keys: Sequence[tuple[int, int]]) -> None:
    db.execute(
        delete(building_facts).where(
            building_facts.c.building_id == bindparam("of_building"),
            building_facts.c.import_id == bindparam("of_import"),
        ),
        [{"of_building": building_id, "of_import": import_id} for building_id, import_id in keys],
    )


def _bare_buildings(db: Connection) -> list[int]:
    """Return ids of buildings that only an abandoned import knew."""
    return list(db.scalars(select(building.c.id).where(_is_bare()).limit(ROWS_A_WRITE)))


def _delete_buildings(db: Connection, ids: Sequence[int]) -> None:
    db.execute(delete(building).where(building.c.id.in_(ids), _is_bare()))


def _is_bare() -> ColumnElement[bool]:
    return ~exists().where(building_facts.c.building_id == building.c.id)


def _delete_abandoned(db: Connection) -> None:
    db.execute(
        delete(building_import).where(
            building_import.c.abandoned_at.is_not(None),
            ~exists().where(building_facts.c.import_id == building_import.c.id),
        )
    )
