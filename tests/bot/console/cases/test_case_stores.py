"""The console's own rows about cases, on both stores: views, forms carried out, areas."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.console.case_looks_store import visible_case, visible_cases
from bot.console.operation_store import claim, forget_operations, new_operation
from bot.console.view_store import MOST_VIEWS, TooManyViews, drop_view, keep_view, views_of
from community.staff import Area
from community.staff_store import add_staff
from storage import Database
from tests.bot.console.console_service import PASSWORD_HASH
from tests.hazards.casefile import NOON, new_case, open_office


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def staff_id(database: Database) -> int:
    return database.write(lambda db: add_staff(db, "lin", "林", PASSWORD_HASH, (), NOON))


def test_a_form_is_carried_out_once(database: Database, staff_id: int) -> None:
    token = new_operation()

    first, second = (database.write(lambda db: claim(db, staff_id, token, NOON)) for _ in range(2))

    assert (first, second) == (True, False)


def test_forms_are_forgotten_after_a_week(database: Database, staff_id: int) -> None:
    database.write(lambda db: claim(db, staff_id, "old", NOON))
    database.write(lambda db: claim(db, staff_id, "new", NOON + timedelta(days=5)))

    forgotten = database.write(lambda db: forget_operations(db, NOON + timedelta(days=8)))

    assert forgotten == 1
    assert not database.write(lambda db: claim(db, staff_id, "new", NOON))


def test_views_are_kept_replaced_and_dropped(database: Database, staff_id: int) -> None:
    def work(db: Connection) -> None:
        keep_view(db, staff_id, {"name": "超期", "query": "overdue=1"}, NOON)
        keep_view(db, staff_id, {"name": "超期", "query": "overdue=1&level=2"}, NOON)

    database.write(work)
    [view] = database.read(lambda db: views_of(db, staff_id))
    assert (view.name, view.query) == ("超期", "overdue=1&level=2")

    assert not database.write(lambda db: drop_view(db, staff_id + 1, view.id))
    assert database.write(lambda db: drop_view(db, staff_id, view.id))
    assert database.read(lambda db: views_of(db, staff_id)) == []


def test_there_are_not_more_views_than_fit(database: Database, staff_id: int) -> None:
    def work(db: Connection) -> None:
        for number in range(MOST_VIEWS):
            keep_view(db, staff_id, {"name": str(number), "query": ""}, NOON)

    database.write(work)

    with pytest.raises(TooManyViews):
        database.write(lambda db: keep_view(db, staff_id, {"name": "x", "query": ""}, NOON))
    database.write(lambda db: keep_view(db, staff_id, {"name": "0", "query": "q"}, NOON))


def test_a_case_is_seen_within_its_area_alone(database: Database) -> None:
    def work(db: Connection) -> None:
        office = open_office(db)
        case = new_case(db, office)
        seen = [
            Area(districts=frozenset({"demo"})),
            Area(streets=frozenset({office.street_id})),
            Area(departments=frozenset({("demo", "fire_rescue")})),
        ]
        unseen = [
            Area(),
            Area(districts=frozenset({"qianjiang"})),
            Area(streets=frozenset({office.street_id + 1})),
            Area(departments=frozenset({("qianjiang", "fire_rescue")})),
        ]
        for area in seen:
            assert visible_case(db, area, case.code.lower()) == case
            assert visible_cases(db, area, [case.id]) == {case.id: case}
        for area in unseen:
            assert visible_case(db, area, case.code) is None
            assert visible_cases(db, area, [case.id]) == {}
        assert visible_case(db, seen[0], "no code") is None

    database.write(work)
