"""Housekeeping of the outbox, on both stores."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert

from community.delivery_claim_store import Claim, claim_deliveries, settle
from community.delivery_store import delivery
from community.delivery_upkeep import (
    REPLIES_KEPT,
    ROWS_PER_CHUNK,
    expire_due,
    forget_deliveries,
    forget_old,
)
from community.outcomes import Delivered, WindowClosed
from storage import Database
from tests.community.outbox_rows import (
    HOUR,
    NOON,
    SECOND,
    add_account,
    claim,
    claim_one,
    count,
    make_tables,
    queue,
    states,
)


@pytest.fixture
def db(database: Database) -> Iterator[Connection]:
    make_tables(database)
    with database.engines.write.begin() as connection:
        yield connection


@pytest.fixture
def ann(db: Connection) -> int:
    return add_account(db)


@pytest.fixture
def bob(db: Connection) -> int:
    return add_account(db, "bob")


def test_what_is_past_its_time_ends(db: Connection, ann: int, bob: int) -> None:
    queue(db, bob, "lost", expires_at=NOON + 2 * SECOND)
    claim_deliveries(db, Claim("wechat", "dead", 1, lease=SECOND), NOON)
    queue(db, ann, "held", expires_at=NOON + 2 * SECOND)
    settle(db, claim_one(db), WindowClosed(), NOON)
    queue(db, ann, "sending", expires_at=NOON + 2 * SECOND)
    claim_one(db)
    queue(db, bob, "waiting", expires_at=NOON + 2 * SECOND)
    queue(db, bob, "good")

    assert expire_due(db, NOON + SECOND) == 0
    assert expire_due(db, NOON + 2 * SECOND) == 3
    assert states(db) == {
        "lost": "uncertain",
        "held": "expired",
        "sending": "sending",
        "waiting": "expired",
        "good": "waiting",
    }


def test_expiring_goes_in_chunks(db: Connection, ann: int) -> None:
    rows = [
        {
            "account_id": ann,
            "channel": "wechat",
            "lane": 3,
            "purpose": "daily",
            "body": [],
            "key": f"tip {number}",
            "created_at": NOON,
            "due_at": NOON,
            "expires_at": NOON,
            "state": "waiting",
            "next_at": NOON,
            "attempts": 0,
        }
        for number in range(ROWS_PER_CHUNK + 1)
    ]
    db.execute(insert(delivery), rows)

    assert [expire_due(db, NOON) for _ in range(3)] == [ROWS_PER_CHUNK, 1, 0]
    assert count(db, state="expired") == ROWS_PER_CHUNK + 1


def test_old_replies_go_and_notices_stay(db: Connection, ann: int, bob: int) -> None:
    for account, key, lane in ((ann, "reply", "reply"), (bob, "notice", "bulk")):
        queue(db, account, key, lane)
    for claimed in claim(db):
        settle(db, claimed, Delivered(), NOON)
    queue(db, ann, "119", "incident", turn_id=7)
    settle(db, claim_one(db), Delivered(), NOON)
    queue(db, ann, "open", expires_at=NOON + 100 * HOUR)

    assert forget_old(db, NOON + REPLIES_KEPT) == 0
    assert forget_old(db, NOON + REPLIES_KEPT + SECOND) == 2
    assert states(db) == {"notice": "sent", "open": "waiting"}


def test_all_of_one_account_can_be_forgotten(db: Connection, ann: int, bob: int) -> None:
    queue(db, ann, "of ann")
    queue(db, bob, "of bob")

    assert [forget_deliveries(db, ann) for _ in range(2)] == [1, 0]
    assert states(db) == {"of bob": "waiting"}
