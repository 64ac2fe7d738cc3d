"""Making one resident of two, and finding every column that names one."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    select,
    true,
    update,
)

from community.store import channel_account, resident

# Takes the connection, who gives and who takes; for what no column alone can hand over.
Carry = Callable[[Connection, int, int], None]


def _carry_nothing(_db: Connection, _giver: int, _taker: int) -> None:
    """Stand in where columns are all."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a resident has: ``columns`` hold their id (``channel_account`` apart).

    ``carry`` is called before any column is changed.
    """

    columns: Sequence[Column[Any]] = ()
    carry: Carry = _carry_nothing


def merge_residents(db: Connection, one: int, other: int, owned: Belongings) -> int:
    """Give everything of the newer of two residents to the older, and return the older's id.

    Where both have a row that only one may have (a building bound twice, say), the older
    resident's stays. Nobody loses a building: the sum may exceed what one may bind.

    Args:
        db: inside a write.
        one: a resident.
        other: another; nothing is done when they are the same.
        owned: all that moves.

    Raises:
        sqlalchemy.exc.IntegrityError: when a column that points at residents was left out;
            nothing is changed.
    """
    if one == other:
        return one
    older, newer = db.scalars(
        select(resident.c.id)
        .where(resident.c.id.in_([one, other]))
        .order_by(resident.c.created_at, resident.c.id)
    ).all()
    # What any of their accounts is doing is finished first, and what comes after finds the older.
    db.execute(
        select(channel_account.c.id)
        .where(channel_account.c.resident_id.in_([older, newer]))
        .order_by(channel_account.c.id)
        .with_for_update()
    ).all()
    owned.carry(db, newer, older)
    for column in (channel_account.c.resident_id, *owned.columns):
        _give(db, column, newer, older)
    db.execute(delete(resident).where(resident.c.id == newer))
    return int(older)


def columns_naming(metadata: MetaData, target: Column[Any]) -> list[Column[Any]]:
    """Return every column that points at ``target``, by a foreign key or by its name alone.

    A column is taken to name a resident or an account when it is called ``resident_id`` or
    ``account_id``: some packages keep an id without pointing at the table.
    """
    by_name = f"{target.table.name.rpartition('_')[2]}_id"
    return [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.column is target for key in column.foreign_keys)
        or (column.name == by_name and not column.foreign_keys)
    ]


def columns_left_out(
    metadata: MetaData, target: Column[Any], named: Collection[Column[Any]]
) -> list[str]:
    """Return ``table.column`` of what names ``target`` but is not in ``named``; for a test."""
    known = {str(column) for column in named}
    return [str(found) for found in columns_naming(metadata, target) if str(found) not in known]


def _give(db: Connection, column: Column[Any], giver: int, taker: int) -> None:
    for unique in _unique_sets(column.table):
        if column.name in unique:
            _drop_doubles(db, column, unique - {column.name}, (giver, taker))
    db.execute(update(column.table).where(column == giver).values({column.name: taker}))


def _drop_doubles(
    db: Connection, column: Column[Any], others: Collection[str], sides: tuple[int, int]
) -> None:
    """Delete the giver's rows that would be the taker's a second time."""
    giver, taker = sides
    standing = column.table.alias()
    same = and_(true(), *(standing.c[name] == column.table.c[name] for name in sorted(others)))
    has_it = exists().where(standing.c[column.name] == taker, same).correlate(column.table)
    db.execute(delete(column.table).where(column == giver, has_it))


def _unique_sets(table: Table) -> Iterator[frozenset[str]]:
    """Yield the names of columns of which no two rows may hold the same values."""
    yield frozenset(column.name for column in table.primary_key.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield frozenset(column.name for column in constraint.columns)
    for index in table.indexes:
        if index.unique:
            yield frozenset(column.name for column in index.columns)
