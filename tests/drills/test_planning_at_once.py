"""Several who plan, or decide, at the same moment: one wins, the others are told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Connection, func, select

from drills.drill_store import drills_of_building, move, require_drill
from drills.drills import State
from drills.planning import BadPlan
from drills.store import drill_building
from storage import Database
from tests.drills.estate import NOON, Estate, settled

WORKERS = 4


@pytest.fixture
def estate(database: Database) -> Estate:
    return settled(database)


def together(work: Callable[[int], str]) -> list[str]:
    """Return what became of several that start at the same moment."""
    start = Barrier(WORKERS)

    def one(number: int) -> str:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return sorted(pool.map(one, range(WORKERS)))


def test_of_all_who_plan_for_a_building_at_once_one_does(estate: Estate) -> None:
    shared = "双福花园2栋"
    mine = ("双福花园1栋", "双福花园3栋")

    def plan(number: int) -> str:
        names = (shared, mine[number % 2])
        try:
            estate.planned(*names, assembly_point="东门广场")
        except BadPlan as bad:
            return ",".join(fault.code for fault in bad.faults)
        return "planned"

    assert together(plan) == ["conflict"] * (WORKERS - 1) + ["planned"]
    made = estate.database.read(lambda db: drills_of_building(db, estate.buildings[shared]))
    rows = select(func.count()).select_from(drill_building)
    assert len(made) == 1
    assert estate.database.read(lambda db: db.scalar(rows)) == 2


def test_of_all_who_decide_at_once_one_does(estate: Estate) -> None:
    seen = estate.planned()
    choices: tuple[State, ...] = ("approved", "cancelled", "postponed", "approved")

    def decide(number: int) -> str:
        to = choices[number]

        def work(db: Connection) -> bool:
            return move(db, seen, to, NOON)

        return to if estate.database.write(work) else ""

    *lost, won = together(decide)
    assert lost == [""] * (WORKERS - 1)
    stands = estate.database.read(lambda db: require_drill(db, seen.id))
    assert (stands.state, stands.version) == (won, 2)
