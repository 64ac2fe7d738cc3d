"""Whom an audience means: its residents, in pages by id, and the places that it names.

Who is bound to two buildings of an audience is one resident, and gets one message. Residents are
told apart by what they told us themselves: their building, their floor, their language.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Select,
    String,
    Table,
    exists,
    func,
    or_,
    select,
    true,
)

from community.assistance_store import assistance_need
from community.bindings import binding
from community.broadcasts import Audience, BadBroadcast
from community.building_posts import BUILDING_ROLES, staff_building
from community.register_store import building, community, street
from community.staff_entry_store import staff_account
from community.staff_store import staff_member, staff_post
from community.store import channel_account, resident
from storage import RowId, UtcDateTime, metadata, put

PAGE = 500
DEFAULT_LANGUAGE = "zh"
_FEW_BUILDINGS = 200

# Only what somebody chose; who never did reads Chinese.
resident_language = Table(
    "resident_language",
    metadata,
    Column("resident_id", RowId, ForeignKey(resident.c.id), primary_key=True),
    Column("language", String(8), nullable=False),
    Column("chosen_at", UtcDateTime, nullable=False),
)

# A street id of None stands for the whole district.
Place = tuple[str, int | None]


def note_language(db: Connection, resident_id: int, language: str, now: datetime) -> None:
    """Note the language that a resident chose, for what is sent to them unasked."""
    row = {"resident_id": resident_id, "language": language, "chosen_at": now}
    put(db, resident_language, row, keys=["resident_id"])


def audience_page(
    db: Connection, audience: Audience, after: int = 0, limit: int = PAGE
) -> list[int]:
    """Return the audience's next residents, by id; fewer than ``limit`` at its end.

    Args:
        db: for reading.
        audience: who is meant.
        after: the last resident id of the page before; 0 for the first.
        limit: up to ``PAGE``.
    """
    query = members(db, audience, after).order_by(resident.c.id).limit(min(limit, PAGE))
    return list(db.scalars(query))


def audience_size(db: Connection, audience: Audience) -> int:
    """Return how many residents an audience has; this looks at each of them."""
    everyone = members(db, audience).subquery()
    return int(db.scalar(select(func.count()).select_from(everyone)) or 0)


def require_somebody(db: Connection, audience: Audience) -> None:
    """Refuse an audience in which there is nobody.

    Raises:
        BadBroadcast: ``nobody``.
    """
    if not audience_page(db, audience, limit=1):
        raise BadBroadcast("nobody")


def places_of(db: Connection, audience: Audience) -> set[Place]:
    """Return the places that whoever answers for an audience has to be in charge of.

    Raises:
        BadBroadcast: ``place``, when its district has no such street, community or building.
    """
    if not audience.has_place:
        return {(audience.district_id, None)}
    named = [
        (street.c.id, street.c.district_id, audience.street_ids, select(street.c.id)),
        (
            community.c.id,
            community.c.district_id,
            audience.community_ids,
            select(community.c.street_id),
        ),
        (
            building.c.id,
            building.c.district_id,
            audience.building_ids,
            select(community.c.street_id).join(building, building.c.community_id == community.c.id),
        ),
    ]
    found: set[Place] = set()
    for key, district, wanted, query in named:
        streets = db.scalars(query.where(key.in_(wanted), district == audience.district_id)).all()
        if len(streets) != len(set(wanted)):
            raise BadBroadcast("place")
        found |= {(audience.district_id, street_id) for street_id in streets}
    return found


def residents_of_staff(db: Connection, staff_id: int) -> list[int]:
    """Return the residents behind the chats that a staff member has linked."""
    query = (
        select(channel_account.c.resident_id)
        .join(staff_account, staff_account.c.account_id == channel_account.c.id)
        .where(staff_account.c.staff_id == staff_id)
    )
    return list(db.scalars(query.distinct().order_by(channel_account.c.resident_id)))


def members(db: Connection, audience: Audience, after: int = 0) -> Select[Any]:
    """Return the query of an audience's resident ids, each once, above ``after``."""
    query = select(resident.c.id).where(resident.c.id > after)
    if audience.resident_ids:
        query = query.where(resident.c.id.in_(audience.resident_ids))
    if audience.roles:
        query = query.where(resident.c.id.in_(_staff_residents(audience)))
    elif audience.has_place or not audience.resident_ids:
        query = query.where(_lives_there(db, audience, after))
    if audience.languages:
        query = query.where(_reads(audience.languages))
    return query.where(resident.c.id.in_(_in_need())) if audience.needs else query


