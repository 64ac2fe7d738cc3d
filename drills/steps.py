"""Taking the steps of a drill's timeline: notices, alarm, reminder, end of the roll call.

A step re-reads its row and its drill and does nothing when they have moved on. It is done in one
transaction with what it brings about, so a process that dies loses nothing and repeats nothing.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from drills.announcing import Announced
from drills.conduct_store import hold_drill
from drills.conducting import ROSTER_JOB, Conducting, RosterWork, work_on_roster
from drills.drill_store import append_event
from drills.drills import Drill, Stage, State, system_event
from drills.step_store import end_step, find_step
from drills.timeline import STEP_JOB, is_too_late
from storage import Jobs, Run

# Asks the organiser what to do, since a stage could not be taken at its time.
Ask = Callable[[Connection, Drill, Stage, datetime], None]

_TOLD: dict[Stage, Announced] = {
    "notice_week": "notice_week",
    "notice_day": "notice_day",
    "notice_soon": "notice_soon",
    "reminder": "reminder",
}
_BEFORE_ALARM: frozenset[State] = frozenset({"announced", "standby"})
_UNDER_WAY: frozenset[State] = frozenset({"alarm", "mustering"})
# In which states a stage still means something.
_WANTED_IN: dict[Stage, frozenset[State]] = {
    "notice_week": _BEFORE_ALARM,
    "notice_day": _BEFORE_ALARM,
    "notice_soon": _BEFORE_ALARM,
    "alarm": _BEFORE_ALARM,
    "reminder": _UNDER_WAY,
    "roll_close": _UNDER_WAY,
}
# Nobody needs to decide anything when one of these was missed.
_NOT_ASKED: frozenset[Stage] = frozenset({"notice_week", "reminder"})


class Steps:
    """The jobs of a drill's timeline, and of drawing up its list."""

    def __init__(self, conducting: Conducting, ask: Ask) -> None:
        """Join what the steps need.

        Args:
            conducting: carries out what a step brings about.
            ask: tells the organiser that a stage was missed, or that nobody stood by at the
                time of the alarm; in the same transaction.
        """
        self._conducting = conducting
        self._ask = ask

    def register(self, jobs: Jobs) -> None:
        """Give the jobs their names."""
        jobs.job(STEP_JOB)(self.step)
        jobs.job(ROSTER_JOB)(self.roster)

    def step(self, run: Run, drill_id: int, stage: Stage) -> None:
        """Take one step of a drill.

        The drill is held before its row of later work, as conducting does, so that the two never
        wait for each other in a ring.
        """

        def work(db: Connection) -> None:
            drill = hold_drill(db, drill_id)
            if run.finish(db):
                self.take(db, drill, stage, run.now)

        run.database.write(work)

    def roster(self, run: Run, drill_id: int, work: RosterWork) -> None:
        """Finish drawing up or closing a drill's list, one transaction for each piece."""

        def more(db: Connection) -> bool:
            return work_on_roster(db, hold_drill(db, drill_id), work, run.now)

        while run.database.write(more):
            pass

    def take(self, db: Connection, drill: Drill, stage: Stage, now: datetime) -> bool:
        """Take a step of a drill that is held; False when nothing came of it.

        Args:
            db: inside a write.
            drill: as it is now.
            stage: which step.
            now: when.
        """
        step = find_step(db, drill.id, stage)
        if step is None or not step.is_planned or step.due_at > now:
            return False
        if drill.state not in _WANTED_IN[stage]:
            end_step(db, drill.id, stage, "cancelled", now)
            return False
        is_unready = stage == "alarm" and drill.state != "standby"
        if is_unready or is_too_late(stage, step.due_at, now):
            self._miss(db, drill, stage, now)
            return False
        end_step(db, drill.id, stage, "done", now)
        self._carry_out(db, drill, stage, now)
        return True

    def _carry_out(self, db: Connection, drill: Drill, stage: Stage, now: datetime) -> None:
        if stage == "alarm":
            self._conducting.sound_alarm_by_step(db, drill, now)
        elif stage == "roll_close":
            self._conducting.close_roll_by_step(db, drill, now)
        else:
            append_event(db, drill.id, system_event("told", now, stage=stage))
            self._conducting.tell(db, drill, _TOLD[stage], now)

    def _miss(self, db: Connection, drill: Drill, stage: Stage, now: datetime) -> None:
        end_step(db, drill.id, stage, "missed", now)
        append_event(db, drill.id, system_event("step_missed", now, stage=stage))
        if stage not in _NOT_ASKED:
            self._ask(db, drill, stage, now)
