"""What the pages of drills ask the store, on both stores: reach, order, and what waits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.console.drill_looks_store import (
    Waiting,
    buildings_to_plan,
    coming,
    places_to_plan,
    waiting_for,
)
from community.building_posts import acting_for
from community.staff import Area, Staff
from drills.drills import HOLDING, Drill
from storage import Database
from tests.drills.estate import DAY, HERE, NOON, STARTS, Estate, put_in, settled

WHOLE = Area(districts=frozenset({HERE}))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """Queries are tested on both."""
    return str(request.param)


@pytest.fixture
def estate(database: Database) -> Estate:
    return settled(database)


def waits(estate: Estate, staff: Staff) -> Waiting:
    day = (STARTS - timedelta(hours=9), STARTS + timedelta(hours=15))
    return estate.database.read(lambda db: waiting_for(db, staff, staff.area(), day))


def ids(drills: list[Drill]) -> list[int]:
    return [one.id for one in drills]


def test_one_plans_where_buildings_are_theirs(estate: Estate) -> None:
    def places(staff: Staff) -> list[tuple[str, int]]:
        found = estate.database.read(lambda db: places_to_plan(db, acting_for(db, staff)))
        return [(one.name, one.buildings) for one in found]

    assert places(estate.head) == [("幸福社区", 2)]
    assert sorted(places(estate.volunteer)) == [("东升社区", 1), ("幸福社区", 3)]
    assert len(places(estate.officer)) == 3
    assert places(replace(estate.officer, is_active=False)) == []


def test_only_ones_own_buildings_of_a_community_are_to_be_ticked(estate: Estate) -> None:
    here = estate.planned().community_id

    def names(staff: Staff) -> list[str]:
        reach = estate.database.read(lambda db: acting_for(db, staff))
        found = estate.database.read(lambda db: buildings_to_plan(db, reach, here))
        return [one.name for one in found]

    assert names(estate.head) == ["双福花园1栋", "双福花园2栋"]
    assert names(estate.officer) == ["双福花园1栋", "双福花园2栋", "双福花园3栋"]


def test_the_next_drill_comes_first_within_the_area(estate: Estate) -> None:
    later = estate.planned("双福花园2栋", starts_at=STARTS + 7 * DAY)
    sooner = estate.planned()

    def found(area: Area) -> list[int]:
        return ids(estate.database.read(lambda db: coming(db, area, HOLDING)))

    assert found(WHOLE) == [sooner.id, later.id]
    assert found(Area(streets=frozenset({sooner.street_id}))) == [sooner.id, later.id]
    assert found(Area()) == []
    estate.database.write(lambda db: put_in(db, sooner.id, "closed"))
    assert found(WHOLE) == [later.id]


def test_what_is_planned_waits_for_somebody_else(estate: Estate) -> None:
    own = estate.planned()
    assert waits(estate, estate.officer).approve == []
    head = estate.head
    plan = estate.plan("双福花园2栋", starts_at=STARTS + DAY)
    made = estate.database.write(lambda db: estate.planner.plan(db, plan, head, NOON))
    assert ids(waits(estate, estate.officer).approve) == [made.id]
    assert waits(estate, head).approve == []
    assert ids(waits(estate, head).today) == [own.id]


def test_what_is_approved_waits_for_its_organiser_and_the_area(estate: Estate) -> None:
    made = estate.planned()
    estate.database.write(lambda db: put_in(db, made.id, "approved"))
    assert ids(waits(estate, estate.officer).announce) == [made.id]
    assert waits(estate, estate.head).announce == []
    gone = replace(estate.officer, posts=())
    assert waits(estate, gone).announce == []
