"""Where a case is put to (定位): by whom, within its district, and who sees it then."""

import pytest
from sqlalchemy import Connection, update

from community import audit
from community.coordinates import Point
from community.register_store import building_facts
from community.staff import Area
from hazards.case_changes import NotInDistrict, set_place
from hazards.case_store import events_of, find_case
from hazards.cases import Case, IllegalMove, NotAllowed, StaleCase
from hazards.queue_store import CaseFilter, queue, state_counts
from storage import Database
from tests.bot.desk_town import street_with_building
from tests.hazards.casefile import NOON, Office, case_at, make, new_case, open_office, written

DEMO = Area(districts=frozenset({"demo"}))
HERE = Point(29.5300, 108.7700)
NEXT_DOOR = Point(29.5301, 108.7701)
FAR = Point(29.5400, 108.7700)


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


@pytest.fixture
def case(database: Database, office: Office) -> Case:
    return database.write(
        lambda db: new_case(db, office, street_id=None, place_words="老粮站对面巷子", floor="2楼")
    )


@pytest.fixture
def tower(database: Database) -> tuple[int, int]:
    """The ids of another street and of a building in it, which stands ``HERE``."""

    def work(db: Connection) -> tuple[int, int]:
        made = street_with_building(db, "新华街道", "demo")
        own = building_facts.c.building_id == made[1]
        there = {"latitude": HERE.latitude, "longitude": HERE.longitude}
        db.execute(update(building_facts).where(own).values(there))
        return made

    return database.write(work)


def placed(
    database: Database, office: Office, case: Case, who: str = "reviewer", **where: object
) -> Case:
    act = office.act(case, who)
    place = where or {"street_id": office.street_id}
    return database.write(lambda db: set_place(db, case.id, act, office.rules, NOON, **place))


def now(database: Database, case: Case) -> Case | None:
    return database.read(lambda db: find_case(db, case.id))


def found(db: Connection, area: Area, **wanted: object) -> list[int]:
    return [one.id for one in queue(db, CaseFilter(area, **wanted), NOON).cases]


@pytest.mark.parametrize("who", ["reviewer", "supervisor", "duty_officer", "administrator"])
def test_a_street_sees_what_was_put_to_it(
    database: Database, office: Office, case: Case, who: str
) -> None:
    own = Area(streets=frozenset({office.street_id}))
    assert database.read(lambda db: found(db, own)) == []

    changed = placed(database, office, case, who)

    assert (changed.street_id, changed.building_id) == (office.street_id, None)
    assert (changed.place_words, changed.floor) == ("老粮站对面巷子", "2楼")
    assert (changed.state, changed.version) == (case.state, case.version + 1)
    assert database.read(lambda db: found(db, own)) == [case.id]


def test_the_street_signs_for_it_then(database: Database, office: Office, case: Case) -> None:
    def work(db: Connection) -> Case:
        moved = make(db, office, make(db, office, case, "screen"), "assign")
        with pytest.raises(NotAllowed):
            make(db, office, moved, "accept")
        act = office.act(moved, "reviewer")
        at_street = set_place(db, case.id, act, office.rules, NOON, street_id=office.street_id)
        return make(db, office, at_street, "accept")

    assert database.write(work).state == "accepted"


@pytest.mark.parametrize("who", ["handler", "lead", "grid_worker", "reporter"])
def test_nobody_else_places_cases(database: Database, office: Office, case: Case, who: str) -> None:
    with pytest.raises(NotAllowed):
        placed(database, office, case, who)

    assert now(database, case) == case


def test_a_building_brings_its_street_its_name_and_its_place(
    database: Database, office: Office, case: Case, tower: tuple[int, int]
) -> None:
    street_id, building_id = tower
    where = {"building_id": building_id, "words": "2单元楼道", "floor": "5楼"}

    changed = placed(database, office, case, **where)

    assert (changed.street_id, changed.building_id) == (street_id, building_id)
    assert changed.place_words.startswith("新华街道")
    assert changed.place_words.endswith("3栋 2单元楼道")
    assert (changed.floor, changed.point) == ("5楼", HERE)


