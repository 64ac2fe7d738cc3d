"""What the console's pages of notices ask the store: lists within an area, and names of places."""

from collections.abc import Collection

from sqlalchemy import Connection, or_, select

from community.bindings import binding
from community.broadcast_rights_store import APPROVER_ROLES, AUTHOR_ROLES, judged_by
from community.broadcast_store import PAGE_SIZE, broadcast, broadcast_from
from community.broadcasts import BadBroadcast, Broadcast, State
from community.register_store import (
    building,
    building_facts,
    building_from,
    buildings_query,
    community,
)
from community.registers import Building
from community.staff import Staff

# Beyond this many nobody approves in a day; the oldest come first.
MOST_PENDING = 200
_columns = broadcast.c
# What somebody tried on their own phone is nobody's list.
_IS_NO_TRY = ~_columns.key.startswith("try:")


def broadcasts_seen(
    db: Connection, staff: Staff, states: Collection[State], before: int | None = None
) -> list[Broadcast]:
    """Return up to ``PAGE_SIZE`` notices of somebody's area, and their own, the latest first.

    Args:
        db: for reading.
        staff: who looks.
        states: which.
        before: only those with a lower id, to go on from a page.
    """
    area = staff.area(*AUTHOR_ROLES, *APPROVER_ROLES)
    held = or_(
        _columns.district_id.in_(sorted(area.districts)),
        _columns.street_id.in_(sorted(area.streets)),
        _columns.author_id == staff.id,
    )
    query = select(broadcast).where(held, _columns.state.in_(states), _IS_NO_TRY)
    if before is not None:
        query = query.where(_columns.id < before)
    rows = db.execute(query.order_by(_columns.id.desc()).limit(PAGE_SIZE))
    return [broadcast_from(row) for row in rows]


def broadcasts_to_judge(db: Connection, staff: Staff) -> list[Broadcast]:
    """Return what waits for this person's approval, the longest waiting first."""
    if not staff.has(*APPROVER_ROLES):
        return []
    others = or_(_columns.author_id.is_(None), _columns.author_id != staff.id)
    query = (
        select(broadcast)
        .where(
            _columns.state == "pending",
            _columns.district_id.in_(sorted(staff.districts)),
            others,
            _IS_NO_TRY,
        )
        .order_by(_columns.id)
        .limit(MOST_PENDING)
    )
    found = [broadcast_from(row) for row in db.execute(query)]
    return [one for one in found if may_judge(db, one, staff)]


def may_judge(db: Connection, kept: Broadcast, staff: Staff) -> bool:
    """Whether somebody may approve or return it: another person, in charge of every place."""
    try:
        judged_by(db, kept.id, staff)
    except BadBroadcast:
        return False
    return True


def homes_of(db: Connection, resident_ids: Collection[int]) -> dict[int, str]:
    """Return the buildings that residents are bound to, in words; those bound to none are out."""
    query = (
        select(binding.c.resident_id, community.c.name, building_facts.c.name)
        .join(building, building.c.id == binding.c.building_id)
        .join(building_facts, building_facts.c.building_id == building.c.id)
        .join(community, community.c.id == building.c.community_id)
        .where(binding.c.resident_id.in_(resident_ids))
        .order_by(binding.c.id)
    )
    homes: dict[int, str] = {}
    for resident_id, place, name in db.execute(query):
        said = f"{place}{name}"
        homes[resident_id] = f"{homes[resident_id]}、{said}" if resident_id in homes else said
    return homes


def buildings_of_ids(db: Connection, ids: Collection[int]) -> list[Building]:
    """Return buildings by their ids, by street, community and name."""
    query = buildings_query().where(building.c.id.in_(ids))
    order = (community.c.name, building_facts.c.sort_key, building.c.id)
    return [building_from(row) for row in db.execute(query.order_by(*order))]
