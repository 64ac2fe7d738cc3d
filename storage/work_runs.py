"""Running due rows: one at a time by whoever is told to, or all of them at once, in line.

``InlineWork`` needs no engine, no thread and no clock but the ``now`` it is given: with it
a test carries a deadline, a drill or a month of questions to its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex

from storage.database import Database
from storage.errors import StorageError
from storage.work_jobs import Jobs, Run
from storage.work_rows import (
    Due,
    Place,
    claim,
    finish,
    give_up,
    next_row,
    postpone,
    reschedule,
    schedule,
    unschedule,
)
from storage.work_ticks import add_ticks, check_calendars, missing_ticks

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Waiter = Callable[[Awaitable[None]], None]

# A row that was started so often without an end takes its process down with it.
MOST_CRASHES = 5
# No deadline has that many steps; a job that schedules itself into the past has.
MOST_INLINE_RUNS = 100_000


class KeepsCrashing(StorageError):
    """Processes have ended, again and again, while they ran one row."""

    def __init__(self, starts: int) -> None:
        self.starts = starts
        super().__init__(
            f"started {starts} times without an end: look into the system's log for what "
            "ended the process"
        )


class EndlessWork(StorageError):
    """Running in line came to no end: a job schedules itself into the past."""

    permanent = True

    def __init__(self, job: str) -> None:
        self.job = job
        super().__init__(f"{job} keeps scheduling itself at or before now: move it forward")


class Runner:
    """Runs rows and notes what became of them; safe to use from many threads."""

    def __init__(self, database: Database, jobs: Jobs, wait_for: Waiter) -> None:
        self._database = database
        self._jobs = jobs
        self._wait_for = wait_for

    def run(self, place: Place, now: datetime) -> bool:
        """Run the row that stands at ``place``.

        Returns:
            False when there was nothing to do: it is done, moved or taken back.

        Raises:
            StorageError: when that could not be read or what became of it not be noted; the
                row is then still due.
        """
        token = token_hex(16)
        row = self._database.write(partial(claim, place=place, token=token))
        if row is None:
            return False
        try:
            self._call(row, token, now)
        except Exception as error:  # noqa: BLE001 - noted in the row, and logged
            self._note(row, token, error, now)
        else:
            self._database.write(partial(finish, place=place, token=token, now=now))
        return True

    def _call(self, row: Due, token: str, now: datetime) -> None:
        if row.starts - row.failures > MOST_CRASHES:
            raise KeepsCrashing(row.starts)
        run = Run(self._database, row.job, row.key, row.due_at, now, row.place, token)
        result = self._jobs.find(row.job).function(run, *row.args)
        if result is not None:
            self._wait_for(result)

    def _note(self, row: Due, token: str, error: Exception, now: datetime) -> None:
        reason = f"{type(error).__name__}: {error}"
        if getattr(error, "permanent", False):
            logger.error("%s %s has failed for good", row.job, row.key, exc_info=error)
            self._database.write(partial(give_up, row=row, token=token, reason=reason, now=now))
            return
        again = self._database.write(
            partial(postpone, row=row, token=token, reason=reason, now=now)
        )
        logger.warning(
            "%s %s failed (%s), again at %s", row.job, row.key, reason, again, exc_info=error
        )


class Planner:
    """Plans work; something else runs it. For worker threads and commands, not the event loop.

    Everything is stored when a method returns, and survives the process.
    """

    def __init__(self, database: Database, jobs: Jobs, clock: Clock) -> None:
        check_calendars(jobs.recurring)
        self._database = database
        self._jobs = jobs
        self._clock = clock

    def enqueue(self, job: str, key: str, *args: object) -> bool:
        """Have ``job`` run at once.

        Returns:
            False when the same job and key were planned before; nothing is changed then.

        Raises:
            UnknownJob: when ``job`` is not registered.
            UnfitArguments: when ``args`` are not plain JSON.
        """
        return self.enqueue_at(job, key, self._clock(), *args)

    def enqueue_at(self, job: str, key: str, due_at: datetime, *args: object) -> bool:
        """Have ``job`` run at ``due_at``; otherwise as ``enqueue``."""
        self._jobs.find(job)
        return self._changed(partial(schedule, job=job, key=key, due_at=due_at, args=args))

    def move(self, job: str, key: str, due_at: datetime) -> bool:
        """Move to another time; see ``reschedule``."""
        return self._changed(partial(reschedule, job=job, key=key, due_at=due_at))

    def cancel(self, job: str, key: str) -> bool:
        """Take back; see ``unschedule``."""
        return self._changed(partial(unschedule, job=job, key=key))

    def wake(self) -> None:
        """Say that rows may have come in; from any thread, costs nothing."""

    def _changed(self, change: Callable[..., bool]) -> bool:
        changed = self._database.write(change)
        self.wake()
        return changed

    def _plan_ticks(self, now: datetime, ahead: timedelta) -> None:
        recurring = self._jobs.recurring
        missing = self._database.read(lambda db: missing_ticks(db, recurring, now=now, ahead=ahead))
        if missing:
            self._database.write(partial(add_ticks, ticks=missing))


class InlineWork(Planner):
    """Runs what is due in the calling thread, when it is told what time it is."""

    def run_due(self, now: datetime) -> int:
        """Run every row due by ``now``, earliest first, and what these add in turn.

        What fails waits for a later ``now``. Ticks of recurring jobs within their grace
        count as due.

        Returns:
            How many runs there were.

        Raises:
            EndlessWork: when there is no end to it.
        """
        self._plan_ticks(now, timedelta(0))
        runner = Runner(self._database, self._jobs, _wait_in_line)
        runs = 0
        while row := self._database.read(partial(next_row, until=now)):
            if runs == MOST_INLINE_RUNS:
                raise EndlessWork(row.job)
            runner.run(row.place, now)
            runs += 1
        return runs


def _wait_in_line(result: Awaitable[None]) -> None:
    async def wait() -> None:
        await result

    asyncio.run(wait())
