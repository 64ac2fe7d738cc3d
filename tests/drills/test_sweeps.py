"""Floors that were gone through, and those that are left."""

from collections.abc import Iterator

import pytest

from drills.drills import DrillRefused
from drills.sweep_store import Floor, floors_left, mark_sweep, sweeps_of
from storage import Database
from tests.drills.gathered import ALARM, MINUTE, ONE, OUTSIDE, TWO, Muster, at, estate, mustered


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with estate(request, tmp_path_factory.mktemp("estate")) as database:
        yield database


@pytest.fixture
def muster(town: Database) -> Muster:
    return mustered(town)


def sweeps(
    muster: Muster,
    floor: int,
    minute: float = 5,
    *,
    stair: int = 1,
    name: str = ONE,
    note: str = "",
) -> bool:
    place = Floor(muster.buildings[name], stair, floor)
    return muster.write(
        lambda db: mark_sweep(db, muster.drill_id, place, muster.staff_id, note, at(minute, 30))
    )


def left(muster: Muster) -> list[Floor]:
    return muster.database.read(lambda db: floors_left(db, muster.drill_id))


def test_all_floors_of_all_stairs_are_left_at_first(muster: Muster) -> None:
    one, two = muster.buildings[ONE], muster.buildings[TWO]

    assert left(muster) == [Floor(one, 1, floor) for floor in range(1, 7)] + [
        Floor(two, stair, floor) for stair in (1, 2) for floor in (1, 2, 3)
    ]


def test_a_floor_that_is_clear_is_left_no_more(muster: Muster) -> None:
    muster.alarmed()

    assert sweeps(muster, 6, note=" 消防门关着 ")

    (sweep,) = muster.database.read(lambda db: sweeps_of(db, muster.drill_id))
    assert sweep.floor == Floor(muster.buildings[ONE], 1, 6)
    assert (sweep.note, sweep.staff_id) == ("消防门关着", muster.staff_id)
    assert (sweep.cleared_at, sweep.recorded_at) == (ALARM + 5 * MINUTE, ALARM + 30 * MINUTE)
    assert sweep.floor not in left(muster)
    assert len(left(muster)) == 11
    assert [event.kind for event in muster.events] == ["swept"]


def test_a_floor_cleared_twice_keeps_the_earlier_time(muster: Muster) -> None:
    muster.alarmed()

    assert [sweeps(muster, 6, minute) for minute in (5, 7, 3)] == [True, False, False]

    (sweep,) = muster.database.read(lambda db: sweeps_of(db, muster.drill_id))
    assert sweep.cleared_at == ALARM + 3 * MINUTE
    assert len(muster.events) == 2


@pytest.mark.parametrize(
    ("name", "stair", "floor", "code"),
    [
        (ONE, 1, 0, "unknown_floor"),
        (ONE, 1, 7, "unknown_floor"),
        (ONE, 2, 1, "unknown_floor"),
        (ONE, 0, 1, "unknown_floor"),
        (TWO, 2, 4, "unknown_floor"),
        (ONE, 1, -11, "unknown_floor"),
        (OUTSIDE, 1, 1, "not_allowed"),
    ],
)
def test_a_floor_that_is_not_there_is_refused(
    muster: Muster, name: str, stair: int, floor: int, code: str
) -> None:
    muster.alarmed()

    with pytest.raises(DrillRefused, match=code):
        sweeps(muster, floor, stair=stair, name=name)


def test_a_garage_may_be_swept_though_nobody_asks_for_it(muster: Muster) -> None:
    muster.alarmed()

    assert sweeps(muster, -1)
    assert len(left(muster)) == 12


def test_no_floor_is_clear_before_the_alarm(muster: Muster) -> None:
    with pytest.raises(DrillRefused, match="not_running"):
        sweeps(muster, 1)
