"""The one MetaData that every package's tables stand on, and the column types they share."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator

from storage.errors import NaiveDateTime

# Every constraint has a name, so that a later migration can find it on both stores.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column declared exactly INTEGER PRIMARY KEY.
RowId = BigInteger().with_variant(Integer(), "sqlite")

# Made once: ``json.dumps`` would make an encoder for each value.
_to_json = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored as whole microseconds since 1970 UTC, so both stores order it alike.

    Takes aware datetimes of any zone and returns aware UTC.

    Raises:
        NaiveDateTime: when a value without a zone is bound.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return microseconds since 1970 UTC; dates alone are refused like naive times."""
        if value is None:
            return None
        if not isinstance(value, datetime) or value.utcoffset() is None:
            raise NaiveDateTime(value)
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as text, the same bytes for the same value on both stores.

    Keys are sorted and Chinese stays readable. None is NULL, never the JSON ``null``.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002
        """Return compact JSON; NaN and infinities are refused with ValueError."""
        if value is None:
            return None
        return _to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Return the value as ``json.loads`` reads it."""
        return None if value is None else json.loads(value)
