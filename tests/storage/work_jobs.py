"""Jobs of the tests' own, and the table their effects can be counted in."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, select

from storage import Database, RowId, migrate
from storage.work_jobs import Jobs, Run

effect_metadata = MetaData()
effects = Table(
    "effect",
    effect_metadata,
    Column("id", RowId, primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", Integer, nullable=False),
)
GROUPS = 5


def create(database: Database) -> None:
    """Make the tables."""
    migrate(database)
    database.write(effect_metadata.create_all)


def utc_now() -> datetime:
    return datetime.now(UTC)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def effect(key: str, number: int = 0) -> Callable[[Connection], object]:
    return lambda db: db.execute(insert(effects).values(key=key, number=number))


def keys(database: Database) -> list[str]:
    """Return the keys of every effect, in the order they happened, repeats included."""
    # Fetched within: a cursor is of no use once its connection has been given back.
    query = select(effects.c.key).order_by(effects.c.id)
    return database.read(lambda db: list(db.scalars(query)))


def write_once(run: Run, seconds: float) -> None:
    """Take a while, then have an effect in the transaction that ends the row."""
    say(f"began {run.key}")
    time.sleep(seconds)

    def work(db: Connection) -> bool:
        mine = run.finish(db)
        if mine:
            effect(run.key)(db)
        return mine

    say(f"{'ended' if run.database.write(work) else 'left'} {run.key}")


def write_groups(run: Run, seconds: float) -> None:
    """Have five effects in transactions of their own, as a slice of a broadcast does."""
    say(f"began {run.key}")
    for number in range(GROUPS):
        name = f"{run.key} {number}"

        def work(db: Connection, name: str = name) -> bool:
            seen = db.execute(select(effects.c.id).where(effects.c.key == name)).first()
            if run.is_current(db) and not seen:
                effect(name)(db)
                return True
            return False

        if not run.database.write(work):
            say(f"left {name}")
        time.sleep(seconds)


def build_jobs() -> Jobs:
    jobs = Jobs()
    jobs.job("once")(write_once)
    jobs.job("groups", lane="bulk")(write_groups)
    return jobs


def soon(seconds: float = 0.0) -> datetime:
    return utc_now() + timedelta(seconds=seconds)
