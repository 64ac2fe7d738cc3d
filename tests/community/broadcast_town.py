"""Residents of one building in bulk, and broadcasts to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Table, func, insert, select

from community.bindings import binding
from community.broadcast_store import broadcast, broadcast_recipient, find_broadcast
from community.broadcast_write_store import make_approved
from community.broadcasts import Audience, Broadcast, Draft
from community.delivery_store import delivery
from community.register_store import building, community, street
from community.store import channel_account, resident
from storage import Database

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def town(db: Connection) -> int:
    """Make a street, a community and a building; return the building's id."""
    place = {"district_id": "demo"}
    named = {**place, "name": "幸福", "name_key": "幸福"}
    street_id = _one(db, street, named)
    community_id = _one(db, community, {**named, "street_id": street_id})
    house = {**place, "code": "B0000001", "community_id": community_id, "name_key": "3栋"}
    return _one(db, building, {**house, "created_at": NOON})


def people(db: Connection, house: int, count: int, channel: str | None = "telegram") -> list[int]:
    """Add residents of a building, with an account ``p<resident id>`` each; return their ids."""
    first = (db.scalar(select(func.max(resident.c.id))) or 0) + 1
    made = db.execute(
        insert(resident).returning(resident.c.id), [{"created_at": NOON} for _ in range(count)]
    )
    ids = sorted(made.scalars())
    assert ids[0] >= first
    common = {"building_id": house, "unit": "", "how": "chosen", "bound_at": NOON}
    db.execute(insert(binding), [{"resident_id": one, **common} for one in ids])
    if channel:
        db.execute(
            insert(channel_account),
            [
                {"resident_id": one, "channel": channel, "name": f"p{one}", "created_at": NOON}
                for one in ids
            ],
        )
    return ids


def a_draft(house: int, key: str = "tip:1", **changed: object) -> Draft:
    made = Draft(
        key=key,
        district_id="demo",
        street_id=None,
        purpose="notice",
        mode="live",
        lane="bulk",
        title="停水通知",
        words={"zh": "明天停水，请备水。"},
        choices=(("知道了", "noted"),),
        audience=Audience("demo", building_ids=(house,)),
        due_at=NOON,
        expires_at=NOON + 6 * HOUR,
        author_id=None,
    )
    return replace(made, **changed)


def approved(db: Connection, house: int, key: str = "tip:1", **changed: object) -> Broadcast:
    """Make a broadcast that is due at noon and planned."""
    draft = a_draft(house, key, **changed)
    return make_approved(db, draft, None, min(NOON, draft.due_at))


def standing(database: Database, broadcast_id: int) -> Broadcast:
    return database.read(lambda db: find_broadcast(db, broadcast_id))


def states(database: Database, broadcast_id: int) -> dict[str, int]:
    """How many of a broadcast's deliveries are in which state."""
    query = (
        select(delivery.c.state, func.count())
        .join(broadcast_recipient, broadcast_recipient.c.delivery_id == delivery.c.id)
        .where(broadcast_recipient.c.broadcast_id == broadcast_id)
        .group_by(delivery.c.state)
    )
    return database.read(lambda db: {row[0]: row[1] for row in db.execute(query)})


def set_state(db: Connection, broadcast_id: int, state: str) -> None:
    """Put a broadcast into a state, however it would have come there."""
    db.execute(broadcast.update().where(broadcast.c.id == broadcast_id).values(state=state))


def _one(db: Connection, table: Table, values: dict[str, object]) -> int:
    made: int = db.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()
    return made


def rows_of(database: Database, broadcast_id: int) -> Sequence[tuple[int | None, int, str]]:
    """Resident, slice and suppression of everybody written out, in order."""
    query = (
        select(
            broadcast_recipient.c.resident_id,
            broadcast_recipient.c.slice,
            broadcast_recipient.c.suppressed,
        )
        .where(broadcast_recipient.c.broadcast_id == broadcast_id)
        .order_by(broadcast_recipient.c.id)
    )
    return database.read(lambda db: [tuple(row) for row in db.execute(query)])
