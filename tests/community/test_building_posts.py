"""Whom a building is given to, and who may act for it, on both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from community.building_posts import (
    ActingFor,
    CannotName,
    acting_for,
    buildings_of_staff,
    end,
    end_lost,
    heads_of,
    is_head_of,
    may_act_for,
    name_for,
    named_everywhere,
    named_for,
    staff_building,
)
from community.register_store import all_streets, archive_building
from community.staff import Area, Post, Role, Staff
from community.staff_store import add_post, find_staff, remove_post, set_active
from storage import Database
from tests.community.registered import NOON, building_called, imported
from tests.community.staffed import employed

LATER = NOON + timedelta(days=1)
HEAD = Post("building_head", "demo")


class Quarter:
    """Two streets with buildings, and an administrator who names people for them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        imported(database)
        streets = {one.name: one.id for one in database.read(lambda db: all_streets(db, "demo"))}
        self.here, self.there = streets["双福街道"], streets["几江街道"]
        self.third = building_called(database, "3栋").id
        self.second = building_called(database, "2栋").id
        self.far = building_called(database, "江津中心A座").id
        self.chief = employed(database, "chief", Post("administrator", "demo"))

    def hire(self, login: str, *posts: Post) -> Staff:
        return employed(self.database, login, *posts)

    def name(self, staff: Staff, building: int, role: Role = "building_head") -> bool:
        return self.database.write(
            lambda db: name_for(db, staff.id, building, role, self.chief.id, NOON)
        )

    def end(self, staff: Staff, building: int, role: Role = "building_head") -> bool:
        return self.database.write(lambda db: end(db, staff.id, building, role, LATER))

    def may(self, staff: Staff, building: int) -> bool:
        found = self.database.read(lambda db: find_staff(db, staff.id))
        assert found is not None
        return self.database.read(lambda db: may_act_for(db, found, building))

    def theirs(self, staff: Staff) -> list[int]:
        return self.database.read(lambda db: buildings_of_staff(db, staff.id))


@pytest.fixture
def quarter(database: Database) -> Quarter:
    return Quarter(database)


