"""``lifeline worker``: it sends what waits, without pages, and ends in order when it is told to."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bot.dialogue.turns import reply_to_json
from bot.messages import Reply
from community.deliveries import Delivery
from community.delivery_store import delivery, queue_delivery
from community.store import account_of
from storage import migrate, open_database
from storage.work_leases import heartbeats
from tests.platforms.telegram import TelegramPlatform

Start = Callable[..., "subprocess.Popen[str]"]
VOLUNTEER = 1001
ANSWER = "工作人员回你的留言：消防栓今天下午修。"
STARTING_SECONDS = 60.0
STOPPING_SECONDS = 30.0


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def main_database(tmp_path: Path) -> str:
    """The main database where the worker looks for it, with one message waiting."""
    folder = tmp_path / "var"
    folder.mkdir()
    url = f"sqlite:///{folder / 'lifeline.db'}"
    with open_database(url) as database:
        migrate(database)
        database.write(wait_for_volunteer)
    return url


def wait_for_volunteer(db: Connection) -> None:
    now = datetime.now(UTC)
    queued = Delivery(
        account_id=account_of(db, "telegram", str(VOLUNTEER), now),
        channel="telegram",
        lane="reply",
        purpose="reply",
        body=[reply_to_json(Reply("chat", ANSWER))],
        key="desk:7K3M9QXA",
        due_at=now,
        expires_at=now + timedelta(hours=1),
    )
    assert queue_delivery(db, queued, now)


def test_a_message_that_waits_is_sent_and_the_worker_ends_with_0(
    lifeline_process: Start, platform: TelegramPlatform, main_database: str
) -> None:
    volunteer = platform.user(VOLUNTEER)
    telegram = {"TELEGRAM_TOKEN": platform.token, "TELEGRAM_API": platform.url}
    with lifeline_process("worker", **telegram) as process:
        volunteer.wait_for(1, STARTING_SECONDS)
        process.send_signal(signal.SIGTERM)
        printed, errors = process.communicate(timeout=STOPPING_SECONDS)

    assert process.returncode == 0, errors
    assert printed.splitlines()[-1] == "已停止。"
    assert "worker started" in printed
    assert "Traceback" not in errors
    assert platform.token not in printed + errors
    assert [message.text for message in volunteer.received] == [ANSWER]
    with open_database(main_database) as database:
        assert database.read(lambda db: db.scalars(select(delivery.c.state)).all()) == ["sent"]
        assert database.read(lambda db: db.execute(select(heartbeats)).all()) == []


@pytest.mark.usefixtures("main_database")
def test_without_a_channel_it_works_and_ends_all_the_same(lifeline_process: Start) -> None:
    with lifeline_process("worker") as process:
        assert process.stdout
        assert "worker started" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=STOPPING_SECONDS)

    assert (process.returncode, printed) == (0, "已停止。\n"), errors
    assert "Traceback" not in errors


def test_a_setting_that_cannot_be_right_stops_it_before_anything_is_sent(
    lifeline_process: Start, platform: TelegramPlatform, main_database: str
) -> None:
    telegram = {"TELEGRAM_TOKEN": "geheim", "TELEGRAM_API": platform.url}
    with lifeline_process("worker", **telegram) as process:
        printed, errors = process.communicate(timeout=STARTING_SECONDS)

    assert process.returncode == 1
    assert printed == ""
    assert errors.startswith("LIFELINE_TELEGRAM_TOKEN：不是机器人令牌")
    assert "geheim" not in errors
    assert platform.calls == []
    with open_database(main_database) as database:
        assert database.read(lambda db: db.scalars(select(delivery.c.state)).all()) == ["waiting"]
