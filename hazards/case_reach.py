"""Whether somebody's posts cover a case: their role, in its district, street or department."""

from collections.abc import Collection

from sqlalchemy import Connection

from community.departments import STREET
from community.staff import Area, Role, Staff
from community.staff_store import find_staff
from hazards.cases import Actor, Case, NotAllowed

# Who sees cases, in the console and in chat. Curators, volunteers and building heads have no
# business with what their neighbours report.
CASE_ROLES: tuple[Role, ...] = (
    "grid_worker",
    "department",
    "supervisor",
    "reviewer",
    "duty_officer",
    "administrator",
)
_WITHOUT_STAFF = frozenset({"system", "reporter"})
# What the lead department does; all else of departments is the handler's.
_OF_THE_LEAD = frozenset({"take_over"})
_OF_BOTH = frozenset({"note"})


def require_reach(db: Connection, case: Case, actor: Actor, action: str) -> None:
    """Do nothing when the actor holds their role for this case.

    Departments act on what they handle, and take over what they lead; all others act within
    their districts and streets.

    Raises:
        NotAllowed: when they do not, are not active, or there are no such staff.
    """
    if actor.staff_id is None:
        if actor.role not in _WITHOUT_STAFF:
            raise NotAllowed(case, action, actor)
        return
    staff = find_staff(db, actor.staff_id)
    if staff is None or not covers(staff, case, actor.role, action):
        raise NotAllowed(case, action, actor)


def covers(staff: Staff, case: Case, role: str, action: str = "") -> bool:
    """Tell whether somebody may do something to a case in one of their roles."""
    if not staff.is_active:
        return False
    areas = [post.area for post in staff.posts if post.role == role]
    if role != "department":
        return any(area.holds(case.district_id, case.street_id) for area in areas)
    return any(_is_of(area, case, unit) for area in areas for unit in _units(case, action))


def _units(case: Case, action: str) -> tuple[str, ...]:
    """Return the departments of a case that may do something to it."""
    if action in _OF_BOTH:
        return (case.handler, case.lead)
    return (case.lead,) if action in _OF_THE_LEAD else (case.handler,)


def _is_of(area: Area, case: Case, unit: str) -> bool:
    """Tell whether an area is that of a department, for the street that of the case's own."""
    if unit == STREET and case.street_id in area.streets:
        return True
    return unit != "" and (case.district_id, unit) in area.departments


def roles_for(staff: Staff, case: Case, roles: Collection[str]) -> frozenset[str]:
    """Return which of ``roles`` somebody holds for a case; for ``open_moves``.

    A department that only leads a case is among them: its one move is taking over.
    """
    return frozenset(
        role
        for role in roles
        if covers(staff, case, role) or covers(staff, case, role, "take_over")
    )


def may_see(area: Area, case: Case) -> bool:
    """Tell whether a case lies in an area, or a department of the area handles or leads it."""
    return any(
        area.holds(case.district_id, case.street_id, unit) for unit in (case.handler, case.lead)
    )
