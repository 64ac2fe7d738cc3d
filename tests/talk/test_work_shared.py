"""Several processes over one store: one fetches from Telegram, all send, none answers twice."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.platforms.loopback import wait_until
from tests.platforms.telegram import TelegramPlatform
from tests.postgres import Postgres
from tests.service import Service, running
from tests.talk.towns import (
    PATIENCE,
    Resident,
    furnished,
    rows,
    run_lifeline,
    telegram_settings,
)

PEOPLE = 20
ASKED = {"/first": "正在发生", "/phones": "常用电话"}


@pytest.fixture
def telegram() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as telegram:
        yield telegram


class Worker:
    """``lifeline worker`` as a process."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.lines: list[str] = []
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("LIFELINE_")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "bot.commands", "worker"],
            env=environment | {"LIFELINE_DATA_DIR": str(data_dir)} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """What it has said."""
        return "".join(self.lines)

    def end(self, sent: signal.Signals) -> int:
        """Send a signal, and return its status once it has ended."""
        self.process.send_signal(sent)
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def _read(self) -> None:
        with self.process.stdout or open(os.devnull) as said:
            self.lines.extend(iter(said.readline, ""))


@contextmanager
def working(data_dir: Path, **settings: str) -> Iterator[Worker]:
    """Run a worker until the block ends."""
    worker = Worker(data_dir, **settings)
    try:
        assert wait_until(lambda: "worker started" in worker.log, PATIENCE), worker.log
        yield worker
    finally:
        worker.end(signal.SIGKILL)


def polls(service: Service | Worker) -> bool:
    """Whether a process is the one that fetches."""
    return "Telegram: polling" in "".join(service.lines)


def ask_much(telegram: TelegramPlatform, first_id: int) -> list[Resident]:
    """Let many people ask two things each; every answer has to come once, in order."""
    people = [Resident(telegram.user(first_id + n)) for n in range(PEOPLE)]
    for text in ASKED:
        for who in people:
            who.user.says(text)
    for who in people:
        came = [shown.text[:4] for shown in who.reads(len(ASKED))]
        assert came == list(ASKED.values())
    for who in people:
        assert len(who.user.journal) == len(ASKED)
    return people


def test_two_services_on_one_file(
    telegram: TelegramPlatform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The first one polls; killed, it is followed by the other one within seconds."""
    data_dir = furnished(tmp_path_factory, "work-file")
    settings = telegram_settings(telegram)
    with running(data_dir, **settings) as first:
        assert wait_until(lambda: polls(first), PATIENCE)
        with running(data_dir, **settings) as second:
            assert wait_until(lambda: "Telegram: standby" in "".join(second.lines), PATIENCE)
            ask_much(telegram, 700)
            assert not polls(second)
            first.close()

            who = Resident(telegram.user(750))
            assert who.asks("/phones").text.startswith("常用电话")
            assert polls(second)
            counting = "SELECT count(*), count(DISTINCT turn_id) FROM delivery"
            assert rows(data_dir, counting) == [(2 * PEOPLE + 1,) * 2]
            assert "409" not in "".join(second.lines)
            assert "Traceback" not in "".join(first.lines + second.lines)


@pytest.fixture
def shared(postgres: Postgres, telegram: TelegramPlatform) -> Iterator[dict[str, str]]:
    """The settings of every process on one PostgreSQL database."""
    with postgres.database() as url:
        yield telegram_settings(telegram) | {
            "LIFELINE_DATABASE_URL": url.replace("postgresql+psycopg", "postgresql"),
            "LIFELINE_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        }


def test_two_services_and_a_worker_on_postgresql(
    telegram: TelegramPlatform, shared: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each on a host of its own. One after the other goes, and whoever is left does it all."""
    folders = [furnished(tmp_path_factory, f"work-host-{n}") for n in range(3)]
    with running(folders[0], **shared) as first:
        assert wait_until(lambda: polls(first), PATIENCE)
        with running(folders[1], **shared) as second, working(folders[2], **shared) as worker:
            ask_much(telegram, 800)
            assert [polls(one) for one in (first, second, worker)] == [True, False, False]

            first.close()
            _lease_runs_out(shared["LIFELINE_DATABASE_URL"])
            who = Resident(telegram.user(850))
            assert who.asks("/human").text.startswith("这里没有人实时值守")
            code = who.asks("3栋门禁坏了").text.partition("编号")[2][:8]
            for other in (second, worker):
                if isinstance(other, Service):
                    assert other.stop() == 0  # gives the lease back by itself
            assert Resident(telegram.user(851)).asks("/phones").text.startswith("常用电话")
            assert polls(worker)

            run_lifeline(folders[2], "inbox", "answer", code, "明天换", **shared)
            assert who.reads()[0].text.endswith("明天换")
            who.reads_nothing()
            assert worker.end(signal.SIGTERM) == 0
            assert worker.log.endswith("已停止。\n")
            assert "Traceback" not in "".join(first.lines + second.lines + worker.lines)


def _lease_runs_out(url: str) -> None:
    """Let the half a minute pass that a killed process keeps the others waiting."""
    with closing(psycopg.connect(url)) as db, db:
        db.execute("DELETE FROM work_lease WHERE name = 'telegram'")
