"""The tables of the ledger, and the only statements that write to them.

Transfers and postings are inserted and never changed: no statement here or elsewhere updates or
deletes one (a test reads the code for it). A balance is kept beside them, in the same
transaction; ``community.ledger_recount`` counts everything again.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from community.ledger import (
    MOST_KEY,
    MOST_NOTE,
    Entry,
    InsufficientBalance,
    KeyReused,
    LedgerAccount,
    NotReversible,
    Posting,
    Transfer,
    Unit,
    moved,
)
from storage import RowId, UtcDateTime, insert_if_absent, inserted_id, metadata

ledger_account = Table(
    "ledger_account",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("district_id", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    # An internal id, not pointing anywhere: who is erased leaves their account behind.
    Column("owner", String(40), nullable=False),
    Column("unit", String(8), nullable=False),
    UniqueConstraint("district_id", "kind", "owner", "unit"),
    Index("ix_ledger_account_owner", "kind", "owner"),
    sqlite_autoincrement=True,
)

ledger_transfer = Table(
    "ledger_transfer",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", String(MOST_KEY), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("rule_version", String(40), nullable=False),
    Column("note", String(MOST_NOTE), nullable=False),
    Column("reverses", RowId, ForeignKey("ledger_transfer.id"), unique=True),
    sqlite_autoincrement=True,
)

ledger_posting = Table(
    "ledger_posting",
    metadata,
    Column("transfer_id", RowId, ForeignKey(ledger_transfer.c.id), primary_key=True),
    Column("account_id", RowId, ForeignKey(ledger_account.c.id), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Index("ix_ledger_posting_account_id", "account_id", "transfer_id"),
)

ledger_balance = Table(
    "ledger_balance",
    metadata,
    Column("account_id", RowId, ForeignKey(ledger_account.c.id), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("is_held", Boolean, nullable=False),
    # The last word, should a statement ever forget its condition.
    CheckConstraint("amount >= 0 OR NOT is_held", name="not_overdrawn"),
)

_accounts = ledger_account.c
_transfers = ledger_transfer.c
_postings = ledger_posting.c
_balances = ledger_balance.c

_BOOKING = (
    update(ledger_balance)
    .where(
        _balances.account_id == bindparam("booked"),
        or_(_balances.is_held.is_(False), _balances.amount + bindparam("gain") >= 0),
    )
    .values(amount=_balances.amount + bindparam("gain"))
)
_BALANCE = (
    select(_balances.amount)
    .join(ledger_account, _accounts.id == _balances.account_id)
    .where(
        _accounts.district_id == bindparam("district_id"),
        _accounts.kind == bindparam("kind"),
        _accounts.owner == bindparam("owner"),
        _accounts.unit == bindparam("unit"),
    )
)


def post(db: Connection, transfer: Transfer, now: datetime) -> int:
    """Book a transfer and return its id; the same key and content again books nothing.

    Of several that spend from one account at once, those win whom the balance allows.

    Args:
        db: inside a write, which is undone when this raises.
        transfer: what to book.
        now: when.

    Raises:
        Unbalanced: when what is gained is not what is lost.
        UnfitTransfer: when it moves nothing, or a part of it cannot be kept.
        KeyReused: when its key stands with other content.
        InsufficientBalance: when an account of somebody would go below zero.
    """
    return _post(db, transfer, now, None)


def reverse(db: Connection, transfer_id: int, key: str, now: datetime) -> int:
    """Book the opposite of a transfer, once, and return the id of the reversal.

    The same transfer and key again return the same id.

    Raises:
        NotReversible: when there is no such transfer, it was reversed under another key, or
            is itself a reversal.
        KeyReused: when the key stands for something else.
        InsufficientBalance: when somebody has spent what would be taken back.
    """
    original = _transfer_row(db, transfer_id)
    if original is None:
        raise NotReversible(transfer_id, "there is none")
    if original.reverses is not None:
        raise NotReversible(transfer_id, "it is a reversal; post a new transfer instead")
    earlier = _reversal_of(db, transfer_id)
    if earlier is not None and earlier.key != key:
        raise NotReversible(transfer_id, f"transfer {earlier.id} has reversed it")
    net = gains_of(db, transfer_id)
    opposite = Transfer(
        key,
        "reversal",
        tuple(Posting(account, -amount) for account, amount in net.items()),
        original.rule_version,
    )
    return _post(db, opposite, now, transfer_id)


def transfer_under(db: Connection, key: str) -> int | None:
    """Return the id of the transfer that was posted under a key."""
    return db.scalar(select(_transfers.id).where(_transfers.key == key))


def gains_of(db: Connection, transfer_id: int) -> Mapping[LedgerAccount, int]:
    """Return what each account gained by a transfer, or lost when below zero."""
    rows = db.execute(
        select(ledger_account, _postings.amount)
        .join(ledger_posting, _postings.account_id == _accounts.id)
        .where(_postings.transfer_id == transfer_id)
    )
    return {_account(row): row.amount for row in rows}


def balance(db: Connection, account: LedgerAccount) -> int:
    """Return what an account holds; 0 for one that nothing was ever booked to."""
    amount: int | None = db.execute(_BALANCE, _named(account)).scalar_one_or_none()
    return amount or 0


def holdings(db: Connection, kind: str, owner: str) -> list[tuple[LedgerAccount, int]]:
    """Return somebody's accounts that hold anything, with what they hold, by district."""
    rows = db.execute(
        select(ledger_account, _balances.amount)
        .join(ledger_balance, _accounts.id == _balances.account_id)
        .where(_accounts.kind == kind, _accounts.owner == owner, _balances.amount != 0)
        .order_by(_accounts.district_id, _accounts.unit)
    )
    return [(_account(row), row.amount) for row in rows]


