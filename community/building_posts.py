"""Whom a building is given to (楼栋负责人): its head, grid workers and volunteers; table and rules.

Being named for a building adds nothing to a post: it narrows the post to buildings. So a naming
counts as long as its holder has the role in the building's street and may work at all.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    exists,
    insert,
    or_,
    select,
    update,
)

from community.register_store import building, community
from community.staff import Area, Role, Staff, StaffError
from community.staff_store import find_staff, staff_member, staff_post
from storage import RowId, UtcDateTime, metadata

BuildingRole = Literal["volunteer", "building_head", "grid_worker"]
BUILDING_ROLES: tuple[BuildingRole, ...] = get_args(BuildingRole)
# These act for every building of their area, named or not.
AREA_ROLES: tuple[Role, ...] = (
    "duty_officer",
    "supervisor",
    "reviewer",
    "administrator",
    "department",
)

staff_building = Table(
    "staff_building",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    Column("role", String(20), nullable=False),
    Column("named_by", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("named_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_staff_building_staff_id", "staff_id", "role"),
    Index("ix_staff_building_building_id", "building_id"),
    Index("ix_staff_building_named_by", "named_by"),
    sqlite_autoincrement=True,
)
# Several that ended may stand beside the one that runs.
Index(
    "uq_staff_building_running",
    staff_building.c.staff_id,
    staff_building.c.building_id,
    staff_building.c.role,
    unique=True,
    sqlite_where=staff_building.c.ended_at.is_(None),
    postgresql_where=staff_building.c.ended_at.is_(None),
)

_named = staff_building.c


class CannotName(StaffError):
    """Somebody cannot be named for a building.

    Attributes:
        problem: ``role`` (none that is named for buildings), ``building`` (there is none, or
            it is archived), ``post`` (nobody active with this role in the building's street).
    """

    def __init__(self, staff_id: int, problem: Literal["role", "building", "post"]) -> None:
        self.staff_id = staff_id
        self.problem = problem
        super().__init__(f"staff {staff_id} cannot be named for this building: wrong {problem}")


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody named for a building, whose post still stands.

    Attributes:
        staff_id: who.
        name: as colleagues read it.
        role: as what.
        named_at: since when.
    """

    staff_id: int
    name: str
    role: BuildingRole
    named_at: datetime


@dataclass(frozen=True, slots=True)
class ActingFor:
    """The buildings somebody may act for, to narrow a list in SQL.

    Attributes:
        area: all buildings in it.
        building_ids: and these, one by one.
    """

    area: Area
    building_ids: frozenset[int]


def name_for(  # noqa: PLR0913, PLR0917 - the columns of one row
    db: Connection, staff_id: int, building_id: int, role: str, named_by: int, now: datetime
) -> bool:
    """Name somebody for a building; False when they are already.

    Args:
        db: inside a write.
        staff_id: who; they need a post of this role in the building's street.
        building_id: where.
        role: one of ``BUILDING_ROLES``.
        named_by: staff id; whether they may is the caller's to check.
        now: since when.

    Raises:
        CannotName: when role, building or post do not allow it.
    """
    # Held, so that of two who name at once the second finds the first one's row.
    db.execute(select(staff_member.c.id).where(staff_member.c.id == staff_id).with_for_update())
    _require_fit(db, staff_id, building_id, role)
    if db.scalar(select(_named.id).where(_running(staff_id, building_id, role))) is not None:
        return False
    row = {"staff_id": staff_id, "building_id": building_id, "role": role}
    db.execute(insert(staff_building).values(row | {"named_by": named_by, "named_at": now}))
    return True


def end(db: Connection, staff_id: int, building_id: int, role: str, now: datetime) -> bool:
    """End a naming; False when there is none. The holder's other buildings stay."""
    running = _running(staff_id, building_id, role)
    ended = db.execute(update(staff_building).where(running).values(ended_at=now))
    return ended.rowcount == 1


def end_lost(db: Connection, staff_id: int, now: datetime) -> int:
    """End the namings that no post bears any more, so that a post given anew brings none back.

    Returns:
        How many ended; 0 for whoever kept their posts.
    """
    lost = (_named.staff_id == staff_id) & _named.ended_at.is_(None) & ~_has_post()
    return db.execute(update(staff_building).where(lost).values(ended_at=now)).rowcount


def buildings_of_staff(db: Connection, staff_id: int) -> list[int]:
    """Return ids of the buildings somebody is named for and still has the post for, by id."""
    query = _standing(_named.building_id).where(_named.staff_id == staff_id)
    return list(db.scalars(query.distinct().order_by(_named.building_id)))


def heads_of(db: Connection, building_id: int) -> list[int]:
    """Return the staff ids of a building's heads, by id."""
    query = _standing(_named.staff_id).where(
        _named.building_id == building_id, _named.role == "building_head"
    )
    return list(db.scalars(query.order_by(_named.staff_id)))


def named_for(db: Connection, building_id: int) -> list[Named]:
    """Return who is named for a building and still has the post for it, longest first."""
    query = _standing(_named.staff_id, staff_member.c.name, _named.role, _named.named_at)
    rows = db.execute(query.where(_named.building_id == building_id).order_by(_named.id))
    return [Named(*row) for row in rows]


def is_head_of(db: Connection, staff: Staff, building_id: int) -> bool:
    """Tell whether somebody is the named head of a building right now.

    The post is looked up again, so it may have been taken away since ``staff`` was read.
    """
    return staff.is_active and staff.id in heads_of(db, building_id)


def may_act_for(db: Connection, staff: Staff, building_id: int) -> bool:
    """Tell whether somebody may act for a building.

    The roles of ``AREA_ROLES`` may within their area. Volunteers and grid workers may within
    theirs, and once they were named for buildings only for those they are named for still: an
    ended naming does not give them the rest of the street. A head always has to be named.
    """
    place = building_place(db, building_id)
    if place is None:
        return False
    if staff.area(*AREA_ROLES).holds(*place):
        return True
    here = [role for role in BUILDING_ROLES if staff.area(role).holds(*place)]
    return any(_is_theirs(db, staff.id, building_id, role) for role in here)


def named_everywhere(db: Connection, building_ids: Collection[int]) -> dict[int, int]:
    """Return how many people each building has; those with nobody are left out."""
    query = _standing(_named.building_id).where(_named.building_id.in_(building_ids))
    counted: dict[int, int] = {}
    for building_id in db.scalars(query):
        counted[building_id] = counted.get(building_id, 0) + 1
    return counted


def acting_for(db: Connection, staff: Staff) -> ActingFor:
    """Return every building that ``may_act_for`` allows."""
    area = staff.area(*AREA_ROLES)
    query = select(_named.role).where(_named.staff_id == staff.id).distinct()
    narrowed = {"building_head", *db.scalars(query)}
    for role in BUILDING_ROLES:
        if role not in narrowed:
            area |= staff.area(role)
    return ActingFor(area, frozenset(buildings_of_staff(db, staff.id)))


def _is_theirs(db: Connection, staff_id: int, building_id: int, role: BuildingRole) -> bool:
    """Tell whether a role that is held in the building's area reaches the building."""
    query = select(_named.building_id, _named.ended_at).where(
        _named.staff_id == staff_id, _named.role == role
    )
    rows = db.execute(query).all()
    if not rows:
        return role != "building_head"
    return any(row.building_id == building_id and row.ended_at is None for row in rows)


def building_place(db: Connection, building_id: int) -> tuple[str, int] | None:
    """Return the ids of a building's district and street; None when there is no such building."""
    row = db.execute(
        select(building.c.district_id, community.c.street_id)
        .join(community, community.c.id == building.c.community_id)
        .where(building.c.id == building_id)
    ).one_or_none()
    return (row.district_id, row.street_id) if row else None


def _require_fit(db: Connection, staff_id: int, building_id: int, role: str) -> None:
    known = [one for one in BUILDING_ROLES if one == role]
    if not known:
        raise CannotName(staff_id, "role")
    query = select(building.c.id).where(building.c.id == building_id)
    place = building_place(db, building_id)
    if place is None or db.scalar(query.where(building.c.archived_at.is_(None))) is None:
        raise CannotName(staff_id, "building")
    staff = find_staff(db, staff_id)
    if staff is None or not staff.area(known[0]).holds(*place):
        raise CannotName(staff_id, "post")


def _running(staff_id: int, building_id: int, role: str) -> ColumnElement[bool]:
    return (
        (_named.staff_id == staff_id)
        & (_named.building_id == building_id)
        & (_named.role == role)
        & _named.ended_at.is_(None)
    )


def _standing(*columns: ColumnElement[Any]) -> Select[Any]:
    """Return a query of the namings that run and that an active holder's post bears."""
    return (
        select(*columns)
        .select_from(staff_building)
        .join(staff_member, staff_member.c.id == _named.staff_id)
        .where(_named.ended_at.is_(None), _has_post())
    )


def _has_post() -> ColumnElement[bool]:
    """Return whether the holder of a naming is active and has its role in its street."""
    post = staff_post.alias()
    member = staff_member.alias()
    return (
        exists()
        .where(
            member.c.id == _named.staff_id,
            member.c.is_active.is_(True),
            post.c.staff_id == member.c.id,
            post.c.role == _named.role,
            building.c.id == _named.building_id,
            community.c.id == building.c.community_id,
            post.c.district_id == building.c.district_id,
            or_(post.c.street_id.is_(None), post.c.street_id == community.c.street_id),
        )
        .correlate(staff_building)
    )
