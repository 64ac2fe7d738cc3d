"""Whatever staff and reporters press in whatever order: the books agree with the rewards."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from community.ledger import InsufficientBalance, LedgerAccount, LedgerError
from community.ledger_recount import check
from community.ledger_store import balance
from hazards.reward_states import Reward, RewardError
from hazards.reward_store import rewards_of_case
from hazards.rewards import (
    approve,
    claim,
    expire_due,
    forget_holder,
    mark_paid,
    propose,
    refuse,
    reverse,
    thank_me_too,
)
from storage import Database
from tests.hazards.rewarded import (
    NOON,
    RULES,
    SCHEME,
    Case,
    closed_case,
    new_report,
    new_resident,
)

STAFF = (901, 902, 903)
# States in which what was granted is still the holder's.
HELD = {"points": {"paid"}, "fen": {"approved", "claimed"}}

cases = st.integers(0, 3)
staff = st.sampled_from(STAFF)


class Office(RuleBasedStateMachine):
    """A few cases of two reporters, and three members of staff who press everything."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.now = NOON
        self.cases: list[Case] = []

    @initialize()
    def begin(self) -> None:
        name = uuid4().hex  # the store is shared with the runs before
        categories = ("hot_work", "hot_work", "lane_blocked", "lane_blocked")
        self.cases = [
            closed_case(self.database, f"{name}-{n % 2}", category=category)
            for n, category in enumerate(categories)
        ]
        followed = self.cases[1].id
        self.database.write(
            lambda db: new_report(db, followed, new_resident(db, f"{name}-0"), standing="me_too")
        )

    def press(self, work: Callable[..., object]) -> None:
        with suppress(RewardError, LedgerError):
            self.database.write(work)

    def latest(self, number: int) -> Reward | None:
        found = self.database.read(lambda db: rewards_of_case(db, self.cases[number].id))
        return found[-1] if found else None

    @rule(number=cases, who=staff)
    def propose(self, number: int, who: int) -> None:
        case_id = self.cases[number].id
        self.press(lambda db: propose(db, case_id, who, self.now, SCHEME))

    @rule(number=cases, who=staff)
    def approve(self, number: int, who: int) -> None:
        if found := self.latest(number):
            self.press(lambda db: approve(db, found.id, who, self.now))

    @rule(number=cases, who=staff)
    def refuse(self, number: int, who: int) -> None:
        if found := self.latest(number):
            self.press(lambda db: refuse(db, found.id, who, "不属实", self.now))

    @rule(number=cases)
    def claim(self, number: int) -> None:
        owner = self.cases[number].reporter_id or 0
        if found := self.latest(number):
            self.press(lambda db: claim(db, found.id, owner, self.now))

    @rule(number=cases, who=staff)
    def pay(self, number: int, who: int) -> None:
        if found := self.latest(number):
            self.press(lambda db: mark_paid(db, [found.id], who, "P", self.now))

    @rule(number=cases, who=staff)
    def reverse(self, number: int, who: int) -> None:
        if found := self.latest(number):
            self.press(lambda db: reverse(db, found.id, who, "不属实", self.now))

    @rule(number=cases)
    def thank(self, number: int) -> None:
        self.press(lambda db: thank_me_too(db, self.cases[number].id, self.now, SCHEME))

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.press(lambda db: expire_due(db, self.now))

    @invariant()
    def agrees(self) -> None:
        found = [
            each
            for case in self.cases
            for each in self.database.read(lambda db, case=case: rewards_of_case(db, case.id))
        ]
        assert self.database.read(check).is_sound
        self.each_is_paid_for_once(found)
        expected: Counter[LedgerAccount] = Counter()
        for each in found:
            holder = each.holder
            assert holder is not None
            is_held = each.state in HELD[each.amount.unit]
            expected[holder] += each.amount.number if is_held else 0
        for holder, amount in expected.items():
            assert self.database.read(lambda db, at=holder: balance(db, at)) == amount
            cap = RULES.cap(holder.unit)
            assert cap is not None
            assert amount <= cap

    def each_is_paid_for_once(self, found: list[Reward]) -> None:
        standing = [each for each in found if each.state not in {"refused", "reversed"}]
        assert len({each.report_id for each in standing}) == len(standing)
        firsts = [each.case_id for each in standing if each.kind == "first"]
        assert len(set(firsts)) == len(firsts)
        assert not [
            each
            for each in standing
            if each.decided_by is not None and each.decided_by == each.proposed_by
        ]


def test_books_and_rewards_agree(database: Database) -> None:
    run_state_machine_as_test(
        lambda: Office(database),
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def claimable(database: Database) -> tuple[Case, Reward]:
    case = closed_case(database, category="lane_blocked")
    made = database.write(lambda db: propose(db, case.id, STAFF[0], NOON, SCHEME))
    return case, database.write(lambda db: approve(db, made.id, STAFF[1], NOON))


def test_of_claim_and_expiry_at_once_one_wins(database: Database) -> None:
    case, given = claimable(database)
    owner = case.reporter_id or 0
    late = NOON + timedelta(days=30)
    tries = [
        database.submit(lambda db: claim(db, given.id, owner, late - timedelta(seconds=1))),
        database.submit(lambda db: expire_due(db, late)),
    ]
    for each in tries:
        assert isinstance(each.exception(30), RewardError | None)
    found = database.read(lambda db: rewards_of_case(db, case.id))[0]
    assert found.state in {"claimed", "expired"}
    assert database.read(check).is_sound


def test_of_payment_and_reversal_at_once_the_books_agree(database: Database) -> None:
    case, given = claimable(database)
    database.write(lambda db: claim(db, given.id, case.reporter_id or 0, NOON))
    tries = [
        database.submit(lambda db: mark_paid(db, [given.id], STAFF[2], "P", NOON)),
        database.submit(lambda db: reverse(db, given.id, STAFF[2], "不属实", NOON)),
    ]
    for each in tries:
        assert isinstance(each.exception(30), RewardError | None)
    found = database.read(lambda db: rewards_of_case(db, case.id))[0]
    holder = found.holder
    assert holder is not None
    paid_out = replace(holder, kind="paid_out", owner="")
    moved = database.read(lambda db: (balance(db, holder), balance(db, paid_out)))
    assert moved == ((0, 5000) if found.state == "paid" else (0, 0))
    assert database.read(check).is_sound


def test_of_reversal_and_erasure_at_once_the_books_agree(database: Database) -> None:
    case, given = claimable(database)
    tries = [
        database.submit(lambda db: reverse(db, given.id, STAFF[2], "不属实", NOON)),
        database.submit(lambda db: forget_holder(db, case.reporter_id or 0, NOON)),
    ]
    for each in tries:
        assert isinstance(each.exception(30), RewardError | InsufficientBalance | None)
    assert database.read(check).is_sound
