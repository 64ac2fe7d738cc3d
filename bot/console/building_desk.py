"""What the pages of buildings share: who they are for, and the building a path names."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.console.shell import Refused, Signed, shell_of
from bot.papers.child import ChildError
from bot.papers.typesetting import Paper, Typesetter
from community import audit
from community.building_posts import AREA_ROLES, BUILDING_ROLES, building_place, may_act_for
from community.register_store import find_building_by_code
from community.registers import Building
from community.staff import Role, Staff

PATH = "/console/buildings"
ONE = f"{PATH}/{{code}}"
ROLES: tuple[Role, ...] = (*AREA_ROLES, *BUILDING_ROLES)
ADMINISTRATOR: Role = "administrator"

NO_BUILDING = "没有这栋楼，或者不在你的范围里。请从名单里选。"
NOT_SET = "这份文件没有排出来。请再试一次；还不行就告诉管理员。"


@dataclass(frozen=True, slots=True)
class BuildingDesk:
    """What every page of buildings works with; ``typesetter`` sets lists and posters."""

    typesetter: Typesetter


def path_of(building: Building, *more: str) -> str:
    """Return the path of a building's page, or of one below it."""
    return "/".join((PATH, building.code, *more))


def building_at(db: Connection, signed: Signed) -> Building:
    """Return the building a path names, when the asker may act for it.

    Raises:
        Refused: when there is none there for them.
    """
    found = find_building_by_code(db, signed.request.path_params["code"])
    if found is None or not may_act_for(db, signed.staff, found.id):
        raise Refused(NO_BUILDING, 404)
    return found


def administers(db: Connection, staff: Staff, building: Building) -> bool:
    """Whether somebody may change a building and name people for it."""
    return holds(db, staff, building, ADMINISTRATOR)


def holds(db: Connection, staff: Staff, building: Building, role: Role) -> bool:
    """Whether somebody has a role in the area of a building."""
    place = building_place(db, building.id)
    return place is not None and staff.area(role).holds(*place)


def zone_of(signed: Signed, building: Building) -> ZoneInfo:
    """Return by whose clocks papers about a building are written."""
    shell = shell_of(signed.request)
    district = shell.districts.get(building.district_id)
    return ZoneInfo(district.timezone) if district else shell.zone


def note(
    db: Connection, signed: Signed, action: str, building: Building, detail: dict[str, str | int]
) -> None:
    """Note in the audit log what was done to a building."""
    audit.note(
        db,
        actor=signed.actor,
        action=action,
        subject=f"building:{building.id}",
        detail=detail,
        now=signed.now,
        district_id=building.district_id,
    )


async def pdf(desk: BuildingDesk, paper: Paper, name: str) -> Response:
    """Answer with a paper; ``name`` is of the file, without its ending."""
    try:
        data = await run_in_threadpool(desk.typesetter.pdf, paper)
    except ChildError as error:
        raise Refused(NOT_SET, 422 if error.permanent else 503) from error
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(data, media_type="application/pdf", headers=headers)
