"""Making the list: everybody of the buildings once, and households counted with their members."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert

from community.assistance import Need
from community.assistance_store import register_need
from community.bindings import binding
from community.store import resident
from drills.drills import DrillRefused
from drills.household_lists import Household
from drills.rollcall import Line
from drills.roster_freeze_store import CHUNK, MOST_ROWS, freeze, import_households
from storage import Database
from tests.drills.gathered import ALARM, DAY, ONE, OUTSIDE, TWO, Muster, estate, mustered

KEY = b"k" * 32


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with estate(request, tmp_path_factory.mktemp("estate")) as database:
        yield database


@pytest.fixture
def muster(town: Database) -> Muster:
    return mustered(town)


def place(line: Line) -> tuple[str, int | None, int, str]:
    return (line.room, line.floor, line.persons, line.kind)


def test_everybody_bound_to_the_buildings_stands_once(muster: Muster) -> None:
    here, there = muster.resident(ONE, "301"), muster.resident(TWO, "1-201", floor=9)
    muster.resident(OUTSIDE)
    muster.stranger()

    assert (muster.frozen(), muster.frozen()) == (2, 0)

    assert {line.resident_id for line in muster.lines} == {here, there}
    assert place(muster.line(here)) == ("301", 3, 1, "resident")
    assert place(muster.line(there)) == ("1-201", 9, 1, "resident")


@pytest.mark.parametrize(("days", "home"), [(20, TWO), (40, ONE), (30, TWO)])
def test_who_is_bound_to_two_buildings_stands_where_they_were_bound_last(
    muster: Muster, days: int, home: str
) -> None:
    twice = muster.resident(ONE, days=30)
    muster.write(lambda db: muster.binds(db, twice, TWO, days))
    muster.write(lambda db: muster.binds(db, twice, OUTSIDE, 1))

    muster.frozen()

    assert [line.resident_id for line in muster.lines] == [twice]
    assert muster.line(twice).building_id == muster.buildings[home]


def test_who_was_bound_since_is_added_until_the_alarm(muster: Muster) -> None:
    muster.resident()
    muster.frozen()
    second = muster.resident()

    assert muster.frozen() == 1
    muster.resident()
    muster.go("alarm")
    assert muster.frozen() == 0
    assert muster.line(second).status == "unknown"
    assert len(muster.lines) == 2


def test_many_come_in_pieces(muster: Muster) -> None:
    number = CHUNK + 3

    def fill(db: Connection) -> None:
        made = insert(resident).returning(resident.c.id)
        ids = db.scalars(made, [{"created_at": ALARM}] * number).all()
        bound = {"building_id": muster.buildings[ONE], "unit": "", "how": "scan"}
        rows = [bound | {"resident_id": one, "bound_at": ALARM - DAY} for one in ids]
        db.execute(insert(binding), rows)

    muster.write(fill)

    assert [muster.frozen() for _ in range(3)] == [CHUNK, 3, 0]
    assert muster.counts.expected == number


def test_who_registered_for_help_is_marked(muster: Muster) -> None:
    needing, other = muster.resident(), muster.resident()
    need = Need("301", ("wheelchair",))
    muster.write(
        lambda db: register_need(db, KEY, needing, muster.buildings[ONE], need, ALARM - 3 * DAY)
    )

    muster.frozen()

    assert muster.line(needing).needs_assistance
    assert not muster.line(other).needs_assistance


def test_a_drill_nobody_knows_is_refused(muster: Muster) -> None:
    with pytest.raises(DrillRefused, match="unknown_drill"):
        muster.write(lambda db: freeze(db, 10**9, ALARM))


@pytest.mark.parametrize("is_listed_first", [True, False], ids=["list first", "freeze first"])
def test_a_household_counts_its_members(muster: Muster, is_listed_first: bool) -> None:
    pair = [muster.resident(ONE, "3-01"), muster.resident(ONE, "3单元01室")]
    alone = muster.resident(ONE, "501")
    if is_listed_first:
        muster.listed(Household(2, "3-1", 1, 3), Household(3, "4-1", 4))
        muster.frozen()
    else:
        muster.frozen()
        muster.listed(Household(2, "3-1", 1, 3), Household(3, "4-1", 4))

    standing = {line.room: place(line)[2:] for line in muster.lines if line.kind == "household"}
    assert standing == {"3-1": (2, "household"), "4-1": (4, "household")}
    assert [muster.line(one).persons for one in (*pair, alone)] == [0, 0, 1]
    assert muster.counts.expected == 7


def test_one_room_in_two_buildings_is_two_homes(muster: Muster) -> None:
    other = muster.resident(TWO, "1-301")
    muster.listed(Household(2, "1-301", 2), name=ONE)
    muster.frozen()

    assert muster.line(other).persons == 1
    assert muster.counts.expected == 3


def test_a_list_with_doubles_adds_nothing_and_names_each(muster: Muster) -> None:
    assert muster.listed(Household(2, "1-301", 2)).added == 1

    again = muster.listed(
        Household(2, "1-101", 2), Household(3, "1-301", 2), Household(4, "1-101", 1)
    )

    assert again.added == 0
    assert [fault.words for fault in again.faults] == [
        "第3行：1-301已经在点名册里，不用再导入。",
        "第4行：1-101和第2行重复，请留一行。",
    ]
    assert muster.counts.expected == 2


def test_a_list_with_help_marks_the_household(muster: Muster) -> None:
    muster.listed(Household(2, "1-301", 2, 3, True))

    assert muster.household.needs_assistance
    assert muster.household.floor == 3


def test_an_empty_list_adds_nothing(muster: Muster) -> None:
    assert muster.listed().added == 0


def test_a_list_is_refused_after_the_alarm_and_elsewhere(muster: Muster) -> None:
    with pytest.raises(DrillRefused, match="not_allowed"):
        muster.listed(Household(2, "1-301", 2), name=OUTSIDE)
    muster.alarmed()
    with pytest.raises(DrillRefused, match="illegal_move") as raised:
        muster.listed(Household(2, "1-301", 2))
    assert "已经开始" in raised.value.words


def test_a_list_comes_in_pieces(muster: Muster) -> None:
    rows = [Household(number, f"1-{number}", 1) for number in range(MOST_ROWS + 1)]
    building_id = muster.buildings[ONE]

    with pytest.raises(ValueError, match="pieces"):
        muster.write(lambda db: import_households(db, muster.drill_id, building_id, rows, ALARM))
