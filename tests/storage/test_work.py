"""This process at work, on the real queue. What only other processes show: test_work_kills.py."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select, text, update
from sqlalchemy.exc import DatabaseError

from storage import Database, Jobs, Run, open_database, schedule
from storage.engine import sqlite_driver
from storage.work import AlreadyLaunched, Pace, Work
from storage.work_leases import heartbeats, read_beats
from storage.work_queue import VERSION
from storage.work_rows import due, find_row
from tests.storage.work_jobs import create, effect, keys, soon, utc_now
from tests.storage.work_workers import until

PACE = Pace(poll=0.05, beat=0.2, silence=1.0, look=0.5, jobs_at_once=4, close=5.0)
# What does not depend on the store, and takes its time.
embedded = pytest.mark.parametrize("store", ["sqlite"])


@pytest.fixture(scope="module")
def queue_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queue that has been opened before: the first start takes a second longer."""
    folder = tmp_path_factory.mktemp("queue")
    shutil.copy(sqlite_template, folder / "lifeline.db")
    with open_database(f"sqlite:///{folder / 'lifeline.db'}") as database:
        create(database)
        with Work(database, Jobs(), utc_now, PACE):
            pass
    return folder / "work.db"


@pytest.fixture
def database(
    database_url: str, store: str, tmp_path: Path, queue_template: Path
) -> Iterator[Database]:
    if store == "sqlite":
        shutil.copy(queue_template, tmp_path / "work.db")
    with open_database(database_url) as database:
        create(database)
        yield database


@pytest.fixture
def jobs() -> Jobs:
    jobs = Jobs()
    attempts = iter(range(9))

    @jobs.job("note")
    def note(run: Run, name: str = "") -> None:
        def work(db: Connection) -> None:
            if run.finish(db):
                effect(name or run.key)(db)

        run.database.write(work)

    @jobs.job("chain", lane="bulk")
    def chain(run: Run, left: int) -> None:
        def work(db: Connection) -> None:
            effect(run.key)(db)
            if left and run.finish(db):
                schedule(db, "chain", f"{left - 1}", run.now, [left - 1])

        run.database.write(work)

    @jobs.job("flaky")
    def flaky(run: Run) -> None:
        if next(attempts) == 0:
            raise OSError("no route")
        run.database.write(effect("flaky"))

    return jobs


@pytest.fixture
def work(database: Database, jobs: Jobs) -> Iterator[Work]:
    with Work(database, jobs, utc_now, PACE) as work:
        yield work


def settled(database: Database, *expected: str) -> None:
    until(lambda: sorted(keys(database)) == sorted(expected), f"{expected}, not {keys(database)}")


def test_what_is_planned_happens(database: Database, work: Work) -> None:
    for number in range(20):
        assert work.enqueue("note", f"{number}")
    assert not work.enqueue("note", "7")
    database.write(lambda db: schedule(db, "note", "ours", soon(), ["in our transaction"]))
    work.wake()

    settled(database, "in our transaction", *(f"{number}" for number in range(20)))


@embedded
def test_a_chain_goes_on_without_waiting_for_the_next_look(database: Database, jobs: Jobs) -> None:
    with Work(database, jobs, utc_now, Pace(poll=0.05, look=600.0)) as work:
        work.enqueue("chain", "start", 3)
        settled(database, "start", "2", "1", "0")


def test_delayed_work_moves_both_ways_and_is_cancelled(database: Database, work: Work) -> None:
    began = utc_now()
    work.enqueue_at("note", "earlier", soon(90))
    work.enqueue_at("note", "later", soon(1))
    work.enqueue_at("note", "cancelled", soon(1))
    work.enqueue_at("note", "far", soon(86400))
    work.enqueue_at("note", "on time", soon(2))
    work.run_due(utc_now())  # now all but the far one have an entry in the queue

    assert work.move("note", "earlier", soon(0))
    assert work.move("note", "later", soon(90))
    assert work.cancel("note", "cancelled")
    assert work.move("note", "far", soon(1))
    settled(database, "earlier", "far", "on time")

    assert keys(database) == ["earlier", "far", "on time"]
    assert utc_now() - began >= timedelta(seconds=2)
    assert work.run_due(utc_now()) == 0
    assert database.read(lambda db: find_row(db, "note", "later")) is not None


@embedded
def test_a_cancelled_plan_made_anew_keeps_its_new_time(database: Database, work: Work) -> None:
    work.enqueue_at("note", "step", soon(1))
    work.run_due(utc_now())
    work.cancel("note", "step")
    work.enqueue_at("note", "step", soon(90))
    work.enqueue_at("note", "marker", soon(2))

    settled(database, "marker")


@embedded
def test_a_failure_is_tried_again(database: Database, work: Work) -> None:
    work.enqueue("flaky", "a")

    settled(database, "flaky")


@embedded
def test_an_entry_that_ended_without_its_row_is_renewed(database: Database, work: Work) -> None:
    work.enqueue("note", "a")
    settled(database, "a")

    # As if what became of the row could not be written.
    lost = update(due).where(due.c.key == "a").values(done_at=None)
    database.write(lambda db: db.execute(lost).rowcount)

    settled(database, "a", "a")


@embedded
def test_a_calendar_runs_each_tick_once_over_restarts(database: Database, jobs: Jobs) -> None:
    clock = [soon().replace(minute=0, second=0, microsecond=0)]
    jobs.every("0 * * * *", "note", timezone="Asia/Shanghai")
    for _ in range(2):
        with Work(database, jobs, lambda: clock[0], PACE) as work:
            work.run_due(clock[0])
            settled(database, clock[0].isoformat())
    clock[0] += timedelta(hours=1)
    with Work(database, jobs, lambda: clock[0], PACE):
        until(lambda: len(keys(database)) == 2, "the next hour")


