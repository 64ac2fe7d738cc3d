"""Looking at what became of something queued."""

from datetime import datetime

from sqlalchemy import Connection, select

from community.delivery_store import delivery


def reached_at(db: Connection, account_id: int, key: str) -> datetime | None:
    """Return when a delivery, found by its key, was sent or shown; None while it was not."""
    found: datetime | None = db.execute(
        select(delivery.c.settled_at).where(
            delivery.c.account_id == account_id,
            delivery.c.key == key,
            delivery.c.state.in_(("sent", "shown")),
        )
    ).scalar_one_or_none()
    return found
