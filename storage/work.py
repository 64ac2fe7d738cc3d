"""Work that happens later, or goes on after a crash: what ``serve`` and ``worker`` open.

Rows in ``due`` are the truth and DBOS dispatches them. Promise: what has been planned and
committed is run to its end, though processes die and the queue is lost; it may be begun more
than once, and ``Run.finish`` keeps its effect to one. Importing this takes half a second, so
``storage`` itself exports only what plans.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from storage.database import Database
from storage.rows import CHUNK, chunks
from storage.work_jobs import Jobs, Lane, Run, UnknownJob
from storage.work_leases import Watch, beat, forget_workers, read_beats, take_lease
from storage.work_queue import AlreadyLaunched, Held, Pace, WorkQueue, entry_id
from storage.work_rows import Due, Place, forget_done, open_places, renew_entry, rows_at
from storage.work_runs import Clock, InlineWork, Planner, Runner

__all__ = ["AlreadyLaunched", "InlineWork", "Jobs", "Pace", "Planner", "Run", "Work"]

logger = logging.getLogger(__name__)

# A row this near gets a delayed entry and so starts on time; one further off is only a row,
# which is moved and taken back for nothing.
AHEAD = timedelta(minutes=2)
KEEP_DONE = timedelta(days=7)
KEEP_FINISHED = timedelta(days=1)
TIDY_EVERY = timedelta(days=1)
TIDY_ASKS = 3600.0


class Work(Planner):
    """This process's part in the work; one a process at a time, launched and closed once.

    Several processes, on PostgreSQL also on several hosts, share the work. When one dies,
    another takes over what it had begun, after ``pace.silence``.
    """

    def __init__(
        self, database: Database, jobs: Jobs, clock: Clock, pace: Pace | None = None
    ) -> None:
        super().__init__(database, jobs, clock)
        self.worker = f"{os.getpid()}-{token_hex(8)}"
        self._pace = pace or Pace()
        self._ahead = max(AHEAD, timedelta(seconds=2 * self._pace.look))
        self._queue = WorkQueue(database, self.worker, self._pace)
        self._runner = Runner(database, jobs, self._wait_for)
        self._watch = Watch(self._pace.silence)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: list[Thread] = []
        self._running: set[Place] = set()
        self._awaited: set[Future[None]] = set()
        self._entered: set[Place] = set()
        self._looking = Lock()
        self._woken = Event()
        self._stopping = Event()
        self._look_at = 0.0
        self._verify_at = 0.0
        self._tidy_at = 0.0

    def __enter__(self) -> Self:
        self.launch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def launch(self) -> None:
        """Start working. On the application's event loop, which runs the async jobs.

        Blocks it for about a second, so before anything is served.

        Raises:
            AlreadyLaunched: when this process works already.
            StorageError: when the database cannot be written.
        """
        self._loop = _running_loop()
        # Before the first entry is begun, or another process takes this one for dead.
        self._database.write(partial(beat, worker=self.worker, now=self._clock()))
        self._queue.launch(self._run)
        try:
            with ThreadPoolExecutor(1) as off_the_loop:
                off_the_loop.submit(self._queue.open_lanes).result()
        except BaseException:
            self._queue.close(0)
            raise
        self._threads = [
            Thread(target=self._repeat, args=(step, wait), name=f"work-{name}", daemon=True)
            for name, step, wait in (
                ("pulse", self._pulse, lambda: self._stopping.wait(self._pace.beat)),
                ("look", self._look, self._doze),
            )
        ]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Have new rows queued now; from any thread, at once, also before ``launch``."""
        self._woken.set()

    def run_due(self, now: datetime) -> int:
        """Queue each row due by ``now``, or soon after, that has no entry in the queue.

        Done every minute and whenever woken; it is what rebuilds a lost queue. A row may be
        queued twice and then run twice.

        Returns:
            How many were queued.
        """
        self._plan_ticks(now, self._ahead)
        entered = 0
        with self._looking:
            verify = monotonic() >= self._verify_at
            if verify:
                self._entered.clear()
                self._verify_at = monotonic() + self._pace.look
            places = self._database.read(partial(open_places, until=now + self._ahead))
            new = [place for place in places if place not in self._entered]
            for chunk in chunks(new):
                entered += self._enter(chunk, now, verify=verify)
        return entered

    def close(self) -> None:
        """Take nothing more, let running jobs end, then stop. Not on the event loop.

        What does not end in time is begun again, by another process or after the next start.
        """
        self._stopping.set()
        self._woken.set()
        for thread in self._threads:
            thread.join()
        self._queue.close(self._pace.close if self._running else 0)
        for future in list(self._awaited):
            future.cancel()
        if not self._running:
            self._database.write(partial(forget_workers, workers=[self.worker]))

    def _repeat(self, step: Callable[[], None], wait: Callable[[], object]) -> None:
        while not self._stopping.is_set():
            try:
                step()
            except Exception:
                # The database may be away for a while; work goes on when it is back.
                logger.exception("a look at the work failed and will be repeated")
                self._stopping.wait(self._pace.beat)
            wait()

    def _doze(self) -> None:
        self._woken.wait(min(self._pace.look, max(0.0, self._verify_at - monotonic())))
        # At once after a quiet time, but not for each of many.
        self._stopping.wait(max(0.0, self._look_at - monotonic()))
        self._woken.clear()

    def _look(self) -> None:
        self._look_at = monotonic() + self._pace.poll
        now = self._clock()
        self.run_due(now)
        if monotonic() >= self._tidy_at:
            self._tidy_at = monotonic() + TIDY_ASKS
            self._tidy(now)

    def _enter(self, places: list[Place], now: datetime, *, verify: bool) -> int:
        """Queue the rows that are not queued; ask the queue only when verifying."""
        rows = self._database.read(partial(rows_at, places=places))
        known = self._queue.known([entry_id(row) for row in rows]) if verify else {}
        entered = 0
        for row in rows:
            standing = known.get(entry_id(row))
            fresh = row if standing is None else self._renewed(row, is_live=standing)
            if fresh is not None:
                self._queue.enter(fresh, self._lane(fresh), fresh.try_at - now)
                entered += 1
            self._entered.add((fresh or row).place)
        return entered

    def _renewed(self, row: Due, *, is_live: bool) -> Due | None:
        """Return the row with a new entry if its old one ended without ending the row."""
        if is_live:
            return None
        entry = self._database.write(partial(renew_entry, row=row))
        return replace(row, entry=entry) if entry else None

    def _lane(self, row: Due) -> Lane:
        try:
            return self._jobs.find(row.job).lane
        except UnknownJob:
            return "prompt"  # the run says so in the row

    def _run(self, place: Place) -> None:
        self._running.add(place)
        try:
            self._runner.run(place, self._clock())
        finally:
            self._running.discard(place)
            self.wake()  # for what it has scheduled, itself perhaps

    def _wait_for(self, result: Awaitable[None]) -> None:
        async def wait() -> None:
            await result

        if self._loop is None:
            asyncio.run(wait())
            return
        future = asyncio.run_coroutine_threadsafe(wait(), self._loop)
        self._awaited.add(future)
        try:
            future.result()
        finally:
            self._awaited.discard(future)

    def _pulse(self) -> None:
        """Beat, and take over from those who do not."""
        # Read first: frozen in between, this process must not find everybody else silent.
        seconds = monotonic()
        now = self._clock()
        self._database.write(partial(beat, worker=self.worker, now=now))
        beats = self._database.read(read_beats)
        holders = {each.worker for each in self._queue.held()}
        silent = self._watch.silent(beats, holders, seconds) - {self.worker}
        if silent and self._is_sweeper(now):
            self._take_over(silent)

    def _is_sweeper(self, now: datetime) -> bool:
        hold = timedelta(seconds=self._pace.silence)
        return self._database.write(
            partial(take_lease, name="sweep", holder=self.worker, now=now, hold=hold)
        )

    def _take_over(self, silent: frozenset[str]) -> None:
        held: list[Held] = [each for each in self._queue.held() if each.worker in silent]
        for each in held:
            logger.warning("taking over %d jobs from worker %s", len(each.ids), each.worker)
        self._queue.resume(held)
        self._database.write(partial(forget_workers, workers=silent))

    def _tidy(self, now: datetime) -> None:
        """Once a day over all processes, drop what has long been done."""
        once = token_hex(8)  # nobody's, so that the lease is not kept but must run out
        if not self._database.write(
            partial(take_lease, name="tidy", holder=once, now=now, hold=TIDY_EVERY)
        ):
            return
        while self._database.write(partial(forget_done, before=now - KEEP_DONE)) == CHUNK:
            pass
        self._queue.forget_finished(now - KEEP_FINISHED)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
