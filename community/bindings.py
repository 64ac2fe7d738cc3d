"""Which buildings a resident belongs to (我的楼栋): by a scanned code or by choosing.

The table and its few rules. Unit and floor are the resident's to tell, and not needed.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from community.register_store import building, building_from, buildings_query
from community.registers import Building
from community.store import resident
from storage import RowId, UtcDateTime, metadata, read_code

# One's own home, one's parents', and one's shop or office.
MOST_BUILDINGS = 3
MOST_UNIT_CHARACTERS = 20

How = Literal["scan", "link", "choice", "code"]
Bound = Literal["bound", "again", "full", "gone"]

binding = Table(
    "binding",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    Column("unit", String(MOST_UNIT_CHARACTERS), nullable=False),
    Column("floor", Integer),
    Column("how", String(20), nullable=False),
    Column("bound_at", UtcDateTime, nullable=False),
    UniqueConstraint("resident_id", "building_id"),
    Index("ix_binding_building_id", "building_id"),
)

# WeChat takes any sign in a scene, a Telegram deep link only letters, digits, _ and -.
_SIGNS = {"wechat": ":", "telegram": "_"}
_SCENE = re.compile(r"(?:qrscene_)?building[:_]([0-9A-Z]{8})")


@dataclass(frozen=True, slots=True)
class BoundBuilding:
    """A building a resident belongs to; ``unit`` is "" and ``floor`` None until told."""

    building: Building
    unit: str
    floor: int | None
    how: str
    bound_at: datetime


def bind(db: Connection, resident_id: int, building_id: int, how: How, now: datetime) -> Bound:
    """Bind a resident to a building.

    Args:
        db: inside a write.
        resident_id: who.
        building_id: where.
        how: by which way they came to it.
        now: when.

    Returns:
        ``bound``, ``again`` when they were before, ``full`` when they already belong to
        ``MOST_BUILDINGS``, ``gone`` when the building is archived or unknown.
    """
    # Held, so that two channels of one person cannot both take the last place.
    db.execute(select(resident.c.id).where(resident.c.id == resident_id).with_for_update())
    standing = db.scalars(
        select(binding.c.building_id)
        .join(building, building.c.id == binding.c.building_id)
        .where(binding.c.resident_id == resident_id)
        .where((building.c.id == building_id) | building.c.archived_at.is_(None))
    ).all()
    if not _is_open(db, building_id):
        return "gone"
    if building_id in standing:
        return "again"
    if len(standing) >= MOST_BUILDINGS:
        return "full"
    row = {
        "resident_id": resident_id,
        "building_id": building_id,
        "unit": "",
        "how": how,
        "bound_at": now,
    }
    db.execute(insert(binding), row)
    return "bound"


def unbind(db: Connection, resident_id: int, building_id: int) -> bool:
    """End a binding; False when there was none."""
    gone = db.execute(
        delete(binding).where(
            binding.c.resident_id == resident_id, binding.c.building_id == building_id
        )
    )
    return gone.rowcount == 1


def settle(
    db: Connection, resident_id: int, building_id: int, *, unit: str = "", floor: int | None = None
) -> bool:
    """Note unit and floor of a bound resident, or forget them; False when not bound.

    Args:
        db: inside a write.
        resident_id: who.
        building_id: where they are bound.
        unit: as they call it; cut to ``MOST_UNIT_CHARACTERS``.
        floor: above ground from 1, below from -1.
    """
    settled = db.execute(
        update(binding)
        .where(binding.c.resident_id == resident_id, binding.c.building_id == building_id)
        .values(unit=unit.strip()[:MOST_UNIT_CHARACTERS], floor=floor)
    )
    return settled.rowcount == 1


def bound_buildings(db: Connection, resident_id: int) -> list[BoundBuilding]:
    """Return the buildings a resident belongs to, the first bound first; no archived ones."""
    rows = db.execute(
        buildings_query()
        .add_columns(binding.c.unit, binding.c.floor, binding.c.how, binding.c.bound_at)
        .join(binding, binding.c.building_id == building.c.id)
        .where(binding.c.resident_id == resident_id, building.c.archived_at.is_(None))
        .order_by(binding.c.bound_at, binding.c.id)
    )
    return [
        BoundBuilding(building_from(row), row.unit, row.floor, row.how, row.bound_at)
        for row in rows
    ]


def building_scene(code: str, channel: Literal["wechat", "telegram"]) -> str:
    """Return what a building's QR code or deep link carries in a channel."""
    return f"building{_SIGNS[channel]}{code}"


def scene_building(scene: str) -> str | None:
    """Return the building's code in a scanned scene or deep link; None for any other.

    The check character is verified, so a damaged link leads nowhere, not next door.
    """
    found = _SCENE.fullmatch(scene)
    return read_code(found[1]) if found else None


def _is_open(db: Connection, building_id: int) -> bool:
    query = buildings_query().where(building.c.id == building_id, building.c.archived_at.is_(None))
    return db.execute(query.with_only_columns(building.c.id)).first() is not None
