"""The outbox's table, on both stores."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Connection, text

from community.deliveries import LANES, Lane, Receipt, State
from community.delivery_claim_store import (
    LEASE,
    LINE_HELD,
    Claim,
    claim_deliveries,
    next_due,
    settle,
)
from community.delivery_store import (
    PUSHING_TAKES,
    cancel_for_account,
    mark_shown,
    note_receipt,
    pending_for,
    queue_delivery,
)
from community.delivery_upkeep import expire_due, forget_old
from community.outcomes import (
    Blocked,
    Delivered,
    NotReachable,
    Outcome,
    OutOfQuota,
    Rejected,
    RetryAfter,
    Uncertain,
    WindowClosed,
)
from community.reach import WECHAT_MESSAGE, note_contact, note_left, reach_of
from storage import Database, open_database
from tests.community.outbox_rows import (
    HOUR,
    NOON,
    SECOND,
    a_delivery,
    add_account,
    claim,
    claim_one,
    column,
    count,
    make_tables,
    queue,
    states,
)

postgres_only = pytest.mark.parametrize("store", ["postgresql"])
sqlite_only = pytest.mark.parametrize("store", ["sqlite"])


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


def claimed_keys(db: Connection, now: datetime = NOON, most: int = 10) -> list[str]:
    return [claimed.body[0]["text"] for claimed in claim(db, now, most=most)]


def test_the_same_key_is_queued_once(db: Connection, ann: int, bob: int) -> None:
    first = queue_delivery(db, a_delivery(ann, "turn-1"), NOON)

    assert first is not None
    assert queue_delivery(db, a_delivery(ann, "turn-1", lane="bulk"), NOON) is None
    assert queue_delivery(db, a_delivery(bob, "turn-1"), NOON) not in (None, first)


def test_a_claim_says_all_that_sending_needs(db: Connection, ann: int) -> None:
    made = queue(db, ann, "turn-7", turn_id=7, purpose="drills")

    claimed = claim_one(db)

    assert (claimed.id, claimed.account_id, claimed.name) == (made, ann, "ann")
    assert (claimed.lane, claimed.purpose, claimed.turn_id) == ("reply", "drills", 7)
    assert claimed.body == [{"kind": "chat", "text": "turn-7"}]
    assert (claimed.attempt, claimed.worker) == (1, "one")


def test_lanes_go_first_and_time_within_them(db: Connection) -> None:
    for number, lane in enumerate(reversed(LANES)):
        late, early = (add_account(db, f"{lane} {when}") for when in ("late", "early"))
        queue(db, late, f"{lane} late", lane, due_at=NOON - number * SECOND)
        queue(db, early, f"{lane} early", lane, due_at=NOON - HOUR)

    assert claimed_keys(db, most=3) == ["incident early", "incident late", "alarm early"]
    assert claimed_keys(db) == [
        "alarm late",
        "reply early",
        "reply late",
        "bulk early",
        "bulk late",
    ]
    assert claimed_keys(db) == []


def test_another_channel_is_left_alone(db: Connection, ann: int) -> None:
    queue(db, ann, "notice")

    assert claim_deliveries(db, Claim("telegram", "one", 10), NOON) == []


def test_notices_to_many_take_no_more_than_their_places(db: Connection) -> None:
    for number in range(4):
        queue(db, add_account(db, f"{number}"), f"notice {number}", "bulk")
        queue(db, add_account(db, f"{number}"), f"reply {number}")

    keys = [
        [one.body[0]["text"][:-2] for one in claim_deliveries(db, asked, NOON)]
        for asked in (Claim("wechat", "one", 5, 2), Claim("wechat", "one", 5, 0))
    ]

    assert keys == [["reply"] * 4 + ["notice"], []]


def test_one_account_is_served_in_order_and_its_lanes_apart(
    db: Connection, ann: int, bob: int
) -> None:
    for key in ("first", "second"):
        queue(db, ann, f"ann {key}")
        queue(db, bob, f"bob {key}")
    queue(db, ann, "ann alarm", "alarm")
    alarm, first, *_ = claim(db)

    assert claimed_keys(db) == []
    settle(db, alarm, Delivered(), NOON)
    assert claimed_keys(db) == []
    settle(db, first, Delivered(), NOON)
    assert claimed_keys(db) == ["ann second"]


def test_who_was_claimed_long_ago_holds_up_nobody(db: Connection, ann: int) -> None:
    queue(db, ann, "first")
    claim_one(db)
    queue(db, ann, "second")

    assert claimed_keys(db, NOON + LINE_HELD - SECOND) == []
    assert claimed_keys(db, NOON + LINE_HELD) == ["second"]


def test_who_must_try_again_keeps_the_place_in_line(db: Connection, ann: int) -> None:
    queue(db, ann, "first")
    queue(db, ann, "second")
    settle(db, claim_one(db), RetryAfter(30), NOON)

    assert claimed_keys(db, NOON + 29 * SECOND) == []
    assert claimed_keys(db, NOON + 30 * SECOND) == ["first"]


@pytest.mark.parametrize("outcome", [WindowClosed(), Rejected("too long"), Blocked()])
def test_what_cannot_be_sent_holds_up_nobody(db: Connection, ann: int, outcome: Outcome) -> None:
    queue(db, ann, "first")
    first = claim_one(db)
    settle(db, first, outcome, NOON)
    queue(db, ann, "second")

    assert claimed_keys(db) == ["second"]


def test_what_is_due_later_or_past_its_time_holds_up_nobody(db: Connection, ann: int) -> None:
    queue(db, ann, "tomorrow", due_at=NOON + 24 * HOUR, expires_at=NOON + 48 * HOUR)
    queue(db, ann, "past", due_at=NOON - HOUR, expires_at=NOON)
    queue(db, ann, "now")

    assert claimed_keys(db) == ["now"]


def test_a_claim_is_taken_over_when_its_lease_has_run_out(db: Connection, ann: int) -> None:
    made = queue(db, ann, "turn-1")
    lost = claim_one(db, worker="dead")

    assert claim(db, NOON + LEASE - SECOND, worker="two") == []
    taken = claim_one(db, NOON + LEASE, worker="two")

    assert taken.attempt == 2
    assert settle(db, lost, Delivered("late"), NOON + LEASE) is None
    assert column(db, made, "state") == "sending"
    assert settle(db, taken, Delivered("two"), NOON + LEASE) is not None
    assert column(db, made, "message_id") == "two"


def test_a_worker_that_claims_its_own_again_settles_the_latter_alone(
    db: Connection, ann: int
) -> None:
    queue(db, ann, "turn-1")
    slow = claim_one(db)
    again = claim_one(db, NOON + LEASE)

    assert settle(db, slow, Rejected("too late"), NOON + LEASE) is None
    assert settle(db, again, Delivered(), NOON + LEASE) is not None
    assert settle(db, again, Rejected("twice"), NOON + LEASE) is None
    assert states(db) == {"turn-1": "sent"}


@pytest.mark.parametrize(
    ("lane", "outcome", "becomes"),
    [
        ("reply", Delivered("m1"), ("sent", "delivered")),
        ("bulk", RetryAfter(3), ("waiting", "retry_after")),
        ("reply", WindowClosed(), ("held", "window_closed")),
        ("reply", OutOfQuota(NOON + HOUR), ("held", "out_of_quota")),
        ("bulk", OutOfQuota(NOON + HOUR), ("waiting", "out_of_quota")),
        ("reply", NotReachable("no consent"), ("held", "not_reachable")),
        ("reply", Blocked(), ("failed", "blocked")),
        ("reply", Rejected("too long"), ("failed", "rejected")),
        ("reply", Uncertain("timed out"), ("uncertain", "uncertain")),
        ("alarm", Uncertain("timed out"), ("waiting", "uncertain")),
    ],
)
def test_each_outcome_is_kept(
    db: Connection, ann: int, lane: Lane, outcome: Outcome, becomes: tuple[State, str]
) -> None:
    made = queue(db, ann, "notice", lane)

    settle(db, claim_one(db), outcome, NOON)

    assert (column(db, made, "state"), column(db, made, "outcome")) == becomes
    is_open = becomes[0] in ("waiting", "held")
    assert column(db, made, "settled_at") == (None if is_open else NOON)
    assert (column(db, made, "next_at") is not None) == (becomes[0] == "waiting")


def test_who_blocked_us_is_noted_and_gets_nothing_more(db: Connection, ann: int) -> None:
    queue(db, ann, "first")
    queue(db, ann, "notice", "bulk", due_at=NOON + SECOND)

    settle(db, claim_one(db), Blocked(), NOON)

    assert reach_of(db, ann).blocked_at == NOON
    assert states(db) == {"first": "failed", "notice": "cancelled"}


def test_a_window_that_the_platform_calls_closed_is_closed(db: Connection, ann: int) -> None:
    note_contact(db, ann, WECHAT_MESSAGE, NOON)
    queue(db, ann, "late")

    settle(db, claim_one(db), WindowClosed(), NOON)

    assert not reach_of(db, ann).has_window(NOON)


def test_who_left_gets_replies_alone(db: Connection, ann: int) -> None:
    note_left(db, ann, NOON)
    for lane in LANES:
        queue(db, ann, lane, lane)
    queue(db, ann, "119", "incident", turn_id=7, due_at=NOON - SECOND)

    assert claimed_keys(db) == ["119", "reply"]

    note_contact(db, ann, None, NOON)
    assert claimed_keys(db) == ["alarm", "bulk"]


def test_what_could_not_be_pushed_is_shown_once(db: Connection, ann: int, bob: int) -> None:
    queue(db, ann, "closed", "bulk")
    queue(db, bob, "of bob", "bulk")
    for claimed in claim(db):
        settle(db, claimed, WindowClosed(), NOON)
    queue(db, ann, "stuck", due_at=NOON - PUSHING_TAKES)
    queue(db, ann, "on its way")
    queue(db, ann, "past", expires_at=NOON)

    shown = pending_for(db, ann, NOON)

    assert [(pending.lane, pending.body[0]["text"]) for pending in shown] == [
        ("reply", "stuck"),
        ("bulk", "closed"),
    ]
    ids = [pending.id for pending in shown]
    assert mark_shown(db, ids, NOON) == sorted(ids)
    assert mark_shown(db, ids, NOON) == []
    assert pending_for(db, ann, NOON) == []
    assert claimed_keys(db) == ["on its way"]
    assert states(db)["stuck"] == "shown"


def test_what_is_being_sent_is_not_shown(db: Connection, ann: int) -> None:
    made = queue(db, ann, "slow")
    claim_one(db)

    assert pending_for(db, ann, NOON + 20 * SECOND) == []
    assert mark_shown(db, [made], NOON + 20 * SECOND) == []


def test_leaving_cancels_all_that_waits(db: Connection, ann: int, bob: int) -> None:
    queue(db, ann, "sending")
    claim_one(db)
    queue(db, ann, "waiting")
    queue(db, bob, "of bob")

    assert cancel_for_account(db, ann, NOON) == 1
    assert states(db) == {"sending": "sending", "waiting": "cancelled", "of bob": "waiting"}


def test_unsubscribing_cancels_one_purpose(db: Connection, ann: int) -> None:
    queue(db, ann, "tip", "bulk", purpose="daily")
    queue(db, ann, "drill", "bulk", purpose="drills")

    assert cancel_for_account(db, ann, NOON, purpose="daily") == 1
    assert states(db) == {"tip": "cancelled", "drill": "waiting"}


@pytest.mark.parametrize(
    ("receipt", "becomes", "blocked_at"),
    [
        ("delivered", ("sent", "received"), None),
        ("failed", ("failed", "undelivered"), None),
        ("blocked", ("failed", "blocked"), NOON),
    ],
)
def test_a_receipt_has_the_last_word_once(
    db: Connection,
    ann: int,
    receipt: Receipt,
    becomes: tuple[State, str],
    blocked_at: datetime | None,
) -> None:
    made = queue(db, ann, "notice", "bulk")
    settle(db, claim_one(db), Delivered("m-77"), NOON)

    assert note_receipt(db, "wechat", "m-77", receipt, NOON)
    assert not note_receipt(db, "wechat", "m-77", "delivered", NOON)
    assert (column(db, made, "state"), column(db, made, "outcome")) == becomes
    assert reach_of(db, ann).blocked_at == blocked_at


def test_a_receipt_for_another_channel_or_message_changes_nothing(db: Connection, ann: int) -> None:
    queue(db, ann, "notice", "bulk")
    settle(db, claim_one(db), Delivered(), NOON)

    assert not note_receipt(db, "wechat", "", "failed", NOON)
    assert not note_receipt(db, "telegram", "m-77", "failed", NOON)
    assert states(db) == {"notice": "sent"}


def test_the_next_time_counts_retries_leases_and_schedules(db: Connection, ann: int) -> None:
    assert next_due(db, "wechat", NOON) is None
    queue(db, ann, "scheduled", "bulk", due_at=NOON + 90 * SECOND)
    assert next_due(db, "wechat", NOON) == NOON + 90 * SECOND
    queue(db, ann, "now")
    claimed = claim_one(db)
    assert next_due(db, "wechat", NOON) == NOON + LEASE
    settle(db, claimed, RetryAfter(20), NOON)
    assert next_due(db, "wechat", NOON) == NOON + 20 * SECOND
    assert next_due(db, "telegram", NOON) is None


def test_workers_that_claim_at_once_share_all_and_overlap_in_nothing(database_url: str) -> None:
    with open_database(database_url) as database:
        make_tables(database)

        def fill(db: Connection) -> None:
            for number in range(120):
                queue(db, add_account(db, f"resident {number % 60}"), f"{number}")

        database.write(fill)
        with ThreadPoolExecutor(4) as threads:
            shares = list(threads.map(lambda n: _drain(database, f"worker {n}"), range(4)))

    assert sorted(key for share in shares for key in share) == sorted(map(str, range(120)))


def _drain(database: Database, worker: str) -> list[str]:
    """Claim and settle as one worker until nothing is left; return the keys."""
    mine: list[str] = []

    def step(db: Connection) -> tuple[list[str], int]:
        claimed = claim(db, NOON, worker, most=7)
        for one in claimed:
            settle(db, one, Delivered(), NOON)
        return [one.body[0]["text"] for one in claimed], count(db, state="waiting")

    left = 1
    while left:
        keys, left = database.write(step)
        mine += keys
    return mine


@postgres_only
def test_two_open_transactions_claim_different_rows(database: Database) -> None:
    make_tables(database)

    def fill(db: Connection) -> None:
        for name in ("ann", "bob"):
            queue(db, add_account(db, name), name)
            queue(db, add_account(db, name), f"{name} second")

    database.write(fill)
    with database.engines.write.connect() as one, database.engines.write.connect() as two:
        first = claim(one, worker="one", most=1)
        second = claim(two, worker="two")
        one.commit()
        third = claim(two, worker="two")

    assert [[c.body[0]["text"] for c in claimed] for claimed in (first, second, third)] == [
        ["ann"],
        ["bob"],
        [],
    ]


@postgres_only
def test_a_turn_that_shows_a_delivery_keeps_workers_from_sending_it(database: Database) -> None:
    make_tables(database)

    def fill(db: Connection) -> int:
        ann = add_account(db)
        queue(db, ann, "stuck", due_at=NOON - HOUR)
        return ann

    ann = database.write(fill)
    with database.engines.write.connect() as turn, database.engines.write.connect() as worker:
        shown = pending_for(turn, ann, NOON)
        assert claim(worker) == []
        assert mark_shown(turn, [pending.id for pending in shown], NOON) == [shown[0].id]
        turn.commit()
        assert claim(worker) == []


@sqlite_only
@pytest.mark.parametrize(
    ("work", "index"),
    [
        (lambda db, _: claim(db), "ix_delivery_next_at"),
        (lambda db, _: claim(db), "ix_delivery_account_id"),
        (lambda db, ann: pending_for(db, ann, NOON), "ix_delivery_account_id"),
        (lambda db, _: expire_due(db, NOON), "ix_delivery_expires_at"),
        (lambda db, _: forget_old(db, NOON), "ix_delivery_lane_settled_at"),
        (lambda db, _: forget_old(db, NOON), "ix_delivery_settled_at"),
        (lambda db, _: note_receipt(db, "wechat", "m", "failed", NOON), "channel_message_id"),
    ],
    ids=["claim", "line", "pending", "expire", "replies", "answers", "receipt"],
)
def test_what_runs_often_searches_by_an_index(
    db: Connection, ann: int, work: Callable[[Connection, int], object], index: str
) -> None:
    queue(db, ann, "turn-1")
    driver = db.connection.dbapi_connection
    statements: list[str] = []
    driver.set_trace_callback(statements.append)  # type: ignore[union-attr]
    work(db, ann)
    driver.set_trace_callback(None)  # type: ignore[union-attr]

    asked = [line for line in statements if "delivery" in line and line[:6] != "INSERT"]
    plans = [str(row) for line in asked for row in db.execute(text(f"EXPLAIN QUERY PLAN {line}"))]

    assert any(index in plan for plan in plans), plans
    assert not any("SCAN delivery" in plan or "SCAN line" in plan for plan in plans), plans
