"""Residents and channel accounts: one resident an account, whatever comes at once."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from threading import Event

from sqlalchemy import Connection, func, select

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


def test_an_account_does_one_thing_at_a_time(database: Database) -> None:
    """Nothing but the account's row stood between two first messages on PostgreSQL."""
    database.write(lambda db: account_of(db, "web", "a", NOON))
    held, let_go = Event(), Event()

    def hold(db: Connection) -> int:
        account = account_of(db, "web", "a", NOON)
        held.set()
        let_go.wait(10)
        return account

    first = database.submit(hold)
    assert held.wait(10)
    second = database.submit(lambda db: account_of(db, "web", "a", NOON))

    assert second in wait([second], 0.2).not_done
    let_go.set()
    assert first.result(10) == second.result(10)
