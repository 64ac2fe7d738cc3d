"""Assembly points and refuge floors by hand: what changes more often than a list comes in.

A change is an import of one building, so it stands in the register as a list's would.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.building_desk import (
    ADMINISTRATOR,
    NO_BUILDING,
    ONE,
    administers,
    building_at,
    note,
    path_of,
)
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, text_of
from community.building_apply import ImportOvertaken, apply_import
from community.building_columns import HEADING_OF, BadCell, plain
from community.building_import import ImportPlan, PlannedBuilding
from community.registers import Building, BuildingFacts

ACTIONS = {"building.changed": "改楼栋信息"}
MOST_CHARACTERS = 400
FIELDS = ("assembly_points", "refuge_floors")

SAME = "和原来一样，没有改。"
CHANGED = "改好了，公示页马上更新。"
TOO_HIGH = "避难层比地上层数{top}还高，请核对。"
OVERTAKEN = "正在导入楼栋名单，这次没有改。等导入做完再来。"


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds, one item after another parted by 、."""

    assembly_points: str
    refuge_floors: str


def routes() -> list[Route]:
    """Return the form, and where it is sent."""
    return [
        page(f"{ONE}/edit", show_form, ADMINISTRATOR),
        page(f"{ONE}/edit", change, ADMINISTRATOR, methods=("POST",)),
    ]


async def show_form(signed: Signed) -> Response:
    """Show the form, filled in as the register has it."""
    building = await signed.read(lambda db: _administered(db, signed))
    facts = building.facts
    floors = "、".join(str(floor) for floor in facts.refuge_floors)
    return _form(signed, building, Typed("、".join(facts.assembly_points), floors))


async def change(signed: Signed) -> Response:
    """Write what was typed; what cannot be is shown again with what to mend."""
    form = await form_of(signed)
    typed = Typed(*(text_of(form, name, most=MOST_CHARACTERS) for name in FIELDS))
    building = await signed.read(lambda db: _administered(db, signed))
    try:
        facts = _read(typed, building.facts)
    except Refused as refused:
        return _form(signed, building, typed, refused.words)
    if facts == building.facts:
        return redirect(signed, path_of(building), SAME)
    planned = PlannedBuilding(building.street, building.community, facts)
    plan = ImportPlan(building.district_id, changed=(planned,))
    try:
        await run_in_threadpool(apply_import, signed.console.database, plan, signed.now)
    except ImportOvertaken:
        raise Refused(OVERTAKEN, 409) from None
    await signed.write(lambda db: note(db, signed, "building.changed", building, {}))
    return redirect(signed, path_of(building), CHANGED)


def _form(signed: Signed, building: Building, typed: Typed, words: str = "") -> Response:
    status = 422 if words else 200
    return render(
        signed, "buildings/edit.html", status, building=building, typed=typed, words=words
    )


def _read(typed: Typed, facts: BuildingFacts) -> BuildingFacts:
    """Return the facts with what was typed in them; an empty field empties the fact.

    Raises:
        Refused: when something cannot be read, or contradicts the number of floors.
    """
    given: dict[str, Any] = {name: _value(name, getattr(typed, name)) for name in FIELDS}
    changed = replace(facts, **given)
    top = changed.floors_above
    if top is not None and any(floor > top for floor in changed.refuge_floors):
        raise Refused(TOO_HIGH.format(top=top))
    return changed


def _value(name: str, text: str) -> object:
    heading = HEADING_OF[name]
    if not text:
        return ()
    try:
        return heading.read(plain(text))
    except BadCell as bad:
        raise Refused(f"{heading.name}：{bad.problem}。{bad.mend}。") from None


def _administered(db: Connection, signed: Signed) -> Building:
    building = building_at(db, signed)
    if not administers(db, signed.staff, building):
        raise Refused(NO_BUILDING, 404)
    return building
