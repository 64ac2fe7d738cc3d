"""The list of a drill as the organiser's page reads it: plain JSON, without names and phones."""

from dataclasses import asdict
from typing import TypedDict

from sqlalchemy import Connection

from community.registers import Building
from drills.drill_store import buildings_of
from drills.drills import STATE_NAMES, Drill
from drills.roll_counts import Counts
from drills.rollcall import LATE_STATES, OPEN_STATES, Line
from drills.roster_store import lines_of, standing
from drills.sweep_store import Sweep, sweeps_of


class LineView(TypedDict):
    """A line; ``helped`` tells whether its home needs a hand on the stairs."""

    id: int
    building: int
    floor: int | None
    room: str
    kind: str
    persons: int
    arrived: int
    status: str
    helped: bool


class BuildingView(TypedDict):
    """A building of the drill; ``stairs`` and ``floors`` are None when they are not registered."""

    id: int
    name: str
    stairs: int | None
    floors: int | None


class StandingView(TypedDict):
    """Everything that the page shows, as it stands.

    ``counts`` are those of ``drills.roll_counts.Counts``; ``swept`` are building, stair, floor.
    """

    state: str
    state_name: str
    may_note: bool
    may_conduct: bool
    counts: dict[str, int]
    buildings: list[BuildingView]
    lines: list[LineView]
    swept: list[tuple[int, int, int]]


def roll_view(db: Connection, drill: Drill, *, may_conduct: bool) -> StandingView:
    """Return how the roll call of a drill stands.

    Args:
        db: a snapshot.
        drill: whose; that the asker may see it is the caller's to check.
        may_conduct: whether the asker may bring it further.
    """
    lines = lines_of(db, drill.id)
    helped = {_home(line) for line in lines if line.needs_assistance}
    return {
        "state": drill.state,
        "state_name": STATE_NAMES[drill.state],
        "may_note": drill.state in OPEN_STATES | LATE_STATES,
        "may_conduct": may_conduct,
        "counts": _counts(standing(db, drill.id).total),
        "buildings": [_building(one) for one in buildings_of(db, drill.id)],
        "lines": [_line(line, helped) for line in lines if _is_shown(line)],
        "swept": [_swept(one) for one in sweeps_of(db, drill.id)],
    }


def _is_shown(line: Line) -> bool:
    """Leave out members whom their household counts, unless one of them is to be looked for."""
    return line.persons > 0 or line.is_sought


def _home(line: Line) -> tuple[int, str, int]:
    """Return what tells a home from the next: its room, or the line itself without one."""
    return line.building_id, line.room, 0 if line.room else line.id


def _counts(total: Counts) -> dict[str, int]:
    return asdict(total)


def _building(one: Building) -> BuildingView:
    floors = one.facts.floors_above
    stairs = (one.facts.stairs or 1) if floors else None
    return {"id": one.id, "name": one.name, "stairs": stairs, "floors": floors}


def _line(line: Line, helped: set[tuple[int, str, int]]) -> LineView:
    return {
        "id": line.id,
        "building": line.building_id,
        "floor": line.floor,
        "room": line.room,
        "kind": line.kind,
        "persons": line.persons,
        "arrived": line.arrived,
        "status": line.status,
        "helped": _home(line) in helped,
    }


def _swept(one: Sweep) -> tuple[int, int, int]:
    return one.floor.building_id, one.floor.stair, one.floor.floor