def _lives_there(db: Connection, audience: Audience, after: int) -> ColumnElement[bool]:
    """Return whether a resident is bound to a building of the audience.

    Up to ``_FEW_BUILDINGS`` are looked up one by one. More are met by walking through the
    residents: to gather all of their bindings for each page would take ever longer.
    """
    few = db.scalars(_buildings(audience).limit(_FEW_BUILDINGS + 1)).all()
    bound = select(binding.c.resident_id)
    if audience.floors:
        bound = bound.where(binding.c.floor.in_(audience.floors))
    if len(few) <= _FEW_BUILDINGS:
        near = bound.where(binding.c.building_id.in_(few), binding.c.resident_id > after)
        return resident.c.id.in_(near)
    there = _there(audience)
    near = bound.join(building, building.c.id == binding.c.building_id).where(*there)
    if audience.has_place:
        near = near.join(community, community.c.id == building.c.community_id)
    return near.where(binding.c.resident_id == resident.c.id).correlate(resident).exists()


def _buildings(audience: Audience) -> Select[Any]:
    """Return the query of the ids of an audience's buildings."""
    query = select(building.c.id).where(*_there(audience))
    if not audience.has_place:
        return query
    return query.join(community, community.c.id == building.c.community_id)


def _there(audience: Audience) -> list[ColumnElement[bool]]:
    """Return what is true of an audience's buildings, archived ones apart."""
    building_is = [
        building.c.district_id == audience.district_id,
        building.c.archived_at.is_(None),
    ]
    if audience.has_place:
        any_place = or_(
            building.c.id.in_(audience.building_ids),
            community.c.id.in_(audience.community_ids),
            community.c.street_id.in_(audience.street_ids),
        )
        building_is.append(any_place)
    return building_is


def _reads(languages: Collection[str]) -> ColumnElement[bool]:
    """Return whether a resident chose one of the languages, or none and the default is one."""
    chose = select(resident_language.c.resident_id)
    if DEFAULT_LANGUAGE not in languages:
        return resident.c.id.in_(chose.where(resident_language.c.language.in_(languages)))
    others = chose.where(
        resident_language.c.resident_id == resident.c.id,
        resident_language.c.language.not_in(languages),
    )
    return ~others.correlate(resident).exists()


def _staff_residents(audience: Audience) -> Select[Any]:
    """Return the query of the residents behind the chats of staff with a post in the place."""
    return (
        select(channel_account.c.resident_id)
        .join(staff_account, staff_account.c.account_id == channel_account.c.id)
        .join(staff_member, staff_member.c.id == staff_account.c.staff_id)
        .join(staff_post, staff_post.c.staff_id == staff_member.c.id)
        .where(
            staff_member.c.is_active.is_(True),
            staff_post.c.role.in_(audience.roles),
            staff_post.c.district_id == audience.district_id,
            _serves_there(audience) if audience.has_place else true(),
        )
    )


def _serves_there(audience: Audience) -> ColumnElement[bool]:
    """Return whether a post is in charge of one of the audience's places.

    Of a building, those who are named for buildings serve the ones they are named for.
    """
    post = staff_post.c
    in_street = or_(post.street_id.is_(None), community.c.street_id == post.street_id)
    wide = exists().where(
        in_street,
        or_(
            community.c.id.in_(audience.community_ids),
            community.c.street_id.in_(audience.street_ids),
        ),
    )
    named = exists().where(
        staff_building.c.staff_id == post.staff_id,
        staff_building.c.role == post.role,
        staff_building.c.building_id == building.c.id,
        staff_building.c.ended_at.is_(None),
    )
    narrow = exists().where(
        building.c.id.in_(audience.building_ids),
        community.c.id == building.c.community_id,
        in_street,
        or_(post.role.not_in(BUILDING_ROLES), named),
    )
    return or_(wide.correlate(staff_post), narrow.correlate(staff_post))


def _in_need() -> Select[Any]:
    """Return the query of those who registered that they need help and did not withdraw it."""
    return select(assistance_need.c.resident_id).where(assistance_need.c.withdrawn_at.is_(None))
