from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from storage import Database, Jobs, Run, open_database, reschedule, schedule, unschedule
from storage.errors import StorageError
from storage.work_jobs import UnknownJob
from storage.work_rows import PAUSES, claim, find_row, troubles
from storage.work_runs import MOST_CRASHES, EndlessWork, InlineWork, Runner
from tests.storage.work_jobs import create, effect, keys

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


# What does not depend on the store.
embedded = pytest.mark.parametrize("store", ["sqlite"])


class Gone(StorageError):
    permanent = True


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as database:
        create(database)
        yield database


@pytest.fixture
def jobs() -> Jobs:
    """A deadline with an escalation behind it, and things that go wrong."""
    jobs = Jobs()

    @jobs.job("remind")
    def remind(run: Run, level: int = 0) -> None:
        def work(db: Connection) -> None:
            if run.finish(db):
                effect(f"{run.key} {level} at {run.now:%d %H:%M}")(db)
                if level < 2:
                    schedule(db, "remind", f"{run.key}+", run.due_at + DAY, [level + 1])

        run.database.write(work)

    @jobs.job("async")
    async def later(run: Run, name: str) -> None:
        run.database.write(effect(name))

    @jobs.job("gone")
    def gone(run: Run) -> None:
        raise Gone(run.key)

    @jobs.job("broken")
    def broken(run: Run) -> None:
        raise OSError("no route")

    return jobs


@pytest.fixture
def work(database: Database, jobs: Jobs) -> InlineWork:
    return InlineWork(database, jobs, lambda: NOON)


def test_a_deadline_is_carried_to_its_end_by_the_time_alone(
    database: Database, work: InlineWork
) -> None:
    work.enqueue_at("remind", "case", NOON + HOUR, 0)

    assert work.run_due(NOON + HOUR / 2) == 0
    assert work.run_due(NOON + HOUR) == 1
    assert work.run_due(NOON + HOUR) == 0
    assert work.run_due(NOON + 3 * DAY) == 2
    assert keys(database) == ["case 0 at 31 13:00", "case+ 1 at 03 12:00", "case++ 2 at 03 12:00"]


@embedded
def test_rows_run_in_the_order_they_are_due(database: Database, work: InlineWork) -> None:
    for key, hours in (("c", 3), ("a", 1), ("b", 2)):
        work.enqueue_at("async", key, NOON + hours * HOUR, key)

    work.run_due(NOON + DAY)

    assert keys(database) == ["a", "b", "c"]


def test_a_plan_is_made_once_moved_and_cancelled(database: Database, work: InlineWork) -> None:
    assert work.enqueue("async", "a", "a")
    assert not work.enqueue("async", "a", "b")
    work.enqueue_at("async", "late", NOON + DAY, "late")
    work.enqueue_at("async", "early", NOON, "early")
    work.enqueue_at("async", "never", NOON, "never")

    assert work.move("async", "late", NOON)
    assert work.move("async", "early", NOON + DAY)
    assert work.cancel("async", "never")
    assert not work.cancel("async", "never")
    work.run_due(NOON + HOUR)

    assert sorted(keys(database)) == ["a", "late"]


@embedded
def test_an_unregistered_job_is_refused_at_once(work: InlineWork) -> None:
    with pytest.raises(UnknownJob):
        work.enqueue("nobody", "a")


@embedded
def test_a_permanent_failure_is_kept_with_its_reason(
    database: Database, work: InlineWork, caplog: pytest.LogCaptureFixture
) -> None:
    work.enqueue("gone", "case 9")

    work.run_due(NOON)
    assert work.run_due(NOON + 9 * DAY) == 0

    (trouble,) = database.read(troubles)
    assert (trouble.is_final, trouble.reason) == (True, "Gone: case 9")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@embedded
