"""Where a hazard is: the building first, then the place, then what is known of its reporter."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from community.coordinates import Point
from community.districts import District
from community.register_store import building_facts
from community.registers import Building
from hazards.drafts import Where
from hazards.sites import Site, site_of
from storage import Database
from tests.community.registered import building_called, imported
from tests.hazards.taken import FAR_AWAY, HERE, districts

TOWER = Point(29.25, 106.25)


@pytest.fixture
def tower(database: Database) -> Building:
    """A registered building whose place is known."""
    imported(database)
    found = building_called(database, "双福花园3栋")
    known = update(building_facts).where(building_facts.c.building_id == found.id)
    values = {"latitude": TOWER.latitude, "longitude": TOWER.longitude}
    database.write(lambda db: db.execute(known.values(values)))
    return found


def site(
    database: Database, where: Where, home: str = "demo", served: dict[str, District] | None = None
) -> Site:
    return database.read(lambda db: site_of(db, where, home, served or districts()))


def test_a_building_tells_everything(database: Database, tower: Building) -> None:
    found = site(database, Where(tower.id, words="楼道里", floor="2楼"), home="east")

    assert (found.district_id, found.building_id, found.is_outside) == ("demo", tower.id, False)
    assert found.street_id is not None
    assert found.words == "双福街道幸福社区双福花园3栋 楼道里"
    assert (found.floor, found.point) == ("2楼", TOWER)


def test_what_the_name_says_already_is_not_said_twice(database: Database, tower: Building) -> None:
    assert site(database, Where(tower.id, words="双福花园3栋")).words == tower.full_name


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("双福花园3栋2楼楼道", "双福街道幸福社区双福花园3栋2楼楼道"),
        ("3栋2楼", "双福街道幸福社区双福花园3栋2楼"),
        ("双福街道幸福社区双福花园3栋大门", "双福街道幸福社区双福花园3栋大门"),
        ("栋边上", "双福街道幸福社区双福花园3栋 栋边上"),
    ],
    ids=["estate and floor", "number and floor", "all of it", "half a number"],
)
def test_words_that_begin_with_the_building_go_on_from_it(
    database: Database, tower: Building, told: str, words: str
) -> None:
    assert site(database, Where(tower.id, words=told)).words == words


@pytest.mark.parametrize(
    ("north", "is_sent"), [(0.001, True), (0.01, False)], ids=["beside it", "at home"]
)
def test_a_phone_far_from_the_building_is_not_the_place(
    database: Database, tower: Building, north: float, is_sent: bool
) -> None:
    sent = Point(TOWER.latitude + north, TOWER.longitude)
    where = Where(tower.id, latitude=sent.latitude, longitude=sent.longitude)

    assert site(database, where).point == (sent if is_sent else TOWER)


@pytest.mark.parametrize(
    ("place", "home", "district", "is_outside"),
    [
        (HERE, "east", "east", False),
        (HERE, "demo", "demo", False),
        (FAR_AWAY, "east", "east", True),
        (FAR_AWAY, "demo", "demo", False),
    ],
    ids=["within", "no box at home", "outside of all", "nobody knows the box"],
)
def test_a_place_tells_the_district(
    database: Database, place: tuple[float, float], home: str, district: str, is_outside: bool
) -> None:
    found = site(database, Where(latitude=place[0], longitude=place[1]), home)
    assert (found.district_id, found.is_outside) == (district, is_outside)


def test_a_place_in_another_district_served_goes_there(database: Database) -> None:
    served = districts()
    bounds = served["east"].bounds
    assert bounds is not None
    served["west"] = replace(served["east"], id="west", bounds=replace(bounds, north=29.1))

    found = site(database, Where(latitude=HERE[0], longitude=HERE[1]), "west", served)

    assert (found.district_id, found.is_outside) == ("east", False)


def test_a_street_tells_what_it_can(database: Database, tower: Building) -> None:
    street_id = site(database, Where(tower.id)).street_id

    found = site(database, Where(street_id=street_id), home="east")

    assert (found.district_id, found.street_id, found.words) == ("demo", street_id, "")
