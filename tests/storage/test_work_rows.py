from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection

from storage import Database, open_database, schedule
from storage.work_rows import (
    MAX_REASON_CHARACTERS,
    PAUSES,
    Due,
    UnfitArguments,
    claim,
    find_row,
    finish,
    forget_done,
    give_up,
    is_claimed,
    next_row,
    open_places,
    postpone,
    renew_entry,
    reschedule,
    rows_at,
    troubles,
    unschedule,
)
from tests.storage.work_jobs import create

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as database:
        create(database)
        yield database


def plan(database: Database, key: str = "case 7", due_at: datetime = NOON, *args: object) -> Due:
    assert database.write(lambda db: schedule(db, "remind", key, due_at, args))
    return found(database, key)


def found(database: Database, key: str = "case 7") -> Due:
    row = database.read(lambda db: find_row(db, "remind", key))
    assert row is not None
    return row


def start(database: Database, row: Due, run: str = "run") -> Due | None:
    return database.write(lambda db: claim(db, row.place, run))


def test_a_row_keeps_what_it_was_given(database: Database) -> None:
    row = plan(database, "case 7", NOON, 7, "街道", {"level": [1, None, True]})

    assert (row.job, row.key, row.due_at, row.try_at) == ("remind", "case 7", NOON, NOON)
    assert row.args == (7, "街道", {"level": [1, None, True]})
    assert (row.starts, row.failures) == (0, 0)


def test_a_rolled_back_transaction_plans_nothing(database: Database) -> None:
    def work(db: Connection) -> None:
        schedule(db, "remind", "case 7", NOON)
        raise LookupError

    with pytest.raises(LookupError):
        database.write(work)

    assert database.read(lambda db: find_row(db, "remind", "case 7")) is None


def test_job_and_key_are_planned_once_even_when_done(database: Database) -> None:
    row = plan(database)
    assert not database.write(lambda db: schedule(db, "remind", "case 7", NOON + HOUR))
    start(database, row)
    database.write(lambda db: finish(db, row.place, "run", NOON))

    assert not database.write(lambda db: schedule(db, "remind", "case 7", NOON + HOUR))
    assert database.write(lambda db: schedule(db, "escalate", "case 7", NOON))


@pytest.mark.parametrize(
    "args",
    [(NOON,), (b"x",), ((1, 2),), ({1: 2},), (float("nan"),), ("字" * 2000,), ({"a": {2}},)],
    ids=["time", "bytes", "tuple", "number as key", "nan", "much", "set"],
)
def test_only_plain_json_is_taken(database: Database, args: tuple[object, ...]) -> None:
    with pytest.raises(UnfitArguments) as caught:
        plan(database, "case 7", NOON, *args)

    assert caught.value.permanent
    assert caught.value.job == "remind"


def test_open_rows_come_in_order(database: Database) -> None:
    for key, hours in (("c", -1), ("a", -3), ("b", -1), ("later", 1)):
        plan(database, key, NOON + hours * HOUR)
    done = plan(database, "done", NOON - 9 * HOUR)
    start(database, done)
    database.write(lambda db: finish(db, done.place, "run", NOON))

    places = database.read(lambda db: open_places(db, NOON))
    rows = database.read(lambda db: rows_at(db, [*places, done.place]))

    assert [row.key for row in rows] == ["a", "c", "b"]
    assert [row.place for row in rows] == places
    assert database.read(lambda db: next_row(db, NOON)) == rows[0]
    assert database.read(lambda db: next_row(db, NOON - 4 * HOUR)) is None


def test_a_row_that_has_moved_is_not_found_at_its_old_place(database: Database) -> None:
    place = plan(database).place

    database.write(lambda db: reschedule(db, "remind", "case 7", NOON))

    assert database.read(lambda db: rows_at(db, [place])) == []
    assert database.read(lambda db: open_places(db, NOON)) != [place]


def test_a_later_start_takes_the_row_from_an_earlier_one(database: Database) -> None:
    row = plan(database)
    first, second = start(database, row, "frozen"), start(database, row, "awake")

    assert (first and first.starts, second and second.starts) == (1, 2)
    assert not database.write(lambda db: is_claimed(db, row.place, "frozen"))
    assert not database.write(lambda db: finish(db, row.place, "frozen", NOON))
    assert database.write(lambda db: finish(db, row.place, "awake", NOON))
    assert not database.write(lambda db: finish(db, row.place, "awake", NOON))
    assert start(database, row) is None


