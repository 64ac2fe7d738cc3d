"""Vouchers: points exchanged for what a district offers, handed over for the voucher's code."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    select,
    update,
)

from community.ledger import KeyReused, LedgerAccount, Transfer, moved
from community.ledger_store import ledger_transfer, post
from community.ledger_store import reverse as reverse_transfer
from community.store import resident
from hazards.reward_rules import Offer
from hazards.reward_states import RewardError
from hazards.reward_store import has_claimed
from storage import RowId, UtcDateTime, inserted_id, metadata, new_code

VoucherState = Literal["open", "handed_over", "cancelled"]

voucher = Table(
    "reward_voucher",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    # Nobody for anonymous reports, and for those who were erased.
    Column("resident_id", RowId, ForeignKey(resident.c.id)),
    Column("transfer_id", RowId, ForeignKey(ledger_transfer.c.id), nullable=False, unique=True),
    Column("offer_id", String(40), nullable=False),
    Column("offer_name", String(80), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    # Who handed it over or took it back, and when.
    Column("ended_by", RowId),
    Column("ended_at", UtcDateTime),
    Index("ix_reward_voucher_resident_id", "resident_id"),
    Index("ix_reward_voucher_queue", "district_id", "state", "id"),
    sqlite_autoincrement=True,
)

_columns = voucher.c


class NothingClaimed(RewardError):
    """An anonymous report's points are spent before they were claimed."""

    def __init__(self, account: LedgerAccount) -> None:
        self.account = account
        super().__init__(f"claim what report {account.owner} has earned first")


class VoucherEnded(RewardError):
    """There is no such voucher, or it was handed over or cancelled before."""

    def __init__(self, voucher_id: int) -> None:
        self.voucher_id = voucher_id
        super().__init__(f"voucher {voucher_id} is not open (any more)")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants for their points.

    Attributes:
        account: whose points, of ``resident_account`` or ``anonymous_account``.
        offer: what for.
        key: tells this wish from a repeat of it, among all of this account.
        rule_version: of the rules that have the offer.
    """

    account: LedgerAccount
    offer: Offer
    key: str
    rule_version: str


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher, as kept; ``ended_at`` is when it was handed over or cancelled."""

    id: int
    code: str
    district_id: str
    resident_id: int | None
    transfer_id: int
    offer_id: str
    offer_name: str
    price: int
    state: VoucherState
    made_at: datetime
    ended_by: int | None
    ended_at: datetime | None


def exchange(db: Connection, order: Order, now: datetime) -> str:
    """Exchange points for a voucher and return its code; the same order again returns the same.

    Raises:
        InsufficientBalance: when the points do not suffice.
        NothingClaimed: when an anonymous report's points were not claimed yet.
        KeyReused: when the key stands for another order.
    """
    account, offer = order.account, order.offer
    if account.kind == "anonymous" and not has_claimed(db, int(account.owner)):
        raise NothingClaimed(account)
    key = f"exchange:{account.district_id}:{account.kind}:{account.owner}:{order.key}"
    sink = LedgerAccount(account.district_id, "exchange", "", account.unit)
    postings = moved(account, sink, offer.price)
    transfer = Transfer(key, "exchange", postings, order.rule_version, offer.id)
    transfer_id = post(db, transfer, now)
    standing = _found(db, _columns.transfer_id == transfer_id)
    made = standing or _added(db, order, transfer_id, now)
    if made.offer_name != offer.name:
        raise KeyReused(key, transfer_id)
    return made.code


def hand_over(db: Connection, voucher_id: int, staff_id: int, now: datetime) -> Voucher:
    """Note that what a voucher is good for was handed over.

    Raises:
        VoucherEnded: when it is not open any more.
    """
    return _end(db, voucher_id, "handed_over", staff_id, now)


def cancel(db: Connection, voucher_id: int, staff_id: int | None, now: datetime) -> Voucher:
    """Cancel a voucher and give its points back.

    Raises:
        VoucherEnded: when it is not open any more.
    """
    ended = _end(db, voucher_id, "cancelled", staff_id, now)
    reverse_transfer(db, ended.transfer_id, f"voucher:{voucher_id}:cancelled", now)
    return ended


def voucher_by_code(db: Connection, code: str) -> Voucher | None:
    """Return a voucher by its code, as ``storage.read_code`` reads it."""
    return _found(db, _columns.code == code)


def vouchers_of(db: Connection, resident_id: int, most: int = 20) -> list[Voucher]:
    """Return a resident's latest vouchers, newest first."""
    rows = db.execute(
        select(voucher)
        .where(_columns.resident_id == resident_id)
        .order_by(_columns.id.desc())
        .limit(most)
    )
    return [_voucher(row) for row in rows]


def _added(db: Connection, order: Order, transfer_id: int, now: datetime) -> Voucher:
    account, offer = order.account, order.offer
    values = {
        "district_id": account.district_id,
        "resident_id": int(account.owner) if account.kind == "resident" else None,
        "transfer_id": transfer_id,
        "offer_id": offer.id,
        "offer_name": offer.name,
        "price": offer.price,
        "state": "open",
        "made_at": now,
    }
    made: int | None = None
    while made is None:  # of 34 billion codes one is hardly ever drawn twice
        made = inserted_id(db, voucher, {**values, "code": new_code()}, keys=["code"])
    return _require(db, made)


def _end(
    db: Connection, voucher_id: int, state: VoucherState, staff_id: int | None, now: datetime
) -> Voucher:
    ended = db.execute(
        update(voucher)
        .where(_columns.id == voucher_id, _columns.state == "open")
        .values(state=state, ended_by=staff_id, ended_at=now)
    )
    if ended.rowcount != 1:
        raise VoucherEnded(voucher_id)
    return _require(db, voucher_id)


def _require(db: Connection, voucher_id: int) -> Voucher:
    found = _found(db, _columns.id == voucher_id)
    if found is None:
        raise VoucherEnded(voucher_id)
    return found


def _found(db: Connection, condition: ColumnElement[bool]) -> Voucher | None:
    row = db.execute(select(voucher).where(condition)).one_or_none()
    return _voucher(row) if row else None


def _voucher(row: Row[Any]) -> Voucher:
    return Voucher(**row._mapping)
