"""What the pages for work outside work with, who they are for, and how they find a building."""

from collections.abc import Callable
from dataclasses import dataclass
from random import random

from sqlalchemy import Connection

from bot.console.shell import Refused, Signed
from community.staff import ROLES, Area, Role, Staff
from hazards.cases import Actor
from hazards.inspecting import Inspecting
from hazards.inspection_store import Ground, find_ground, ground_of
from hazards.inspections import Guide
from hazards.intake import Intake
from hazards.photos import Photos
from hazards.spot import OnSpot
from storage import read_code

PATH = "/console/field"
# Who puts things right on the spot, who inspects, and who looks at what was found.
FIXERS: tuple[Role, ...] = ("grid_worker",)
INSPECTORS: tuple[Role, ...] = ("grid_worker", "building_head")
VIEWERS: tuple[Role, ...] = (
    *INSPECTORS,
    "supervisor",
    "reviewer",
    "duty_officer",
    "administrator",
)
NO_BUILDING = "没有这栋楼，或者不在你的范围里。请从名单里选。"


@dataclass(frozen=True, slots=True)
class FieldDesk:
    """What every page for work outside works with.

    Attributes:
        intake: of all reports.
        photos: keeps them.
        guide: the questions of an inspection.
        draw: within 0 and 1, whether what was closed on the spot is looked at again.
    """

    intake: Intake
    photos: Photos
    guide: Guide
    draw: Callable[[], float] = random

    @property
    def spot(self) -> OnSpot:
        """What takes in what is found."""
        return OnSpot(self.intake, self.draw)

    @property
    def inspecting(self) -> Inspecting:
        """What inspections go by."""
        return Inspecting(self.spot, self.guide)


def fixing_area(staff: Staff) -> Area:
    """Return where somebody may close what they put right."""
    return staff.area(*FIXERS)


def inspecting_area(staff: Staff) -> Area:
    """Return where somebody may inspect."""
    return staff.area(*INSPECTORS)


def viewing_area(staff: Staff) -> Area:
    """Return where somebody may read inspections."""
    return staff.area(*VIEWERS)


def ground_in(db: Connection, area: Area, typed: str) -> Ground:
    """Return a building of an area by its code as typed or scanned.

    Raises:
        Refused: when there is none there.
    """
    code = read_code(typed)
    found = find_ground(db, area, code) if code is not None else None
    if found is None:
        raise Refused(NO_BUILDING, 404)
    return found


def seen_ground(db: Connection, signed: Signed, building_id: int) -> Ground:
    """Return a building that somebody may look at.

    Raises:
        Refused: as if there were none, when it lies outside their area.
    """
    found = ground_of(db, building_id)
    area = viewing_area(signed.staff)
    if found is None or not area.holds(found.building.district_id, found.street_id):
        raise Refused(NO_BUILDING, 404)
    return found


def inspector_at(staff: Staff, ground: Ground) -> Actor:
    """Return somebody as they inspect a building.

    Raises:
        Refused: when none of their posts to inspect covers it.
    """
    place = (ground.building.district_id, ground.street_id)
    held = (post.role for post in staff.posts if staff.is_active and post.area.holds(*place))
    role = min((role for role in held if role in INSPECTORS), key=ROLES.index, default=None)
    if role is None:
        raise Refused(NO_BUILDING, 404)
    return Actor(role, staff.id)
