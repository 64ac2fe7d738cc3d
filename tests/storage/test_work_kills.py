"""Workers that are killed, frozen or robbed of their queue: nothing lost, no second effect."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import Database, open_database
from storage.work_runs import Planner
from tests.storage.work_jobs import GROUPS, build_jobs, create, keys, soon, utc_now
from tests.storage.work_workers import until, workers


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as database:
        create(database)
        yield database


@pytest.fixture
def planner(database: Database) -> Planner:
    """What a process that runs nothing itself plans with."""
    return Planner(database, build_jobs(), utc_now)


def test_a_killed_worker_loses_nothing_and_repeats_nothing(
    database_url: str, database: Database, planner: Planner
) -> None:
    for number in range(24):
        planner.enqueue("once", f"{number}", 0.05)
    with workers(database_url, 1) as (first,):
        first.wait_for("ended", 4)
        first.kill()
    assert 4 <= len(keys(database)) < 24

    with workers(database_url, 1) as (second,):
        until(lambda: len(keys(database)) >= 24, "every effect")
        assert second.stop() == 0

    assert sorted(keys(database), key=int) == [f"{number}" for number in range(24)]


def test_the_other_worker_takes_over_from_one_that_never_comes_back(
    database_url: str, database: Database, planner: Planner
) -> None:
    with workers(database_url, 2) as pair:
        planner.enqueue("groups", "broadcast", 0.15)
        until(lambda: any(worker.said("began") for worker in pair), "a beginning")
        holder = next(worker for worker in pair if worker.said("began"))
        other = pair[1 - pair.index(holder)]
        until(lambda: len(keys(database)) >= 2, "two groups")
        holder.kill()
        until(lambda: len(keys(database)) >= GROUPS, "the other groups")

    assert keys(database) == [f"broadcast {number}" for number in range(GROUPS)]
    assert other.said("began") == ["broadcast"]


# One frozen amid a write to an SQLite file holds up everybody until it wakes.
@pytest.mark.parametrize("store", ["postgresql"])
def test_a_frozen_worker_that_wakes_has_no_second_effect(
    database_url: str, database: Database, planner: Planner
) -> None:
    with workers(database_url, 2) as pair:
        planner.enqueue("once", "step", 1.0)
        until(lambda: any(worker.said("began") for worker in pair), "a beginning")
        frozen = next(worker for worker in pair if worker.said("began"))
        frozen.signal(signal.SIGSTOP)
        awake = pair[1 - pair.index(frozen)]
        awake.wait_for("ended step")
        frozen.signal(signal.SIGCONT)
        frozen.wait_for("left step")

        assert keys(database) == ["step"]
        planner.enqueue("once", "afterwards", 0.0)
        until(lambda: "afterwards" in keys(database), "work going on")
        assert [worker.stop() for worker in pair] == [0, 0]


def delete_queue(database: Database, folder: Path) -> None:
    if not database.is_embedded:
        database.write(lambda db: db.execute(text("DROP SCHEMA dbos CASCADE")))
    for path in folder.glob("work.db*"):
        path.unlink()


def test_a_queue_that_is_deleted_comes_back_from_the_rows(
    database_url: str, database: Database, planner: Planner, tmp_path: Path
) -> None:
    planner.enqueue_at("once", "later", soon(3.0), 0.0)
    for number in range(6):
        planner.enqueue("once", f"{number}", 0.3)
    with workers(database_url, 1) as (worker,):
        worker.wait_for("began")
        worker.kill()
    delete_queue(database, tmp_path)

    with workers(database_url, 1):
        until(lambda: len(keys(database)) >= 7, "every effect")

    assert sorted(keys(database)) == ["0", "1", "2", "3", "4", "5", "later"]
