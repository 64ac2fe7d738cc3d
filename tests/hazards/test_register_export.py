"""The register: every case once, whatever happens meanwhile, and nobody's name."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from community.districts import load_district
from community.staff import Area
from community.tables import write_csv
from hazards.cases import Case
from hazards.categories import load_categories
from hazards.queue_store import CaseFilter, register
from hazards.register_export import COLUMNS, Names, register_row, register_rows
from hazards.transitions import STATES
from storage import Database
from tests.hazards.casefile import (
    DAY,
    HOUR,
    NOON,
    PATH,
    Office,
    new_case,
    open_office,
    walk,
    written,
)

ALL = frozenset(STATES)
HERE = CaseFilter(Area(districts=frozenset({"demo"})), states=ALL)


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


@pytest.fixture
def names(office: Office) -> Names:
    return Names(load_categories(), {"demo": load_district("demo")}, {office.street_id: "双福街道"})


def opened(database: Database, office: Office, count: int) -> list[Case]:
    return database.write(lambda db: [new_case(db, office, NOON + n * HOUR) for n in range(count)])


def test_a_row_says_what_where_with_whom_and_until_when(
    database: Database, office: Office, names: Names
) -> None:
    def work(db: Connection) -> Case:
        case = new_case(
            db,
            office,
            place_words="3栋2单元501室",
            floor="502",
            summary="张先生堆纸箱，电话13800000000",
            external_number="=12345",
            is_major=True,
        )
        return walk(db, office, case, *PATH, now=NOON + 5 * HOUR)

    row = register_row(database.write(work), names, NOON + DAY)

    assert (row["category"], row["district"], row["street"]) == (
        "楼道楼梯堆物",
        load_district("demo").name,
        "双福街道",
    )
    assert (row["place"], row["floor"]) == ("3栋2单元5楼", "5楼")
    assert row["summary"] == "住户堆纸箱，电话（已隐去）"
    assert (row["state"], row["hours"], row["is_overdue"], row["is_major"]) == (
        "已销号",
        5.0,
        False,
        True,
    )
    assert row["handler"] == "双福街道"
    assert row.keys() == {column.key for column in COLUMNS}
    text = b"".join(write_csv([row], COLUMNS)).decode()
    assert "'=12345" in text


def test_every_case_comes_once_though_some_move_meanwhile(
    database: Database, office: Office, names: Names
) -> None:
    cases = opened(database, office, 5)

    def pages() -> Iterator[str]:
        after = ""
        while True:
            page = database.read(lambda db, a=after: register(db, HERE, NOON, after=a, most=2))
            yield from (case.code for case in page.cases)
            if not page.after:
                return
            after = page.after
            database.write(lambda db: written(db, cases[0], changed_at=NOON + DAY, state="closed"))

    assert list(pages()) == [case.code for case in cases]
    assert [str(row["code"]).replace("-", "") for row in rows(database, HERE, names)] == [
        case.code for case in cases
    ]


def rows(database: Database, wanted: CaseFilter, names: Names) -> list[dict[str, object]]:
    return [dict(row) for row in register_rows(database, wanted, names, NOON + DAY)]


def test_filters_and_areas_narrow_it(database: Database, office: Office, names: Names) -> None:
    opened(database, office, 2)
    elsewhere = Area(streets=frozenset({office.street_id + 1}))
    double = Area(
        districts=frozenset({"demo"}),
        streets=frozenset({office.street_id}),
        departments=frozenset({("demo", "fire_rescue")}),
    )

    assert len(rows(database, CaseFilter(double, states=ALL), names)) == 2
    assert rows(database, CaseFilter(elsewhere, states=ALL), names) == []
    assert rows(database, CaseFilter(Area(), states=ALL), names) == []
    assert rows(database, CaseFilter(HERE.area, category="canopy"), names) == []


def test_what_is_overdue_and_unknown_is_said_plainly(database: Database, office: Office) -> None:
    (case,) = opened(database, office, 1)

    row = register_row(case, Names(load_categories(), {}, {}), NOON + 30 * DAY)

    assert (row["is_overdue"], row["district"], row["street"], row["closed_at"]) == (
        True,
        "demo",
        "",
        None,
    )
    nobody = replace(case, handler="")
    assert register_row(nobody, Names(load_categories(), {}, {}), NOON)["handler"] == "督办员"
