"""One message of a resident, for what staff make of it: its words and its place, never whose."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.desk_store import staff_request
from bot.desk_thread_store import in_area, staff_request_place
from community.bindings import binding
from community.register_store import building
from community.register_store import community as community_table
from community.staff import Area
from community.store import channel_account
from storage import read_code

_request, _placed, _account = staff_request.c, staff_request_place.c, channel_account.c


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message says; ``building_code`` is "" where no building is known."""

    said: str
    has_media: bool
    building_code: str


def asked_at(db: Connection, area: Area, typed: str) -> Asked | None:
    """Return a message by its code as typed; None outside the area, as for none."""
    code = read_code(typed)
    if code is None:
        return None
    row = db.execute(
        select(_request.said, _request.media_kind, _account.resident_id, _placed.street_id)
        .join(staff_request_place, _placed.request_id == _request.id)
        .join(channel_account, _account.id == _request.account_id)
        .where(_request.code == code, in_area(area, staff_request_place))
    ).one_or_none()
    if row is None:
        return None
    home = _building_code(db, row.resident_id, row.street_id)
    return Asked(row.said, bool(row.media_kind), home)


def _building_code(db: Connection, resident_id: int, street_id: int | None) -> str:
    """Return the building that gave a message its place: a later one elsewhere is not it."""
    code = db.scalar(
        select(building.c.code)
        .join(binding, binding.c.building_id == building.c.id)
        .join(community_table, community_table.c.id == building.c.community_id)
        .where(
            binding.c.resident_id == resident_id,
            community_table.c.street_id == street_id,
            building.c.archived_at.is_(None),
        )
        .order_by(binding.c.bound_at, binding.c.id)
        .limit(1)
    )
    return str(code or "")