def statement(
    db: Connection, account: LedgerAccount, before: int | None = None, most: int = 20
) -> list[Entry]:
    """Return the lines of an account, newest first.

    Args:
        db: to read from.
        account: whose.
        before: only lines of earlier transfers than this id; None from the newest on.
        most: how many.
    """
    lines = (
        select(ledger_transfer, _postings.amount)
        .join(ledger_posting, _postings.transfer_id == _transfers.id)
        .join(ledger_account, _accounts.id == _postings.account_id)
        .where(*(_accounts[name] == value for name, value in _named(account).items()))
        .order_by(_postings.transfer_id.desc())
        .limit(most)
    )
    if before is not None:
        lines = lines.where(_postings.transfer_id < before)
    return [
        Entry(row.id, row.at, row.kind, row.amount, row.rule_version, row.note, row.reverses)
        for row in db.execute(lines)
    ]


def carry_over(db: Connection, giver: int, taker: int, now: datetime) -> list[int]:
    """Bring all that one resident holds to another, when two turn out to be one person.

    Returns:
        The transfers, one for each district and unit; none when the giver holds nothing.
    """
    made = []
    for account, amount in holdings(db, "resident", str(giver)):
        to = LedgerAccount(account.district_id, "resident", str(taker), account.unit)
        # Whoever is erased or merged never comes back, so the pair is an occasion of its own.
        key = f"merge:{giver}:{taker}:{account.district_id}:{account.unit}"
        made.append(post(db, Transfer(key, "merge", moved(account, to, amount)), now))
    return made


def forfeit(db: Connection, resident_id: int, now: datetime) -> list[int]:
    """Let expire all that a resident holds, when they are erased; return the transfers."""
    made = []
    for account, amount in holdings(db, "resident", str(resident_id)):
        to = LedgerAccount(account.district_id, "expired", "", account.unit)
        key = f"erased:{resident_id}:{account.district_id}:{account.unit}"
        made.append(post(db, Transfer(key, "erased", moved(account, to, amount)), now))
    return made


