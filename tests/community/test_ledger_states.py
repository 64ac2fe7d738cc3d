"""Whatever happens in whatever order: sums are zero, balances right, nobody below zero."""

from collections import Counter
from datetime import UTC, datetime

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, func, select

from community.ledger import (
    InsufficientBalance,
    LedgerAccount,
    NotReversible,
    Transfer,
    Unit,
    moved,
)
from community.ledger_recount import check
from community.ledger_store import balance, ledger_posting, post, reverse
from storage import Database

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
OWNERS = ("1", "2", "3")
UNITS: tuple[Unit, ...] = ("points", "fen")

owners = st.sampled_from(OWNERS)
units = st.sampled_from(UNITS)
amounts = st.integers(1, 30)


class Books(RuleBasedStateMachine):
    """The ledger beside a plain count of what everybody holds."""

    transfers = Bundle("transfers")

    def __init__(self, database: Database, district: str) -> None:
        super().__init__()
        self.database = database
        self.district = district
        self.expected: Counter[LedgerAccount] = Counter()
        self.made: dict[int, Transfer] = {}
        self.reversed: set[int] = set()

    def account(self, owner: str, unit: Unit) -> LedgerAccount:
        kind = "resident" if owner in OWNERS else owner
        return LedgerAccount(self.district, kind, owner if owner in OWNERS else "", unit)  # type: ignore[arg-type]

    def book(self, giver: str, taker: str, unit: Unit, amount: int) -> int | None:
        """Post and note it; None, with nothing noted, when the giver has too little."""
        key = f"{self.district}:{len(self.made)}:{giver}:{taker}:{unit}:{amount}"
        source, target = self.account(giver, unit), self.account(taker, unit)
        transfer = Transfer(key, "test", moved(source, target, amount))
        may = not source.is_held or self.expected[source] >= amount
        try:
            made = self.database.write(lambda db: post(db, transfer, NOON))
        except InsufficientBalance:
            assert not may
            return None
        assert may
        self.note(transfer, 1)
        self.made[made] = transfer
        return made

    def note(self, transfer: Transfer, sign: int) -> None:
        for account, amount in transfer.net().items():
            self.expected[account] += sign * amount

    @rule(target=transfers, owner=owners, unit=units, amount=amounts)
    def grant(self, owner: str, unit: Unit, amount: int) -> int | None:
        return self.book("fund", owner, unit, amount)

    @rule(target=transfers, owner=owners, unit=units, amount=amounts)
    def spend(self, owner: str, unit: Unit, amount: int) -> int | None:
        return self.book(owner, "exchange", unit, amount)

    @rule(target=transfers, pair=st.permutations(OWNERS), unit=units, amount=amounts)
    def hand_on(self, pair: list[str], unit: Unit, amount: int) -> int | None:
        return self.book(pair[0], pair[1], unit, amount)

    @rule(transfer_id=transfers)
    def repeat(self, transfer_id: int | None) -> None:
        if transfer_id is not None:
            again = self.made[transfer_id]
            assert self.database.write(lambda db: post(db, again, NOON)) == transfer_id

    @rule(transfer_id=consumes(transfers))
    def undo(self, transfer_id: int | None) -> None:
        if transfer_id is None:
            return
        original = self.made[transfer_id]
        may = all(
            not account.is_held or self.expected[account] >= amount
            for account, amount in original.net().items()
        )
        try:
            self.reversal(transfer_id, "first")
        except InsufficientBalance:
            assert not may
            return
        assert may
        self.note(original, -1)
        try:
            self.reversal(transfer_id, "second")
        except NotReversible:
            return
        raise AssertionError("it was reversed twice")

    def reversal(self, transfer_id: int, key: str) -> None:
        name = f"{self.district}:undo:{transfer_id}:{key}"
        self.database.write(lambda db: reverse(db, transfer_id, name, NOON))

    @invariant()
    def holds(self) -> None:
        found = self.database.read(self.look)
        assert found == {account: self.expected[account] for account in found}
        assert all(amount >= 0 for account, amount in found.items() if account.is_held)

    def look(self, db: Connection) -> dict[LedgerAccount, int]:
        assert check(db).is_sound
        assert not db.scalar(select(func.sum(ledger_posting.c.amount)))
        names = (*OWNERS, "fund", "exchange")
        accounts = [self.account(name, unit) for name in names for unit in UNITS]
        return {account: balance(db, account) for account in accounts}


def test_the_books_are_always_right(database: Database) -> None:
    runs = iter(range(10_000))  # each run in a district of its own, so that one file will do
    run_state_machine_as_test(
        lambda: Books(database, f"d{next(runs)}"),
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
