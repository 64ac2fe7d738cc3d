"""What the tests of WeChat need beside a town: residents, what they leave behind, a busy store."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from threading import Thread
from time import sleep
from typing import TypeVar

import typer
from typer.testing import CliRunner

from tests.platforms.loopback import Call
from tests.platforms.wechat import WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import rows

T = TypeVar("T")

# An empty setting counts as none: Telegram stays off.
WECHAT_ALONE = {"LIFELINE_TELEGRAM_TOKEN": ""}
SEND_PATH = "/cgi-bin/message/custom/send"
# What the processes write about themselves, whatever residents do.
_OF_PROCESSES = frozenset({"work_lease", "worker_heartbeat", "sqlite_sequence"})
_FAULT = re.compile(r"Traceback| ERROR | CRITICAL ")
# What the service says of a turn that a test kept from the store.
_BUSY_STORE = re.compile(
    r"^.* ERROR bot.dialogue.conversation: a turn was not stored; it is answered from memory\n"
    r"(?:.*\n)*?storage.errors.WriteTimedOut: .*\n",
    re.MULTILINE,
)
# What it says of a photo that a test kept from it; it is fetched later.
_TRIED_AGAIN = re.compile(
    r"^.* WARNING storage.work_runs: fetch_\w+ \d+ failed .*, again at .*\n"
    r"(?:(?!\d{4}-\d\d-\d\d ).*\n)*",
    re.MULTILINE,
)
_numbers = count(1)


def newcomer(town: Town, *, is_following: bool = True) -> WeChatUser:
    """Return a resident whom no other test has met; OpenIDs have 28 characters."""
    return town.wechat.user(f"oResident{next(_numbers):019d}", is_following=is_following)


@contextmanager
def without_faults(town: Town) -> Iterator[None]:
    """Fail when the service logs an error while this lasts.

    A store that was busy is none, nor a photo that could not be fetched at once.
    """
    service, before = town.service, len(town.log)
    yield
    said = "".join(service.lines if service else [])[before:]
    said += town.log if town.service is not service else ""  # it was killed meanwhile
    said = _TRIED_AGAIN.sub("", _BUSY_STORE.sub("", said))
    assert not _FAULT.search(said), said


def stored(data_dir: Path) -> dict[str, int]:
    """Return how many rows each table holds that residents can add to."""
    tables = rows(data_dir, "SELECT name FROM sqlite_master WHERE type = 'table'")
    names = sorted({name for (name,) in tables} - _OF_PROCESSES)
    return {name: rows(data_dir, _select("count(*)", name))[0][0] for name in names}


def _select(what: str, table: str) -> str:
    return f'SELECT {what} FROM "{table}"'  # noqa: S608 - a table's own name


def ids_of(data_dir: Path, openid: str) -> tuple[int, int]:
    """Return the ids of an account and of its resident."""
    found = rows(data_dir, "SELECT id, resident_id FROM channel_account WHERE name = ?", openid)
    return found[0][0], found[0][1]


def traces(data_dir: Path, openid: str, ids: tuple[int, int]) -> set[str]:
    """Return every table with a row that names an OpenID, its account or its resident."""
    with closing(sqlite3.connect(f"file:{data_dir / 'lifeline.db'}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            table
            for table in tables
            for row in db.execute(_select("*", table))
            if _names(table, row, (openid, *ids))
        }


def _names(table: str, row: sqlite3.Row, person: tuple[str, int, int]) -> bool:
    openid, account, resident = person
    own = {"channel_account": account, "resident": resident}.get(table)
    accounts = ("account_id", "giver_id", "taker_id")
    named = {row[column] for column in accounts if column in row.keys()}  # noqa: SIM118 - a Row
    is_theirs = "resident_id" in row.keys() and row["resident_id"] == resident  # noqa: SIM118
    is_them = own is not None and row["id"] == own
    return is_them or is_theirs or account in named or any(openid in str(cell) for cell in row)


@contextmanager
def busy_store(data_dir: Path, seconds: float) -> Iterator[None]:
    """Keep the write lock for so long from now, as another program that is writing."""
    db = sqlite3.connect(data_dir / "lifeline.db", isolation_level=None, check_same_thread=False)
    db.execute("BEGIN IMMEDIATE")

    def let_go() -> None:
        sleep(seconds)
        db.execute("ROLLBACK")
        db.close()

    holding = Thread(target=let_go)
    holding.start()
    try:
        yield
    finally:
        holding.join()


def at_once(*acts: Callable[[], T]) -> list[T]:
    """Do all at the same time and return what each returned; fail with the first that failed."""
    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result() for future in [threads.submit(act) for act in acts]]


def commanded(town: Town, app: typer.Typer, *words: str) -> str:
    """Run a command beside the service, but in this process, and return what it says."""
    settings = {"LIFELINE_DATA_DIR": str(town.data_dir), **town.settings}
    result = CliRunner().invoke(app, list(words), env=settings)
    assert result.exit_code == 0, result.output
    return result.output


def sent_to(town: Town, user: WeChatUser) -> list[Call]:
    """Return the calls that tried to send a customer-service message to somebody."""
    return [call for call in town.wechat.calls_to(SEND_PATH) if user.openid.encode() in call.body]


def turns_of_message(data_dir: Path, message_id: int) -> int:
    """Return how many turns one MsgId has led to."""
    counted = "SELECT count(*) FROM turn WHERE utterance_id LIKE ?"
    return int(rows(data_dir, counted, f"%:m:{message_id}")[0][0])