def test_a_head_has_the_buildings_they_are_named_for_and_no_other(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    assert not quarter.may(head, quarter.third)
    assert quarter.name(head, quarter.third)
    assert not quarter.name(head, quarter.third)
    assert quarter.may(head, quarter.third)
    assert not quarter.may(head, quarter.second)
    assert quarter.theirs(head) == [quarter.third]
    assert quarter.database.read(lambda db: heads_of(db, quarter.third)) == [head.id]
    assert quarter.database.read(lambda db: is_head_of(db, head, quarter.third))
    assert not quarter.database.read(lambda db: is_head_of(db, head, quarter.second))


@pytest.mark.parametrize("role", ["volunteer", "grid_worker"])
def test_others_have_their_area_until_they_are_named(quarter: Quarter, role: Role) -> None:
    worker = quarter.hire("worker", Post(role, "demo", quarter.here))
    assert quarter.may(worker, quarter.third)
    assert not quarter.may(worker, quarter.far)
    quarter.name(worker, quarter.third, role)
    assert quarter.may(worker, quarter.third)
    assert not quarter.may(worker, quarter.second)
    assert quarter.end(worker, quarter.third, role)
    assert not quarter.may(worker, quarter.third)
    assert not quarter.may(worker, quarter.second)


@pytest.mark.parametrize("role", ["duty_officer", "supervisor", "reviewer", "administrator"])
def test_the_districts_staff_have_their_area(quarter: Quarter, role: Role) -> None:
    whole = quarter.hire("whole", Post(role, "demo"))
    street = quarter.hire("street", Post(role, "demo", quarter.there))
    elsewhere = quarter.hire("elsewhere", Post(role, "jiangjin"))
    assert quarter.may(whole, quarter.third)
    assert quarter.may(whole, quarter.far)
    assert quarter.may(street, quarter.far)
    assert not quarter.may(street, quarter.third)
    assert not quarter.may(elsewhere, quarter.third)
    assert not quarter.may(whole, 999_999)


def test_a_street_office_has_its_street_and_a_department_no_building(quarter: Quarter) -> None:
    office = quarter.hire("office", Post("department", "demo", quarter.here))
    housing = quarter.hire("housing", Post("department", "demo", department="housing"))
    editor = quarter.hire("editor", Post("curator", "demo"))
    assert quarter.may(office, quarter.third)
    assert not quarter.may(office, quarter.far)
    assert not quarter.may(housing, quarter.third)
    assert not quarter.may(editor, quarter.third)


def test_each_post_reaches_as_far_as_it_does_alone(quarter: Quarter) -> None:
    both = quarter.hire("both", HEAD, Post("grid_worker", "demo", quarter.there))
    quarter.name(both, quarter.third)
    assert quarter.may(both, quarter.third)
    assert quarter.may(both, quarter.far)
    assert not quarter.may(both, quarter.second)


def test_without_the_post_nothing_is_left(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    quarter.name(head, quarter.third)
    quarter.database.write(lambda db: remove_post(db, head.id, HEAD))
    assert not quarter.may(head, quarter.third)
    assert quarter.theirs(head) == []
    assert quarter.database.read(lambda db: named_for(db, quarter.third)) == []
    # ``head`` was read while the post still stood.
    assert not quarter.database.read(lambda db: is_head_of(db, head, quarter.third))


def test_whoever_is_shut_out_has_nothing(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    quarter.name(head, quarter.third)
    quarter.database.write(lambda db: set_active(db, head.id, is_active=False))
    assert not quarter.may(head, quarter.third)
    assert quarter.theirs(head) == []
    assert quarter.database.read(lambda db: heads_of(db, quarter.third)) == []


def test_a_post_for_another_street_bears_no_naming(quarter: Quarter) -> None:
    head = quarter.hire("head", Post("building_head", "demo", quarter.here))
    quarter.name(head, quarter.third)
    elsewhere = Post("building_head", "demo", quarter.there)
    quarter.database.write(lambda db: add_post(db, head.id, elsewhere))
    assert quarter.theirs(head) == [quarter.third]
    first = Post("building_head", "demo", quarter.here)
    quarter.database.write(lambda db: remove_post(db, head.id, first))
    assert quarter.theirs(head) == []
    assert not quarter.may(head, quarter.third)


def test_a_post_given_anew_brings_nothing_back(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    quarter.name(head, quarter.third)
    assert quarter.database.write(lambda db: end_lost(db, head.id, LATER)) == 0
    quarter.database.write(lambda db: remove_post(db, head.id, HEAD))
    assert quarter.database.write(lambda db: end_lost(db, head.id, LATER)) == 1
    quarter.database.write(lambda db: add_post(db, head.id, HEAD))
    assert quarter.theirs(head) == []
    assert not quarter.may(head, quarter.third)


def test_an_ended_naming_stays_in_the_record_and_can_be_made_again(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    quarter.name(head, quarter.third)
    assert quarter.end(head, quarter.third)
    assert not quarter.end(head, quarter.third)
    assert quarter.theirs(head) == []
    assert quarter.name(head, quarter.third)
    rows = quarter.database.read(lambda db: db.execute(select(staff_building)).all())
    assert [row.ended_at for row in rows] == [LATER, None]
    assert {row.named_by for row in rows} == {quarter.chief.id}


@pytest.mark.parametrize(
    ("role", "problem"), [("supervisor", "role"), ("nobody", "role"), ("volunteer", "post")]
)
def test_nobody_is_named_as_what_they_are_not(quarter: Quarter, role: Role, problem: str) -> None:
    head = quarter.hire("head", HEAD, Post("supervisor", "demo"))
    with pytest.raises(CannotName) as caught:
        quarter.name(head, quarter.third, role)
    assert caught.value.problem == problem


def test_nobody_is_named_where_they_have_no_post(quarter: Quarter) -> None:
    head = quarter.hire("head", Post("building_head", "demo", quarter.there))
    stranger = quarter.hire("stranger", Post("building_head", "jiangjin"))
    for somebody in (head, stranger):
        with pytest.raises(CannotName) as caught:
            quarter.name(somebody, quarter.third)
        assert caught.value.problem == "post"


def test_nobody_is_named_for_a_building_that_is_gone(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    quarter.database.write(lambda db: archive_building(db, quarter.third, NOON))
    for building in (quarter.third, 999_999):
        with pytest.raises(CannotName) as caught:
            quarter.name(head, building)
        assert caught.value.problem == "building"


def test_of_two_who_name_at_once_one_has_named(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    with ThreadPoolExecutor(2) as pool:
        named = list(pool.map(lambda _: quarter.name(head, quarter.third), range(2)))
    assert sorted(named) == [False, True]


def test_a_building_shows_who_has_it(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD)
    helper = quarter.hire("helper", Post("volunteer", "demo"))
    quarter.name(helper, quarter.third, "volunteer")
    quarter.name(head, quarter.third)
    quarter.name(head, quarter.second)
    found = quarter.database.read(lambda db: named_for(db, quarter.third))
    assert [(one.name, one.role) for one in found] == [
        ("helper", "volunteer"),
        ("head", "building_head"),
    ]
    asked = [quarter.third, quarter.second, quarter.far]
    counted = quarter.database.read(lambda db: named_everywhere(db, asked))
    assert counted == {quarter.third: 2, quarter.second: 1}


def test_a_list_is_narrowed_as_single_buildings_are(quarter: Quarter) -> None:
    head = quarter.hire("head", HEAD, Post("grid_worker", "demo", quarter.there))
    quarter.name(head, quarter.third)
    found = quarter.database.read(lambda db: acting_for(db, head))
    assert found == ActingFor(Area(streets=frozenset({quarter.there})), frozenset({quarter.third}))

    worker = quarter.hire("worker", Post("grid_worker", "demo"))
    whole = ActingFor(Area(districts=frozenset({"demo"})), frozenset())
    assert quarter.database.read(lambda db: acting_for(db, worker)) == whole
    quarter.name(worker, quarter.second, "grid_worker")
    found = quarter.database.read(lambda db: acting_for(db, worker))
    assert found == ActingFor(Area(), frozenset({quarter.second}))
    quarter.end(worker, quarter.second, "grid_worker")
    assert quarter.database.read(lambda db: acting_for(db, worker)) == ActingFor(
        Area(), frozenset()
    )
