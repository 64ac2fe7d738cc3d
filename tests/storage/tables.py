"""A table of the tests' own, and what they do with it; not part of the product's metadata."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, func, insert, select

from storage import Database, RowId

test_metadata = MetaData()
notes = Table(
    "note",
    test_metadata,
    Column("id", RowId, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)
counters = Table(
    "counter",
    test_metadata,
    Column("name", Text, primary_key=True),
    Column("value", Integer, nullable=False),
)


def create(database: Database) -> None:
    """Make the tables and one counter at 0."""
    database.write(test_metadata.create_all)
    database.write(
        lambda connection: connection.execute(insert(counters).values(name="a", value=0))
    )


def add_note(text: str) -> Callable[[Connection], int]:
    """Return a closure that adds a note and returns its id."""

    def work(connection: Connection) -> int:
        return connection.execute(insert(notes).values(text=text)).inserted_primary_key[0]

    return work


def increment(connection: Connection) -> int:
    """Read the counter, then write one more: what stock engines lose."""
    query = select(counters.c.value).where(counters.c.name == "a").with_for_update()
    value = connection.execute(query).scalar_one() + 1
    connection.execute(counters.update().where(counters.c.name == "a").values(value=value))
    return value


def texts(database: Database) -> set[str]:
    """Return every note's text."""
    return set(database.read(lambda connection: connection.scalars(select(notes.c.text)).all()))


def count(database: Database) -> int:
    """Return how many notes stand."""
    return database.read(lambda c: c.execute(select(func.count()).select_from(notes)).scalar_one())
