"""Reports and cases as several years leave them: two districts, 60 streets, 5,000 buildings.

Written in bulk, past the rules: most cases are closed, after days rather than weeks, some are
open, and a few are years old. Five reports lead to a case, and every second case has a photo.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from community.districts import load_district
from community.register_store import building, building_facts, building_import, community, street
from community.store import resident
from community.workdays import load_workdays
from hazards.case_rules import CaseRules
from hazards.categories import load_categories
from hazards.store import hazard_case, hazard_photo, hazard_report
from hazards.transitions import OPEN, State
from storage import Database, chunks, new_code

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
DISTRICTS = ("qianjiang", "jiangjin")
STREETS, BUILDINGS, RESIDENTS = 60, 5_000, 20_000
REPORTS_PER_CASE = 5
MONTHS = 36
GROUP = 2_000

_YEARS = timedelta(days=MONTHS * 30)
_PLACES = ("楼道", "消防车通道", "架空层", "地下车库", "天台门口", "电缆井旁", "单元门口")
_SIGHTS = ("堆了纸箱和旧家具", "停着两辆电动车", "门被锁住", "从窗口拉线充电", "灭火器没压力")
_ENDS: tuple[tuple[State, int], ...] = (("closed", 88), ("rejected", 7), ("referred", 5))
_SPAN = 0.2  # degrees, about the built-up part of a district


@dataclass(frozen=True, slots=True)
class House:
    """A building, as cases name it."""

    id: int
    street_id: int
    district_id: str
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Town:
    """What cases are spread over."""

    houses: list[House]
    residents: int


def rules() -> CaseRules:
    """Return the rules of the two districts."""
    return CaseRules({name: load_district(name) for name in DISTRICTS}, load_workdays())


def build_town(database: Database) -> Town:
    """Write districts, streets, buildings and residents, and return them."""
    chance = random.Random(4)
    houses = [_house(number, chance) for number in range(BUILDINGS)]
    database.write(_streets)
    for some in chunks(houses, GROUP):
        database.write(partial(_buildings, houses=some))
    people: list[dict[str, Any]] = [{"created_at": NOW - _YEARS} for _ in range(RESIDENTS)]
    for group in chunks(people, GROUP):
        database.write(partial(_add, table=resident, rows=group))
    return Town(houses, RESIDENTS)


def fill(database: Database, town: Town, cases: range) -> None:
    """Write cases of these numbers, with their reports and photos."""
    chance = random.Random(cases.start)
    route = rules().route
    kinds = [one.id for one in load_categories().all]
    units = {(d, kind): route(d, kind) for d in DISTRICTS for kind in kinds}
    weights = [1 / (place + 2) for place in range(len(kinds))]
    for numbers in chunks(cases, GROUP):
        written = []
        for number in numbers:
            house = chance.choice(town.houses)
            kind = chance.choices(kinds, weights)[0]
            unit = units[house.district_id, kind]
            written.append(_case(number + 1, house, kind, (unit.handler, unit.lead), chance))
        reports = [row for case in written for row in _reports(case, town, chance)]
        photos = [_photo(case, chance) for case in written[::2]]
        for table, rows in ((hazard_case, written), (hazard_report, reports)):
            database.write(partial(_add, table=table, rows=rows))
        database.write(partial(_add, table=hazard_photo, rows=photos))


def settle(database: Database) -> None:
    """Let the store know what it holds, as its own housekeeping does: ids, and statistics."""

    def work(db: Connection) -> None:
        if db.dialect.name == "postgresql":
            for table in (hazard_case, hazard_report, building, street, resident):
                last = select(func.max(table.c.id)).scalar_subquery()
                sequence = func.pg_get_serial_sequence(table.name, "id")
                db.execute(select(func.setval(sequence, last)))
            db.exec_driver_sql("ANALYZE")

    database.write(work)


def _add(db: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    db.execute(insert(table), rows)


def _house(number: int, chance: random.Random) -> House:
    street_id = number % STREETS + 1
    return House(
        number + 1,
        street_id,
        DISTRICTS[street_id % 2],
        f"第{street_id}街道 和平社区 翠湖苑{number // STREETS + 1}栋",
        29.2 + street_id % 2 + chance.random() * _SPAN,
        106.2 + street_id % 2 + chance.random() * _SPAN,
    )


def _streets(db: Connection) -> None:
    rows = [
        {"id": n, "district_id": DISTRICTS[n % 2], "name": f"第{n}街道", "name_key": f"第{n}街道"}
        for n in range(1, STREETS + 1)
    ]
    db.execute(insert(street), rows)
    own = [row | {"street_id": row["id"], "name": "和平社区"} for row in rows]
    db.execute(insert(community), own)
    done = {"started_at": NOW - _YEARS, "finished_at": NOW - _YEARS, "added": 0, "changed": 0}
    imports = [done | {"id": n + 1, "district_id": name} for n, name in enumerate(DISTRICTS)]
    db.execute(insert(building_import), imports)


def _buildings(db: Connection, houses: list[House]) -> None:
    lists: tuple[str, ...] = ("aliases", "refuge_floors", "assembly_points")
    told = {
        column.name: [] if column.name in lists else ""
        for column in building_facts.c
        if not column.nullable and not column.primary_key
    }
    rows, facts = [], []
    for one in houses:
        key = str(one.id)
        rows.append(
            {
                "id": one.id, "code": new_code(), "district_id": one.district_id,
                "community_id": one.street_id, "name_key": key, "created_at": NOW - _YEARS,
            }
        )  # fmt: skip
        facts.append(
            told
            | {
                "building_id": one.id, "import_id": DISTRICTS.index(one.district_id) + 1,
                "name": one.name.split()[-1], "latitude": one.latitude,
                "longitude": one.longitude,
            }
        )  # fmt: skip
    db.execute(insert(building), rows)
    db.execute(insert(building_facts), facts)


def _case(
    number: int, house: House, kind: str, units: tuple[str, str], chance: random.Random
) -> dict[str, Any]:
    opened = NOW - chance.random() * _YEARS
    due = opened + timedelta(days=chance.choice((1, 3, 4, 5)))
    ended = opened + timedelta(hours=chance.lognormvariate(4.2, 0.9))
    state: State = chance.choices([one for one, _ in _ENDS], [share for _, share in _ENDS])[0]
    is_open = ended > NOW or chance.random() < 0.03
    if is_open:
        state = chance.choice(sorted(OPEN))
    handler = units[0] if chance.random() < 0.75 else units[1]
    return {
        "id": number,
        "code": _code(number),
        "district_id": house.district_id,
        "street_id": house.street_id,
        "building_id": house.id,
        "category": kind,
        "state": state,
        "handler": handler,
        "lead": units[1],
        "level": chance.choice((0, 0, 0, 1, 2)) if is_open else 0,
        "is_major": False,
        "round": 1,
        "place_words": f"{house.name} {chance.randint(1, 4)}单元{chance.choice(_PLACES)}",
        "floor": f"{chance.randint(1, 33)}楼",
        "latitude": house.latitude,
        "longitude": house.longitude,
        "summary": chance.choice(_SIGHTS),
        "version": 6,
        "rule_version": "2025-01-01",
        "soft_at": opened,
        "due_at": due,
        "steps": [[0, 1_763_600_000_000_000], [1, 1_763_700_000_000_000]],
        "steps_done": 0,
        "paused_at": None,
        "pause_reason": "",
        "external_number": f"GD{number:08}" if number % 4 == 0 else "",
        "is_public": number % 10 == 0,
        "public_text": "楼道堆物，已整改。" if number % 10 == 0 else "",
        "report_count": REPORTS_PER_CASE,
        "opened_at": opened,
        "changed_at": min(NOW, ended),
        "verified_at": None,
        "closed_at": None if is_open else min(NOW, ended),
    }


def _reports(case: dict[str, Any], town: Town, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(REPORTS_PER_CASE):
        yield {
            "code": _code(case["id"] * REPORTS_PER_CASE + number),
            "district_id": case["district_id"],
            "source": "wechat",
            "privacy": "confidential",
            "reporter_id": chance.randint(1, town.residents),
            "wrong_tries": 0,
            "case_id": case["id"],
            "standing": "me_too" if number else "first",
            "category": case["category"],
            "said": case["summary"],
            "building_id": case["building_id"],
            "place_words": case["place_words"],
            "floor": case["floor"],
            "datum": "wgs84",
            "is_outside": False,
            "wants_notices": True,
            "is_false": False,
            "created_at": case["opened_at"] + timedelta(minutes=number),
        }


_marks = count()


def _code(number: int) -> str:
    """Return a code of its own for each number, as scattered as those that are drawn."""
    return f"{number * 0x9E3779B1 % 2**32:08X}"


def _photo(case: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return {
        "case_id": case["id"],
        "purpose": "report",
        "channel": "wechat",
        "ref": "",
        "refused": "",
        "sha256": f"{next(_marks):064x}",
        "phash": f"{chance.getrandbits(64):016x}",
        "masks": [],
        "created_at": case["opened_at"],
    }
