"""Group commit against one commit each, in the same run, on SQLite with synchronous=FULL.

Run ``python -m benchmarks.storage [--messages N] [--rounds N]`` from the checkout. A
message is what a chat costs: a dedupe row, the session read, the session written. The
second table adds 3.5 ms to each commit, as a cloud disk does once its burst is spent.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, bindparam, event, select

from storage import Database, RowId, insert_if_absent, open_database

tables = MetaData()
seen = Table("seen", tables, Column("id", Text, primary_key=True))
sessions = Table("session", tables, Column("id", RowId, primary_key=True), Column("turns", Integer))
mine = sessions.c.id == bindparam("resident")
read_session = select(sessions.c.turns).where(mine)
write_session = sessions.update().where(mine)
RESIDENTS = 200
THROTTLED_SECONDS = 0.0035


def message(name: str, resident: int) -> Callable[[Connection], None]:
    """Return the closure that stores one message of a resident."""

    def work(connection: Connection) -> None:
        if not insert_if_absent(connection, seen, {"id": name}, keys=["id"]):
            return
        row = {"id": resident, "turns": 0}
        insert_if_absent(connection, sessions, row, keys=["id"])
        turns = connection.execute(read_session, {"resident": resident}).scalar_one()
        connection.execute(write_session, {"resident": resident, "turns": turns + 1})

    return work


def one_commit_each(database: Database, closures: list[Callable[[Connection], None]]) -> None:
    """Commit every closure by itself, without the writer: the baseline."""
    for closure in closures:
        with database.engines.write.begin() as connection:
            closure(connection)


def queued(database: Database, closures: list[Callable[[Connection], None]]) -> None:
    """Hand all closures to the writer at once, then wait for every commit."""
    for future in [database.submit(closure) for closure in closures]:
        future.result()


def from_threads(database: Database, closures: list[Callable[[Connection], None]]) -> None:
    """Have 32 threads wait for one commit each, as 32 residents at a time would."""
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(database.write, closures))


WAYS = {"one commit each": one_commit_each, "32 threads": from_threads, "all queued": queued}


def measure(folder: Path, messages: int, rounds: int, delay: float) -> dict[str, float]:
    """Return messages a second by way: the median of ``rounds``, the ways taking turns.

    ``delay`` is added to each commit, in seconds.
    """
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with open_database(f"sqlite:///{folder / 'benchmark.db'}") as database:
        database.write(tables.create_all)
        event.listen(database.engines.write, "commit", lambda _: time.sleep(delay))
        for number in range(rounds):
            for way, run in WAYS.items():
                closures = [message(f"{way} {number} {n}", n % RESIDENTS) for n in range(messages)]
                began = time.perf_counter()
                run(database, closures)
                rates[way].append(messages / (time.perf_counter() - began))
    return {way: statistics.median(values) for way, values in rates.items()}


def syncs_per_second(folder: Path, count: int = 300) -> float:
    """Return how often this disk brings a page to its medium; the less, the more groups gain."""
    with (folder / "disk").open("wb", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(count):
            file.write(bytes(4096))
            os.fsync(file.fileno())
    return count / (time.perf_counter() - began)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for delay in (0.0, THROTTLED_SECONDS):
        with tempfile.TemporaryDirectory() as folder:
            syncs = 1 / (1 / syncs_per_second(Path(folder)) + delay)
            rates = measure(Path(folder), arguments.messages, arguments.rounds, delay)
        print(f"{f'at {syncs:,.0f} syncs/s':<20}{'messages/s':>12}{'ratio':>8}")
        for way, rate in rates.items():
            print(f"{way:<20}{rate:>12,.0f}{rate / rates['one commit each']:>8.1f}")


if __name__ == "__main__":
    main()
