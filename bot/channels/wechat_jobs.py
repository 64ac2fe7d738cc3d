"""Work that should end before WeChat hangs up: joined by the platform's repeats, or late.

WeChat waits five seconds and tries three times. The second try of a message whose work still
runs joins it, and whoever waits when it ends gets the result; when nobody waits any more, it
goes another way. Needs an asyncio event loop.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

from bot.channels.wechat_errors import TooBusy

_logger = logging.getLogger(__name__)

# When the disk hangs, questions wait for it in their threads. Emergencies do not, and must
# find a free one, so there are many.
THREADS = 200
MOST_RUNNING = 2000
# Repeats come within the quarter of a minute that three tries take.
MOST_KEYS = 2000

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Job(Generic[Result]):
    """Work under way, and how many requests wait for it: at first the one that started it."""

    work: Callable[[], Result]
    late: Callable[[Result], None]
    lock: Lock = field(default_factory=Lock)
    waiting: int = 1
    is_done: bool = False
    is_late: bool = False

    def join(self) -> bool:
        """Wait for it as well; False when the result went another way already."""
        with self.lock:
            if not self.is_late:
                self.waiting += 1
            return not self.is_late

    def leave(self) -> bool:
        """Wait no longer; False when it has just ended, and the result is to be taken."""
        with self.lock:
            if not self.is_done:
                self.waiting -= 1
            return not self.is_done

    def run(self) -> Result:
        """Do the work in a worker thread, and send the result another way if nobody waits."""
        try:
            return self._finished()
        except Exception:
            if self.is_late:
                # The platform has its ``success`` and will not ask again: only the log can tell.
                _logger.exception("a message failed after its sender was let go")
            raise

    def _finished(self) -> Result:
        try:
            result = self.work()
        finally:
            with self.lock:
                self.is_done, self.is_late = True, self.waiting == 0
        if self.is_late:
            self.late(result)
        return result


class Jobs(Generic[Result]):
    """Everything under way; used on the event loop alone, the work itself in threads."""

    def __init__(self, wait: timedelta, most: int = MOST_RUNNING) -> None:
        self._seconds = wait.total_seconds()
        self._most = most
        # Measured: 60 µs a message, where a task on anyio's threads costs 130.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="wechat")
        self._running: dict[object, tuple[_Job[Result], asyncio.Future[Result]]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __contains__(self, key: object) -> bool:
        """Tell whether the work of a message runs, so that a repeat would join it."""
        return key in self._running

    async def result(
        self, key: object, work: Callable[[], Result], late: Callable[[Result], None]
    ) -> Result | None:
        """Return what ``work`` returns, or None when it takes too long.

        Args:
            key: the same for repeats of one message; while one runs, the others join it.
            work: called in a worker thread.
            late: gets the result, in that thread, if it came when nobody waited.

        Raises:
            TooBusy: when too much is under way.
            Exception: whatever ``work`` raises.
        """
        if running := self._running.get(key):
            job, future = running
            if not job.join():
                return None
        else:
            job, future = self._start(key, _Job(work, late))
        try:
            await asyncio.wait((future,), timeout=self._seconds)
        except asyncio.CancelledError:
            job.leave()
            raise
        if not future.done() and job.leave():
            return None
        return await future

    def close(self) -> None:
        """Let what is under way end, its late results included; not on the event loop."""
        self._threads.shutdown(wait=True)

    def after(self, is_meant: Callable[[object], bool], work: Callable[[], object]) -> None:
        """Do ``work`` in a thread, once for each job under way whose key is meant, when it ends."""
        for key, (_, future) in self._running.items():
            if is_meant(key):
                future.add_done_callback(lambda _ended: self._threads.submit(work))

    def _start(self, key: object, job: _Job[Result]) -> tuple[_Job[Result], asyncio.Future[Result]]:
        if len(self._running) >= self._most:
            raise TooBusy(len(self._running))
        future = asyncio.get_running_loop().run_in_executor(self._threads, job.run)
        self._running[key] = job, future
        future.add_done_callback(partial(self._end, key, job))
        return job, future

    def _end(self, key: object, job: _Job[Result], future: asyncio.Future[Result]) -> None:
        del self._running[key]
        if job.is_late and not future.cancelled():
            future.exception()  # it is logged; asyncio need not say that nobody asked for it


class LastKeys:
    """The keys of what was done lately, so that a repeat is known; the oldest go first."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._keys: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def add(self, key: str) -> None:
        """Note that something was done."""
        self._keys[key] = None
        while len(self._keys) > self._most:
            self._keys.popitem(last=False)
