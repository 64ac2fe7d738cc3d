"""Residents and their buildings: binding by code or choice, and what a QR code carries."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.bindings import (
    MOST_BUILDINGS,
    bind,
    bound_buildings,
    building_scene,
    scene_building,
    settle,
    unbind,
)
from community.register_store import archive_building
from storage import Database, new_code
from tests.community.registered import (
    NOON,
    building_called,
    imported,
    new_resident,
    with_register_tables,
)

NAMES = ("双福花园2栋", "双福花园3栋", "双福花园13栋", "江津中心A座")


@pytest.fixture
def database(database: Database) -> Database:
    database = with_register_tables(database)
    imported(database)
    return database


@pytest.fixture
def ann(database: Database) -> int:
    return database.write(new_resident)


def bound(database: Database, resident: int, name: str, minutes: int = 0) -> str:
    building = building_called(database, name).id
    at = NOON + timedelta(minutes=minutes)
    return database.write(lambda db: bind(db, resident, building, "scan", at))


def names(database: Database, resident: int) -> list[str]:
    found = database.read(lambda db: bound_buildings(db, resident))
    return [row.building.name for row in found]


def test_binding_twice_is_once(database: Database, ann: int) -> None:
    assert bound(database, ann, "双福花园3栋") == "bound"
    assert bound(database, ann, "双福花园3栋", 1) == "again"
    (row,) = database.read(lambda db: bound_buildings(db, ann))
    assert row.building == building_called(database, "双福花园3栋")
    assert (row.unit, row.floor, row.how, row.bound_at) == ("", None, "scan", NOON)


def test_a_few_buildings_and_no_more(database: Database, ann: int) -> None:
    outcomes = [bound(database, ann, name, n) for n, name in enumerate(NAMES)]
    assert outcomes == [*["bound"] * MOST_BUILDINGS, "full"]
    assert names(database, ann) == list(NAMES[:MOST_BUILDINGS])
    first = building_called(database, NAMES[0]).id
    assert database.write(lambda db: unbind(db, ann, first))
    assert not database.write(lambda db: unbind(db, ann, first))
    assert bound(database, ann, NAMES[-1], 9) == "bound"


def test_two_channels_at_once_do_not_pass_the_limit(database: Database, ann: int) -> None:
    ids = [building_called(database, name).id for name in NAMES]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(
            pool.map(lambda id_: database.write(lambda db: bind(db, ann, id_, "choice", NOON)), ids)
        )
    assert sorted(outcomes) == [*["bound"] * MOST_BUILDINGS, "full"]


def test_an_archived_building_takes_nobody_and_no_place(database: Database, ann: int) -> None:
    for n, name in enumerate(NAMES[:MOST_BUILDINGS]):
        bound(database, ann, name, n)
    gone = building_called(database, NAMES[0]).id
    database.write(lambda db: archive_building(db, gone, NOON))
    assert database.write(lambda db: bind(db, ann, gone, "link", NOON)) == "gone"
    assert database.write(lambda db: bind(db, ann, 10**9, "link", NOON)) == "gone"
    assert names(database, ann) == list(NAMES[1:MOST_BUILDINGS])
    assert bound(database, ann, NAMES[-1], 9) == "bound"


def test_unit_and_floor_are_told_later(database: Database, ann: int) -> None:
    building = building_called(database, "双福花园3栋").id
    assert not database.write(lambda db: settle(db, ann, building, unit="2单元", floor=15))
    bound(database, ann, "双福花园3栋")
    assert database.write(lambda db: settle(db, ann, building, unit=" 2单元 ", floor=15))
    (row,) = database.read(lambda db: bound_buildings(db, ann))
    assert (row.unit, row.floor) == ("2单元", 15)
    assert database.write(lambda db: settle(db, ann, building, unit="长" * 99))
    (row,) = database.read(lambda db: bound_buildings(db, ann))
    assert (len(row.unit), row.floor) == (20, None)


def test_everybody_has_buildings_of_their_own(database: Database, ann: int) -> None:
    bea = database.write(new_resident)
    bound(database, ann, "双福花园3栋")
    bound(database, bea, "双福花园2栋")
    assert (names(database, ann), names(database, bea)) == (["双福花园3栋"], ["双福花园2栋"])


def test_scenes() -> None:
    code = new_code()
    assert building_scene(code, "wechat") == f"building:{code}"
    assert building_scene(code, "telegram") == f"building_{code}"
    for scene in (f"building:{code}", f"qrscene_building:{code}", f"building_{code}"):
        assert scene_building(scene) == code


@pytest.mark.parametrize(
    "scene", ["", "building:", "building:0000000", "drill:12345678", "building:ABCDEFGU", "x"]
)
def test_other_scenes_lead_nowhere(scene: str) -> None:
    assert scene_building(scene) is None


@given(st.integers(0, 7), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_damaged_scene_leads_nowhere(place: int, sign: str) -> None:
    code = new_code()
    damaged = code[:place] + sign + code[place + 1 :]
    found = scene_building(building_scene(damaged, "wechat"))
    assert found == (code if damaged == code else None)


@given(st.text(max_size=80))
def test_any_text_is_a_scene_or_none(text: str) -> None:
    assert scene_building(text) is None
