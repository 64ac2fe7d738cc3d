"""Small helpers for writing rows that behave the same on both stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

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
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(table)
        .on_conflict_do_nothing(index_elements=list(keys))
        .returning(table.c[keys[0]])
    )
    # Values as parameters: half the cost of values() in the statement.
    return connection.execute(statement, dict(values)).first() is not None


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
