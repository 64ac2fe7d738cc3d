"""What the pages about notices work with, who they are for, and how they find a notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.console.broadcast_looks_store import may_judge
from bot.console.shell import Refused, Signed
from community.audience_store import places_of
from community.broadcast_problems import PROBLEM_WORDS, Problem
from community.broadcast_rights_store import APPROVER_ROLES, AUTHOR_ROLES
from community.broadcast_store import broadcast_by_code
from community.broadcasts import CHINA, BadBroadcast, Broadcast
from community.building_posts import BUILDING_ROLES, ActingFor, acting_for
from community.districts import District
from community.staff import Role, Staff

PATH = "/console/broadcasts"
ROLES: tuple[Role, ...] = (*AUTHOR_ROLES, *BUILDING_ROLES)
NO_BROADCAST = "没有这条通知，或者不在你的范围里。请从“通知”里选。"
EVERYONE = "这会发给全区所有人。确定要发，请勾选“发给全区”；不是的话，请选镇街、社区或楼栋。"


@dataclass(frozen=True, slots=True)
class BroadcastDesk:
    """What every page about notices works with.

    Attributes:
        districts: those served, by id.
    """

    districts: Mapping[str, District]

    def timezone(self, district_id: str) -> str:
        """Return by whose clocks a district goes, an IANA name."""
        known = self.districts.get(district_id)
        return known.timezone if known else CHINA

    def zone(self, district_id: str) -> ZoneInfo:
        """Return by whose clocks a district goes."""
        return ZoneInfo(self.timezone(district_id))


def problem_words(problem: Problem) -> str:
    """Return what people read when something was refused, with the tick as the form names it."""
    return EVERYONE if problem == "everyone" else PROBLEM_WORDS[problem]


def broadcast_at(db: Connection, signed: Signed) -> Broadcast:
    """Return the notice that an address names by its ``code``.

    Raises:
        Refused: as if there were none, when it lies outside the area.
    """
    found = broadcast_by_code(db, signed.request.path_params["code"])
    if found is None or not may_see(db, found, signed.staff):
        raise Refused(NO_BROADCAST, 404)
    return found


def may_see(db: Connection, kept: Broadcast, staff: Staff) -> bool:
    """Whether somebody finds it: written by them, in their area, or theirs to approve."""
    area = staff.area(*AUTHOR_ROLES, *APPROVER_ROLES)
    is_here = area.holds(kept.district_id, kept.street_id)
    return is_here or kept.author_id == staff.id or may_judge(db, kept, staff)


def may_run(db: Connection, kept: Broadcast, staff: Staff) -> bool:
    """Whether somebody may hold it up, end it or send it again: its author, or who is in charge."""
    if kept.author_id == staff.id:
        return staff.is_active
    area = staff.area(*APPROVER_ROLES)
    try:
        return all(area.holds(*place) for place in places_of(db, kept.audience))
    except BadBroadcast:
        # A place that the register lost since: then whoever runs the district is in charge.
        return area.holds(kept.district_id)


def reach_of(db: Connection, staff: Staff) -> ActingFor:
    """Return every building that somebody may write to."""
    own = acting_for(db, staff)
    return ActingFor(own.area | staff.area(*AUTHOR_ROLES), own.building_ids)


def path_of(kept: Broadcast, *more: str) -> str:
    """Return the path of a notice's page, or of one below it."""
    return "/".join((PATH, kept.code, *more))
