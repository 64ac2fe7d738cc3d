from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from storage import Database, open_database, take_lease
from storage.work_leases import Watch, beat, forget_workers, read_beats
from tests.storage.work_jobs import create

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as database:
        create(database)
        yield database


def take(database: Database, holder: str, now: datetime) -> bool:
    return database.write(lambda db: take_lease(db, "poll", holder, now=now, hold=MINUTE))


def test_a_heart_beats_and_is_forgotten(database: Database) -> None:
    for worker in ("a", "a", "b"):
        database.write(lambda db, worker=worker: beat(db, worker, NOON))
    assert database.read(read_beats) == {"a": 2, "b": 1}

    database.write(lambda db: forget_workers(db, ["a", "nobody"]))

    assert database.read(read_beats) == {"b": 1}


def test_a_lease_is_kept_by_its_holder_until_it_runs_out(database: Database) -> None:
    assert take(database, "a", NOON)
    assert not take(database, "b", NOON + MINUTE / 2)
    assert take(database, "a", NOON + MINUTE / 2)
    assert not take(database, "b", NOON + MINUTE)
    assert take(database, "b", NOON + 1.5 * MINUTE)
    assert not take(database, "a", NOON + 1.5 * MINUTE)


def test_of_many_that_want_a_free_lease_one_gets_it(database: Database) -> None:
    take(database, "gone", NOON - 2 * MINUTE)
    barrier, got = Barrier(6), []

    def race(name: str) -> None:
        barrier.wait()
        got.append(take(database, name, NOON))

    threads = [Thread(target=race, args=(f"{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(got) == 1


def test_a_worker_is_silent_when_its_heart_stands_still() -> None:
    watch = Watch(10.0)

    assert watch.silent({"a": 1, "b": 1}, [], 0.0) == frozenset()
    assert watch.silent({"a": 1, "b": 2}, [], 9.0) == frozenset()
    assert watch.silent({"a": 1, "b": 2}, [], 10.0) == {"a"}
    assert watch.silent({"a": 2, "b": 2}, [], 18.0) == frozenset()
    assert watch.silent({"a": 2, "b": 2}, [], 19.0) == {"b"}


def test_a_holder_without_a_heart_is_silent_after_the_same_while() -> None:
    watch = Watch(10.0)

    assert watch.silent({}, ["gone"], 5.0) == frozenset()
    assert watch.silent({}, ["gone"], 14.9) == frozenset()
    assert watch.silent({}, ["gone"], 15.0) == {"gone"}
    assert watch.silent({}, [], 16.0) == frozenset()


def test_a_watcher_that_was_frozen_finds_nobody_dead_who_went_on() -> None:
    watch = Watch(10.0)
    watch.silent({"other": 1}, ["other"], 0.0)

    assert watch.silent({"other": 500}, ["other"], 1000.0) == frozenset()
