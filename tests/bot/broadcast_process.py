"""A process that sends broadcasts, for tests that kill or freeze it.

``python broadcast_process.py URL FILE LEASE AT_ONCE`` runs the jobs, ``AT_ONCE`` of them in each
lane; to send is to append a line ``<account>`` to FILE. It says ``ready``, and ends when its
input does.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.broadcasting import Broadcasting
from bot.messages import Reply
from community.deliveries import Lane
from community.outcomes import Delivered, Outcome
from storage import Jobs, open_database
from storage.work import Pace, Work

PAUSE = 0.02


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
        del replies, lane, turn_id
        await asyncio.sleep(PAUSE)
        os.write(self._file, f"{name}\n".encode())
        await asyncio.sleep(PAUSE)
        return Delivered(str(delivery_id))


def utc_now() -> datetime:
    return datetime.now(UTC)


async def serve(url: str, path: str, lease: str, at_once: str) -> None:
    with open_database(url) as database:
        jobs = Jobs()
        held = timedelta(seconds=float(lease))
        Broadcasting(database, {"telegram": Appending(path)}, utc_now, lease=held).register(jobs)
        pace = Pace(
            poll=0.05, beat=0.2, silence=1.5, look=1.0, jobs_at_once=int(at_once), close=5.0
        )
        work = Work(database, jobs, utc_now, pace)
        work.launch()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        await asyncio.to_thread(work.close)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
