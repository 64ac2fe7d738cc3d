"""Every delivery ends in exactly one state, whatever happens in whatever order."""

from collections import Counter
from datetime import timedelta
from itertools import count as numbers

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Row, select

from community.deliveries import LANES, OPEN_STATES, ClaimedDelivery, Lane
from community.delivery_claim_store import Claim, claim_deliveries, settle
from community.delivery_store import (
    cancel_for_account,
    delivery,
    mark_shown,
    note_receipt,
    pending_for,
    queue_delivery,
)
from community.delivery_upkeep import expire_due
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
from community.reach import note_back, note_contact, note_left
from storage import Database
from tests.community.outbox_rows import NOON, a_delivery, add_account, make_tables

OUTCOMES: list[Outcome] = [
    Delivered("m"),
    NotReachable("no consent"),
    WindowClosed(),
    OutOfQuota(),
    OutOfQuota(NOON + timedelta(seconds=200)),
    Blocked(),
    RetryAfter(5),
    Rejected("too long"),
    Uncertain("timed out"),
]
_runs = numbers()


class Deliveries(RuleBasedStateMachine):
    """Two workers and two accounts on a channel of their own in one database."""

    claims = Bundle("claims")

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.channel = f"run {next(_runs)}"
        self.now = NOON
        self.accounts = [
            database.write(lambda db, name=name: add_account(db, name, self.channel))
            for name in ("ann", "bob")
        ]
        self.queued = 0
        self.ended: dict[int, str] = {}
        self.leased_until: dict[int, object] = {}

    @rule(who=st.integers(0, 1), lane=st.sampled_from(LANES), late=st.integers(0, 90))
    def queue(self, who: int, lane: Lane, late: int) -> None:
        made = a_delivery(
            self.accounts[who],
            f"key {self.queued}",
            lane,
            channel=self.channel,
            due_at=self.now + timedelta(seconds=late),
            expires_at=self.now + timedelta(seconds=late + 120),
        )
        first = self.database.write(lambda db: queue_delivery(db, made, self.now))
        assert first is not None
        assert self.database.write(lambda db: queue_delivery(db, made, self.now)) is None
        self.queued += 1

    @rule(target=claims, worker=st.sampled_from(["one", "two"]), most=st.integers(1, 4))
    def claim(self, worker: str, most: int) -> object:
        asked = Claim(self.channel, worker, most, lease=timedelta(seconds=30))
        claimed = self.database.write(lambda db: claim_deliveries(db, asked, self.now))
        lines = {(one.account_id, one.lane) for one in claimed}
        assert len(lines) == len(claimed) <= most
        for one in claimed:
            assert self.leased_until.get(one.id, self.now) <= self.now
            self.leased_until[one.id] = self.now + asked.lease
        return multiple(*claimed)

    @rule(claimed=claims, outcome=st.sampled_from(OUTCOMES))
    def settle(self, claimed: ClaimedDelivery, outcome: Outcome) -> None:
        found = self.database.write(lambda db: settle(db, claimed, outcome, self.now))
        again = self.database.write(lambda db: settle(db, claimed, outcome, self.now))
        assert again is None
        if found:
            self.leased_until.pop(claimed.id)

    @rule(seconds=st.integers(1, 60))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def expire(self) -> None:
        while self.database.write(lambda db: expire_due(db, self.now)):
            pass
        late = [r for r in self.rows() if r.settled_at is None and r.expires_at <= self.now]
        assert all(row.state == "sending" and row.next_at > self.now for row in late)

    @rule(who=st.integers(0, 1))
    def show(self, who: int) -> None:
        def turn(db: object) -> tuple[list[int], list[int]]:
            note_contact(db, self.accounts[who], None, self.now)
            ids = [pending.id for pending in pending_for(db, self.accounts[who], self.now)]
            return sorted(ids), mark_shown(db, ids, self.now)

        asked, shown = self.database.write(turn)
        assert shown == asked

    @rule(who=st.integers(0, 1), stays=st.booleans())
    def leave(self, who: int, stays: bool) -> None:
        account = self.accounts[who]
        self.database.write(lambda db: note_left(db, account, self.now))
        self.database.write(lambda db: cancel_for_account(db, account, self.now))
        if stays:
            self.database.write(lambda db: note_back(db, account))

    @rule(receipt=st.sampled_from(["delivered", "failed"]))
    def hear_of(self, receipt: str) -> None:
        before = {row.id: row.state for row in self.rows()}
        self.database.write(lambda db: note_receipt(db, self.channel, "m", receipt, self.now))
        after = {row.id: row.state for row in self.rows()}
        moved = {one for one in before if before[one] != after[one]}
        assert all((before[one], after[one]) == ("sent", "failed") for one in moved)
        self.ended |= {one: after[one] for one in moved}

    def rows(self) -> list[Row]:
        mine = select(delivery).where(delivery.c.channel == self.channel)
        return list(self.database.read(lambda db: db.execute(mine).all()))

    @invariant()
    def each_ends_once_and_none_is_lost(self) -> None:
        rows = self.rows()
        assert len(rows) == self.queued
        for row in rows:
            is_open = row.state in OPEN_STATES
            assert is_open == (row.settled_at is None)
            assert (row.next_at is not None) == (row.state in ("waiting", "sending"))
            assert self.ended.get(row.id, row.state) == row.state
            if not is_open:
                self.ended[row.id] = row.state
        totals = Counter(row.state for row in rows)
        assert sum(totals.values()) - len(self.ended) == sum(totals[s] for s in OPEN_STATES)

    def teardown(self) -> None:
        """Give every delivery the time it needs: none stays open for ever."""
        self.now += timedelta(days=1)
        self.expire()
        assert all(row.settled_at is not None for row in self.rows())


def test_every_delivery_ends_in_one_state(database: Database) -> None:
    make_tables(database)
    run_state_machine_as_test(
        lambda: Deliveries(database),
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
