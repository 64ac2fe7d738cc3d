"""Drills in the database: found, listed by area, moved once, and what happened in them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from community.bindings import bind
from community.register_store import all_streets
from community.staff import Area
from drills.drill_store import (
    LIVE_FOR,
    append_event,
    buildings_of,
    drill_by_code,
    drill_by_digits,
    drill_by_token,
    drills_in,
    drills_of_building,
    edit,
    events_of,
    find_drill,
    live_drill_for_resident,
    move,
    require_drill,
)
from drills.drills import Drill, DrillRefused, Event, State
from drills.store import drill, drill_roster
from storage import Database
from tests.community.registered import new_resident
from tests.drills.estate import DAY, HOUR, MINUTE, NOON, STARTS, Estate, put_in, settled

embedded = pytest.mark.parametrize("store", ["sqlite"])
DEMO = Area(districts=frozenset({"demo"}))


@pytest.fixture
def estate(database: Database) -> Estate:
    return settled(database)


def moved(estate: Estate, current: Drill, *states: State, now: datetime = NOON) -> Drill:
    """Walk a drill through states and return it as it then stands."""

    def work(db: Connection) -> Drill:
        standing = current
        for state in states:
            assert move(db, standing, state, now)
            standing = require_drill(db, standing.id)
        return standing

    return estate.database.write(work)


def test_a_drill_is_found_by_all_that_names_it(estate: Estate) -> None:
    made = estate.planned("双福花园1栋", "双福花园2栋")

    def work(db: Connection) -> None:
        found: list[Drill | None] = [
            find_drill(db, made.id),
            drill_by_code(db, f" {made.code[:4].lower()}-{made.code[4:]} "),
            drill_by_token(db, made.check_in_token),
            drill_by_digits(db, made.check_in_code),
        ]
        assert found == [made] * 4
        assert [one.name for one in buildings_of(db, made.id)] == ["双福花园1栋", "双福花园2栋"]

    estate.database.read(work)
    assert made.starts_at == STARTS
    assert made.check_in_code.isdecimal()
    assert len(made.check_in_code) == 6


@embedded
def test_what_names_no_drill_finds_none(estate: Estate) -> None:
    def work(db: Connection) -> None:
        assert find_drill(db, 7) is None
        assert drill_by_code(db, "nonsense") is None
        assert drill_by_token(db, "") is None
        assert drill_by_digits(db, "") is None
        with pytest.raises(DrillRefused) as refused:
            require_drill(db, 7)
        assert refused.value.code == "unknown_drill"

    estate.database.read(work)


def test_only_one_of_two_who_saw_the_same_moves_it(estate: Estate) -> None:
    seen = estate.planned()

    def work(db: Connection) -> None:
        assert move(db, seen, "approved", NOON + MINUTE, approver_id=estate.head.id)
        assert not move(db, seen, "cancelled", NOON + MINUTE, reason="下雨")
        stands = require_drill(db, seen.id)
        assert (stands.state, stands.version, stands.reason) == ("approved", 2, "")
        assert (stands.approver_id, stands.changed_at) == (estate.head.id, NOON + MINUTE)

    estate.database.write(work)


@embedded
def test_a_version_seen_before_moves_nothing_even_in_its_state(estate: Estate) -> None:
    seen = estate.planned()

    def work(db: Connection) -> None:
        assert edit(db, seen, NOON, title="消防演练之二")
        assert not edit(db, seen, NOON, title="消防演练之三")
        assert not move(db, seen, "approved", NOON)
        assert require_drill(db, seen.id).title == "消防演练之二"

    estate.database.write(work)


@embedded
def test_a_move_that_the_table_lacks_is_refused(estate: Estate) -> None:
    seen = estate.planned()
    with pytest.raises(DrillRefused) as refused:
        estate.database.write(lambda db: move(db, seen, "alarm", NOON))
    assert refused.value.code == "illegal_move"


@embedded
def test_the_moments_of_the_day_are_noted(estate: Estate) -> None:
    made = estate.planned()
    ready = moved(estate, made, "approved", "announced", "standby")
    assert ready.alarm_at is None
    states: tuple[State, ...] = ("alarm", "mustering", "roll_closed", "all_clear")
    for minutes, state in enumerate(states):
        ready = moved(estate, ready, state, now=STARTS + minutes * MINUTE)
    assert ready.alarm_at == STARTS
    assert ready.mustering_at == STARTS + MINUTE
    assert ready.roll_closed_at == STARTS + 2 * MINUTE
    assert ready.all_clear_at == STARTS + 3 * MINUTE
    assert ready.ended_at is None
    over = moved(estate, ready, "debrief", "reported", "closed", now=STARTS + DAY)
    assert over.ended_at == STARTS + DAY


@embedded
def test_calendars_see_only_what_they_have_to_show(estate: Estate) -> None:
    made = estate.planned()
    ready = moved(estate, made, "approved", "announced")
    assert ready.sequence == 0
    assert moved(estate, ready, "postponed").sequence == 1
    again = moved(estate, require(estate, made.id), "planned")
    assert again.sequence == 2
    assert moved(estate, again, "cancelled").sequence == 3


def require(estate: Estate, drill_id: int) -> Drill:
    return estate.database.read(lambda db: require_drill(db, drill_id))


def test_open_drills_never_share_their_six_digits(estate: Estate) -> None:
    one = estate.planned("双福花园1栋")
    two = estate.planned("东升苑1栋", assembly_point="篮球场")
    share = update(drill).where(drill.c.id == two.id).values(check_in_code=one.check_in_code)
    with pytest.raises(IntegrityError):
        estate.database.write(lambda db: db.execute(share))
    moved(estate, one, "cancelled")
    estate.database.write(lambda db: db.execute(share))
    found = estate.database.read(lambda db: drill_by_digits(db, one.check_in_code))
    assert found is not None
    assert found.id == two.id


def ids(estate: Estate, find: Callable[[Connection], tuple[Drill, ...]]) -> list[int]:
    return [one.id for one in estate.database.read(find)]


def test_a_list_holds_what_its_area_may_see(estate: Estate) -> None:
    here, there = estate.planned("双福花园1栋"), estate.planned("江津中心A座")
    streets = estate.database.read(lambda db: {one.name: one.id for one in all_streets(db, "demo")})
    street = Area(streets=frozenset({streets["几江街道"]}))
    assert ids(estate, lambda db: drills_in(db, DEMO).rows) == [there.id, here.id]
    assert ids(estate, lambda db: drills_in(db, street).rows) == [there.id]
    assert not ids(estate, lambda db: drills_in(db, Area()).rows)
    assert not ids(estate, lambda db: drills_in(db, Area(districts=frozenset({"jiangjin"}))).rows)
    department = Area(departments=frozenset({("demo", "fire_rescue")}))
    assert not ids(estate, lambda db: drills_in(db, department).rows)


@embedded
def test_a_list_is_narrowed_by_state_and_by_the_year_in_chongqing(estate: Estate) -> None:
    # 00:30 on New Year's Day in Chongqing is still the old year in UTC.
    new_year = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    old, new = estate.planned("双福花园1栋"), estate.planned("江津中心A座")
    estate.database.write(
        lambda db: db.execute(update(drill).where(drill.c.id == new.id).values(starts_at=new_year))
    )
    moved(estate, old, "approved")
    assert ids(estate, lambda db: drills_in(db, DEMO, year=2026).rows) == [old.id]
    assert ids(estate, lambda db: drills_in(db, DEMO, year=2027).rows) == [new.id]
    assert ids(estate, lambda db: drills_in(db, DEMO, {"approved"}).rows) == [old.id]
    assert not ids(estate, lambda db: drills_in(db, DEMO, {"closed"}).rows)


@embedded
def test_a_list_comes_in_pages(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drills.drill_store.PAGE_SIZE", 2)
    made = [estate.planned(starts_at=STARTS + days * DAY).id for days in range(3)]
    first = estate.database.read(lambda db: drills_in(db, DEMO))
    second = estate.database.read(lambda db: drills_in(db, DEMO, page=1))
    assert [one.id for one in (*first.rows, *second.rows)] == made[::-1]
    assert (first.has_more, second.has_more) == (True, False)


@embedded
def test_a_building_knows_its_drills(estate: Estate) -> None:
    both = estate.planned("双福花园1栋", "双福花园2栋")
    later = estate.planned("双福花园1栋", starts_at=STARTS + DAY)
    one, two = estate.buildings["双福花园1栋"], estate.buildings["双福花园2栋"]
    assert ids(estate, lambda db: tuple(drills_of_building(db, one))) == [later.id, both.id]
    assert ids(estate, lambda db: tuple(drills_of_building(db, two))) == [both.id]
    assert not ids(estate, lambda db: tuple(drills_of_building(db, one, {"closed"})))


def living_in(estate: Estate, *names: str) -> int:
    """Return a new resident, bound to buildings."""

    def work(db: Connection) -> int:
        resident_id = new_resident(db)
        for name in names:
            assert bind(db, resident_id, estate.buildings[name], "choice", NOON) == "bound"
        return resident_id

    return estate.database.write(work)


def live(estate: Estate, resident_id: int, now: datetime = STARTS) -> int | None:
    found = estate.database.read(lambda db: live_drill_for_resident(db, resident_id, now))
    return found.id if found else None


def test_a_resident_is_in_the_drill_of_their_building(estate: Estate) -> None:
    made = estate.planned("双福花园1栋")
    at_home, elsewhere = living_in(estate, "双福花园1栋"), living_in(estate, "双福花园2栋")
    assert live(estate, at_home) is None, "it is only planned"
    moved(estate, made, "approved", "announced", "standby", "alarm")
    assert live(estate, at_home) == made.id
    assert live(estate, elsewhere) is None
    assert live(estate, at_home, STARTS + LIVE_FOR + MINUTE) is None, "nobody ended it"


@embedded
def test_who_stands_on_the_roster_is_in_it_after_moving_out(estate: Estate) -> None:
    made = estate.planned("双福花园1栋")
    moved(estate, made, "approved", "announced", "standby", "alarm")
    gone = living_in(estate)
    row = {
        "drill_id": made.id, "building_id": estate.buildings["双福花园1栋"], "resident_id": gone,
        "room": "", "persons": 1, "arrived": 0, "kind": "resident", "status": "unknown",
        "source": "", "needs_assistance": False, "changed_at": NOON,
    }  # fmt: skip
    estate.database.write(lambda db: db.execute(insert(drill_roster).values(row)))
    assert live(estate, gone) == made.id


@embedded
def test_of_two_buildings_the_drill_under_way_comes_first(estate: Estate) -> None:
    waiting = estate.planned("双福花园1栋")
    running = estate.planned("江津中心A座", starts_at=STARTS - HOUR)
    both = living_in(estate, "双福花园1栋", "江津中心A座")

    def work(db: Connection) -> None:
        put_in(db, waiting.id, "standby")
        put_in(db, running.id, "mustering")

    estate.database.write(work)
    assert live(estate, both) == running.id
    estate.database.write(lambda db: put_in(db, running.id, "all_clear"))
    assert live(estate, both) == waiting.id


def test_events_come_back_as_they_were_told(estate: Estate) -> None:
    made = estate.planned()
    late = Event("cleared", "staff", estate.head.id, STARTS, STARTS + HOUR, {"floor": 3})

    def work(db: Connection) -> list[Event]:
        append_event(db, made.id, late)
        append_event(db, made.id, replace(late, actor_kind="system", actor_id=None))
        return events_of(db, made.id)

    planned, *told = estate.database.write(work)
    assert (planned.kind, planned.actor_id) == ("planned", estate.officer.id)
    assert told == [late, replace(late, actor_kind="system", actor_id=None)]
