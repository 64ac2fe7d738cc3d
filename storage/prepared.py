"""Constant statements that run for every message, on their short way to SQLite.

SQLAlchemy takes five times as long to hand a statement over as SQLite takes to run it. So what
is compiled once is handed to the driver at once, with the columns' own types reading and
writing the values. PostgreSQL, where the network costs more, gets SQLAlchemy's way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import Insert, ReturningInsert
from sqlalchemy.sql.selectable import Select
from sqlalchemy.types import TypeEngine

Statement: TypeAlias = "Select[Any] | Insert | ReturningInsert[Any]"
Values = Mapping[str, Any]
_Change = Callable[[Any], Any] | None


class Prepared:
    """A statement with ``bindparam`` or an insert without values; safe in many threads."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def row(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """Run it and return the first row, None when there is none or it returns nothing.

        Errors are those of ``connection.execute``.
        """
        driver = _driver(connection)
        if driver is None:
            return self._row(connection, values)
        compiled = self._compiled.get(tuple(values)) or self._compile(connection, values)
        bound = compiled.bound(values)
        try:
            found = driver.execute(compiled.sql, bound).fetchone()
        except connection.dialect.loaded_dbapi.Error:
            # It has had no effect; going SQLAlchemy's way fails again, with the error we know.
            return self._row(connection, values)
        return compiled.read(found)

    def _row(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        result = connection.execute(self._statement, dict(values))
        row = result.first() if result.returns_rows else None
        return None if row is None else tuple(row)

    def _compile(self, connection: Connection, values: Values) -> _Compiled:
        compiled = self._compiled[tuple(values)] = _compile(
            self._statement, connection.dialect, tuple(values)
        )
        return compiled


@dataclass(frozen=True, slots=True)
class _Compiled:
    """SQL with question marks, and what stands for each: name, fixed value, its type's change."""

    sql: str
    places: tuple[tuple[str, Any, _Change], ...]
    columns: tuple[_Change, ...]

    def bound(self, values: Values) -> list[Any]:
        return [
            change(value) if change and value is not None else value
            for value, change in (
                (values.get(name, fixed), change) for name, fixed, change in self.places
            )
        ]

    def read(self, row: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        if row is None:
            return None
        return tuple(
            change(value) if change and value is not None else value
            for value, change in zip(row, self.columns, strict=True)
        )


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - untyped in SQLAlchemy
    """Return SQLite's connection within a transaction, which SQLAlchemy alone can begin."""
    if connection.dialect.name != "sqlite" or not connection.in_transaction():
        return None
    return connection.connection.dbapi_connection


def _compile(statement: Statement, dialect: Dialect, names: tuple[str, ...]) -> _Compiled:
    is_insert = isinstance(statement, Insert)
    compiled: Any = statement.compile(dialect=dialect, column_keys=names if is_insert else None)
    types = {name: bind.type for name, bind in compiled.binds.items()}
    return _Compiled(
        str(compiled),
        tuple(
            (name, compiled.params[name], _writing(types[name], dialect))
            for name in compiled.positiontup
        ),
        tuple(_reading(column.type, dialect) for column in statement.exported_columns),
    )


def _writing(kind: TypeEngine[Any], dialect: Dialect) -> _Change:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reading(kind: TypeEngine[Any], dialect: Dialect) -> _Change:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
