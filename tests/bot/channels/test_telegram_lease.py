"""Of several holders one has the lease, on both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.channels.telegram_lease import StoredLease
from storage import Database, migrate
from tests.bot.conftest import Clock


@pytest.fixture
def database(database: Database) -> Database:
    migrate(database)
    return database


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_one_has_it_until_it_runs_out(database: Database, clock: Clock) -> None:
    first, second = (StoredLease(database, name, clock) for name in ("first", "second"))

    assert first.hold("poll", 30)
    assert not second.hold("poll", 30)

    clock.forward(timedelta(seconds=29))
    assert first.hold("poll", 30), "its holder renews it"
    clock.forward(timedelta(seconds=29))
    assert not second.hold("poll", 30)

    clock.forward(timedelta(seconds=1))
    assert second.hold("poll", 30), "taken over after it ran out"
    assert not first.hold("poll", 30)


def test_given_back_it_is_free_at_once(database: Database, clock: Clock) -> None:
    first, second = (StoredLease(database, name, clock) for name in ("first", "second"))
    first.hold("poll", 30)

    second.release("poll")
    assert not second.hold("poll", 30), "only its holder can give it back"
    first.release("poll")
    assert second.hold("poll", 30)


def test_leases_of_other_names_are_apart(database: Database, clock: Clock) -> None:
    first, second = (StoredLease(database, name, clock) for name in ("first", "second"))

    assert first.hold("poll", 30)
    assert second.hold("other", 30)


def test_of_many_that_come_at_once_one_gets_it(database: Database, clock: Clock) -> None:
    leases = [StoredLease(database, f"process {number}", clock) for number in range(8)]

    for _ in range(3):
        clock.forward(timedelta(seconds=60))
        with ThreadPoolExecutor(len(leases)) as pool:
            got = list(pool.map(lambda lease: lease.hold("poll", 30), leases))
        assert got.count(True) == 1
