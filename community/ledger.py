"""The ledger of rewards: accounts, transfers, and what makes a transfer sound.

Double entry in whole points and fen: what one account gains others lose, so the sum over all
accounts is always zero. Nothing is ever changed or taken out; a mistake is set right by a
transfer the other way. Accounts name internal ids alone, so that erasing a person leaves the
ledger whole and leads to nobody.

Values in, values out; ``community.ledger_store`` keeps them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Unit = Literal["points", "fen"]
AccountKind = Literal["fund", "resident", "anonymous", "paid_out", "expired", "exchange"]

# What belongs to somebody: never below zero. The others are the district's own side.
HELD: frozenset[AccountKind] = frozenset({"resident", "anonymous"})
# A million times any reward; far from what a column of 64 bits overflows at.
MOST_AMOUNT = 10**12
MOST_KEY = 200
MOST_NOTE = 200


class LedgerError(Exception):
    """The ledger refuses; nothing of the transaction is to be kept."""

    permanent = True


class Unbalanced(LedgerError):
    """What some accounts gain is not what others lose."""

    def __init__(self, key: str, district_id: str, unit: Unit, total: int) -> None:
        self.key = key
        self.district_id = district_id
        self.unit = unit
        self.total = total
        super().__init__(
            f"the postings of {key!r} sum to {total} {unit} in {district_id}, not to 0: "
            "give each amount its counterpart in the same district"
        )


class UnfitTransfer(LedgerError):
    """A transfer moves nothing, or holds something that cannot be kept."""

    def __init__(self, key: str, problem: str) -> None:
        self.key = key
        self.problem = problem
        super().__init__(f"the transfer {key[:MOST_KEY]!r} cannot be posted: {problem}")


class KeyReused(LedgerError):
    """Another transfer was posted under this key before."""

    def __init__(self, key: str, transfer_id: int) -> None:
        self.key = key
        self.transfer_id = transfer_id
        super().__init__(
            f"transfer {transfer_id} has the key {key!r} and other content: "
            "give each occasion a key of its own"
        )


class InsufficientBalance(LedgerError):
    """Somebody's account would go below zero."""

    def __init__(self, account: "LedgerAccount", amount: int) -> None:
        self.account = account
        self.amount = amount
        super().__init__(
            f"{account.kind} {account.owner} of {account.district_id} holds less than "
            f"{-amount} {account.unit}: nothing was booked"
        )


class NotReversible(LedgerError):
    """There is no such transfer, it was reversed before, or it is a reversal itself."""

    def __init__(self, transfer_id: int, problem: str) -> None:
        self.transfer_id = transfer_id
        self.problem = problem
        super().__init__(f"transfer {transfer_id} cannot be reversed: {problem}")


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """One account, found by what it is; it comes to be with its first posting.

    Attributes:
        district_id: whose money and points these are.
        kind: whose side it is on.
        owner: an internal id in digits, "" for the district's own accounts; never a name.
        unit: of its amounts.
    """

    district_id: str
    kind: AccountKind
    owner: str
    unit: Unit

    @property
    def is_held(self) -> bool:
        """Whether it belongs to somebody, and so never goes below zero."""
        return self.kind in HELD


@dataclass(frozen=True, slots=True)
class Posting:
    """What one account gains, or loses when ``amount`` is below zero."""

    account: LedgerAccount
    amount: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """What is posted at once, or not at all.

    Attributes:
        key: tells this occasion from every other, so that a repeat books nothing twice.
        kind: what it is for, such as "grant" or "payout".
        postings: sum to zero in each unit and district.
        rule_version: of the rules that it follows, "" when it follows none.
        note: for the audit; no personal text.
    """

    key: str
    kind: str
    postings: tuple[Posting, ...]
    rule_version: str = ""
    note: str = ""

    def net(self) -> Mapping[LedgerAccount, int]:
        """Return what each account gains in all, those that gain nothing left out.

        Raises:
            UnfitTransfer: when it moves nothing, or a part of it cannot be kept.
            Unbalanced: when what is gained is not what is lost.
        """
        if not 0 < len(self.key) <= MOST_KEY or not self.kind or len(self.note) > MOST_NOTE:
            raise UnfitTransfer(self.key, "its key, kind or note is empty or too long")
        gains: defaultdict[LedgerAccount, int] = defaultdict(int)
        for posting in self.postings:
            gains[posting.account] += _whole(self.key, posting.amount)
        net = {account: amount for account, amount in gains.items() if amount}
        if not net:
            raise UnfitTransfer(self.key, "it moves nothing")
        _require_balance(self.key, net)
        return net


def moved(giver: LedgerAccount, taker: LedgerAccount, amount: int) -> tuple[Posting, ...]:
    """Return the postings that bring ``amount`` from one account to another."""
    return Posting(giver, -amount), Posting(taker, amount)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account's statement.

    Attributes:
        transfer_id: orders the lines, and is where the next page begins.
        at: when it was booked.
        kind: what for.
        amount: gained, or lost when below zero.
        rule_version: of the rules that it follows.
        note: as posted.
        reverses: the transfer that this one undoes, if any.
    """

    transfer_id: int
    at: datetime
    kind: str
    amount: int
    rule_version: str
    note: str
    reverses: int | None


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What a full recount found; each list names the first few that are wrong.

    Attributes:
        transfers: how many there are.
        accounts: how many there are.
        unbalanced: transfers without postings, or whose postings do not sum to zero.
        miscounted: accounts whose balance is not the sum of their postings.
        overdrawn: accounts of somebody that are below zero.
        unmirrored: reversals that do not undo exactly what they name.
    """

    transfers: int
    accounts: int
    unbalanced: tuple[int, ...] = ()
    miscounted: tuple[int, ...] = ()
    overdrawn: tuple[int, ...] = ()
    unmirrored: tuple[int, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.unbalanced or self.miscounted or self.overdrawn or self.unmirrored)


def _whole(key: str, amount: object) -> int:
    """Return an amount; whatever is no whole number of points or fen is refused."""
    if not isinstance(amount, int) or isinstance(amount, bool) or abs(amount) > MOST_AMOUNT:
        raise UnfitTransfer(key, f"{amount!r} is no whole amount up to {MOST_AMOUNT}")
    return amount


def _require_balance(key: str, net: Mapping[LedgerAccount, int]) -> None:
    totals: defaultdict[tuple[str, Unit], int] = defaultdict(int)
    for account, amount in net.items():
        totals[account.district_id, account.unit] += amount
    for (district_id, unit), total in totals.items():
        if total:
            raise Unbalanced(key, district_id, unit, total)
