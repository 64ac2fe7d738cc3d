"""A drill that is conducted: planned by a building head, and what residents are told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert

from community.bindings import binding
from community.staff import Staff
from community.store import resident
from drills.announcing import Announced
from drills.checklist import load_checklist
from drills.conducting import Conducting
from drills.drill_store import events_of, require_drill
from drills.drills import Drill, Stage, State
from drills.step_store import steps_of
from drills.steps import Steps
from storage import Database, Jobs
from storage.work_rows import next_row
from storage.work_runs import InlineWork
from tests.drills.estate import MINUTE, NOON, STARTS, Estate, settled

CHECKLIST = load_checklist()
REQUIRED = [item.id for item in CHECKLIST.missing("evacuation", ())]


@dataclass
class Office:
    """Conducting and its steps, and what came of them."""

    estate: Estate
    told: list[tuple[str, datetime]] = field(default_factory=list)
    asked: list[Stage] = field(default_factory=list)
    # Raised once for each in here, instead of telling.
    troubles: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.conducting = Conducting(CHECKLIST, self._announce)
        self.steps = Steps(self.conducting, self._ask)
        jobs = Jobs()
        self.steps.register(jobs)
        self.work = InlineWork(self.database, jobs, lambda: NOON)

    def _announce(self, _db: Connection, _drill: Drill, stage: Announced, now: datetime) -> None:
        if self.troubles:
            raise self.troubles.pop()
        self.told.append((stage, now))

    def _ask(self, _db: Connection, _drill: Drill, stage: Stage, _now: datetime) -> None:
        self.asked.append(stage)

    @property
    def database(self) -> Database:
        return self.estate.database

    @property
    def stages(self) -> list[str]:
        """What residents were told, in order."""
        return [stage for stage, _ in self.told]

    def do(self, act: Callable[..., Drill], drill: Drill, staff: Staff, *rest: object) -> Drill:
        """Do an act with (now, …) as ``rest`` and return the drill."""
        return self.database.write(lambda db: act(db, drill.id, staff, *rest))

    def planned(self) -> Drill:
        """Plan a drill of two buildings, by their head."""
        plan, head = self.estate.plan("双福花园1栋", "双福花园2栋"), self.estate.head
        return self.database.write(lambda db: self.estate.planner.plan(db, plan, head, NOON))

    def checked(self, drill: Drill, now: datetime = NOON) -> Drill:
        """Tick everything off that the drill waits for."""

        def work(db: Connection) -> Drill:
            for item in REQUIRED:
                self.conducting.check_item(db, drill.id, self.estate.head, now, (item, "说好了"))
            return require_drill(db, drill.id)

        return self.database.write(work)

    def announced(self) -> Drill:
        """Plan, approve, prepare and announce a drill."""
        drill = self.planned()
        self.do(self.conducting.approve, drill, self.estate.officer, NOON)
        self.checked(drill)
        return self.do(self.conducting.announce, drill, self.estate.head, NOON)

    def standing_by(self) -> Drill:
        """Bring a drill to ten minutes before its start, everybody in place."""
        drill = self.announced()
        return self.do(self.conducting.stand_by, drill, self.estate.head, STARTS - 10 * MINUTE)

    def under_way(self) -> Drill:
        """Give the alarm of a drill at its start."""
        drill = self.standing_by()
        return self.do(self.conducting.sound_alarm, drill, self.estate.head, STARTS)

    def now(self, drill: Drill) -> Drill:
        """Return a drill as it is now."""
        return self.database.read(lambda db: require_drill(db, drill.id))

    def moves(self, drill: Drill) -> list[State]:
        """Return the states that a drill went to, as its events tell."""
        events = self.database.read(lambda db: events_of(db, drill.id))
        return [event.detail["to"] for event in events if event.kind == "moved"]

    def step_states(self, drill: Drill) -> dict[Stage, str]:
        """Return how each step stands."""
        steps = self.database.read(lambda db: steps_of(db, drill.id))
        return {step.stage: step.state for step in steps}

    def run_until(self, end: datetime) -> None:
        """Let time pass: run each piece of later work at the moment when it is due."""
        while (row := self.database.read(lambda db: next_row(db, end))) is not None:
            self.work.run_due(row.due_at)


def office(database: Database) -> Office:
    return Office(settled(database))


def crowd(at: Office, building: str, count: int) -> None:
    """Bind many new residents to a building."""

    def fill(db: Connection) -> None:
        made = [{"created_at": NOON} for _ in range(count)]
        adding = insert(resident).returning(resident.c.id)
        ids = list(db.scalars(adding, made))
        shared = {"building_id": at.estate.buildings[building], "unit": "", "how": "scan"}
        rows = [shared | {"resident_id": one, "bound_at": NOON} for one in ids]
        db.execute(insert(binding), rows)

    at.database.write(fill)
