"""What waits and what came to nothing is counted, and only that."""

from datetime import timedelta

from sqlalchemy import update

from bot.backlog_store import (
    Heap,
    OpenRequests,
    last_beat,
    open_heaps,
    open_request_count,
    undelivered_heaps,
)
from bot.desk_store import add_request, answer_request
from community.delivery_claim_store import settle
from community.delivery_store import delivery, mark_shown
from community.outcomes import Delivered, NotReachable, Rejected, Uncertain
from storage import Database
from storage.work_leases import beat, forget_workers
from tests.community.outbox_rows import HOUR, NOON, add_account, claim_one, queue

DAY = timedelta(days=1)


def test_an_empty_store_has_nothing_to_tell(database: Database) -> None:
    assert database.read(open_request_count) == OpenRequests(0, None)
    assert database.read(open_heaps) == []
    assert database.read(lambda db: undelivered_heaps(db, NOON)) == []
    assert database.read(last_beat) is None


def test_answered_requests_are_not_counted(database: Database) -> None:
    with database.engines.write.begin() as db:
        ann = add_account(db)
        answered, _ = add_request(db, ann, "第一条", NOON)
        answer_request(db, answered, "好", NOON)
        add_request(db, ann, "第二条", NOON + HOUR)
        add_request(db, ann, "第三条", NOON + 2 * HOUR)

    assert database.read(open_request_count) == OpenRequests(2, NOON + HOUR)


def test_deliveries_are_heaped_by_channel_and_state(database: Database) -> None:
    with database.engines.write.begin() as db:
        ann = add_account(db)
        held = queue(db, ann, "held")
        settle(db, claim_one(db), NotReachable("no consent"), NOON)
        queue(db, ann, "later", due_at=NOON + HOUR)
        queue(db, ann, "sooner")
        bob = add_account(db, "bob", "telegram")
        queue(db, bob, "other", channel="telegram")

    assert database.read(open_heaps) == [
        Heap("telegram", "waiting", 1, NOON),
        Heap("wechat", "held", 1, NOON),
        Heap("wechat", "waiting", 2, NOON),
    ]
    database.write(lambda db: mark_shown(db, [held], NOON))
    assert [heap.state for heap in database.read(open_heaps)] == ["waiting", "waiting"]


def test_only_what_may_not_have_arrived_lately_counts_as_undelivered(database: Database) -> None:
    with database.engines.write.begin() as db:
        ann = add_account(db)
        for key, outcome in (
            ("sent", Delivered("1")),
            ("broken", Uncertain("timeout")),
            ("refused", Rejected("too long")),
            ("old", Rejected("too long")),
        ):
            queue(db, ann, key)
            settle(db, claim_one(db), outcome, NOON)
        long_ago = update(delivery).where(delivery.c.key == "old")
        db.execute(long_ago.values(settled_at=NOON - 2 * DAY))

    assert database.read(lambda db: undelivered_heaps(db, NOON - DAY)) == [
        Heap("wechat", "failed", 1, NOON),
        Heap("wechat", "uncertain", 1, NOON),
    ]


def test_the_last_beat_of_all_workers_counts(database: Database) -> None:
    with database.engines.write.begin() as db:
        beat(db, "one", NOON)
        beat(db, "two", NOON + HOUR)
    assert database.read(last_beat) == NOON + HOUR

    database.write(lambda db: forget_workers(db, ["one", "two"]))
    assert database.read(last_beat) is None
