"""Everything that runs beside requests: the outbox, later work, Telegram, housekeeping."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from bot import store
from bot.assembly import FETCH_RECORDING
from bot.channels.telegram import Telegram
from bot.channels.wechat import WeChat
from bot.console.operation_store import forget_operations
from bot.desk import Recordings
from bot.desk_store import forget_answered
from bot.desk_thread_store import forget_replies
from bot.outbox import Outbox, Sender
from bot.telegram_service import LoopFetcher
from bot.wechat_service import Calls
from community import alert_store, delivery_upkeep, offline_store
from community.staff_store import forget_old_sessions
from drills.code_try_store import forget_tries
from hazards import draft_store, limit_store, webhook_message_store
from hazards.rewards import expire_due
from storage import Database
from storage.work import Jobs, Pace, Run, Work

_logger = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 600.0
EXPIRING_SECONDS = 60.0
# A turn books work in its own transaction and wakes nobody; a look at what is due is one query.
LOOKING_SECONDS = 5.0

Clock = Callable[[], datetime]
# Each deletes or ends at most one chunk and returns how many rows that were.
Chore = Callable[[Connection, datetime], int]
CHORES: tuple[Chore, ...] = (
    store.forget_old,
    delivery_upkeep.forget_old,
    forget_answered,
    forget_old_sessions,
    forget_operations,
    forget_replies,
    offline_store.forget_operations,
    draft_store.forget_old,
    limit_store.forget_counts,
    expire_due,
    webhook_message_store.forget_old,
    forget_tries,
    alert_store.expire_due,
)
# Names the jobs of one part of the service.
Registers = Callable[[Jobs], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the parts of the service bring along: their jobs, and chores made for them.

    ``halts`` are called before work is closed, so that what sends in pieces begins no further.
    """

    jobs: Sequence[Registers] = ()
    chores: Sequence[Chore] = ()
    halts: Sequence[Callable[[], None]] = ()


NO_PARTS = Parts()


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels that are switched on and reach out by themselves."""

    telegram: Telegram | None = None
    calls: Calls | None = None
    files: LoopFetcher = field(default_factory=LoopFetcher)
    wechat: WeChat | None = None

    def senders(self) -> Mapping[str, Sender]:
        """Return what sends the outbox's deliveries, by channel."""
        found: dict[str, Sender] = {}
        if self.telegram:
            found["telegram"] = self.telegram
        if self.calls:
            found["wechat"] = self.calls.delivery
        return found


class Backstage:
    """What a process runs beside requests; lives on one event loop."""

    def __init__(
        self,
        database: Database,
        channels: Channels,
        recordings: Recordings,
        clock: Clock,
        parts: Parts = NO_PARTS,
    ) -> None:
        self._database = database
        self._channels = channels
        self._recordings = recordings
        self._clock = clock
        self._chores = (*CHORES, *parts.chores)
        self._halts = parts.halts
        self.work = Work(database, _jobs(recordings, parts.jobs), clock, Pace(look=LOOKING_SECONDS))
        self.outbox = Outbox(database, channels.senders(), clock, worker=self.work.worker)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_working = False

    def start(self) -> None:
        """Start everything; must be called on the event loop, before anything is served."""
        self._launch_work()
        steps = [self.outbox.run(), self._keep_house(), self._expire()]
        if telegram := self._channels.telegram:
            self._channels.files.serve(telegram)
            steps.append(telegram.run())
        self._tasks = [asyncio.create_task(step) for step in steps]

    async def stop(self) -> None:
        """Finish what is being sent, then end everything, whatever of it has failed."""
        wechat, calls = self._channels.wechat, self._channels.calls
        for halt in self._halts:
            halt()
        try:
            if wechat:
                await run_in_threadpool(wechat.close)  # what comes late is queued yet
            await self.outbox.drain()
            await self._end_tasks()
            if self._is_working:
                await run_in_threadpool(self.work.close)
        finally:
            if calls:
                await run_in_threadpool(calls.close)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                _logger.error("what ran beside requests had failed", exc_info=ended)

    def _launch_work(self) -> None:
        """Launch later work; without it people are still answered."""
        try:
            self.work.launch()
        except Exception:
            _logger.exception("later work does not run until the next start; the rest does")
        else:
            self._is_working = True

    async def _keep_house(self) -> None:
        while True:
            for chore in self._chores:
                await self._do(chore)
            await self._sweep_files()
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def _expire(self) -> None:
        while True:
            await self._do(delivery_upkeep.expire_due)
            await asyncio.sleep(EXPIRING_SECONDS)

    async def _do(self, chore: Chore) -> None:
        """Do a chore chunk by chunk, so that nobody waits for it."""
        try:
            while await run_in_threadpool(
                self._database.write, partial(_chunk, chore, self._clock())
            ):
                continue
        except Exception:  # whatever failed, the service goes on and the next round tries again
            _logger.exception("housekeeping failed; the next round tries again")

    async def _sweep_files(self) -> None:
        try:
            await run_in_threadpool(self._recordings.sweep, self._clock())
        except Exception:
            _logger.exception("stored files were not looked through; the next round tries again")


def _chunk(chore: Chore, now: datetime, db: Connection) -> int:
    return chore(db, now)


def _jobs(recordings: Recordings, registers: Sequence[Registers]) -> Jobs:
    jobs = Jobs()
    for register in registers:
        register(jobs)

    @jobs.job(FETCH_RECORDING)
    def fetch_recording(run: Run, request_id: int) -> None:
        recordings.fetch(request_id, run.now)

    return jobs
