"""What a platform gave us, on both stores: claims that one wins, media ids that end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot import platform_store as store
from bot.platform_store import Claim, SealedToken
from storage import Database
from tests.bot.channels.wechat_calls import with_new_tables

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = NOON + timedelta(seconds=10)
TOKEN = SealedToken("sealed-1", NOON + timedelta(hours=2), NOON)
APP = "wx1"


@pytest.fixture(autouse=True)
def tables(database: Database) -> None:
    with_new_tables(database)


def claim(db: Connection, holder: str, seen: str = "", now: datetime = NOON) -> bool:
    until = now + timedelta(seconds=10)
    return store.claim_fetch(db, APP, seen, Claim(holder, until), now=now)


def keep(db: Connection, holder: str, token: SealedToken = TOKEN) -> bool:
    return store.keep_token(db, APP, holder, token)


def test_of_many_that_claim_one_wins(database: Database) -> None:
    def try_it(number: int) -> bool:
        return database.write(lambda db: claim(db, f"h{number}"))

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(try_it, range(16)))
    assert sum(won) == 1
    assert database.read(lambda db: store.find_token(db, APP)) is None


def test_what_was_fetched_is_kept_and_the_claim_ends(database: Database) -> None:
    assert database.write(lambda db: claim(db, "a"))
    assert database.write(lambda db: keep(db, "a"))
    assert database.read(lambda db: store.find_token(db, APP)) == TOKEN
    assert database.read(lambda db: store.find_token(db, "wx2")) is None
    assert database.write(lambda db: claim(db, "b", TOKEN.sealed))


def test_who_saw_an_older_token_gets_no_claim(database: Database) -> None:
    database.write(lambda db: claim(db, "a"))
    database.write(lambda db: keep(db, "a"))
    assert not database.write(lambda db: claim(db, "b"))


def test_a_claim_runs_out_and_its_holder_keeps_nothing(database: Database) -> None:
    database.write(lambda db: claim(db, "a"))
    assert not database.write(lambda db: claim(db, "b"))
    assert database.write(lambda db: claim(db, "b", now=LATER))
    assert not database.write(lambda db: keep(db, "a"))
    assert database.write(lambda db: keep(db, "b"))


def test_only_the_holder_gives_a_claim_back(database: Database) -> None:
    database.write(lambda db: claim(db, "a"))
    database.write(lambda db: store.release_fetch(db, APP, "b"))
    assert not database.write(lambda db: claim(db, "c"))
    database.write(lambda db: store.release_fetch(db, APP, "a"))
    assert database.write(lambda db: claim(db, "c"))


def keep_media(db: Connection, media_id: str, ends: datetime, app: str = APP) -> None:
    store.keep_media(db, app, "f" * 64, media_id=media_id, expires_at=ends)


def find_media(database: Database, until: datetime, app: str = APP) -> str | None:
    return database.read(lambda db: store.find_media(db, app, "f" * 64, until=until))


def test_the_newest_media_id_of_a_content_is_found_until_it_ends(database: Database) -> None:
    database.write(lambda db: keep_media(db, "m1", LATER))
    assert find_media(database, NOON) == "m1"
    assert find_media(database, LATER) is None
    database.write(lambda db: keep_media(db, "m2", LATER + timedelta(days=1)))
    assert find_media(database, LATER) == "m2"
    assert find_media(database, NOON, "wx2") is None


def test_forgotten_media_ids(database: Database) -> None:
    database.write(lambda db: keep_media(db, "m1", LATER))
    database.write(lambda db: store.forget_media(db, APP, "other"))
    assert find_media(database, NOON) == "m1"
    database.write(lambda db: store.forget_media(db, APP, "m1"))
    assert find_media(database, NOON) is None


def test_what_has_ended_is_deleted(database: Database) -> None:
    database.write(lambda db: keep_media(db, "m1", NOON))
    database.write(lambda db: keep_media(db, "m2", LATER, "wx2"))
    assert database.write(lambda db: store.forget_old_media(db, now=NOON)) == 1
    assert find_media(database, NOON, "wx2") == "m2"
