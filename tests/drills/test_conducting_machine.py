"""Any order of acts, by anybody, at any time: a drill never gets anywhere impossible."""

from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select

from drills.conducting import Postponement
from drills.drill_store import events_of
from drills.drills import ENDED, MOVES, STATES, Drill, DrillRefused
from drills.step_store import steps_of
from drills.store import drill
from drills.timeline import STEP_JOB
from storage import metadata, open_database
from storage.work_rows import due
from tests.drills.conducted import Office, office
from tests.drills.estate import DAY, HOUR, MINUTE, NOON

PLAIN = ("approve", "announce", "stand_by", "sound_alarm", "muster", "close_roll", "all_clear",
         "debrief", "mark_reported", "close", "abort")  # fmt: skip
# Reached once in the life of a drill, in this order.
MOMENTS = ("alarm_at", "mustering_at", "roll_closed_at", "all_clear_at")
OPEN_KEYS = select(due.c.key).where(due.c.job == STEP_JOB, due.c.done_at.is_(None))


class DrillMachine(RuleBasedStateMachine):
    """Presses anything at any time; what the drill does is what its tables say."""

    folder: Path
    at: Office

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        path = self.folder / "machine.db"
        database = self.stack.enter_context(open_database(f"sqlite:///{path}"))
        metadata.create_all(database.engines.write)
        if not hasattr(type(self), "at"):
            type(self).at = office(database)
        else:
            estate = type(self).at.estate
            object.__setattr__(estate, "database", database)
            self.at = Office(estate)
        database.write(lambda db: db.execute(drill.update().values(state="closed")))
        self.drill = self.at.checked(self.at.planned())
        self.clock = NOON
        self.sequence = self.drill.sequence
        self.states = ["planned"]

    def teardown(self) -> None:
        self.stack.close()

    @property
    def current(self) -> Drill:
        return self.at.now(self.drill)

    def press(self, name: str, who: str, *rest: object) -> None:
        before, told = self.current, len(self.at.told)
        staff = getattr(self.at.estate, who)
        try:
            after = self.at.do(getattr(self.at.conducting, name), before, staff, self.clock, *rest)
        except DrillRefused:
            assert self.current == before
            assert len(self.at.told) == told
            return
        assert after.version > before.version

    @rule(name=st.sampled_from(PLAIN), who=st.sampled_from(["officer", "head", "volunteer"]))
    def act(self, name: str, who: str) -> None:
        self.press(name, who)

    @rule(days=st.sampled_from([None, 3, 10]), reason=st.sampled_from(["下雨", ""]))
    def postpone(self, days: int | None, reason: str) -> None:
        starts_at = None if days is None else self.clock + days * DAY
        self.press("postpone", "head", Postponement(reason, starts_at))

    @rule(reason=st.sampled_from(["不办了", ""]))
    def cancel(self, reason: str) -> None:
        self.press("cancel", "head", reason)

    @rule()
    def prepare(self) -> None:
        if self.current.state in {"planned", "approved"}:
            self.at.checked(self.drill, self.clock)

    @rule(ahead=st.sampled_from([MINUTE, 20 * MINUTE, 2 * HOUR, DAY, 6 * DAY]))
    def wait(self, ahead: timedelta) -> None:
        self.clock += ahead
        self.at.work.run_due(self.clock)

    @rule(before=st.sampled_from([8 * DAY, 20 * MINUTE, timedelta()]))
    def wait_for_the_start(self, before: timedelta) -> None:
        self.pass_until(self.current.starts_at - before)

    def pass_until(self, moment: datetime) -> None:
        if moment > self.clock:
            self.clock = moment
            self.at.run_until(moment)

    @invariant()
    def the_drill_is_somewhere_possible(self) -> None:
        now = self.current
        events = self.at.database.read(lambda db: events_of(db, now.id))
        moves = [event for event in events if event.kind == "moved"]
        gone = ["planned", *(move.detail["to"] for move in moves)]
        assert gone[-1] == now.state
        assert now.state in STATES
        for move in moves:
            assert move.detail["to"] in MOVES[move.detail["from"]]
        assert [move.detail["from"] for move in moves] == gone[:-1]
        assert [event.recorded_at for event in events] == sorted(e.recorded_at for e in events)
        assert (now.ended_at is not None) == (now.state in ENDED)
        assert now.approver_id != now.organiser_id

    @invariant()
    def the_sequence_only_rises(self) -> None:
        now = self.current
        assert now.sequence >= self.sequence
        self.sequence = now.sequence

    @invariant()
    def its_moments_come_in_order(self) -> None:
        moments = [getattr(self.current, name) for name in MOMENTS]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known)
        assert moments[: len(known)] == known

    @invariant()
    def nothing_is_to_come_of_a_drill_that_ended(self) -> None:
        now = self.current
        steps = self.at.database.read(lambda db: steps_of(db, now.id))
        planned = {step.stage for step in steps if step.is_planned}
        waiting = self.at.database.read(lambda db: list(db.scalars(OPEN_KEYS)))
        waiting = [key for key in waiting if key.startswith(f"{now.id}:")]
        if now.state in ENDED or now.state == "postponed":
            assert planned == set()
        if now.state not in {"announced", "standby", "alarm", "mustering"}:
            assert waiting == []
        if now.state in {"alarm", "mustering"}:
            assert planned <= {"reminder", "roll_close"}

    @invariant()
    def residents_are_told_each_stage_once_in_one_course(self) -> None:
        courses: list[list[str]] = [[]]
        for stage in self.at.stages:
            courses[-1].append(stage)
            if stage == "postponed":
                courses.append([])
        assert all(len(set(course)) == len(course) for course in courses)
        alarmed = [course for course in courses if "alarm" in course]
        assert len(alarmed) == (self.current.alarm_at is not None)


def test_no_order_of_acts_leaves_a_drill_in_an_impossible_state(tmp_path: Path) -> None:
    class Machine(DrillMachine):
        folder = tmp_path

    case = Machine.TestCase()
    case.settings = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case.runTest()