def _post(db: Connection, transfer: Transfer, now: datetime, reverses: int | None) -> int:
    net = transfer.net()
    values = {
        "key": transfer.key,
        "kind": transfer.kind,
        "at": now,
        "rule_version": transfer.rule_version,
        "note": transfer.note,
        "reverses": reverses,
    }
    made: int | None = inserted_id(db, ledger_transfer, values, keys=["key"])
    if made is None:
        return _same_as_before(db, transfer, net, reverses)
    _book(db, made, net)
    return made


def _same_as_before(
    db: Connection, transfer: Transfer, net: Mapping[LedgerAccount, int], reverses: int | None
) -> int:
    row = db.execute(select(ledger_transfer).where(_transfers.key == transfer.key)).one()
    now = (transfer.kind, transfer.rule_version, transfer.note, reverses)
    before = (row.kind, row.rule_version, row.note, row.reverses)
    transfer_id: int = row.id
    if now != before or net != gains_of(db, transfer_id):
        raise KeyReused(transfer.key, transfer_id)
    return transfer_id


def _book(db: Connection, transfer_id: int, net: Mapping[LedgerAccount, int]) -> None:
    ids = _account_ids(db, net)
    db.execute(
        insert(ledger_posting),
        [
            {"transfer_id": transfer_id, "account_id": ids[account], "amount": amount}
            for account, amount in net.items()
        ],
    )
    # Always in the same order, or two transfers could wait for each other.
    for account in sorted(net, key=lambda account: ids[account]):
        booked = db.execute(_BOOKING, {"booked": ids[account], "gain": net[account]})
        if booked.rowcount != 1:
            raise InsufficientBalance(account, net[account])


def _account_ids(
    db: Connection, accounts: Collection[LedgerAccount]
) -> Mapping[LedgerAccount, int]:
    """Return the id of each account, which is made where it is missing."""
    found = _found_accounts(db, accounts)
    missing = [account for account in accounts if account not in found]
    # In one order, as two that open the same accounts wait for each other's rows.
    for account in sorted(missing, key=lambda account: tuple(_named(account).values())):
        found[account] = _opened(db, account)
    return found


def _found_accounts(
    db: Connection, accounts: Collection[LedgerAccount]
) -> dict[LedgerAccount, int]:
    names = tuple_(_accounts.district_id, _accounts.kind, _accounts.owner, _accounts.unit)
    wanted = [tuple(_named(account).values()) for account in accounts]
    rows = db.execute(select(ledger_account).where(names.in_(wanted)))
    return {_account(row): row.id for row in rows}


def _opened(db: Connection, account: LedgerAccount) -> int:
    made: int | None = inserted_id(db, ledger_account, _named(account), keys=list(_named(account)))
    if made is None:  # another transaction was first, and has committed
        return _found_accounts(db, [account])[account]
    values = {"account_id": made, "amount": 0, "is_held": account.is_held}
    insert_if_absent(db, ledger_balance, values, keys=["account_id"])
    return made


def _transfer_row(db: Connection, transfer_id: int) -> Row[Any] | None:
    # Held, so that of two who reverse it one finds the other's reversal.
    held = select(ledger_transfer).where(_transfers.id == transfer_id)
    return db.execute(held.with_for_update(key_share=True)).one_or_none()


def _reversal_of(db: Connection, transfer_id: int) -> Row[Any] | None:
    return db.execute(
        select(ledger_transfer).where(_transfers.reverses == transfer_id)
    ).one_or_none()


def _named(account: LedgerAccount) -> dict[str, str]:
    return {
        "district_id": account.district_id,
        "kind": account.kind,
        "owner": account.owner,
        "unit": account.unit,
    }


def _account(row: Row[Any]) -> LedgerAccount:
    unit: Unit = row.unit
    return LedgerAccount(row.district_id, row.kind, row.owner, unit)
