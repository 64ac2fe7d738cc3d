"""The queue: its order, its pages, its filters, and what an area lets through."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from community.coordinates import Point
from community.staff import Area
from hazards.case_store import case_by_code, find_case
from hazards.cases import Case
from hazards.casework import pause, set_external_number
from hazards.queue_store import BadCursor, CaseFilter, queue, state_counts
from hazards.transitions import STATES, State
from storage import Database
from tests.hazards.casefile import (
    DAY,
    HOUR,
    NOON,
    Office,
    case_at,
    make,
    new_case,
    open_office,
    walk,
    written,
)

embedded = pytest.mark.parametrize("store", ["sqlite"])
DEMO = Area(districts=frozenset({"demo"}))
ALL = frozenset(STATES)


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def listed(
    db: Connection, wanted: CaseFilter, now: datetime = NOON, *, most: int = 50
) -> list[int]:
    """Return the ids over all pages."""
    found: list[int] = []
    after = ""
    while True:
        page = queue(db, wanted, now, after=after, most=most)
        found += [case.id for case in page.cases]
        after = page.after
        if not after:
            return found


def test_a_case_reads_as_it_was_written(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case = new_case(
            db, office, point=Point(29.5, 108.75), floor="2楼", is_major=True, external_number="W7"
        )
        assert find_case(db, case.id) == case
        assert case.point == Point(29.5, 108.75)
        assert case.steps[0].at == case.soft_at
        assert find_case(db, 99) is None
        assert case_by_code(db, "not a code") is None

    database.write(work)


def test_overdue_ones_come_first_then_those_due_soonest(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        late, soon, old = (new_case(db, office, NOON + hours * HOUR).id for hours in (9, 3, -40))
        closed = case_at(db, office, "close").id

        assert listed(db, CaseFilter(DEMO)) == [old, soon, late]
        assert listed(db, CaseFilter(DEMO, is_overdue=True)) == [old]
        assert closed in listed(db, CaseFilter(DEMO, states=ALL))

    database.write(work)


def test_ended_ones_come_with_the_last_changed_first(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        first, second = new_case(db, office), new_case(db, office)
        make(db, office, second, "reject", NOON + HOUR)
        make(db, office, first, "reject", NOON + DAY)
        wanted = CaseFilter(DEMO, states=frozenset({"rejected"}))
        assert listed(db, wanted) == [first.id, second.id]
        assert listed(db, wanted, most=1) == [first.id, second.id]

    database.write(work)


FILTERS: dict[str, Callable[[Case], CaseFilter]] = {
    "its category": lambda _: CaseFilter(DEMO, category="flying_wire"),
    "its street": lambda case: CaseFilter(DEMO, street_id=case.street_id),
    "its state": lambda _: CaseFilter(DEMO, states=frozenset({"screened"})),
    "its code": lambda case: CaseFilter(DEMO, text=case.code.lower()),
    "words of its place": lambda _: CaseFilter(DEMO, text="地下车库"),
    "words of its summary": lambda _: CaseFilter(DEMO, text="50%_飞线"),
    "its external number": lambda _: CaseFilter(DEMO, external_number="12345-7"),
    "part of that": lambda _: CaseFilter(DEMO, text="12345"),
    "when it was opened": lambda _: CaseFilter(DEMO, opened_from=NOON, opened_until=NOON + DAY),
    "its lead": lambda _: CaseFilter(DEMO, handler="fire_rescue", states=frozenset({"screened"})),
}


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_filtered_for_is_found_alone(database: Database, office: Office, name: str) -> None:
    def work(db: Connection) -> None:
        new_case(db, office, NOON - DAY, street_id=None, summary="500个飞线")
        wanted = new_case(
            db,
            office,
            NOON,
            category="flying_wire",
            place_words="地下车库B2",
            summary="50%_飞线",
            external_number="12345-7",
        )
        wanted = make(db, office, wanted, "screen")

        assert listed(db, FILTERS[name](wanted)) == [wanted.id]

    database.write(work)


def test_words_are_found_whatever_their_case(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office, place_words="B2车库", external_number="GD-7")
        for words in ("b2", "B2车", "gd-7", "楼道堆"):
            assert listed(db, CaseFilter(DEMO, text=words)) == [case.id], words
        assert listed(db, CaseFilter(DEMO, text="车库楼道")) == []  # not from one into another

    database.write(work)


def test_a_number_that_is_given_later_is_found(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case = new_case(db, office, external_number="旧号1")
        act = office.act(case, "reviewer")
        set_external_number(db, case.id, "新号2", act, office.rules, NOON)

        assert listed(db, CaseFilter(DEMO, text="新号2")) == [case.id]
        assert listed(db, CaseFilter(DEMO, text="旧号1")) == []
        assert listed(db, CaseFilter(DEMO, text="楼道堆物")) == [case.id]

    database.write(work)


def test_words_of_any_length_can_be_kept(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        # Of characters that hash to nothing shorter, four bytes each: the longest index entry.
        rare = "".join(chr(0x20000 + n * 7919 % 40000) for n in range(5000))
        case = new_case(db, office, place_words=rare[:200], summary=rare)
        assert listed(db, CaseFilter(DEMO, text=rare[:9])) == [case.id]

    database.write(work)


def test_a_level_is_found_from_there_upward(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        low, high = new_case(db, office), new_case(db, office)
        for case, level in ((low, 1), (high, 3)):
            written(db, case, level=level)
        assert listed(db, CaseFilter(DEMO, level=1)) == [low.id, high.id]
        assert listed(db, CaseFilter(DEMO, level=2)) == [high.id]

    database.write(work)


@embedded
def test_what_is_paused_is_not_overdue(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        case = case_at(db, office, "accept")
        wanted = CaseFilter(DEMO, is_overdue=True)
        assert listed(db, wanted, NOON + 9 * DAY) == [case.id]
        pause(db, case.id, office.act(case, "supervisor", reason="停"), office.rules, NOON)
        assert listed(db, wanted, NOON + 9 * DAY) == []

    database.write(work)


def test_an_area_is_all_that_is_seen(database: Database, office: Office) -> None:
    def work(db: Connection) -> None:
        far = open_office(db, "qianjiang")
        own = new_case(db, office)
        placeless = new_case(db, office, street_id=None)
        distant = walk(
            db,
            far,
            new_case(
                db, far, district_id="qianjiang", category="lane_blocked", street_id=far.street_id
            ),
            "screen",
        )

        def seen(**area: object) -> list[int]:
            parts = {name: frozenset(values) for name, values in area.items()}  # type: ignore[call-overload]
            return listed(db, CaseFilter(Area(**parts)))

        assert seen() == []
        assert seen(districts={"demo"}) == [own.id, placeless.id]
        assert seen(streets={office.street_id}) == [own.id]
        assert seen(streets={far.street_id}, districts={"demo"}) == [
            own.id,
            placeless.id,
            distant.id,
        ]
        assert seen(departments={("qianjiang", "urban_management")}) == [distant.id]
        assert seen(departments={("demo", "urban_management")}) == []
        assert seen(departments={("demo", "fire_rescue")}) == [own.id, placeless.id]
        both = {"districts": {"demo"}, "streets": {office.street_id}}
        assert seen(**both) == [own.id, placeless.id]  # each case once
        assert state_counts(db, CaseFilter(DEMO), NOON) == {"submitted": 2}

    database.write(work)


@embedded
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(hours=st.lists(st.integers(0, 3), max_size=9), most=st.integers(1, 4))
def test_pages_show_every_case_once_in_order(
    database: Database, office: Office, hours: list[int], most: int
) -> None:
    def work(db: Connection) -> None:
        db.execute(text("UPDATE hazard_case SET closed_at = 1 WHERE closed_at IS NULL"))
        cases = [new_case(db, office, NOON + hour * HOUR) for hour in hours]
        found = listed(db, CaseFilter(DEMO), most=most)
        assert found == [case.id for case in sorted(cases, key=lambda c: (c.opened_at, c.id))]

    database.write(work)


@embedded
@pytest.mark.parametrize(
    "place", ["x", "1", "1-", "-1-2", "1-2-3", "9" * 30 + "-1", "1-" + "9" * 20, "١-x"]
)
def test_a_made_up_place_is_refused(database: Database, office: Office, place: str) -> None:
    with pytest.raises(BadCursor):
        database.read(lambda db: queue(db, CaseFilter(DEMO), NOON, after=place))


@pytest.mark.parametrize("area", ["districts", "streets", "departments"])
@embedded
def test_the_queue_is_read_from_an_index(database: Database, office: Office, area: str) -> None:
    areas = {
        "districts": DEMO,
        "streets": Area(streets=frozenset({office.street_id})),
        "departments": Area(departments=frozenset({("demo", "fire_rescue")})),
    }
    statements: list[str] = []

    def plans(db: Connection) -> list[str]:
        driver = db.connection.driver_connection
        driver.set_trace_callback(statements.append)
        queue(db, CaseFilter(areas[area]), NOON)
        driver.set_trace_callback(None)
        [statement] = [one for one in statements if "hazard_case" in one]
        return [row.detail for row in db.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]

    found = database.read(plans)
    scans = [line for line in found if line.startswith("SCAN hazard_case")]
    assert not scans
    assert any("ix_hazard_case_open" in line for line in found)


@embedded
@pytest.mark.parametrize("states", [ALL, frozenset({"closed"})], ids=["all", "closed"])
def test_words_are_searched_within_an_index(
    database: Database, office: Office, states: frozenset[State]
) -> None:
    statements: list[str] = []

    def plans(db: Connection) -> list[str]:
        driver = db.connection.driver_connection
        driver.set_trace_callback(statements.append)
        queue(db, CaseFilter(DEMO, states=states, text="没有这个地方"), NOON)
        driver.set_trace_callback(None)
        [statement] = [one for one in statements if "hazard_case" in one]
        return [row.detail for row in db.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]

    assert any("USING COVERING INDEX ix_hazard_case_changed" in one for one in database.read(plans))
