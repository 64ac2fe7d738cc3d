"""Rows for the tests of what is sent later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

import community.consents  # noqa: F401 - declares a table
from community.deliveries import ClaimedDelivery, Delivery, Lane
from community.delivery_claim_store import Claim, claim_deliveries
from community.delivery_store import delivery, queue_delivery
from community.store import account_of
from storage import Database, migrate

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def make_tables(database: Database) -> None:
    migrate(database)


def a_delivery(account_id: int, key: str, lane: Lane = "reply", **changed: object) -> Delivery:
    """A delivery that is due at noon and good for an hour."""
    made = Delivery(
        account_id=account_id,
        channel="wechat",
        lane=lane,
        purpose="answers",
        body=[{"kind": "chat", "text": key}],
        key=key,
        due_at=NOON,
        expires_at=NOON + HOUR,
    )
    return replace(made, **changed)


def add_account(db: Connection, name: str = "ann", channel: str = "wechat") -> int:
    return account_of(db, channel, name, NOON)


def queue(
    db: Connection, account_id: int, key: str, lane: Lane = "reply", **changed: object
) -> int:
    queued = queue_delivery(db, a_delivery(account_id, key, lane, **changed), NOON)
    assert queued is not None
    return queued


def claim(
    db: Connection, now: datetime = NOON, worker: str = "one", most: int = 10
) -> list[ClaimedDelivery]:
    return claim_deliveries(db, Claim("wechat", worker, most), now)


def claim_one(db: Connection, now: datetime = NOON, worker: str = "one") -> ClaimedDelivery:
    (claimed,) = claim(db, now, worker, most=1)
    return claimed


def states(db: Connection) -> dict[str, str]:
    """Each delivery's state, by its key."""
    return {row.key: row.state for row in db.execute(select(delivery.c.key, delivery.c.state))}


def column(db: Connection, delivery_id: int, name: str) -> object:
    return db.execute(select(delivery.c[name]).where(delivery.c.id == delivery_id)).scalar_one()


def count(db: Connection, **where: object) -> int:
    asked = select(func.count()).select_from(delivery)
    for name, value in where.items():
        asked = asked.where(delivery.c[name] == value)
    return db.execute(asked).scalar_one()
