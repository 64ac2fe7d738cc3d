"""What it costs to have a job done for certain, against calling its function.

Run ``python -m benchmarks.work [--jobs N] [--postgres URL]`` from the checkout. A job writes
one row in the transaction that ends it; the baseline writes the same row in a transaction of
its own. Planned one by one from eight threads, and many in one transaction, as a broadcast
does with its slices. The PostgreSQL database must be empty and may be thrown away.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, func, insert, select

from storage import Database, Jobs, Run, chunks, metadata, open_database, schedule
from storage.work import Pace, Work

tables = MetaData()
effects = Table("effect", tables, Column("key", Text, nullable=False))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def write_effect(db: Connection, key: str) -> None:
    """Write the row that a job is there for."""
    db.execute(insert(effects).values(key=key))


def build_jobs() -> Jobs:
    """Return the one job that is measured."""
    jobs = Jobs()

    @jobs.job("effect", lane="bulk")
    def effect(run: Run) -> None:
        def work(db: Connection) -> None:
            if run.finish(db):
                write_effect(db, run.key)

        run.database.write(work)

    return jobs


def rate(count: int, act: Callable[[], object]) -> float:
    """Return how many a second."""
    began = time.perf_counter()
    act()
    return count / (time.perf_counter() - began)


def call_each(database: Database, count: int) -> None:
    """Have every effect by calling for it: the baseline."""
    with ThreadPoolExecutor(8) as threads:
        keys = (partial(write_effect, key=f"called {n}") for n in range(count))
        list(threads.map(database.write, keys))


def plan_each(work: Work, count: int) -> None:
    """Plan one by one, each committed when ``enqueue`` returns."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: work.enqueue("effect", f"each {n}"), range(count)))


def plan_many(database: Database, count: int) -> None:
    """Plan in transactions of 500."""

    def work(db: Connection, numbers: list[int]) -> None:
        for number in numbers:
            schedule(db, "effect", f"many {number}", now())

    for numbers in chunks(range(count)):
        database.write(partial(work, numbers=numbers))


def await_effects(database: Database, count: int) -> None:
    """Wait until so many effects stand."""
    query = select(func.count()).select_from(effects)
    while database.read(lambda db: db.scalar(query) or 0) < count:
        time.sleep(0.02)


def measure(url: str, count: int) -> dict[str, float]:
    """Return operations a second, by what is done."""
    with open_database(url) as database:
        database.write(metadata.create_all)
        database.write(tables.create_all)
        rates = {"function call": rate(count, partial(call_each, database, count))}
        work = Work(database, build_jobs(), now, Pace(poll=0.05, jobs_at_once=16))
        rates["planned one by one"] = rate(count, partial(plan_each, work, count))
        rates["planned in 500s"] = rate(count, partial(plan_many, database, count))
        work.launch()
        try:
            await_effects(database, count + 1)  # the start is not what is measured
            left = 2 * count - 1
            rates["queued and run"] = rate(left, partial(await_effects, database, 3 * count))
        finally:
            work.close()
    return rates


def show(store: str, rates: dict[str, float]) -> None:
    """Print one store's table."""
    print(f"{store:<20}{'a second':>12}{'ratio':>8}")
    for way, each in rates.items():
        print(f"{way:<20}{each:>12,.0f}{each / rates['function call']:>8.2f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--postgres", metavar="URL")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        show("SQLite", measure(f"sqlite:///{Path(folder) / 'lifeline.db'}", arguments.jobs))
    if arguments.postgres:
        show("PostgreSQL", measure(arguments.postgres, arguments.jobs))


if __name__ == "__main__":
    main()
