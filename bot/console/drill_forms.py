"""Planning a drill by a form: what was typed, what is wrong with it, and the plan it makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData

from bot.console.drill_desk import DrillDesk
from bot.console.forms import text_of
from community.staff import Staff
from drills.drill_store import buildings_of, registered
from drills.drills import KINDS, Drill, Kind
from drills.faults import Fault
from drills.plan_rules import Plan, building_faults, conflict_faults, word_faults
from drills.templates import LEAST_MINUTES, MOST_MINUTES, Templates

# Longer than any field takes, so that the planner says what is too long and nothing is lost.
MOST_TYPED = 4000
MOST_BUILDINGS = 200
MOST_ID_DIGITS = 19
USUAL_AHEAD = timedelta(days=8)
USUAL_TIME = "10:00"
BAD_DAY = Fault("bad_day", "日期没看懂，请从日历里选哪一天办。")
BAD_TIME = Fault("bad_time", "开始时间没看懂，请写成“10:00”这样。")
BAD_MINUTES = Fault(
    "bad_length", f"演练时长要写成{LEAST_MINUTES}到{MOST_MINUTES}之间的分钟数，请改一下。"
)
BAD_KIND = Fault("unknown_kind", "还没有选哪种演练，请选一种。")


@dataclass(frozen=True, slots=True)
class TypedPlan:
    """A plan as it stands in the form; ``version`` is of the drill that is changed."""

    kind: str = ""
    building_ids: frozenset[int] = frozenset()
    day: str = ""
    time: str = USUAL_TIME
    minutes: str = ""
    assembly_point: str = ""
    scenario: str = ""
    title: str = ""
    accepted: frozenset[str] = frozenset()
    version: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A typed plan with everything that is wrong with it; ``plan`` is None when it has no time."""

    plan: Plan | None
    faults: tuple[Fault, ...]

    @property
    def refusals(self) -> list[Fault]:
        """What has to be put right."""
        return [one for one in self.faults if one.is_refusal]

    @property
    def warnings(self) -> list[Fault]:
        """What has to be thought about."""
        return [one for one in self.faults if not one.is_refusal]

    def is_fit(self, accepted: frozenset[str]) -> bool:
        """Whether it may be planned: nothing is refused, and each warning was read."""
        return not self.refusals and {one.code for one in self.warnings} <= accepted


def typed_in(form: FormData) -> TypedPlan:
    """Return what a form holds.

    Raises:
        Refused: for what no browser sends.
    """
    texts = {name: text_of(form, name, most=MOST_TYPED) for name in _TEXTS}
    chosen = [one for one in form.getlist("building") if isinstance(one, str)]
    ids = frozenset(int(one) for one in chosen[:MOST_BUILDINGS] if _is_id(one))
    accepted = frozenset(text_of(form, "accept", most=MOST_TYPED).split(","))
    return TypedPlan(building_ids=ids, accepted=accepted, **texts)


_TEXTS = ("kind", "day", "time", "minutes", "assembly_point", "scenario", "title", "version")


def first_form(zone: ZoneInfo, now: datetime) -> TypedPlan:
    """Return the form of a new plan: an evacuation, early enough for every notice."""
    return TypedPlan(kind="evacuation", day=f"{(now + USUAL_AHEAD).astimezone(zone):%Y-%m-%d}")


def form_of_drill(db: Connection, drill: Drill, zone: ZoneInfo) -> TypedPlan:
    """Return the form of a drill that is given another plan."""
    local = drill.starts_at.astimezone(zone)
    return TypedPlan(
        kind=drill.kind,
        building_ids=frozenset(one.id for one in buildings_of(db, drill.id)),
        day=f"{local:%Y-%m-%d}",
        time=f"{local:%H:%M}",
        minutes=str(drill.lasts_minutes),
        assembly_point=drill.assembly_point,
        scenario=drill.scenario,
        title=drill.title,
        version=str(drill.version),
    )


def plan_of_drill(db: Connection, drill: Drill, starts_at: datetime) -> Plan:
    """Return the plan of a drill for another time."""
    ids = tuple(one.id for one in buildings_of(db, drill.id))
    return Plan(
        drill.kind, ids, starts_at, drill.lasts_minutes, drill.assembly_point, drill.scenario,
        drill.title,
    )  # fmt: skip


def judged(
    db: Connection,
    desk: DrillDesk,
    typed: TypedPlan,
    asker: tuple[Staff, datetime, ZoneInfo],
    current: Drill | None = None,
) -> Judged:
    """Return a typed plan with all its faults.

    Args:
        db: for reading.
        desk: of the pages.
        typed: what stands in the form.
        asker: who plans, when, and by whose clocks.
        current: the drill that is given this plan; None for a new one.
    """
    _, now, zone = asker
    starts_at = moment_in(typed.day, typed.time, zone)
    plan = _plan(typed, starts_at or now, desk.parts.templates)
    if misread := _misread(typed, zone):
        return Judged(None, (*misread, *_without_time(db, plan)))
    return Judged(plan, tuple(faults_of(db, desk, plan, asker, current)))


def faults_of(
    db: Connection,
    desk: DrillDesk,
    plan: Plan,
    asker: tuple[Staff, datetime, ZoneInfo],
    current: Drill | None,
) -> list[Fault]:
    """Return the faults of a plan; that ``current`` itself stands in its way is none."""
    staff, now, zone = asker
    itself = list(conflict_faults(plan, [current], zone)) if current else []
    return [one for one in desk.parts.planner.faults(db, plan, staff, now) if one not in itself]


def moment_in(day: str, time: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment that a day and a time name; None when they name none."""
    try:
        return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=zone)
    except ValueError:
        return None


def kinds_of(templates: Templates) -> Sequence[tuple[Kind, str, str, int]]:
    """Return (kind, name, what it is, usual minutes) of every kind there is."""
    return [
        (kind, templates[kind].name, templates[kind].scenario, templates[kind].lasts_minutes)
        for kind in KINDS
    ]


def _without_time(db: Connection, plan: Plan) -> list[Fault]:
    """Return what is wrong beside the time, by the same rules as the planner's."""
    return [*word_faults(plan), *building_faults(plan, registered(db, plan.building_ids))]


def _misread(typed: TypedPlan, zone: ZoneInfo) -> list[Fault]:
    """Return what cannot be read at all."""
    faults = [] if typed.kind in KINDS else [BAD_KIND]
    if moment_in(typed.day, USUAL_TIME, zone) is None:
        faults.append(BAD_DAY)
    elif moment_in(typed.day, typed.time, zone) is None:
        faults.append(BAD_TIME)
    if typed.minutes and not _is_minutes(typed.minutes):
        faults.append(BAD_MINUTES)
    return faults


def _plan(typed: TypedPlan, starts_at: datetime, templates: Templates) -> Plan:
    kind = next((one for one in KINDS if one == typed.kind), KINDS[0])
    is_own = _is_minutes(typed.minutes)
    minutes = int(typed.minutes) if is_own else templates[kind].lasts_minutes
    return Plan(
        kind, tuple(sorted(typed.building_ids)), starts_at, minutes, typed.assembly_point,
        typed.scenario, typed.title,
    )  # fmt: skip


def _is_minutes(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len("1440")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < MOST_ID_DIGITS
