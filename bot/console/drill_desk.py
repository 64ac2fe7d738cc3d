"""What the pages about drills work with, who they are for, and how they find a drill."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.charts.studio import Studio
from bot.console.shell import Refused, Signed
from bot.drill_parts import DrillParts
from bot.papers.typesetting import Typesetter
from community import audit
from community.building_posts import BUILDING_ROLES, may_act_for
from community.staff import Area, Role, Staff
from drills.conducting_rules import APPROVERS
from drills.drill_store import buildings_of, drill_by_code
from drills.drills import Drill

PATH = "/console/drills"
ROLES: tuple[Role, ...] = (*BUILDING_ROLES, *APPROVERS)
NO_DRILL = "没有这场演练，或者不在你的范围里。请从“演练”里选。"


def no_address(_public_url: str, _token: str) -> str:
    """Return no address of a drill's own: the code on the poster leads to the chat."""
    return ""


@dataclass(frozen=True, slots=True)
class DrillDesk:
    """What every page about drills works with.

    Attributes:
        parts: what drills are planned and conducted with.
        typesetter: sets reports, rosters and posters.
        studio: draws the charts of reports.
        check_in_address: public address and token → what the code at the assembly point says;
            "" for the chat itself, where the six digits are typed.
    """

    parts: DrillParts
    typesetter: Typesetter
    studio: Studio
    check_in_address: Callable[[str, str], str] = no_address

    def zone(self, district_id: str) -> ZoneInfo:
        """Return by whose clocks a district goes; that of the duties for one not served."""
        district = self.parts.districts.get(district_id)
        return ZoneInfo(district.timezone) if district else self.parts.duties.zone


def area_of(staff: Staff) -> Area:
    """Return where somebody may see drills."""
    return staff.area(*ROLES)


def drill_at(db: Connection, signed: Signed) -> Drill:
    """Return the drill that an address names by its ``code``.

    Raises:
        Refused: as if there were none, when it lies outside the area.
    """
    found = drill_by_code(db, signed.request.path_params["code"])
    if found is None or not area_of(signed.staff).holds(found.district_id, found.street_id):
        raise Refused(NO_DRILL, 404)
    return found


def may_conduct(db: Connection, drill: Drill, staff: Staff) -> bool:
    """Whether all buildings of a drill are somebody's to act for, as conducting it asks."""
    buildings = buildings_of(db, drill.id)
    return bool(buildings) and all(may_act_for(db, staff, one.id) for one in buildings)


def may_approve(drill: Drill, staff: Staff) -> bool:
    """Whether somebody may approve a drill: not its organiser, and in their area."""
    is_theirs = staff.area(*APPROVERS).holds(drill.district_id, drill.street_id)
    return is_theirs and staff.id != drill.organiser_id


def path_of(drill: Drill, *more: str) -> str:
    """Return the path of a drill's page, or of one below it."""
    return "/".join((PATH, drill.code, *more))


def note(db: Connection, signed: Signed, action: str, drill: Drill, **detail: str | int) -> None:
    """Note in the audit log what was done about a drill; moves are noted by conducting."""
    audit.note(
        db,
        actor=signed.actor,
        action=action,
        subject=f"drill:{drill.id}",
        detail={"version": drill.version, **detail},
        now=signed.now,
        district_id=drill.district_id,
    )
