"""Who may write a broadcast, and who may approve it: two people, each within their own area."""

from sqlalchemy import Connection

from community.audience_store import places_of
from community.broadcast_store import find_broadcast
from community.broadcasts import Audience, BadBroadcast, Broadcast
from community.building_posts import may_act_for
from community.staff import Role, Staff

# These write for every place of their area; others only for buildings that are theirs.
AUTHOR_ROLES: tuple[Role, ...] = (
    "duty_officer",
    "supervisor",
    "reviewer",
    "administrator",
    "curator",
    "department",
)
APPROVER_ROLES: tuple[Role, ...] = ("reviewer", "duty_officer", "administrator", "supervisor")


def require_author(db: Connection, staff: Staff | None, audience: Audience) -> None:
    """Refuse an author who does not answer for every place of an audience.

    Volunteers, building heads and grid workers do for the buildings that are theirs
    (``may_act_for``), one by one.

    Raises:
        BadBroadcast: ``area``; ``place``, when the district has no such place.
    """
    places = places_of(db, audience)
    if staff is None or not staff.is_active:
        raise BadBroadcast("area")
    area = staff.area(*AUTHOR_ROLES)
    if all(area.holds(*place) for place in places):
        return
    is_wide = audience.street_ids or audience.community_ids or not audience.building_ids
    if is_wide or not all(may_act_for(db, staff, one) for one in audience.building_ids):
        raise BadBroadcast("area")


def authored_by(db: Connection, broadcast_id: int, staff: Staff) -> Broadcast:
    """Return a broadcast to its author.

    Raises:
        BadBroadcast: ``author``, for anybody else.
        UnknownBroadcast: when there is none.
    """
    standing = find_broadcast(db, broadcast_id)
    if standing.author_id != staff.id or not staff.is_active:
        raise BadBroadcast("author")
    return standing


def judged_by(db: Connection, broadcast_id: int, staff: Staff) -> Broadcast:
    """Return a broadcast that somebody may approve or return, as a second person in charge.

    Raises:
        BadBroadcast: ``role``, ``same_person``, or ``place``.
        UnknownBroadcast: when there is none.
    """
    standing = find_broadcast(db, broadcast_id)
    area = staff.area(*APPROVER_ROLES)
    if not all(area.holds(*place) for place in places_of(db, standing.audience)):
        raise BadBroadcast("role")
    if standing.author_id == staff.id:
        raise BadBroadcast("same_person")
    return standing
