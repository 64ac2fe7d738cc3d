"""Killed and frozen in mid-broadcast: nobody is left out, and the repeats stay within bounds."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from community.broadcast_slice_store import GROUP
from community.broadcast_totals_store import totals
from storage import Database
from tests.bot import broadcast_process
from tests.bot.broadcast_process import utc_now
from tests.community.broadcast_town import approved, people, standing, town
from tests.storage.work_workers import ROOT

RECIPIENTS = 2_000
AT_ONCE = 4
LEASE = 3.0
PATIENCE = 120.0
# Before each of which the process is killed.
KILLED_AT = (300, 800, 1_300)


class Sent:
    """The append-only truth: who was written to, repeats included."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    @property
    def names(self) -> list[str]:
        return self.path.read_text().split()

    @property
    def repeats(self) -> int:
        names = self.names
        return len(names) - len(set(names))

    def wait_for(self, count: int) -> None:
        until(lambda: len(set(self.names)) >= count, f"{count} people written to")


@pytest.fixture
def sent(tmp_path: Path) -> Sent:
    return Sent(tmp_path / "sent.txt")


@contextmanager
def process(
    database: Database, sent: Sent, at_once: int = AT_ONCE
) -> Iterator["subprocess.Popen[str]"]:
    """A running one, which is killed at the end if it still runs."""
    url = database.url.render_as_string(hide_password=False)
    started = subprocess.Popen(
        [sys.executable, broadcast_process.__file__, url, sent.path, str(LEASE), str(at_once)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        try:
            assert started.stdout is not None
            assert started.stdout.readline() == "ready\n"
            yield started
        finally:
            started.kill()


def until(met: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, f"not within {PATIENCE} s: {what}"
        time.sleep(0.02)


def begun(database: Database, count: int = RECIPIENTS) -> int:
    """Add residents, and a broadcast to them that is due at once; return its id."""
    now = utc_now()
    house = database.write(town)
    for _ in range(count // 500):
        database.write(lambda db: people(db, house, 500))
    # An alarm: by whatever clock the test runs, it is never in the quiet hours.
    changed = {"lane": "alarm", "purpose": "alert", "due_at": now}
    ends = {"expires_at": now + timedelta(hours=1)}
    return database.write(lambda db: approved(db, house, **changed, **ends)).id


def ended(database: Database, broadcast_id: int) -> Callable[[], bool]:
    return lambda: standing(database, broadcast_id).state == "completed"


def assert_complete(database: Database, broadcast_id: int, sent: Sent, count: int) -> None:
    found = database.read(lambda db: totals(db, broadcast_id))
    assert found.states == {"sent": count}
    assert found.reconciles
    assert len(Counter(sent.names)) == count


def test_killed_three_times_it_loses_nobody_and_repeats_a_group_a_slice(
    database: Database, sent: Sent
) -> None:
    made = begun(database)
    for count in KILLED_AT:
        with process(database, sent) as running:
            sent.wait_for(count)
            running.kill()
    assert len(set(sent.names)) < RECIPIENTS

    with process(database, sent):
        until(ended(database, made), "the end of the broadcast")

    assert_complete(database, made, sent, RECIPIENTS)
    sys.stdout.write(f"repeats after three kills: {sent.repeats}\n")
    assert sent.repeats <= GROUP * AT_ONCE * len(KILLED_AT)


# One frozen amid a write to an SQLite file holds up everybody until it wakes.
@pytest.mark.parametrize("store", ["postgresql"])
def test_one_that_was_frozen_and_wakes_repeats_no_more_than_its_group(
    database: Database, sent: Sent
) -> None:
    made = begun(database, 1_000)
    with process(database, sent, 1) as frozen:
        sent.wait_for(100)
        frozen.send_signal(signal.SIGSTOP)
        with process(database, sent, 1):
            until(ended(database, made), "the end of the broadcast")
            frozen.send_signal(signal.SIGCONT)
            time.sleep(2.0)  # whatever it would still send, it would now

    assert_complete(database, made, sent, 1_000)
    sys.stdout.write(f"repeats after a freeze: {sent.repeats}\n")
    assert sent.repeats <= GROUP
