"""Deleting what is kept of a person: when they leave a channel, and when they ask for it.

WeChat demands that the data of whoever unfollows is deleted. Counts that name nobody stay, and
so do the internal ids in the audit log and the ledger, which lead to nobody any more.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, delete, select, update
from sqlalchemy.schema import sort_tables

from community.bindings import binding
from community.link_store import link, link_miss
from community.store import channel_account, resident

# Called with a resident's id before their rows go; for what is settled rather than deleted.
Farewell = Callable[[Connection, int], None]


@dataclass(frozen=True, slots=True)
class Erasable:
    """Which rows belong to whom; the one place that joins the packages fills it.

    Attributes:
        accounts: columns that hold the id of a channel account: their rows are deleted with it.
        residents: columns that hold the id of a resident: their rows go with the last account.
        emptied: those of both whose rows stay, with NULL in this column: what is counted or
            public, and names nobody without it.
        farewells: what is done first when a resident goes, in order.

    Rows that point at a deleted row have to be named here as well, or cascade.
    """

    accounts: Sequence[Column[Any]] = ()
    residents: Sequence[Column[Any]] = ()
    emptied: Sequence[Column[Any]] = ()
    farewells: Sequence[Farewell] = ()


# What stands in this package; the other packages' columns come from outside.
OWN = Erasable(
    accounts=(link.c.giver_id, link.c.taker_id, link_miss.c.account_id),
    residents=(binding.c.resident_id,),
    emptied=(link_miss.c.account_id,),
)


def joined(*parts: Erasable) -> Erasable:
    """Return one registry of several, each column once."""
    return Erasable(
        _once(column for part in parts for column in part.accounts),
        _once(column for part in parts for column in part.residents),
        _once(column for part in parts for column in part.emptied),
        tuple(farewell for part in parts for farewell in part.farewells),
    )


def forget_account(db: Connection, account_id: int, erasable: Erasable) -> bool:
    """Delete a channel account and what belongs to it, for whoever leaves the channel.

    The person behind it goes, too, unless another channel leads to them.

    Args:
        db: inside a write.
        account_id: who left.
        erasable: every column that names an account or a resident, this package's included.

    Returns:
        False when there is no such account (any more), so that a repeat does nothing.

    Raises:
        sqlalchemy.exc.IntegrityError: when a column that points at them was left out; nothing
            is deleted.
    """
    resident_id = db.scalar(
        select(channel_account.c.resident_id)
        .where(channel_account.c.id == account_id)
        .with_for_update()
    )
    if resident_id is None:
        return False
    _delete(db, erasable.accounts, [account_id], _names(erasable.emptied))
    db.execute(delete(channel_account).where(channel_account.c.id == account_id))
    if not _accounts_of(db, resident_id):
        _delete_resident(db, resident_id, erasable)
    return True


def forget_person(db: Connection, account_id: int, erasable: Erasable) -> bool:
    """Delete the person behind an account with all their channels (删除我的信息).

    As ``forget_account``, which it does for each of their accounts.
    """
    resident_id = db.scalar(
        select(channel_account.c.resident_id).where(channel_account.c.id == account_id)
    )
    if resident_id is None:
        return False
    accounts = _accounts_of(db, resident_id)
    _delete(db, erasable.accounts, accounts, _names(erasable.emptied))
    db.execute(delete(channel_account).where(channel_account.c.id.in_(accounts)))
    _delete_resident(db, resident_id, erasable)
    return True


def _accounts_of(db: Connection, resident_id: int) -> list[int]:
    """Return the accounts of a resident, each held until the transaction ends."""
    query = (
        select(channel_account.c.id)
        .where(channel_account.c.resident_id == resident_id)
        .order_by(channel_account.c.id)
        .with_for_update()
    )
    return list(db.scalars(query))


def _delete_resident(db: Connection, resident_id: int, erasable: Erasable) -> None:
    for farewell in erasable.farewells:
        farewell(db, resident_id)
    _delete(db, erasable.residents, [resident_id], _names(erasable.emptied))
    db.execute(delete(resident).where(resident.c.id == resident_id))


def _delete(
    db: Connection, columns: Iterable[Column[Any]], ids: Collection[int], emptied: Collection[str]
) -> None:
    """Delete or empty the rows that name one of ``ids``, those that point at others first."""
    parents_first = sort_tables({column.table for column in columns})
    for column in sorted(columns, key=lambda column: -parents_first.index(column.table)):
        if str(column) in emptied:
            db.execute(update(column.table).where(column.in_(ids)).values({column.name: None}))
        else:
            db.execute(delete(column.table).where(column.in_(ids)))


def _once(columns: Iterable[Column[Any]]) -> tuple[Column[Any], ...]:
    """Return columns without doubles; comparing two of them would make SQL, not a truth."""
    return tuple({str(column): column for column in columns}.values())


def _names(columns: Iterable[Column[Any]]) -> frozenset[str]:
    return frozenset(map(str, columns))
