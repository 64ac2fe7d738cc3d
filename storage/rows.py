"""Small helpers for writing rows that behave the same on both stores.

Building a statement costs four times what running it does, so statements are made once: these
here by table and keys, those of a ``store.py`` as constants with ``bindparam``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from storage.prepared import Prepared

T = TypeVar("T")

CHUNK = 500


def insert_if_absent(
    connection: Connection, table: Table, values: Mapping[str, Any], *, keys: Sequence[str]
) -> bool:
    """Insert a row unless one with the same ``keys`` stands; return whether it was inserted.

    On PostgreSQL this waits for a transaction that is inserting the same keys, so of
    several callers exactly one gets True. Other violated constraints still raise.

    Args:
        connection: of the transaction to insert in.
        table: where.
        values: column name to value.
        keys: the columns of one unique constraint or of the primary key.
    """
    return inserted_id(connection, table, values, keys=keys, wanted=keys[0]) is not None


def inserted_id(
    connection: Connection,
    table: Table,
    values: Mapping[str, Any],
    *,
    keys: Sequence[str],
    wanted: str = "id",
) -> Any:  # noqa: ANN401 - of the column's type
    """Insert a row as ``insert_if_absent`` does; return its ``wanted`` column.

    Returns None when a row with the same ``keys`` stood.
    """
    insert = _insert_if_absent(connection.dialect.name, table, tuple(keys), wanted)
    row = insert.row(connection, values)
    return row[0] if row else None


def put(
    connection: Connection, table: Table, values: Mapping[str, Any], *, keys: Sequence[str]
) -> None:
    """Insert a row, or give the one with the same ``keys`` these values.

    Args:
        connection: of the transaction to write in.
        table: where.
        values: column name to value, keys included.
        keys: the columns of one unique constraint or of the primary key.
    """
    columns = tuple(name for name in values if name not in keys)
    _put(connection.dialect.name, table, tuple(keys), columns).row(connection, values)


@cache
def _insert_if_absent(dialect: str, table: Table, keys: tuple[str, ...], wanted: str) -> Prepared:
    statement = _insert(dialect, table).on_conflict_do_nothing(index_elements=keys)
    return Prepared(statement.returning(table.c[wanted]))


@cache
def _put(dialect: str, table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Prepared:
    statement = _insert(dialect, table)
    given = {name: statement.excluded[name] for name in columns}
    return Prepared(statement.on_conflict_do_update(index_elements=keys, set_=given))


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield ``items`` in lists of at most ``size``, for one write each.

    Raises:
        ValueError: when ``size`` is below 1.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, not {size}")
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk
