"""Naming building heads, grid workers and volunteers for a building, and ending that."""

from sqlalchemy import Connection
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
from bot.console.shell import Refused, Signed, form_of, page, redirect, text_of
from community.building_posts import (
    BUILDING_ROLES,
    CannotName,
    building_place,
    end,
    name_for,
    named_for,
)
from community.registers import Building
from community.staff import ROLE_NAMES
from community.staff_store import find_staff, list_staff

ACTIONS = {"building.named": "指定楼栋负责人", "building.unnamed": "取消楼栋负责人"}
NOT_FOUND = "请从名单里选人。"
NAMED_ALREADY = "已经是这栋楼的人了，没有改。"
NOT_NAMED = "已经不是这栋楼的人了，没有改。"
NOT_SELF = "自己的楼栋，要请另一位管理员指定。"
CANNOT = {
    "role": NOT_FOUND,
    "building": NO_BUILDING,
    "post": "这个人在这里没有这个职务。请先在“人员”里加职务。",
}


def routes() -> list[Route]:
    """Return the routes of naming and ending."""
    post = ("POST",)
    return [
        page(f"{ONE}/name", name_somebody, ADMINISTRATOR, methods=post),
        page(f"{ONE}/unname", end_somebody, ADMINISTRATOR, methods=post),
    ]


def candidates(db: Connection, building: Building) -> list[tuple[str, str]]:
    """Return who could be named for a building as what: a form's value, and words."""
    place = building_place(db, building.id)
    if place is None:
        return []
    named = {(one.staff_id, one.role) for one in named_for(db, building.id)}
    return [
        (f"{staff.id}/{role}", f"{staff.name}（{ROLE_NAMES[role]}）")
        for staff in list_staff(db, [building.district_id])
        for role in BUILDING_ROLES
        if staff.area(role).holds(*place) and (staff.id, role) not in named
    ]


async def name_somebody(signed: Signed) -> Response:
    """Name somebody for the building."""
    staff_id, role = await _who(signed)
    now = signed.now

    def work(db: Connection) -> Building:
        building = _administered(db, signed)
        if staff_id == signed.staff.id:
            raise Refused(NOT_SELF, 409)
        if not name_for(db, staff_id, building.id, role, signed.staff.id, now):
            raise Refused(NAMED_ALREADY, 409)
        note(db, signed, "building.named", building, {"staff": staff_id, "role": role})
        return building

    try:
        building = await signed.write(work)
    except CannotName as refused:
        raise Refused(CANNOT[refused.problem], 409) from None
    return redirect(signed, path_of(building), "指定好了。")


async def end_somebody(signed: Signed) -> Response:
    """End a naming; from now on the building is not theirs."""
    staff_id, role = await _who(signed)
    now = signed.now

    def work(db: Connection) -> Building:
        building = _administered(db, signed)
        if not end(db, staff_id, building.id, role, now):
            raise Refused(NOT_NAMED, 409)
        note(db, signed, "building.unnamed", building, {"staff": staff_id, "role": role})
        return building

    building = await signed.write(work)
    return redirect(signed, path_of(building), "取消了。")


async def _who(signed: Signed) -> tuple[int, str]:
    staff_id, _, role = text_of(await form_of(signed), "who", most=40).partition("/")
    is_id = staff_id.isascii() and staff_id.isdigit() and len(staff_id) < 19
    if not is_id or role not in BUILDING_ROLES:
        raise Refused(NOT_FOUND)
    return int(staff_id), role


def _administered(db: Connection, signed: Signed) -> Building:
    """Return the building, when the asker administers it by now."""
    building = building_at(db, signed)
    now_is = find_staff(db, signed.staff.id)
    if now_is is None or not administers(db, now_is, building):
        raise Refused(NO_BUILDING, 404)
    return building
