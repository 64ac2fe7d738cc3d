"""Towns that stand for a whole module of tests, over a data folder that was made ready once."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.preparing import prepare_brain
from bot.settings import Settings
from community.files import FILES_FOLDER, SEALED, StoredFile, read_sealed
from community.keys import KEY_FILE
from tests.platforms.loopback import wait_until
from tests.platforms.telegram import Query, ShownMessage, TelegramPlatform, TelegramUser
from tests.platforms.wechat import AES_KEY, WeChatPlatform
from tests.talk.conftest import Town

QUESTION, ANSWER = "楼道能不能停电动车", "不能。高层楼"
FIRE, CALL_119 = "厨房着火了，快来人", "现在打119"
# As long as the whole machine may be busy; a good run takes a small part of it.
PATIENCE = 30.0
QUIET_SECONDS = 0.4


def furnished(factory: pytest.TempPathFactory, name: str) -> Path:
    """Return a data folder of its own with knowledge, index and buildings, made once a session."""
    made = factory.getbasetemp() / "furnished" / "var"
    if not made.exists():
        made.mkdir(parents=True)
        prepare_brain(Settings(data_dir=made))
        run_lifeline(made, "buildings", "import", str(_building_list(made)), "--add-streets",
                     "--apply")  # fmt: skip
    own = factory.mktemp(name) / "var"
    shutil.copytree(made, own)
    return own


def _building_list(data_dir: Path) -> Path:
    """Write two buildings of one estate as an operator's file."""
    file = data_dir.parent / "buildings.csv"
    head = "区县,镇街,社区,小区,楼栋,层数,物业电话,消防控制室电话"
    rows = [
        "演示区,城东街道,文汇社区,阳光小区,3栋,33,023-79220001,023-79220009",
        "演示区,城东街道,文汇社区,阳光小区,5栋,33,023-79220002,",
    ]
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return file


@contextmanager
def standing(data_dir: Path, **settings: str) -> Iterator[Town]:
    """Run the service between both stand-in platforms; ``settings`` go before the usual ones."""
    with ExitStack() as stack:
        wechat = stack.enter_context(WeChatPlatform(mode="safe"))
        telegram = stack.enter_context(TelegramPlatform())
        usual = wechat_settings(wechat) | telegram_settings(telegram)
        town = Town(data_dir, wechat, telegram, usual | settings)
        stack.callback(town.stop)
        town.start()
        yield town


def wechat_settings(wechat: WeChatPlatform) -> dict[str, str]:
    """Return what an operator sets for WeChat."""
    return {
        "LIFELINE_WECHAT_TOKEN": wechat.account.token,
        "LIFELINE_WECHAT_APP_ID": wechat.account.app_id,
        "LIFELINE_WECHAT_APP_SECRET": wechat.account.secret,
        "LIFELINE_WECHAT_MODE": "safe",
        "LIFELINE_WECHAT_AES_KEY": AES_KEY,
        "LIFELINE_WECHAT_API": wechat.url,
    }


def telegram_settings(telegram: TelegramPlatform) -> dict[str, str]:
    """Return what an operator sets for Telegram."""
    return {"LIFELINE_TELEGRAM_TOKEN": telegram.token, "LIFELINE_TELEGRAM_API": telegram.url}


def free_port() -> int:
    """Return a port that nobody listens on just now, for an address that is set beforehand."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def run_lifeline(data_dir: Path, *words: str, **settings: str) -> str:
    """Run the command line over a data folder and return what it says, whatever its status."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("LIFELINE_")
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot.commands", *words],
        env=environment | {"LIFELINE_DATA_DIR": str(data_dir)} | settings,
        capture_output=True,
        check=False,
        text=True,
    )
    return done.stdout + done.stderr


