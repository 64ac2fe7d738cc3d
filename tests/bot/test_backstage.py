"""What runs beside requests: it ends whole, and recordings end with what they belong to."""

import asyncio
import logging
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.backstage import Backstage, Channels
from bot.belongings import ERASABLE
from bot.desk import Recordings, Safe
from bot.desk_store import add_request, answer_request, forget_answered
from bot.messages import Media
from community.erasure import forget_account
from community.store import account_of
from storage import Database
from tests.bot.conftest import NOON, Clock

pytestmark = pytest.mark.parametrize("store", ["sqlite"])
SOUND = b"#!AMR of nobody"


@pytest.fixture
def recordings(database: Database, tmp_path: Path) -> Recordings:
    safe = Safe(tmp_path, b"k" * 32)
    return Recordings(database, safe, {"wechat": lambda _ref: SOUND}, lambda *_told: None)


@pytest.fixture
def backstage(database: Database, recordings: Recordings, clock: Clock) -> Backstage:
    return Backstage(database, Channels(), recordings, clock)


def leave(database: Database, recordings: Recordings, clock: Clock, name: str) -> tuple[int, int]:
    """Leave a recording for staff, have it fetched, and return account and request."""

    def work(db: Connection) -> tuple[int, int]:
        account = account_of(db, "wechat", name, clock())
        return account, add_request(db, account, "", clock(), Media("voice", name))[0]

    account, request = database.write(work)
    recordings.fetch(request, clock())
    return account, request


def kept(folder: Path) -> int:
    """Return how many files there are; to the disk, all are from noon."""
    files = list(folder.glob("[0-9a-f][0-9a-f]/*"))
    for file in files:
        os.utime(file, (NOON.timestamp(), NOON.timestamp()))
    return len(files)


def test_a_recording_goes_with_whoever_left_it(
    database: Database, recordings: Recordings, clock: Clock, tmp_path: Path
) -> None:
    gone, _ = leave(database, recordings, clock, "zhang")
    leave(database, recordings, clock, "li")
    clock.forward(timedelta(days=2))
    assert kept(tmp_path) == 2
    assert recordings.sweep(clock()) == 0

    database.write(lambda db: forget_account(db, gone, ERASABLE))

    assert recordings.sweep(clock()) == 1
    assert kept(tmp_path) == 1


def test_a_recording_goes_with_its_time(
    database: Database, recordings: Recordings, clock: Clock, tmp_path: Path
) -> None:
    _, request = leave(database, recordings, clock, "zhang")
    database.write(lambda db: answer_request(db, request, "听过了", clock()))
    clock.forward(timedelta(days=181))
    database.write(lambda db: forget_answered(db, clock()))

    kept(tmp_path)
    recordings.sweep(clock())

    assert kept(tmp_path) == 0


def test_nothing_is_looked_through_where_nobody_left_a_recording(
    recordings: Recordings, clock: Clock
) -> None:
    assert recordings.sweep(clock()) == 0


def test_housekeeping_looks_through_the_files(
    database: Database, backstage: Backstage, recordings: Recordings, clock: Clock, tmp_path: Path
) -> None:
    gone, _ = leave(database, recordings, clock, "zhang")
    database.write(lambda db: forget_account(db, gone, ERASABLE))
    clock.forward(timedelta(days=2))
    assert kept(tmp_path) == 1

    async def run() -> None:
        backstage.start()
        try:
            async with asyncio.timeout(20):
                while kept(tmp_path):
                    await asyncio.sleep(0.02)
        finally:
            await backstage.stop()

    asyncio.run(run())
    assert kept(tmp_path) == 0


class BrokenChannel:
    """A Telegram whose own ending fails."""

    async def run(self) -> None:
        raise OSError("no space left on device")


def test_what_has_failed_beside_requests_keeps_nothing_from_ending(
    database: Database, recordings: Recordings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    channels = Channels(telegram=BrokenChannel())  # type: ignore[arg-type]

    async def run() -> None:
        for _ in range(2):  # later work is launched once a process, and again when it was closed
            backstage = Backstage(database, channels, recordings, clock)
            backstage.start()
            await asyncio.sleep(0)
            await backstage.stop()

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())

    assert {str(one.exc_info[1]) for one in caplog.records if one.exc_info} == {
        "no space left on device"
    }
