from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    event,
    insert,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError

from storage import (
    CommitFailed,
    Database,
    DatabaseBusy,
    DatabaseClosed,
    DiskFull,
    TransactionEnded,
    WriteConflict,
    open_database,
)
from storage.writer import GROUP_SECONDS, GROUP_SIZE, RETRY_SECONDS
from tests.storage.processes import start
from tests.storage.tables import (
    add_note,
    count,
    counters,
    increment,
    notes,
    texts,
)

Closure = Callable[[Connection], object]

sqlite_only = pytest.mark.parametrize("store", ["sqlite"])
postgres_only = pytest.mark.parametrize("store", ["postgresql"])


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Keep the SQLite writer in a closure, so that what is queued meanwhile forms a group."""
    entered, leave = Event(), Event()

    def hold(_connection: Connection) -> None:
        entered.set()
        leave.wait(10)
        time.sleep(GROUP_SECONDS)  # then its own group is over, and the next one is new

    future = database.submit(hold)
    entered.wait(10)
    try:
        yield
    finally:
        leave.set()
        future.result(10)


def queue_together(database: Database, *closures: Closure) -> list[Future[object]]:
    """Queue ``closures`` while the writer is busy, let it go, and wait for all answers."""
    with held(database):
        futures = [database.submit(closure) for closure in closures]
    for future in futures:
        future.exception(30)
    return futures


@contextmanager
def commits(database: Database) -> Iterator[list[float]]:
    """Record when each transaction of the writer commits."""
    seen: list[float] = []

    def listen(_connection: Connection) -> None:
        seen.append(time.monotonic())

    event.listen(database.engines.write, "commit", listen)
    yield seen
    event.remove(database.engines.write, "commit", listen)


def fail(connection: Connection) -> None:
    connection.execute(insert(notes).values(text="never kept"))
    raise LookupError("of the closure's own")


def repeat_a_note(connection: Connection) -> None:
    add_note("a")(connection)


def roll_back(connection: Connection) -> None:
    connection.rollback()


def commit(connection: Connection) -> None:
    connection.execute(insert(notes).values(text="never kept"))
    connection.commit()


def commit_and_hide_it(connection: Connection) -> None:
    try:
        commit(connection)
    except TransactionEnded:
        return


def close(connection: Connection) -> None:
    connection.close()


def exit_thread(_connection: Connection) -> None:
    raise SystemExit(3)


BAD_CLOSURES = [
    (fail, LookupError),
    (repeat_a_note, IntegrityError),
    (roll_back, TransactionEnded),
    (commit, TransactionEnded),
    (commit_and_hide_it, TransactionEnded),
    (close, TransactionEnded),
    (exit_thread, SystemExit),
]


@pytest.mark.parametrize(("bad", "error"), BAD_CLOSURES, ids=lambda value: value.__name__)
def test_a_closure_that_fails_harms_no_neighbour(
    tables: Database, bad: Closure, error: type[BaseException]
) -> None:
    tables.write(add_note("a"))

    # The first of a group has no savepoint around it, those behind it have.
    first, before, failed, after = queue_together(
        tables, bad, add_note("before"), bad, add_note("after")
    )

    assert all(isinstance(one.exception(), error) for one in (first, failed))
    assert before.result() != after.result()
    assert texts(tables) == {"a", "before", "after"}


@pytest.mark.parametrize(("bad", "error"), BAD_CLOSURES, ids=lambda value: value.__name__)
def test_a_closure_that_fails_alone_leaves_the_writer_whole(
    tables: Database, bad: Closure, error: type[BaseException]
) -> None:
    tables.write(add_note("a"))

    with pytest.raises(error):
        tables.write(bad)

    tables.write(add_note("after"))
    assert texts(tables) == {"a", "after"}


def test_a_closure_may_undo_a_part_of_its_own(tables: Database) -> None:
    def work(connection: Connection) -> None:
        add_note("kept")(connection)
        with pytest.raises(IntegrityError), connection.begin_nested():
            add_note("kept")(connection)

    tables.write(work)

    assert texts(tables) == {"kept"}


@sqlite_only
def test_what_is_queued_commits_together_in_bounded_groups(tables: Database) -> None:
    with commits(tables) as seen:
        futures = queue_together(tables, *(add_note(str(n)) for n in range(2 * GROUP_SIZE + 1)))

    assert len({future.result() for future in futures}) == 2 * GROUP_SIZE + 1
    # The closure that held the writer, then 129 in groups of at most 64, or fewer where
    # a slow machine ends a group by its time.
    assert 4 <= len(seen) <= 30


@sqlite_only
def test_a_group_ends_when_its_time_is_over(tables: Database) -> None:
    def slow(_connection: Connection) -> float:
        time.sleep(GROUP_SECONDS)
        return time.monotonic()

    with commits(tables) as seen:
        queue_together(tables, *[slow] * 5)

    assert len(seen) == 6


@sqlite_only
def test_a_group_that_takes_long_is_logged(
    tables: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with held(tables):
        time.sleep(0.25)

    tables.write(add_note("a"))
    assert "a group of writes took 0." in caplog.text


def test_answers_come_after_the_commit(tables: Database, database_url: str) -> None:
    with open_database(database_url) as other:
        for number in range(20):
            tables.write(add_note(str(number)))
            assert str(number) in texts(other)


def test_many_threads_lose_nothing(tables: Database) -> None:
    def run(thread: int) -> None:
        for number in range(25):
            tables.write(add_note(f"{thread}-{number}"))
            tables.write(increment)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(run, range(16)))

    assert count(tables) == 16 * 25
    assert tables.read(lambda c: c.execute(select(counters.c.value)).scalar_one()) == 16 * 25


def test_processes_that_read_then_write_lose_nothing(tables: Database, database_url: str) -> None:
    processes = [start("increment", database_url, "200") for _ in range(2)]
    for _ in range(50):
        tables.write(increment)

    for process in processes:
        with process:
            assert process.wait(60) == 0

    assert tables.write(increment) == 451


def test_everything_acknowledged_survives_a_kill(tables: Database, database_url: str) -> None:
    with start("notes", database_url) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().split("\n")[:-1]

    with open_database(database_url) as after:
        assert set(acknowledged) <= texts(after)
        after.write(add_note("and it can be written"))
    assert len(acknowledged) >= 200


def test_closing_commits_what_is_queued(tables: Database, database_url: str) -> None:
    futures = [tables.submit(add_note(str(number))) for number in range(100)]

    tables.close()
    tables.close()

    assert all(future.done() for future in futures)
    with open_database(database_url) as after:
        assert count(after) == 100
    with pytest.raises(DatabaseClosed):
        tables.write(add_note("late"))
    with pytest.raises(DatabaseClosed):
        texts(tables)


def fill(connection: Connection) -> None:
    for number in range(1000):
        connection.execute(insert(notes).values(text=f"{number}" + "x" * 10_000))


@contextmanager
def limited_disk(database: Database, pages: int) -> Iterator[None]:
    """Let SQLite grow by only so many pages, so that it meets a full disk."""

    def limit(connection: Connection) -> None:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {used + pages}")

    database.write(limit)
    yield
    database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000"))


@sqlite_only
def test_a_full_disk_is_a_typed_error_and_passes(tables: Database) -> None:
    with limited_disk(tables, pages=20):
        before, full, after = queue_together(tables, add_note("before"), fill, add_note("after"))

        error = full.exception()
        assert isinstance(error, DiskFull)
        assert (error.permanent, error.database) == (False, str(tables.url))
        assert texts(tables) == {"before", "after"}
        assert before.exception() is None
        assert after.exception() is None

    tables.write(fill)
    assert count(tables) == 1002


@sqlite_only
def test_another_process_that_holds_the_lock_is_a_typed_error(
    tables: Database, database_url: str
) -> None:
    with open_database(database_url, busy_seconds=0.1) as impatient, held(tables):
        futures = [impatient.submit(add_note(str(number))) for number in range(3)]
        errors = [future.exception(10) for future in futures]

        assert [type(error) for error in errors] == [DatabaseBusy] * 3
        assert not any(error.permanent for error in errors)
        assert count(impatient) == 0


links = Table(
    "loose_link",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("note", Integer, ForeignKey(notes.c.id, deferrable=True, initially="DEFERRED")),
)


def test_a_constraint_broken_at_the_commit_is_its_own_callers_error(tables: Database) -> None:
    tables.write(links.create)

    good, bad, other = queue_together(
        tables, add_note("a"), lambda c: c.execute(insert(links).values(note=77)), add_note("b")
    )

    assert isinstance(bad.exception(), IntegrityError)
    assert good.exception() is None
    assert other.exception() is None
    assert texts(tables) == {"a", "b"}


@sqlite_only
def test_a_failed_commit_reaches_every_caller(tables: Database) -> None:
    def refuse(_connection: Connection) -> None:
        raise OSError("as a dying disk would")

    def break_disk(_connection: Connection) -> None:
        event.listen(tables.engines.write, "commit", refuse)

    futures = queue_together(tables, add_note("a"), break_disk, add_note("b"))
    event.remove(tables.engines.write, "commit", refuse)

    assert [type(future.exception()) for future in futures] == [CommitFailed] * 3
    assert count(tables) == 0
    tables.write(add_note("again"))
    assert texts(tables) == {"again"}


@postgres_only
@pytest.mark.parametrize(
    ("collisions", "is_written"),
    [(2, True), (len(RETRY_SECONDS) + 1, False)],
    ids=["collides twice", "collides always"],
)
def test_a_collision_is_tried_again_but_not_for_ever(
    tables: Database, collisions: int, is_written: bool
) -> None:
    tries: list[int] = []

    def collide(connection: Connection) -> None:
        add_note(f"try {len(tries)}")(connection)
        tries.append(1)
        if len(tries) <= collisions:
            connection.execute(text("DO $$ BEGIN RAISE serialization_failure; END $$"))

    future = tables.submit(collide)

    assert isinstance(future.exception(10), type(None) if is_written else WriteConflict)
    assert texts(tables) == ({f"try {collisions}"} if is_written else set())


@postgres_only
def test_a_real_deadlock_is_solved(tables: Database) -> None:
    tables.write(lambda c: c.execute(insert(counters).values(name="b", value=0)))

    def raise_both(first: str, second: str, met: Event, wait_for: Event) -> Closure:
        def work(connection: Connection) -> None:
            for name in (first, second):
                row = counters.c.name == name
                connection.execute(counters.update().where(row).values(value=counters.c.value + 1))
                met.set()
                wait_for.wait(10)

        return work

    one, two = Event(), Event()
    futures = [
        tables.submit(raise_both("a", "b", one, two)),
        tables.submit(raise_both("b", "a", two, one)),
    ]

    assert [future.result(20) for future in futures] == [None, None]
    assert tables.read(lambda c: c.scalars(select(counters.c.value)).all()) == [2, 2]
