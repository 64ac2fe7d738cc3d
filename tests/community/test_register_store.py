"""Looking up places: by code, by what people type, and page by page."""

import pytest

from community.register_store import (
    add_street,
    all_buildings,
    all_communities,
    all_streets,
    archive_building,
    find_building,
    find_building_by_code,
    list_buildings,
    list_communities,
    list_streets,
    restore_building,
    search_buildings,
)
from community.registers import PAGE_SIZE
from storage import Database
from tests.community.registered import (
    NOON,
    building_called,
    imported,
    with_register_tables,
)


@pytest.fixture
def database(database: Database) -> Database:
    database = with_register_tables(database)
    imported(database)
    return database


def found(database: Database, text: str, *districts: str) -> list[str]:
    page = database.read(lambda db: search_buildings(db, districts or ("demo",), text))
    return [row.name for row in page.rows]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("双福花园3栋", ["双福花园3栋"]),
        ("三栋", ["双福花园3栋"]),
        ("双福 十三幢", ["双福花园13栋"]),
        ("双福花园3号楼2单元1503", ["双福花园3栋"]),
        ("双福", ["双福花园2栋", "双福花园3栋", "双福花园13栋"]),
        ("滨江路八号", ["双福花园2栋", "双福花园3栋", "双福花园13栋"]),
        ("江津中心a座", ["江津中心A座"]),
        ("东门社区", ["江津中心A座"]),
        ("几江", ["江津中心A座"]),
        ("不存在的小区", []),
        ("%", []),
        ("_", []),
        ("", []),
    ],
)
def test_search(database: Database, typed: str, names: list[str]) -> None:
    assert found(database, typed) == names


def test_the_very_name_comes_first(database: Database) -> None:
    text = "镇街,社区,楼栋,地址\n几江街道,西门社区,双福,滨江路\n几江街道,西门社区,新双福,滨江路\n"
    imported(database, text)
    names = found(database, "双福")
    assert names[0] == "双福"
    assert names[-1] == "新双福"


def test_words_side_by_side_come_before_words_apart(database: Database) -> None:
    text = (
        "镇街,社区,楼栋,地址\n"
        "几江街道,西门社区,甲88栋,大桥路1号\n"
        "几江街道,西门社区,乙1栋,大桥路88号\n"
    )
    imported(database, text)
    assert found(database, "大桥路88") == ["乙1栋", "甲88栋"]


def test_search_stays_in_the_districts_asked_for(database: Database) -> None:
    imported(database, district="other")
    assert found(database, "双福花园3栋") == ["双福花园3栋"]
    assert found(database, "双福花园3栋", "demo", "other") == ["双福花园3栋"] * 2
    assert found(database, "双福花园3栋", "elsewhere") == []


def test_a_building_is_found_by_its_code_as_typed(database: Database) -> None:
    building = building_called(database, "双福花园3栋")
    typed = f" {building.code[:4].lower()}-{building.code[4:]}"
    assert database.read(lambda db: find_building_by_code(db, typed)) == building
    assert database.read(lambda db: find_building(db, building.id)) == building
    slip = building.code[:-1] + ("0" if building.code[-1] != "0" else "1")
    assert database.read(lambda db: find_building_by_code(db, slip)) is None
    assert building.full_name == "双福街道幸福社区双福花园3栋"


def test_an_archived_building_is_out_of_every_list(database: Database) -> None:
    building = building_called(database, "江津中心A座")
    assert database.write(lambda db: archive_building(db, building.id, NOON))
    assert not database.write(lambda db: archive_building(db, building.id, NOON))

    assert found(database, "江津中心A座") == []
    assert database.read(lambda db: find_building_by_code(db, building.code)) is None
    streets = database.read(lambda db: list_streets(db, "demo"))
    assert [street.name for street in streets.rows] == ["双福街道"]
    kept = database.read(lambda db: find_building(db, building.id))
    assert kept is not None
    assert kept.archived_at == NOON

    assert database.write(lambda db: restore_building(db, building.id))
    assert found(database, "江津中心A座") == ["江津中心A座"]
    assert not database.write(lambda db: restore_building(db, building.id))


def test_choosing_goes_from_street_to_community_to_building(database: Database) -> None:
    database.write(lambda db: add_street(db, "demo", "没有楼的镇"))
    streets = database.read(lambda db: list_streets(db, "demo")).rows
    assert {street.name for street in streets} == {"双福街道", "几江街道"}
    (street,) = [street for street in streets if street.name == "双福街道"]
    (community,) = database.read(lambda db: list_communities(db, street.id)).rows
    page = database.read(lambda db: list_buildings(db, community.id))
    assert [row.name for row in page.rows] == ["双福花园2栋", "双福花园3栋", "双福花园13栋"]
    assert not page.has_more


def test_pages_hold_eight_and_say_whether_more_follow(database: Database) -> None:
    rows = "".join(f"几江街道,东门社区,塔{n}栋\n" for n in range(1, 17))
    imported(database, f"镇街,社区,楼栋\n{rows}")
    pages = [
        database.read(lambda db, page=page: search_buildings(db, ["demo"], "塔", page))
        for page in range(3)
    ]
    assert [len(page.rows) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 0]
    assert [page.has_more for page in pages] == [True, False, False]
    names = [row.name for page in pages for row in page.rows]
    assert names == [f"塔{n}栋" for n in range(1, 17)]


def test_a_street_is_registered_once(database: Database) -> None:
    assert database.write(lambda db: add_street(db, "demo", "德感街道"))
    assert not database.write(lambda db: add_street(db, "demo", "德感 街道"))
    assert database.write(lambda db: add_street(db, "other", "德感街道"))
    names = [street.name for street in database.read(lambda db: all_streets(db, "demo"))]
    assert names.count("德感街道") == 1


def test_everything_is_listed_in_turns(database: Database) -> None:
    first = database.read(lambda db: all_buildings(db, "demo", most=3))
    rest = database.read(lambda db: all_buildings(db, "demo", after=first[-1].id, most=3))
    assert [len(first), len(rest)] == [3, 1]
    communities = database.read(lambda db: all_communities(db, "demo"))
    assert [community.name for community in communities] == ["幸福社区", "东门社区"]
