"""Claiming and marking deliveries against a bare INSERT/UPDATE loop, in the same run.

Run ``python -m benchmarks.outbox [--deliveries N] [--url URL]`` from the checkout; without a
URL on an SQLite file with synchronous=FULL. Both take groups of 64 a transaction. The bare loop
writes the same number of rows with neither order, lanes, leases nor conditions. Then the pump,
with a sender that does nothing, and the time from a commit to its call of that sender.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
)

from bot.dialogue.turns import reply_to_json
from bot.messages import Reply
from bot.outbox import Outbox
from community.deliveries import Delivery, Lane
from community.delivery_claim_store import Claim, claim_deliveries, settle
from community.delivery_store import delivery, queue_delivery
from community.outcomes import Delivered, Outcome
from community.store import account_of
from storage import Database, RowId, chunks, metadata, open_database

GROUP = 64
ACCOUNTS = 1000
CHANNEL = "bench"
BODY = [reply_to_json(Reply("chat", "先关阀门，开窗，到室外打119。"))]
LATENCIES = 200

tables = MetaData()
bare = Table(
    "bare_delivery",
    tables,
    Column("id", RowId, primary_key=True),
    Column("body", Text, nullable=False),
    Column("state", String(12), nullable=False),
)
mark = bare.update().where(bare.c.id == bindparam("row")).values(state=bindparam("becomes"))


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


class Sink:
    """A sender that takes everything at once and notes when it was called."""

    def __init__(self) -> None:
        self.called = 0.0
        self.was_called = asyncio.Event()

    async def send(
        self,
        name: str,  # noqa: ARG002
        replies: Sequence[Reply],  # noqa: ARG002
        *,
        delivery_id: int,
        lane: Lane,  # noqa: ARG002
        turn_id: int | None,  # noqa: ARG002
    ) -> Outcome:
        """Take a delivery."""
        self.called = time.perf_counter()
        self.was_called.set()
        return Delivered(str(delivery_id))


def queue(database: Database, count: int, name: str) -> None:
    """Queue ``count`` deliveries over all accounts."""
    now = utc_now()

    def work(db: Connection, numbers: list[int]) -> None:
        for number in numbers:
            account = account_of(db, CHANNEL, f"resident {number % ACCOUNTS}", now)
            made = Delivery(
                account, CHANNEL, "reply", "answers", BODY, f"{name} {number}", now, now + _HOUR
            )
            queue_delivery(db, made, now)

    for numbers in chunks(range(count), GROUP):
        database.write(lambda db, numbers=numbers: work(db, numbers))  # type: ignore[misc]


def run_bare(database: Database, count: int) -> float:
    """Insert and update plain rows; return the seconds that the updates took."""
    rows = [{"body": str(BODY), "state": "waiting"} for _ in range(count)]
    for group in chunks(rows, GROUP):
        database.write(lambda db, group=group: db.execute(insert(bare), group).rowcount)  # type: ignore[misc]
    ids = database.read(lambda db: list(db.execute(select(bare.c.id)).scalars()))

    def step(db: Connection, group: list[int]) -> None:
        for state in ("sending", "sent"):
            for row in group:
                db.execute(mark, {"row": row, "becomes": state})

    began = time.perf_counter()
    for group in chunks(ids, GROUP):
        database.write(lambda db, group=group: step(db, group))  # type: ignore[misc]
    return time.perf_counter() - began


def run_store(database: Database, count: int) -> float:
    """Queue, claim and settle; return the seconds that claiming and settling took."""
    queue(database, count, "store")

    def step(db: Connection) -> int:
        now = utc_now()
        claimed = claim_deliveries(db, Claim(CHANNEL, "bench", GROUP), now)
        for one in claimed:
            settle(db, one, Delivered(), now)
        return len(claimed)

    began = time.perf_counter()
    while database.write(step):
        pass
    return time.perf_counter() - began


async def run_pump(database: Database, count: int) -> tuple[float, list[float]]:
    """Return the seconds for ``count`` deliveries, and milliseconds from commit to sender."""
    queue(database, count, "pump")
    sink = Sink()
    outbox = Outbox(database, {CHANNEL: sink}, utc_now, worker="bench")
    began = time.perf_counter()
    pump = asyncio.create_task(outbox.run())
    while _open(database):
        await asyncio.sleep(0.01)
    seconds = time.perf_counter() - began
    latencies = []
    for number in range(LATENCIES):
        sink.was_called.clear()
        await asyncio.to_thread(queue, database, 1, f"late {number}")
        committed = time.perf_counter()
        outbox.wake()
        await sink.was_called.wait()
        latencies.append(max(0.0, 1000 * (sink.called - committed)))  # it may look unasked
        await asyncio.sleep(0.01)
    pump.cancel()
    with suppress(asyncio.CancelledError):
        await pump
    await outbox.drain()
    return seconds, latencies


def _open(database: Database) -> int:
    waiting = select(func.count()).where(delivery.c.settled_at.is_(None))
    return database.read(lambda db: db.execute(waiting).scalar_one())


_HOUR = timedelta(hours=1)
WAYS: dict[str, Callable[[Database, int], float]] = {
    "bare INSERT/UPDATE loop": run_bare,
    "claim and settle": run_store,
}


def measure(url: str, count: int) -> None:
    """Print the table for one database."""
    with open_database(url) as database:
        database.write(metadata.create_all)
        database.write(tables.create_all)
        rates = {way: count / run(database, count) for way, run in WAYS.items()}
        seconds, latencies = asyncio.run(run_pump(database, count))
        rates["pump"] = count / seconds
    base = rates["bare INSERT/UPDATE loop"]
    print(f"{database.url.get_backend_name():<26}{'deliveries/s':>14}{'ratio':>8}")
    for way, rate in rates.items():
        print(f"{way:<26}{rate:>14,.0f}{rate / base:>8.2f}")
    worst = statistics.quantiles(latencies, n=100)[98]
    print(f"commit to sender: median {statistics.median(latencies):.1f} ms, p99 {worst:.1f} ms")


def main() -> None:
    """Measure on the database given, or on a file that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=4000)
    parser.add_argument("--url", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.url or f"sqlite:///{Path(folder) / 'bench.db'}"
        measure(url, arguments.deliveries)


if __name__ == "__main__":
    main()
