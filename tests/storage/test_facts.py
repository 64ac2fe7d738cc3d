from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from storage import Database, find_fact, keep_fact, keep_first_fact
from storage.facts import settings

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_a_fact_is_kept_and_replaced(database: Database) -> None:
    for hour, value in enumerate(["one", "two"]):
        now = NOON + timedelta(hours=hour)
        database.write(lambda c, v=value, n=now: keep_fact(c, "key", v, now=n))

    row = database.read(lambda c: c.execute(select(settings)).one())
    assert tuple(row) == ("key", "two", NOON + timedelta(hours=1))


def test_an_unknown_fact_is_none(database: Database) -> None:
    assert database.read(lambda connection: find_fact(connection, "key")) is None


def test_of_many_that_start_together_all_keep_the_first_fact(database: Database) -> None:
    def keep(number: int) -> str:
        return database.write(lambda c: keep_first_fact(c, "key", f"print {number}", now=NOON))

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(keep, range(16)))

    assert answers == {database.read(lambda connection: find_fact(connection, "key"))}


def test_an_empty_fact_is_a_fact(database: Database) -> None:
    database.write(lambda c: keep_first_fact(c, "key", "", now=NOON))

    assert database.write(lambda c: keep_first_fact(c, "key", "later", now=NOON)) == ""
