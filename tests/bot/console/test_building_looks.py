"""The queries behind the list of buildings, on both stores."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from bot.console.building_looks_store import (
    PAGE_SIZE,
    Wanted,
    buildings_in,
    residents_bound,
)
from community.bindings import bind
from community.building_posts import ActingFor
from community.register_store import all_communities, all_streets, archive_building
from community.staff import Area, Post
from hazards.inspection_store import inspection
from storage import Database
from tests.bot.console.estate import DISTRICT, LIST
from tests.community.registered import NOON, building_called, imported, new_resident
from tests.community.staffed import employed

HERE = ActingFor(Area(districts=frozenset({DISTRICT})), frozenset())
ALL = ["双福花园2栋", "双福花园3栋", "河滨1号楼", "中心A座"]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """Queries run on both stores, unlike the pages around."""
    return str(request.param)


@pytest.fixture
def register(database: Database) -> Database:
    imported(database, LIST, district=DISTRICT)
    return database


def names(register: Database, wanted: Wanted) -> list[str]:
    found = register.read(lambda db: buildings_in(db, wanted, NOON))
    assert found.count == len(found.buildings)
    return [one.name for one in found.buildings]


def test_all_of_an_area_stand_in_order(register: Database) -> None:
    assert sorted(names(register, Wanted(HERE))) == sorted(ALL)
    found = names(register, Wanted(HERE))
    assert found.index("双福花园2栋") + 1 == found.index("双福花园3栋")


def test_nothing_is_found_outside(register: Database) -> None:
    assert names(register, Wanted(ActingFor(Area(), frozenset()))) == []
    other = ActingFor(Area(districts=frozenset({"jiangjin"})), frozenset())
    assert names(register, Wanted(other)) == []


def test_streets_and_single_buildings_are_enough(register: Database) -> None:
    west = next(
        one.id for one in register.read(lambda db: all_streets(db, DISTRICT)) if "西" in one.name
    )
    one = building_called(register, "2栋", district=DISTRICT).id
    reach = ActingFor(Area(streets=frozenset({west})), frozenset({one}))
    assert sorted(names(register, Wanted(reach))) == sorted(["中心A座", "双福花园2栋"])


@pytest.mark.parametrize(
    ("text", "found"),
    [("双福", 2), ("滨江路", 2), ("河滨", 1), ("东门社区", 1), ("没有", 0), ("  ", 4), ("%", 4)],
)
def test_words_are_sought_in_names_and_places(register: Database, text: str, found: int) -> None:
    assert len(names(register, Wanted(HERE, text))) == found


def test_a_code_finds_its_building(register: Database) -> None:
    third = building_called(register, "3栋", district=DISTRICT)
    assert names(register, Wanted(HERE, third.code.lower())) == ["双福花园3栋"]


def test_a_street_and_a_community_narrow(register: Database) -> None:
    east = next(
        one.id for one in register.read(lambda db: all_streets(db, DISTRICT)) if "东" in one.name
    )
    happy = next(
        one.id
        for one in register.read(lambda db: all_communities(db, DISTRICT))
        if one.name == "幸福社区"
    )
    assert len(names(register, Wanted(HERE, street_id=east))) == 3
    assert len(names(register, Wanted(HERE, street_id=east, community_id=happy))) == 2


def test_what_a_building_lacks(register: Database) -> None:
    assert names(register, Wanted(HERE, lack="old")) == ["双福花园3栋"]
    bare = names(register, Wanted(HERE, lack="no_assembly"))
    assert sorted(bare) == ["双福花园2栋", "河滨1号楼"]
    assert sorted(names(register, Wanted(HERE, lack="not_inspected"))) == sorted(bare)


def test_our_own_rounds_count_as_inspections(register: Database) -> None:
    worker = employed(register, "worker", Post("grid_worker", DISTRICT))
    [street, *_] = register.read(lambda db: all_streets(db, DISTRICT))
    row = {
        "operation": "1", "district_id": DISTRICT, "street_id": street.id, "guide": "1",
        "building_id": building_called(register, "2栋", district=DISTRICT).id,
        "staff_id": worker.id, "started_at": NOON, "finished_at": None,
    }  # fmt: skip
    wanted = Wanted(HERE, lack="not_inspected")
    register.write(lambda db: db.execute(insert(inspection).values(row)))
    assert "双福花园2栋" in names(register, wanted)
    done = update(inspection).values(finished_at=NOON - timedelta(days=364))
    register.write(lambda db: db.execute(done))
    assert "双福花园2栋" not in names(register, wanted)
    register.write(lambda db: db.execute(done.values(finished_at=NOON - timedelta(days=366))))
    assert "双福花园2栋" in names(register, wanted)


def test_archived_ones_are_left_out(register: Database) -> None:
    third = building_called(register, "3栋", district=DISTRICT).id
    register.write(lambda db: archive_building(db, third, NOON))
    assert len(names(register, Wanted(HERE))) == 3


def test_pages_follow_one_another_without_a_gap(database: Database) -> None:
    rows = "\n".join(f"城东街道,幸福社区,{number}栋" for number in range(1, PAGE_SIZE + 4))
    imported(database, f"镇街,社区,楼栋\n{rows}\n", district=DISTRICT)
    wanted = Wanted(HERE)
    first = database.read(lambda db: buildings_in(db, wanted, NOON))
    second = database.read(lambda db: buildings_in(db, replace(wanted, page=1), NOON))
    assert first.count == second.count == PAGE_SIZE + 3
    assert (first.has_more(0), second.has_more(1)) == (True, False)
    seen = [one.name for one in (*first.buildings, *second.buildings)]
    assert seen == [f"{number}栋" for number in range(1, PAGE_SIZE + 4)]


def test_residents_are_counted(register: Database) -> None:
    third = building_called(register, "3栋", district=DISTRICT).id
    for _ in range(2):
        register.write(lambda db: bind(db, new_resident(db), third, "scan", NOON))
    assert register.read(lambda db: residents_bound(db, third)) == 2
    assert register.read(lambda db: residents_bound(db, third + 1)) == 0
