"""The steps of a drill's timeline: one row for each thing that is to happen by itself.

A row is ``planned`` until it is ``done``, ``cancelled`` or ``missed``; each change names the
state that it starts from, so a step is taken once however many workers come for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, update

from drills.drills import STAGES, Stage
from drills.store import drill_step
from storage import put

StepState = Literal["planned", "done", "cancelled", "missed"]

_step = drill_step.c


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens by itself.

    Attributes:
        due_at: when it is to happen.
        done_at: when it was done, cancelled or given up; None while it is planned.
    """

    drill_id: int
    stage: Stage
    due_at: datetime
    state: StepState
    done_at: datetime | None

    @property
    def is_planned(self) -> bool:
        """Whether it is still to happen."""
        return self.state == "planned"


def steps_of(db: Connection, drill_id: int) -> list[Step]:
    """Return every step of a drill, in the order of the timeline."""
    rows = db.execute(select(drill_step).where(_step.drill_id == drill_id))
    return sorted(map(_step_from, rows), key=lambda step: STAGES.index(step.stage))


def find_step(db: Connection, drill_id: int, stage: Stage) -> Step | None:
    """Return one step, or None when it was never planned."""
    query = select(drill_step).where(_step.drill_id == drill_id, _step.stage == stage)
    row = db.execute(query).one_or_none()
    return _step_from(row) if row else None


def put_step(db: Connection, drill_id: int, stage: Stage, due_at: datetime) -> None:
    """Plan a step, anew when the drill had it before."""
    row = {
        "drill_id": drill_id,
        "stage": stage,
        "due_at": due_at,
        "state": "planned",
        "done_at": None,
    }
    put(db, drill_step, row, keys=["drill_id", "stage"])


def end_step(db: Connection, drill_id: int, stage: Stage, state: StepState, now: datetime) -> bool:
    """Bring a planned step to its end; False when it is planned no longer."""
    return bool(_end(db, drill_id, [stage], state, now))


def end_steps(
    db: Connection, drill_id: int, stages: Collection[Stage], state: StepState, now: datetime
) -> int:
    """Bring those of ``stages`` that are planned to their end; return how many."""
    return _end(db, drill_id, stages, state, now)


def _end(
    db: Connection, drill_id: int, stages: Collection[Stage], state: StepState, now: datetime
) -> int:
    ended = db.execute(
        update(drill_step)
        .where(
            _step.drill_id == drill_id,
            _step.stage.in_(sorted(stages)),
            _step.state == "planned",
        )
        .values(state=state, done_at=now)
    )
    return ended.rowcount


def _step_from(row: Row[Any]) -> Step:
    return Step(**row._asdict())
