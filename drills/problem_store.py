"""The rows of problems found at drills: noting them, solving them, bringing them back.

Who may note or solve one is decided by ``drills.conducting_rules``; here are the rows.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from drills.drills import DrillRefused
from drills.lines import one_line
from drills.problems import NewProblem, Problem, checked
from drills.store import drill, drill_building, drill_problem

_problem = drill_problem.c


def add_problem(
    db: Connection, new: NewProblem, staff_id: int | None, today: date, now: datetime
) -> Problem:
    """Note a problem and return it.

    Args:
        db: inside a write.
        new: as it was typed.
        staff_id: who notes it; None when a resident told of it.
        today: in the drill's district.
        now: when.

    Raises:
        DrillRefused: as ``drills.problems.checked``.
    """
    fit = checked(new, today)
    row = {
        "drill_id": fit.drill_id,
        "building_id": fit.building_id,
        "kind": fit.kind,
        "words": fit.words,
        "owner": fit.owner,
        "due_on": fit.due_on.isoformat(),
        "photo_id": fit.photo_id,
        "noted_by": staff_id,
        "noted_at": now,
        "solution": "",
    }
    added = db.execute(insert(drill_problem).values(row).returning(drill_problem)).one()
    return _problem_from(added)


def find_problem(db: Connection, problem_id: int) -> Problem | None:
    """Return a problem, or None."""
    row = db.execute(select(drill_problem).where(_problem.id == problem_id)).one_or_none()
    return _problem_from(row) if row else None


def solve_problem(
    db: Connection, problem_id: int, staff_id: int, solution: str, now: datetime
) -> bool:
    """Note that a problem is solved; False when it was solved before, or there is none.

    Raises:
        DrillRefused: ``problem_words_missing``, when nothing is said of what was done.
    """
    done = one_line(solution)
    if not done:
        raise DrillRefused("problem_words_missing")
    solved = db.execute(
        update(drill_problem)
        .where(_problem.id == problem_id, _problem.solved_at.is_(None))
        .values(solved_at=now, solved_by=staff_id, solution=done)
    )
    return solved.rowcount == 1


def problems_of(db: Connection, drill_id: int) -> list[Problem]:
    """Return what was found at a drill, in the order it was noted."""
    rows = db.execute(
        select(drill_problem).where(_problem.drill_id == drill_id).order_by(_problem.id)
    )
    return [_problem_from(row) for row in rows]


def open_problems(
    db: Connection, building_ids: Collection[int], *, but_of: int | None = None
) -> list[Problem]:
    """Return the open problems of some buildings, the one due first in front.

    What names no building counts for every building of the drill at which it was found.

    Args:
        db: for reading.
        building_ids: which buildings.
        but_of: leaves out what was found at this drill.
    """
    query = select(drill_problem).where(_problem.solved_at.is_(None), _about(building_ids))
    if but_of is not None:
        query = query.where(_problem.drill_id != but_of)
    rows = db.execute(query.order_by(_problem.due_on, _problem.id))
    return [_problem_from(row) for row in rows]


def open_problems_in(db: Connection, community_id: int) -> list[Problem]:
    """Return the open problems of a community, the one due first in front."""
    found_in = select(drill.c.id).where(drill.c.community_id == community_id)
    query = select(drill_problem).where(
        _problem.solved_at.is_(None), _problem.drill_id.in_(found_in)
    )
    rows = db.execute(query.order_by(_problem.due_on, _problem.id))
    return [_problem_from(row) for row in rows]


def brought_back(db: Connection, drill_id: int) -> list[Problem]:
    """Return the open problems of earlier drills that the next drill's checklist shows."""
    buildings = select(drill_building.c.building_id).where(drill_building.c.drill_id == drill_id)
    return open_problems(db, list(db.scalars(buildings)), but_of=drill_id)


def _about(building_ids: Collection[int]) -> ColumnElement[bool]:
    wanted = sorted(building_ids)
    drills = select(drill_building.c.drill_id).where(drill_building.c.building_id.in_(wanted))
    unplaced = and_(_problem.building_id.is_(None), _problem.drill_id.in_(drills))
    return or_(_problem.building_id.in_(wanted), unplaced)


def _problem_from(row: Row[Any]) -> Problem:
    values = row._asdict()
    return Problem(**values | {"due_on": date.fromisoformat(values["due_on"])})
