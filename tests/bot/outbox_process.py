"""A process that runs an outbox, for tests that kill it.

``python outbox_process.py URL FILE WORKER LEASE`` sends what is due on channel ``wechat``; to
send is to append a line ``<delivery> <account>`` to FILE.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.messages import Reply
from bot.outbox import Outbox
from community.deliveries import Lane
from community.outcomes import Delivered, Outcome
from storage import open_database

ROOT = Path(__file__).parents[2]


class Appending:
    """Sends by appending to a file, which a killed process leaves as it was."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def send(
        self,
        name: str,
        replies: Sequence[Reply],
        *,
        delivery_id: int,
        lane: Lane,
        turn_id: int | None,
    ) -> Outcome:
        line = f"{delivery_id} {name} {lane} {turn_id} {replies[0].text}\n"
        await asyncio.sleep(0.01)
        os.write(self._file, line.encode())
        await asyncio.sleep(0.01)
        return Delivered(str(delivery_id))


def utc_now() -> datetime:
    return datetime.now(UTC)


def environment() -> dict[str, str]:
    """What a child process needs to find the packages."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}


def main(url: str, path: str, worker: str, lease: str) -> None:
    with open_database(url) as database:
        senders = {"wechat": Appending(path)}
        seconds = timedelta(seconds=float(lease))
        asyncio.run(Outbox(database, senders, utc_now, worker=worker, lease=seconds).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
