"""Facts about this installation that its database must remember, such as a key's fingerprint."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, Table, Text, select, update

from storage.rows import insert_if_absent
from storage.schema import UtcDateTime, metadata

settings = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)


def find_fact(connection: Connection, name: str) -> str | None:
    """Return the value kept under ``name``, or None."""
    return connection.scalar(select(settings.c.value).where(settings.c.name == name))


def keep_fact(connection: Connection, name: str, value: str, *, now: datetime) -> None:
    """Keep ``value`` under ``name``, in place of what stood there."""
    row = {"name": name, "value": value, "changed_at": now}
    if not insert_if_absent(connection, settings, row, keys=["name"]):
        connection.execute(
            update(settings).where(settings.c.name == name).values(value=value, changed_at=now)
        )


def keep_first_fact(connection: Connection, name: str, value: str, *, now: datetime) -> str:
    """Keep ``value`` under ``name`` unless something stands there; return what stands there.

    Of several processes that start together all get the same answer.
    """
    row = {"name": name, "value": value, "changed_at": now}
    insert_if_absent(connection, settings, row, keys=["name"])
    query = select(settings.c.value).where(settings.c.name == name)
    kept: str = connection.execute(query).scalar_one()
    return kept
