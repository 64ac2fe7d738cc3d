"""When something queued reached its person."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from community.deliveries import Delivery
from community.delivery_looks import reached_at
from community.delivery_store import delivery, mark_shown, queue_delivery
from community.store import account_of
from storage import Database

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = NOON + timedelta(seconds=3)


def queued(db: Connection) -> tuple[int, int]:
    """Queue something and return its account and id."""
    account = account_of(db, "telegram", "li", NOON)
    expires = NOON + timedelta(minutes=9)
    made = queue_delivery(
        db, Delivery(account, "telegram", "reply", "reply", [], "k", NOON, expires), NOON
    )
    assert made is not None
    return account, made


@pytest.mark.parametrize(
    ("state", "reached"),
    [("sent", LATER), ("shown", LATER), ("failed", None), ("expired", None), ("uncertain", None)],
)
def test_only_what_was_sent_or_shown_has_reached(
    database: Database, state: str, reached: datetime | None
) -> None:
    def work(db: Connection) -> datetime | None:
        account, _ = queued(db)
        db.execute(update(delivery).values(state=state, settled_at=LATER))
        return reached_at(db, account, "k")

    assert database.write(work) == reached


def test_what_waits_or_is_anothers_has_not(database: Database) -> None:
    def work(db: Connection) -> list[datetime | None]:
        account, made = queued(db)
        before = reached_at(db, account, "k")
        mark_shown(db, [made], LATER)
        other = account_of(db, "telegram", "wang", NOON)
        return [before, reached_at(db, account, "z"), reached_at(db, other, "k"),
                reached_at(db, account, "k")]  # fmt: skip

    assert database.write(work) == [None, None, None, LATER]
