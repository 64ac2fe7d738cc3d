"""Two who press at the same moment, and any order of moves: the table always holds."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import Connection

from hazards.case_store import events_of, find_case
from hazards.cases import Case, CaseError
from hazards.casework import move
from hazards.following import FollowJobs
from hazards.store import hazard_case
from hazards.transitions import ENDED, MOVES, STATES
from storage import Database, Jobs, metadata, open_database
from storage.work_runs import InlineWork
from tests.hazards.casefile import (
    DAY,
    NOON,
    Office,
    add_photo,
    case_at,
    make,
    new_case,
    open_office,
)

WORKERS = 4


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def outcomes(database: Database, office: Office, case: Case, presses: list[str]) -> list[str]:
    """Return what became of several moves that were pressed at the same moment."""
    together = Barrier(len(presses))
    who = {"accept": "handler", "return": "handler", "reassign": "supervisor"}

    def press(name: str) -> str:
        act = office.act(case, who.get(name, "reviewer"), reason="同时")
        together.wait()
        try:
            database.write(lambda db: move(db, case.id, name, act, office.rules, NOON))
        except CaseError as error:
            return type(error).__name__
        return name

    with ThreadPoolExecutor(len(presses)) as pool:
        return sorted(pool.map(press, presses))


@pytest.mark.parametrize(
    ("last", "presses"),
    [("assign", ["accept"] * WORKERS), ("assign", ["accept", "return", "reassign"])],
    ids=["the same", "different"],
)
def test_of_all_who_press_at_once_one_wins(
    database: Database, office: Office, last: str, presses: list[str]
) -> None:
    case = database.write(lambda db: case_at(db, office, last))

    found = outcomes(database, office, case, presses)

    assert found.count("StaleCase") == len(presses) - 1
    moved = database.read(lambda db: events_of(db, case.id))
    assert len(moved) == 4
    stands = database.read(lambda db: find_case(db, case.id))
    assert stands is not None
    assert (stands.version, stands.state) == (case.version + 1, moved[-1].to_state)


def test_a_step_and_a_move_at_once_never_wait_in_a_ring(database: Database, office: Office) -> None:
    jobs = Jobs()
    FollowJobs(office.rules).register(jobs)
    work = InlineWork(database, jobs, lambda: NOON)
    cases = [database.write(lambda db: case_at(db, office, "assign")) for _ in range(6)]

    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(work.run_due, NOON + 20 * DAY)
        for case in cases:
            database.write(lambda db, case=case: make(db, office, case, "return", NOON))
        running.result(60)

    work.run_due(NOON + 20 * DAY)
    for case in cases:
        stands = database.read(lambda db, case=case: find_case(db, case.id))
        assert stands is not None
        assert (stands.state, stands.level) == ("returned", 2)


class CaseMachine(RuleBasedStateMachine):
    """Presses anything at any time, as anybody; what the case does is what the table says."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        path = self.folder / "machine.db"
        self.database = self.stack.enter_context(open_database(f"sqlite:///{path}"))
        metadata.create_all(self.database.engines.write)
        known = self.database.read(lambda db: db.execute(hazard_case.select()).first())
        if known is None:
            type(self).office = self.database.write(open_office)
        self.case = self.database.write(lambda db: new_case(db, self.office))
        self.photos = self.database.write(self.add_photos)
        self.states = ["submitted"]

    office: Office

    def add_photos(self, db: Connection) -> tuple[int, int]:
        before, after = (add_photo(db, p, case_id=self.case.id) for p in ("before", "after"))
        return before, after

    def teardown(self) -> None:
        self.stack.close()

    @rule(
        name=st.sampled_from(sorted(MOVES)),
        who=st.sampled_from(
            ["reviewer", "supervisor", "handler", "lead", "grid_worker", "system", "reporter"]
        ),
        is_stale=st.sampled_from([False, False, False, True]),
    )
    def press(self, name: str, who: str, is_stale: bool) -> None:
        edge, before = MOVES[name], self.current
        act = self.office.act(before, who, *self.photos, reason="说明")
        if is_stale:
            act = self.office.act(self.case, who, *self.photos, reason="说明")
        try:
            after = self.database.write(
                lambda db: move(db, self.case.id, name, act, self.office.rules, NOON)
            )
        except CaseError:
            assert self.current == before
            return
        assert before.state in edge.froms
        assert after.state == edge.to
        assert act.actor.role in edge.roles
        assert act.version == before.version
        self.states.append(after.state)

    @property
    def current(self) -> Case:
        found = self.database.read(lambda db: find_case(db, self.case.id))
        assert found is not None
        return found

    @invariant()
    def the_row_keeps_what_the_timeline_tells(self) -> None:
        if not hasattr(self, "case"):
            return
        case = self.current
        events = self.database.read(lambda db: events_of(db, case.id))
        assert [event.to_state for event in events] == self.states
        assert case.state in STATES
        assert case.version == len(self.states)
        assert (case.closed_at is not None) == (case.state in ENDED)
        assert case.round == 1 + self.states.count("reopened")
        claimants = {event.staff_id for event in events if event.to_state == "fix_claimed"}
        checked = {e.staff_id for e in events if e.to_state in {"verified", "closed"}} - {None}
        assert not claimants & checked


def test_no_order_of_moves_leaves_the_table(tmp_path: Path) -> None:
    class Machine(CaseMachine):
        folder = tmp_path

    case = Machine.TestCase()
    case.settings = settings(
        max_examples=30,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case.runTest()