@embedded
def test_one_process_works_once_at_a_time(database: Database, jobs: Jobs, work: Work) -> None:
    other = Work(database, jobs, utc_now, PACE)
    with pytest.raises(AlreadyLaunched):
        other.launch()
    assert work.worker != other.worker

    work.enqueue("note", "still at work")
    settled(database, "still at work")


@embedded
def test_closing_twice_or_without_a_start_does_nothing(database: Database, jobs: Jobs) -> None:
    never, twice = (Work(database, jobs, utc_now, PACE) for _ in range(2))
    twice.launch()

    never.close()
    twice.close()
    twice.close()

    with Work(database, jobs, utc_now, PACE) as work:
        work.enqueue("note", "a new start")
        settled(database, "a new start")


@embedded
def test_a_start_that_fails_leaves_the_process_free(database: Database, jobs: Jobs) -> None:
    file = Path(str(database.url.database)).with_name("work.db")
    file.write_text("no database at all, but long enough to look like something")
    with pytest.raises(DatabaseError, match="not a database"):
        Work(database, jobs, utc_now, PACE).launch()
    file.unlink()

    with Work(database, jobs, utc_now, PACE) as work:
        work.enqueue("note", "a new start")
        settled(database, "a new start")


@embedded
def test_async_jobs_run_on_the_loop_that_launched(database: Database, jobs: Jobs) -> None:
    seen: list[object] = []

    @jobs.job("async")
    async def on_the_loop(run: Run) -> None:
        seen.append(asyncio.get_running_loop())
        await asyncio.sleep(0)

    async def serve() -> None:
        work = Work(database, jobs, utc_now, PACE)
        work.launch()
        try:
            await asyncio.to_thread(work.enqueue, "async", "a")
            await asyncio.to_thread(until, lambda: bool(seen), "the job")
        finally:
            await asyncio.to_thread(work.close)
        assert seen == [asyncio.get_running_loop()]

    asyncio.run(serve())
    assert database.read(lambda db: find_row(db, "async", "a")) is None


@embedded
def test_closing_waits_for_what_runs(database: Database, jobs: Jobs) -> None:
    began, may_end = threading.Event(), threading.Event()

    @jobs.job("slow")
    def slow(run: Run) -> None:
        began.set()
        may_end.wait(10)
        run.database.write(effect("slow"))

    work = Work(database, jobs, utc_now, PACE)
    work.launch()
    work.enqueue("slow", "a")
    assert began.wait(10)
    closing = threading.Thread(target=work.close)
    closing.start()
    may_end.set()
    closing.join(10)

    assert keys(database) == ["slow"]
    assert database.read(read_beats) == {}


@embedded
def test_a_worker_beats_before_it_begins_and_leaves_when_it_closes(
    database: Database, work: Work
) -> None:
    assert list(database.read(read_beats)) == [work.worker]
    first = database.read(read_beats)[work.worker]

    until(lambda: database.read(read_beats)[work.worker] > first, "a heartbeat")
    database.write(lambda db: db.execute(heartbeats.delete()).rowcount)
    until(lambda: work.worker in database.read(read_beats), "the heart to beat again")


def queued(database: Database, query: str) -> list[tuple[object, ...]]:
    """Ask the queue's own tables."""
    if not database.is_embedded:
        return database.read(lambda db: [tuple(row) for row in db.execute(text(query))])
    url = database.url.set(database=str(Path(str(database.url.database)).with_name("work.db")))
    engine = create_engine(url, module=sqlite_driver)
    try:
        with engine.connect() as db:
            return [tuple(row) for row in db.execute(text(query.replace("dbos.", "")))]
    finally:
        engine.dispose()


def test_the_queue_holds_our_version_and_plain_json(database: Database, work: Work) -> None:
    work.enqueue_at("note", "a", soon(60))
    work.run_due(utc_now())
    row = database.read(lambda db: find_row(db, "note", "a"))
    assert row is not None

    entries = queued(
        database,
        "SELECT w.workflow_uuid, w.application_version, i.inputs FROM dbos.workflow_status w "
        "JOIN dbos.workflow_input i ON i.workflow_uuid = w.workflow_uuid",
    )

    # Entries of an older release must run under this one: the constant never changes.
    assert VERSION == "lifeline-1"
    (entry,) = entries
    assert entry[:2] == (f"note/a/{row.entry}", "lifeline-1")
    assert entry[2] == f'{{"namedArgs":{{}},"positionalArgs":[{row.id},"{row.entry}"]}}'


def test_what_has_long_been_done_is_cleared_away_once_a_day(database: Database, jobs: Jobs) -> None:
    later = utc_now() + timedelta(days=30)
    with Work(database, jobs, utc_now, PACE) as work:
        work.enqueue("note", "old")
        settled(database, "old")
        until(lambda: not has_open(database), "the end of it")

    with Work(database, jobs, lambda: later, PACE):
        until(lambda: not database.read(lambda db: db.execute(select(due)).all()), "no rows")
        count = partial(queued, database, "SELECT count(*) FROM dbos.workflow_status")
        until(lambda: count() == [(0,)], "no entries")


def has_open(database: Database) -> bool:
    query = select(due.c.id).where(due.c.done_at.is_(None))
    return database.read(lambda db: db.execute(query).first()) is not None


@embedded
def test_the_engine_is_quiet(
    database: Database, jobs: Jobs, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().setLevel(logging.INFO)
    with Work(database, jobs, utc_now, PACE) as work:
        work.enqueue("note", "a")
        settled(database, "a")

    captured = capfd.readouterr()
    assert "onductor" not in captured.out + captured.err
    assert captured.out == ""
