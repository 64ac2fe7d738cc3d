"""Writing out and sending a broadcast, against a bare INSERT/UPDATE loop in the same run.

Run ``python -m benchmarks.broadcast [--recipients N] [--folder F] [--postgres URL]`` from the
checkout. On SQLite in memory (tmpfs) and in a folder on disk, one process; on the PostgreSQL
server of the URL, whose database must be empty, with 1, 2 and 4. Every process runs the jobs as
``lifeline worker`` does, with a sender that takes everything at once. The bare loop inserts the
same number of rows, 500 to a transaction, and updates them twice, ten to a transaction, without
conditions, leases or order. Rates are from the first settled delivery to the last.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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

from bot.broadcasting import Broadcasting
from bot.messages import Reply
from community.bindings import binding
from community.broadcast_expand_store import delivery_key, expand_chunk, read_page
from community.broadcast_slice_store import open_slices
from community.broadcast_write_store import begin_expanding, make_approved
from community.broadcasts import Audience, Draft
from community.deliveries import Lane
from community.delivery_store import delivery
from community.outcomes import Delivered, Outcome
from community.register_store import building, community, street
from community.store import channel_account, resident
from storage import Database, Jobs, RowId, chunks, metadata, open_database
from storage.work import Pace, Work

GROUP = 10
CHANNEL = "telegram"
PROCESSES = (1, 2, 4)
PROBES = 200
# Of one building: a tall one.
RESIDENTS = 400
MEMORY = Path("/dev/shm")  # noqa: S108 - measured because it is memory

tables = MetaData()
bare = Table(
    "bare_recipient",
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
    """A sender that takes everything at once."""

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
        return Delivered(str(delivery_id))


def settle_people(database: Database, count: int) -> int:
    """Add residents of one street's buildings, each with an account; return the street's id."""
    now = utc_now()
    place = {"district_id": "bench"}

    def one(db: Connection, table: Table, **values: object) -> int:
        made: int = db.execute(
            insert(table).values(**place, **values).returning(table.c.id)
        ).scalar_one()
        return made

    def settled(db: Connection) -> tuple[int, int]:
        street_id = one(db, street, name="b", name_key="b")
        return street_id, one(db, community, name="b", name_key="b", street_id=street_id)

    def house(db: Connection, community_id: int, number: int) -> int:
        code = f"B{number:07}"
        return one(
            db, building, code=code, name_key=code, community_id=community_id, created_at=now
        )

    def move_in(db: Connection, building_id: int, numbers: list[int]) -> None:
        made = db.execute(
            insert(resident).returning(resident.c.id), [{"created_at": now} for _ in numbers]
        )
        ids = sorted(made.scalars())
        bound = {"building_id": building_id, "unit": "", "how": "chosen", "bound_at": now}
        named = {"channel": CHANNEL, "created_at": now}
        db.execute(insert(binding), [{"resident_id": one, **bound} for one in ids])
        db.execute(
            insert(channel_account),
            [{"resident_id": one, "name": f"p{one}", **named} for one in ids],
        )

    street_id, community_id = database.write(settled)
    for numbers in chunks(range(count), RESIDENTS):
        made = database.write(
            lambda db, first=numbers[0]: house(db, community_id, first)  # type: ignore[misc]
        )
        database.write(lambda db, numbers=numbers, made=made: move_in(db, made, numbers))  # type: ignore[misc]
    return street_id


def make_due(database: Database, street_id: int, name: str) -> int:
    """Make a broadcast that is due, and begun."""
    now = utc_now()
    draft = Draft(
        key=f"bench:{name}",
        district_id="bench",
        street_id=None,
        purpose="alert",
        mode="live",
        lane="alarm",
        title="楼道起烟",
        words={"zh": "关紧房门，堵住门缝，到窗口求救，马上打119。"},
        choices=(("我安全", "safe"), ("需要帮助", "help")),
        audience=Audience("bench", street_ids=(street_id,)),
        due_at=now,
        expires_at=now + timedelta(hours=2),
        author_id=None,
    )

    def work(db: Connection) -> int:
        made = make_approved(db, draft, None, now)
        begin_expanding(db, made.id, now)
        return made.id

    return database.write(work)


def expand(database: Database, broadcast_id: int) -> tuple[float, float]:
    """Write the audience out; return the seconds it took, and of these the longest write."""
    longest = 0.0
    began = time.perf_counter()
    more = True
    while more:
        page = database.read(lambda db: read_page(db, broadcast_id))
        written = time.perf_counter()
        more = database.write(
            lambda db, page=page: expand_chunk(db, broadcast_id, utc_now(), page)  # type: ignore[misc]
        )
        longest = max(longest, time.perf_counter() - written)
    return time.perf_counter() - began, longest


def run_bare(database: Database, count: int) -> tuple[float, float]:
    """Return the seconds that bare inserts took, and bare updates."""
    rows = [{"body": "关紧房门，堵住门缝" * 20, "state": "queued"} for _ in range(count)]
    began = time.perf_counter()
    for group in chunks(rows):
        database.write(lambda db, group=group: db.execute(insert(bare), group).rowcount)  # type: ignore[misc]
    inserted = time.perf_counter() - began
    ids = database.read(lambda db: list(db.execute(select(bare.c.id)).scalars()))

    def step(db: Connection, group: list[int], state: str) -> None:
        db.execute(mark, [{"row": row, "becomes": state} for row in group])

    began = time.perf_counter()
    for group in chunks(ids, GROUP):
        for state in ("sending", "sent"):
            database.write(lambda db, group=group, state=state: step(db, group, state))  # type: ignore[misc]
    return inserted, time.perf_counter() - began


def syncs_per_second(folder: Path) -> float:
    """Return how many fdatasync calls a second the folder's disk does, by their median."""
    with (folder / "probe").open("wb", buffering=0) as probe:
        taken = []
        for _ in range(PROBES):
            probe.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(probe.fileno())
            taken.append(time.perf_counter() - began)
    return 1 / statistics.median(taken)


