"""Residents and channel accounts: one resident an account, whatever comes at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import func, select

from community.store import account_of, find_account, resident, resident_of
from storage import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_an_account_is_made_once(database: Database) -> None:
    first = database.write(lambda db: account_of(db, "web", "a", NOON))
    again = database.write(lambda db: account_of(db, "web", "a", NOON))
    other = database.write(lambda db: account_of(db, "terminal", "a", NOON))

    assert first == again != other


def test_accounts_made_at_once_share_one_resident(database: Database) -> None:
    def make(_: int) -> int:
        return database.write(lambda db: account_of(db, "web", "same", NOON))

    with ThreadPoolExecutor(12) as pool:
        found = set(pool.map(make, range(24)))

    count = select(func.count()).select_from(resident)
    assert len(found) == 1
    assert database.read(lambda db: db.execute(count).scalar_one()) == 1


def test_resident_of(database: Database) -> None:
    account = database.write(lambda db: account_of(db, "web", "a", NOON))
    found = database.read(lambda db: find_account(db, "web", "a"))

    assert found == account
    assert database.read(lambda db: resident_of(db, account)) > 0
    assert database.read(lambda db: find_account(db, "web", "nobody")) is None
