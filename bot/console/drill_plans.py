"""The pages on which a drill is planned, and given another plan while it is not approved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.drill_desk import PATH, ROLES, DrillDesk, drill_at, note, path_of
from bot.console.drill_forms import (
    Judged,
    TypedPlan,
    first_form,
    form_of_drill,
    judged,
    kinds_of,
    typed_in,
)
from bot.console.drill_looks_store import Place, buildings_to_plan, places_to_plan
from bot.console.drill_page import refused
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, claim, new_operation
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, text_of
from community.building_posts import acting_for
from community.registers import Building
from drills.drills import Drill, DrillRefused
from drills.plan_rules import MOST_ASSEMBLY_CHARACTERS, MOST_SCENARIO_CHARACTERS
from drills.planning import BadPlan

NO_PLACE = "没有你能排演练的社区，或者这个社区不在你的范围里。请从列表里选。"
PLANNED = "计划好了，等别人批准。"
CHANGED = "计划改好了。"
ALREADY = "这份计划刚才已经交过了，没有重复排。"
ONE_PLACE = 1


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a plan is made: a community, its buildings that are the asker's, and its clocks."""

    place: Place
    buildings: Sequence[Building]
    zone: ZoneInfo

    @property
    def points(self) -> list[str]:
        """The assembly points that its buildings register, each once."""
        found = (point for one in self.buildings for point in one.facts.assembly_points)
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the form's page shows; ``drill`` is the one that is given another plan."""

    ground: Ground
    typed: TypedPlan
    judged: Judged | None = None
    drill: Drill | None = None


def routes(desk: DrillDesk) -> list[Route]:
    """Return the routes of planning; fixed addresses."""
    one = f"{PATH}/{{code}}/change"
    return [
        page(f"{PATH}/plan", partial(choose_place, desk), *ROLES),
        page(f"{PATH}/plan/{{community:int}}", partial(show_plan, desk), *ROLES),
        page(f"{PATH}/plan/{{community:int}}", partial(plan, desk), *ROLES, methods=("POST",)),
        page(one, partial(show_change, desk), *ROLES),
        page(one, partial(change, desk), *ROLES, methods=("POST",)),
    ]


async def choose_place(desk: DrillDesk, signed: Signed) -> Response:
    """Show the communities to plan in; somebody with a single one goes straight on."""
    del desk
    places = await signed.read(lambda db: places_to_plan(db, acting_for(db, signed.staff)))
    if len(places) == ONE_PLACE:
        return redirect(signed, f"{PATH}/plan/{places[0].id}")
    return render(signed, "drills/places.html", places=places)


async def show_plan(desk: DrillDesk, signed: Signed) -> Response:
    """Show the form of a new plan."""
    community_id = signed.request.path_params["community"]
    ground = await signed.read(lambda db: _ground(db, desk, signed, community_id))
    return _form(desk, signed, Shown(ground, first_form(ground.zone, signed.now)))


async def plan(desk: DrillDesk, signed: Signed) -> Response:
    """Plan a drill, or show all that is wrong beside what was typed."""
    form = await form_of(signed)
    typed, operation = typed_in(form), text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    community_id, now = signed.request.path_params["community"], signed.now

    def work(db: Connection) -> Shown | Drill | None:
        ground = _ground(db, desk, signed, community_id)
        found = judged(db, desk, typed, (signed.staff, now, ground.zone))
        if found.plan is None or not found.is_fit(typed.accepted):
            return Shown(ground, typed, found)
        if not claim(db, signed.staff.id, operation, now):
            return None
        made = desk.parts.planner.plan(db, found.plan, signed.staff, now)
        note(db, signed, "drill.planned", made)
        return made

    return await _planned(desk, signed, work, PLANNED)


async def show_change(desk: DrillDesk, signed: Signed) -> Response:
    """Show the form with a drill's plan."""

    def read(db: Connection) -> Shown:
        drill = drill_at(db, signed)
        ground = _ground(db, desk, signed, drill.community_id)
        return Shown(ground, form_of_drill(db, drill, ground.zone), None, drill)

    return _form(desk, signed, await signed.read(read))


async def change(desk: DrillDesk, signed: Signed) -> Response:
    """Give a drill another plan, or show all that is wrong beside what was typed."""
    typed, now = typed_in(await form_of(signed)), signed.now

    def work(db: Connection) -> Shown | Drill:
        drill = drill_at(db, signed)
        if typed.version != str(drill.version):
            raise DrillRefused("stale")
        ground = _ground(db, desk, signed, drill.community_id)
        found = judged(db, desk, typed, (signed.staff, now, ground.zone), drill)
        if found.plan is None or not found.is_fit(typed.accepted):
            return Shown(ground, typed, found, drill)
        changed = desk.parts.planner.change(db, drill, found.plan, signed.staff, now)
        note(db, signed, "drill.changed", changed)
        return changed

    try:
        return await _planned(desk, signed, work, CHANGED)
    except DrillRefused as refusal:
        return await refused(desk, signed, refusal.words)


async def _planned(
    desk: DrillDesk, signed: Signed, work: Callable[[Connection], Shown | Drill | None], said: str
) -> Response:
    try:
        done = await signed.write(work)
    except BadPlan:
        # Somebody planned for the same buildings since: now the form says so.
        done = await signed.write(work)
    if isinstance(done, Shown):
        return _form(desk, signed, done, 422)
    if done is None:
        return redirect(signed, PATH, ALREADY)
    return redirect(signed, path_of(done), said)


def _ground(db: Connection, desk: DrillDesk, signed: Signed, community_id: int) -> Ground:
    """Return where to plan.

    Raises:
        Refused: when no building there is the asker's.
    """
    reach = acting_for(db, signed.staff)
    place = next((one for one in places_to_plan(db, reach) if one.id == community_id), None)
    if place is None:
        raise Refused(NO_PLACE, 404)
    buildings = buildings_to_plan(db, reach, community_id)
    return Ground(place, buildings, desk.zone(buildings[0].district_id))


def _form(desk: DrillDesk, signed: Signed, shown: Shown, status: int = 200) -> Response:
    return render(
        signed,
        "drills/plan.html",
        status,
        ground=shown.ground,
        typed=shown.typed,
        judged=shown.judged,
        drill=shown.drill,
        kinds=kinds_of(desk.parts.templates),
        operation=new_operation(),
        most_scenario=MOST_SCENARIO_CHARACTERS,
        most_point=MOST_ASSEMBLY_CHARACTERS,
    )