def rows(data_dir: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what a query finds in the main database, read beside the running service."""
    with closing(sqlite3.connect(f"file:{data_dir / 'lifeline.db'}?mode=ro", uri=True)) as db:
        return db.execute(statement, values).fetchall()


def kept_media(data_dir: Path, code: str) -> bytes | None:
    """Return what came with a message to staff, None until it was fetched."""
    noted = rows(data_dir, "SELECT media_file FROM staff_request WHERE code = ?", code)
    if not noted or not noted[0][0]:
        return None
    file = StoredFile(Path(noted[0][0]).stem, SEALED, 0)
    return read_sealed(data_dir / FILES_FOLDER, (data_dir / KEY_FILE).read_bytes(), file)


def turns_of(data_dir: Path, name: str) -> list[str]:
    """Return what was said in the stored turns of an account, in order."""
    found = rows(
        data_dir,
        "SELECT said FROM turn JOIN channel_account ON channel_account.id = account_id"
        " WHERE name = ? ORDER BY turn.id",
        name,
    )
    return [said for (said,) in found]


def deliveries_of(data_dir: Path, name: str) -> list[str]:
    """Return the states of what was queued for an account, in order."""
    found = rows(
        data_dir,
        "SELECT state FROM delivery JOIN channel_account ON channel_account.id = account_id"
        " WHERE name = ? ORDER BY delivery.id",
        name,
    )
    return [state for (state,) in found]


def a_minute_passes(data_dir: Path) -> None:
    """Let what a killed process was sending become due again, as it does after its lease."""
    with closing(sqlite3.connect(data_dir / "lifeline.db", timeout=30)) as db, db:
        db.execute("UPDATE delivery SET next_at = next_at - 60000000 WHERE state = 'sending'")


def building_code(data_dir: Path, name: str = "3栋") -> str:
    """Return the code that stands at the door of a building."""
    found = rows(
        data_dir,
        "SELECT code FROM building JOIN building_facts ON building_facts.building_id = building.id"
        " WHERE building_facts.name LIKE ?",
        f"%{name}",
    )
    return str(found[0][0])


@contextmanager
def write_locked(data_dir: Path) -> Iterator[None]:
    """Keep SQLite's write lock, as a backup program that hangs."""
    with closing(sqlite3.connect(data_dir / "lifeline.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


@dataclass
class Resident:
    """Somebody with Telegram who reads what came since they last looked; edits count as seen."""

    user: TelegramUser
    seen: int = 0

    @classmethod
    def of(cls, town: Town, user_id: int, language_code: str = "zh-hans") -> Resident:
        """Return somebody who pressed START long ago."""
        return cls(town.telegram.user(user_id, language_code))

    def reads(self, count: int = 1) -> list[ShownMessage]:
        """Wait for the next ``count`` messages and return them."""
        if not wait_until(lambda: len(self.user.journal) >= self.seen + count, PATIENCE):
            came = [shown.text for shown in self.user.journal[self.seen :]]
            raise AssertionError(f"{count} messages were expected, and these came: {came}")
        self.seen += count
        return self.user.journal[self.seen - count : self.seen]

    def reads_nothing(self) -> None:
        """Look for a moment; nothing may come."""
        wait_until(lambda: len(self.user.journal) > self.seen, QUIET_SECONDS)
        assert [shown.text for shown in self.user.journal[self.seen :]] == []

    def asks(self, text: str) -> ShownMessage:
        """Write something and return the one message that answers it."""
        self.user.says(text)
        return self.reads()[0]

    def taps(self, label: str, message: ShownMessage | None = None) -> ShownMessage:
        """Tap a button and return the message that it brings; its little clock has to go."""
        self.is_told_by(label, message)
        return self.reads()[0]

    def is_told_by(self, label: str, message: ShownMessage | None = None) -> str:
        """Tap a button and return the notice that shows over the chat, "" for none."""
        tapped = self.user.taps(label, message)
        assert isinstance(tapped, Query)
        assert wait_until(lambda: tapped.answer is not None, PATIENCE)
        return str((tapped.answer or {}).get("text", ""))


def labels(shown: ShownMessage) -> list[str]:
    """Return what stands on the buttons of a message."""
    return [button.label for button in shown.buttons]