def test_other_failures_are_tried_again_ever_more_rarely(
    database: Database, work: InlineWork
) -> None:
    work.enqueue("broken", "case 9")
    now, runs = NOON, 0

    while now < NOON + timedelta(minutes=13):
        runs += work.run_due(now)
        now += timedelta(seconds=3)

    assert runs == len(PAUSES)
    (trouble,) = database.read(troubles)
    assert (trouble.is_final, trouble.failures) == (False, runs)
    assert trouble.reason == "OSError: no route"


@embedded
def test_a_job_of_another_release_waits_and_says_so(database: Database, work: InlineWork) -> None:
    database.write(lambda db: schedule(db, "future", "a", NOON))

    assert work.run_due(NOON) == 1

    row = database.read(lambda db: find_row(db, "future", "a"))
    assert row is not None
    assert row.failures == 1


@pytest.mark.parametrize("change", ["moved", "taken back"])
def test_a_row_changed_while_it_runs_is_not_marked_done(
    database: Database, jobs: Jobs, work: InlineWork, change: str
) -> None:
    @jobs.job("changed")
    def changed(run: Run) -> None:
        if change == "moved":
            run.database.write(lambda db: reschedule(db, run.job, run.key, NOON + HOUR))
        else:
            run.database.write(lambda db: unschedule(db, run.job, run.key))
        assert not run.database.write(run.is_current)
        assert not run.database.write(run.finish)

    work.enqueue("changed", "a")
    assert work.run_due(NOON) == 1

    row = database.read(lambda db: find_row(db, "changed", "a"))
    assert (row and row.try_at) == (NOON + HOUR if change == "moved" else None)


def test_an_effect_and_its_end_are_undone_together(
    database: Database, jobs: Jobs, work: InlineWork
) -> None:
    failing = iter([True, False])

    @jobs.job("half")
    def half(run: Run) -> None:
        def piece(db: Connection) -> None:
            assert run.finish(db)
            effect("half")(db)
            if next(failing):
                raise OSError("in the middle")

        run.database.write(piece)

    work.enqueue("half", "a")
    work.run_due(NOON)
    assert keys(database) == []

    work.run_due(NOON + HOUR)
    assert keys(database) == ["half"]


@embedded
def test_what_keeps_killing_its_process_is_paused_and_named(database: Database, jobs: Jobs) -> None:
    work = InlineWork(database, jobs, lambda: NOON)
    work.enqueue("async", "bomb", "boom")
    row = database.read(lambda db: find_row(db, "async", "bomb"))
    assert row is not None
    for number in range(MOST_CRASHES):  # each time the process ended here
        database.write(partial(claim, place=row.place, token=f"{number}"))

    assert Runner(database, jobs, lambda _: None).run(row.place, NOON)

    assert keys(database) == []
    paused = database.read(lambda db: find_row(db, "async", "bomb"))
    assert paused is not None
    assert paused.try_at == NOON + PAUSES[0]


@embedded
def test_work_without_end_is_noticed(
    database: Database, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.work_runs.MOST_INLINE_RUNS", 20)

    @jobs.job("again")
    def again(run: Run, number: int) -> None:
        run.database.write(lambda db: schedule(db, "again", f"{number}", NOON, [number + 1]))

    work = InlineWork(database, jobs, lambda: NOON)
    work.enqueue("again", "first", 0)

    with pytest.raises(EndlessWork, match="again"):
        work.run_due(NOON)


@embedded
def test_a_month_of_days_runs_each_tick_once(database: Database, jobs: Jobs) -> None:
    @jobs.job("push")
    def push(run: Run) -> None:
        run.database.write(effect(f"{run.due_at:%m-%d %H}"))

    jobs.every("0 9 * * *", "push", timezone="Asia/Shanghai")
    work = InlineWork(database, jobs, lambda: NOON)
    start = datetime(2026, 2, 1, 1, 30, tzinfo=UTC)

    for quarter in range(28 * 4):
        work.run_due(start + quarter * DAY / 4)
        work.run_due(start + quarter * DAY / 4)

    assert keys(database) == [f"02-{day:02} 01" for day in range(1, 29)]