def test_a_place_far_from_the_building_gives_way(
    database: Database, office: Office, case: Case, tower: tuple[int, int]
) -> None:
    for sent, kept in ((NEXT_DOOR, NEXT_DOOR), (FAR, HERE)):
        there = {"latitude": sent.latitude, "longitude": sent.longitude}
        database.write(lambda db, there=there: written(db, case, **there))
        current = now(database, case)
        assert current is not None

        assert placed(database, office, current, building_id=tower[1]).point == kept


def test_it_is_put_right_again(
    database: Database, office: Office, case: Case, tower: tuple[int, int]
) -> None:
    wrong = placed(database, office, case, building_id=tower[1])
    right = placed(database, office, wrong)

    assert (right.street_id, right.building_id) == (office.street_id, None)
    assert "新华街道" not in right.place_words


def test_another_district_s_places_are_refused(
    database: Database, office: Office, case: Case
) -> None:
    street_id, building_id = database.write(
        lambda db: street_with_building(db, "城东街道", "qianjiang")
    )

    for where in (
        {"street_id": street_id},
        {"building_id": building_id},
        {"building_id": building_id, "street_id": office.street_id},
        {"street_id": 10**9},
        {"street_id": None},
    ):
        with pytest.raises(NotInDistrict, match=case.code):
            placed(database, office, case, **where)
    assert now(database, case) == case


def test_a_case_that_has_ended_stays_where_it_was(database: Database, office: Office) -> None:
    closed = database.write(lambda db: case_at(db, office, "close"))

    with pytest.raises(IllegalMove):
        placed(database, office, closed)


def test_a_pause_goes_on(database: Database, office: Office, case: Case) -> None:
    database.write(lambda db: written(db, case, paused_at=NOON, pause_reason="等物业"))

    changed = placed(database, office, case)

    assert (changed.paused_at, changed.pause_reason) == (NOON, "等物业")
    assert (changed.due_at, changed.steps) == (case.due_at, case.steps)


def test_of_two_who_place_at_once_one_wins(
    database: Database, office: Office, case: Case, tower: tuple[int, int]
) -> None:
    placed(database, office, case)

    with pytest.raises(StaleCase):
        placed(database, office, case, building_id=tower[1])

    kept = now(database, case)
    assert kept is not None
    assert kept.street_id == office.street_id


def test_it_is_in_the_timeline_and_by_ids_in_the_audit_log(
    database: Database, office: Office, case: Case
) -> None:
    placed(database, office, case)

    last = database.read(lambda db: events_of(db, case.id))[-1]
    noted = database.read(lambda db: audit.entries(db, ["demo"]))[0]
    assert (last.kind, last.reason) == ("noted", "定位到街道：老粮站对面巷子")
    assert (noted.action, noted.subject) == ("case.noted", f"case:{case.id}")
    assert (noted.detail["action"], noted.detail["event"]) == ("placed", last.id)
    assert "老粮站" not in str(noted.detail)


def test_the_case_is_found_by_where_it_is_now(
    database: Database, office: Office, case: Case, tower: tuple[int, int]
) -> None:
    placed(database, office, case, building_id=tower[1], words="东门")

    for words, ids in (("东门", [case.id]), ("新华街道", [case.id]), ("老粮站", [])):
        assert database.read(lambda db, words=words: found(db, DEMO, text=words)) == ids, words


def test_cases_without_a_street_are_asked_for(
    database: Database, office: Office, case: Case
) -> None:
    database.write(lambda db: new_case(db, office))
    wanted = CaseFilter(DEMO, is_unplaced=True)

    assert database.read(lambda db: found(db, DEMO, is_unplaced=True)) == [case.id]
    assert database.read(lambda db: state_counts(db, wanted, NOON)) == {"submitted": 1}
    placed(database, office, case)
    assert database.read(lambda db: state_counts(db, wanted, NOON)) == {}
