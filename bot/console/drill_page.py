"""The page of one drill: what it is, what is done next, and all that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.drill_desk import DrillDesk, drill_at, may_approve, may_conduct, path_of
from bot.console.drill_words import (
    NEXT,
    STAGE_NAMES,
    CourseStep,
    Happened,
    StepLine,
    clock,
    course,
    happened,
    spaced,
    step_line,
)
from bot.console.operation_store import new_operation
from bot.console.people_store import staff_names
from bot.console.shell import Signed, render
from community.broadcasts import marked
from community.registers import Building
from community.staff import Staff
from drills.announcing import Announced, Setting, announcement
from drills.checking import ChecklistView
from drills.drill_store import buildings_of, events_of
from drills.drills import ABORTABLE, BEFORE, MOVES, RUNNING, STATE_NAMES, Drill, State
from drills.problem_store import problems_of
from drills.problems import PROBLEM_KINDS, PROBLEM_NAMES, Problem
from drills.report_store import Sealed, versions_of
from drills.roll_counts import Counts
from drills.roster_store import standing
from drills.step_store import steps_of

MOST_EVENTS = 200
# The roll call's own page is open from the first notice to the debrief.
ROLL_STATES: frozenset[State] = RUNNING | {"announced", "standby", "all_clear", "debrief"}
COUNTED: frozenset[State] = RUNNING | {"all_clear", "debrief", "reported", "closed", "aborted"}
PAPERS_BEFORE: frozenset[State] = RUNNING | {"announced", "standby"}
REPORTED: frozenset[State] = frozenset({"all_clear", "debrief", "reported", "closed"})
NOTABLE: frozenset[State] = COUNTED
TOLD: Mapping[Announced, str] = {
    **{stage: STAGE_NAMES[stage] for stage in ("notice_week", "notice_day", "notice_soon")},
    "alarm": STAGE_NAMES["alarm"],
    "reminder": STAGE_NAMES["reminder"],
    "all_clear": "演练解除",
}


@dataclass(frozen=True, slots=True)
class May:
    """What somebody may do with a drill, to show only buttons that work."""

    conduct: bool
    approve: bool
    is_organiser: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What residents read at a stage."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that a drill's page shows, read on one snapshot."""

    drill: Drill
    zone: ZoneInfo
    buildings: Sequence[Building]
    may: May
    names: Mapping[int, str]
    checklist: ChecklistView
    counts: Counts
    steps: Sequence[StepLine]
    events: Sequence[Happened]
    told: Sequence[Told]
    problems: Sequence[Problem]
    versions: Sequence[Sealed]

    @property
    def place(self) -> str:
        """Where it is held."""
        names = "、".join(one.name for one in self.buildings)
        first = self.buildings[0] if self.buildings else None
        return f"{first.street}{first.community}　{names}" if first else names

    @property
    def course(self) -> list[CourseStep]:
        """How far it has come."""
        return course(self.drill.state)

    @property
    def may_end_early(self) -> bool:
        """Whether it may be put off or called off."""
        return self.may.conduct and "cancelled" in MOVES[self.drill.state]


def look_at(db: Connection, desk: DrillDesk, signed: Signed, now: datetime) -> Looked:
    """Return what the page of the address's drill shows.

    Raises:
        Refused: when there is none there for the asker.
    """
    drill = drill_at(db, signed)
    zone, buildings = desk.zone(drill.district_id), buildings_of(db, drill.id)
    checklist = desk.parts.conducting.checking.view(db, drill)
    events = events_of(db, drill.id)[-MOST_EVENTS:]
    ids = {one.actor_id for one in events if one.actor_kind == "staff" and one.actor_id}
    ids |= {one.staff_id for one in checklist.ticks.values()}
    names = staff_names(db, ids | {drill.organiser_id, drill.approver_id or drill.organiser_id})
    items = {item: one.name for item, one in desk.parts.checklist.by_id.items()}
    return Looked(
        drill=drill,
        zone=zone,
        buildings=buildings,
        may=_may(db, drill, signed.staff),
        names=names,
        checklist=checklist,
        counts=standing(db, drill.id).total,
        steps=[step_line(one) for one in steps_of(db, drill.id)],
        events=[happened(one, names, items) for one in reversed(events)],
        told=told(desk, drill, Setting(tuple(one.id for one in buildings), zone), now),
        problems=problems_of(db, drill.id),
        versions=versions_of(db, drill.id),
    )


def told(desk: DrillDesk, drill: Drill, setting: Setting, now: datetime) -> list[Told]:
    """Return what residents read at each stage, with the marks they read it with."""
    found = []
    for stage, name in TOLD.items():
        said = announcement(drill, stage, setting, desk.parts.templates, now)
        found.append(Told(name, marked(said.words["zh"], said.mode, "zh")))
    return found


async def show_drill(desk: DrillDesk, signed: Signed) -> Response:
    """Show the page of a drill."""
    return await drill_page(desk, signed)


async def show_counts(desk: DrillDesk, signed: Signed) -> Response:
    """Show the counts alone, which a running drill's page asks for again and again."""
    del desk

    def read(db: Connection) -> tuple[Drill, Counts]:
        drill = drill_at(db, signed)
        return drill, standing(db, drill.id).total

    drill, counts = await signed.read(read)
    return render(signed, "drills/counts.html", counts=counts, path=path_of(drill))


async def show_abort(desk: DrillDesk, signed: Signed) -> Response:
    """Ask once more before a drill is stopped that is not under way."""
    drill = await signed.read(lambda db: drill_at(db, signed))
    del desk
    return render(
        signed, "drills/abort.html", drill=drill, path=path_of(drill), operation=new_operation(),
        is_abortable=drill.state in ABORTABLE,
    )  # fmt: skip


async def refused(desk: DrillDesk, signed: Signed, words: str) -> Response:
    """Show the drill as it is by now, with what was not done and why."""
    return await drill_page(desk, signed, 409, words)


async def drill_page(
    desk: DrillDesk, signed: Signed, status: int = 200, problem: str = "", written: str = ""
) -> Response:
    """Return the page of a drill; ``written`` is what was typed into what was refused."""
    now = signed.now
    looked = await signed.read(lambda db: look_at(db, desk, signed, now))
    today = now.astimezone(looked.zone).date()
    return render(
        signed,
        "drills/drill.html",
        status,
        look=looked,
        problem=problem,
        written=written,
        code=spaced(looked.drill.code),
        path=path_of(looked.drill),
        operation=new_operation(),
        today=today,
        **_words(looked, today),
    )


def _words(looked: Looked, today: date) -> dict[str, object]:
    """Return the words for codes that the page needs."""
    drill = looked.drill
    return {
        "drill": drill,
        "state": STATE_NAMES[drill.state],
        "when": clock(drill.starts_at, looked.zone),
        "next": NEXT.get(drill.state),
        "groups": {
            "before": BEFORE,
            "running": RUNNING,
            "abortable": ABORTABLE,
            "roll": ROLL_STATES,
            "counted": COUNTED,
            "papers": PAPERS_BEFORE,
            "reported": REPORTED,
            "notable": NOTABLE,
        },
        "problem_kinds": [(kind, PROBLEM_NAMES[kind]) for kind in PROBLEM_KINDS],
        "problem_names": PROBLEM_NAMES,
        "earlier": [(one, one.line(today)) for one in looked.checklist.problems],
    }


def _may(db: Connection, drill: Drill, staff: Staff) -> May:
    return May(
        may_conduct(db, drill, staff), may_approve(drill, staff), staff.id == drill.organiser_id
    )