@pytest.mark.parametrize("hours", [-2, 2], ids=["earlier", "later"])
def test_a_row_that_moves_stops_the_run_that_has_begun(database: Database, hours: int) -> None:
    row = plan(database)
    start(database, row)

    assert database.write(lambda db: reschedule(db, "remind", "case 7", NOON + hours * HOUR))

    assert not database.write(lambda db: finish(db, row.place, "run", NOON))
    assert start(database, row) is None
    assert found(database).try_at == NOON + hours * HOUR


def test_a_row_taken_back_is_gone_and_can_be_planned_anew(database: Database) -> None:
    row = plan(database)

    assert database.write(lambda db: unschedule(db, "remind", "case 7"))
    assert not database.write(lambda db: unschedule(db, "remind", "case 7"))
    assert start(database, row) is None
    assert plan(database).entry != row.entry


def test_what_is_done_can_be_neither_moved_nor_taken_back(database: Database) -> None:
    row = plan(database)
    start(database, row)
    database.write(lambda db: finish(db, row.place, "run", NOON))

    assert not database.write(lambda db: reschedule(db, "remind", "case 7", NOON))
    assert not database.write(lambda db: unschedule(db, "remind", "case 7"))


def test_failures_wait_longer_and_longer(database: Database) -> None:
    plan(database)
    now, waits = NOON, []
    for _ in range(len(PAUSES) + 2):
        row = start(database, found(database))
        assert row is not None
        again = database.write(lambda db, row=row, now=now: postpone(db, row, "run", "no", now))
        assert again is not None
        waits.append(again - now)
        now = again

    assert waits == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    row = found(database)
    assert (row.due_at, row.try_at, row.failures) == (NOON, now, len(waits))


def test_a_failure_without_storable_words_is_noted_all_the_same(database: Database) -> None:
    row = start(database, plan(database))
    assert row is not None

    database.write(lambda db: give_up(db, row, "run", "a\x00b\ud800" + "长" * 5000, NOON))

    (trouble,) = database.read(troubles)
    assert trouble.reason.startswith("a\\x00b\\ud800长")
    assert len(trouble.reason) == MAX_REASON_CHARACTERS


def test_troubles_are_final_or_lasting(database: Database) -> None:
    given_up = start(database, plan(database, "final"))
    assert given_up is not None
    database.write(lambda db: give_up(db, given_up, "run", "gone", NOON))
    for key, failures in (("lasting", 3), ("passing", 2)):
        plan(database, key, NOON - HOUR)
        for _ in range(failures):
            row = start(database, found(database, key))
            assert row is not None
            database.write(lambda db, row=row: postpone(db, row, "run", "again", NOON))

    listed = database.read(troubles)

    assert [(each.key, each.is_final, each.reason) for each in listed] == [
        ("final", True, "gone"),
        ("lasting", False, "again"),
    ]
    assert database.write(lambda db: reschedule(db, "remind", "final", NOON))
    assert found(database, "final").failures == 0


def test_a_new_entry_is_given_only_in_place_of_the_one_seen(database: Database) -> None:
    row = plan(database)

    entry = database.write(lambda db: renew_entry(db, row))

    assert entry == found(database).entry != row.entry
    assert database.write(lambda db: renew_entry(db, row)) is None


def test_of_racing_finishers_one_wins(database: Database) -> None:
    row = plan(database)
    start(database, row)
    barrier, wins = Barrier(4), []

    def race() -> None:
        barrier.wait()
        wins.append(database.write(lambda db: finish(db, row.place, "run", NOON)))

    threads = [Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(wins) == [False, False, False, True]


def test_only_what_has_long_been_done_is_forgotten(database: Database) -> None:
    for key, done_at in (("old", NOON - 2 * HOUR), ("new", NOON)):
        row = plan(database, key)
        start(database, row)
        database.write(lambda db, row=row, at=done_at: finish(db, row.place, "run", at))
    plan(database, "open", NOON - 9 * HOUR)

    assert database.write(lambda db: forget_done(db, NOON - HOUR)) == 1

    assert not database.write(lambda db: schedule(db, "remind", "new", NOON))
    assert database.write(lambda db: schedule(db, "remind", "old", NOON))
    assert found(database, "open")