async def serve(url: str) -> None:
    """Run the jobs of broadcasts until standard input ends."""
    with open_database(url) as database:
        jobs = Jobs()
        Broadcasting(database, {CHANNEL: Sink()}, utc_now).register(jobs)
        work = Work(database, jobs, utc_now, Pace(poll=0.1, look=2.0))
        work.launch()
        await asyncio.to_thread(sys.stdin.read)
        await asyncio.to_thread(work.close)


@contextmanager
def served(url: str, processes: int) -> Iterator[None]:
    """Run that many processes, and end them."""
    command = [sys.executable, "-m", "benchmarks.broadcast", "--serve", url]
    with ExitStack() as stack:
        for _ in range(processes):
            started = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))
            stack.callback(started.kill)
        yield


def dispatch(database: Database, broadcast_id: int, processes: int) -> float:
    """Have the broadcast sent; return how many deliveries a second were settled."""
    mine = delivery.c.key == delivery_key(broadcast_id)
    spread = select(
        func.count(), func.min(delivery.c.settled_at), func.max(delivery.c.settled_at)
    ).where(mine)
    with served(database.url.render_as_string(hide_password=False), processes):
        while True:
            time.sleep(0.5)
            # Written out by us, so that its planning is all that is left to the jobs.
            if not database.read(lambda db: open_slices(db, broadcast_id)):
                break
    count, first, last = database.read(lambda db: db.execute(spread).one())
    return float(count / max((last - first).total_seconds(), 1e-6))


def measure(url: str, count: int, processes: Sequence[int]) -> dict[str, float]:
    """Print the table for one database; return the rates by name."""
    with open_database(url) as database:
        database.write(metadata.create_all)
        database.write(tables.create_all)
        inserted, updated = run_bare(database, count)
        house = settle_people(database, count)
        rates = {"bare inserts": count / inserted, "bare updates": count / updated}
        for number in processes:
            made = make_due(database, house, f"{number}")
            seconds, longest = expand(database, made)
            rates[f"expansion ({number})"] = count / seconds
            print(f"expansion of {count}: {seconds:.2f} s, longest write {1000 * longest:.0f} ms")
            rates[f"dispatch, {number} processes"] = dispatch(database, made, number)
    print(f"{database.url.get_backend_name():<28}{'recipients/s':>14}{'ratio':>8}")
    for name, rate in rates.items():
        base = rates["bare inserts" if name.startswith(("exp", "bare i")) else "bare updates"]
        print(f"{name:<28}{rate:>14,.0f}{rate / base:>8.2f}")
    return rates


def on_disk(folder: Path, count: int) -> None:
    """Measure on SQLite in a folder, and against what its disk can do."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        syncs = syncs_per_second(Path(made))
        rates = measure(f"sqlite:///{Path(made) / 'bench.db'}", count, PROCESSES[:1])
    sent = rates["dispatch, 1 processes"]
    print(f"{folder}: {syncs:,.0f} fdatasync/s, {sent / syncs:.2f} recipients for each")


def main() -> None:
    """Measure in memory, on disk, and on the server that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--postgres", default="")
    parser.add_argument("--serve", default="")
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.serve))
        return
    for folder in (MEMORY, arguments.folder):
        if folder.is_dir():
            on_disk(folder, arguments.recipients)
    if arguments.postgres:
        measure(arguments.postgres, arguments.recipients, PROCESSES)


if __name__ == "__main__":
    main()
