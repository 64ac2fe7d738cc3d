"""Jobs by name, and what one run of a job is given.

Knows neither the engine nor when anything runs. Built once, in ``bot/app.py``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from storage.database import Database
from storage.errors import StorageError
from storage.work_rows import Place, finish, is_claimed

Lane = Literal["prompt", "bulk"]
JobFunction = Callable[..., Awaitable[None] | None]


class UnknownJob(StorageError):
    """No job is registered under a name; another release of ours may have it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no job {name!r}: register it, or take its rows from `due`")


class DuplicateJob(StorageError):
    """Two functions were registered under one name."""

    permanent = True

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there are two jobs {name!r}: give one of them another name")


class UnknownTimezone(StorageError):
    """A recurring job names a time zone that does not exist."""

    permanent = True

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} is no time zone: give one such as Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job, its first argument.

    A process may die at any moment of a run, or be frozen and wake up after another has
    taken over. So a job does its work in a transaction with ``finish``, or looks at its own
    rows, or at ``is_current``, before each piece.

    Attributes:
        database: where the row stands.
        job: the job's name.
        key: the occasion.
        due_at: when it was due; for a recurring job, the tick.
        now: when this run began.
        place: where the row stands in the queue.
        token: tells this run from every other of the same row.
    """

    database: Database
    job: str
    key: str
    due_at: datetime
    now: datetime
    place: Place
    token: str

    def finish(self, db: Connection) -> bool:
        """Mark the row done in the transaction that has the job's effect.

        Returns:
            False when the row was moved, taken back, or taken over by another process: do
            nothing then. A job that returns without calling this is marked done afterwards.
        """
        return finish(db, self.place, self.token, self.now)

    def is_current(self, db: Connection) -> bool:
        """Tell whether this run is still wanted; nobody changes that before ``db`` commits."""
        return is_claimed(db, self.place, self.token)


@dataclass(frozen=True, slots=True)
class Job:
    """A function by its name, and whether it may hold up others (``bulk``)."""

    name: str
    function: JobFunction
    lane: Lane = "prompt"


@dataclass(frozen=True, slots=True)
class Recurring:
    """A job that a calendar starts.

    Attributes:
        cron: minute, hour, day, month, weekday.
        job: its name.
        zone: whose clock the calendar follows.
        grace: how late a tick may still start; an older one is dropped.
    """

    cron: str
    job: str
    zone: ZoneInfo
    grace: timedelta


class Jobs:
    """Every job of the installation."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._recurring: list[Recurring] = []

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    @property
    def recurring(self) -> tuple[Recurring, ...]:
        """The jobs that a calendar starts."""
        return tuple(self._recurring)

    def job(self, name: str, *, lane: Lane = "prompt") -> Callable[[JobFunction], JobFunction]:
        """Return a decorator that registers a function, sync or async, under ``name``.

        It is called with a ``Run`` and the row's arguments, in a worker thread if it is sync
        and on the application's event loop if it is async. An error whose ``permanent`` is
        true marks the row failed; any other has it run again, after growing pauses.

        Args:
            name: stays the same over releases; rows carry it.
            lane: ``bulk`` for what comes in thousands, so that it holds up nothing prompt.

        Raises:
            DuplicateJob: when the name is taken.
        """

        def register(function: JobFunction) -> JobFunction:
            if name in self._jobs:
                raise DuplicateJob(name)
            self._jobs[name] = Job(name, function, lane)
            return function

        return register

    def every(
        self, cron: str, job: str, *, timezone: str, grace: timedelta = timedelta(hours=1)
    ) -> None:
        """Run ``job`` whenever the clocks of ``timezone`` match ``cron``.

        It is called without arguments; its ``due_at`` is the tick. Each tick runs once over
        all processes. Of ticks missed while nothing ran only the latest is made up for.

        Args:
            cron: five fields, as in crontab.
            job: a registered name.
            timezone: such as Asia/Shanghai.
            grace: how late a missed tick may still start.

        Raises:
            UnknownJob: when ``job`` is not registered.
            UnknownTimezone: when ``timezone`` does not exist.
        """
        self.find(job)
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise UnknownTimezone(timezone) from error
        self._recurring.append(Recurring(cron, job, zone, grace))

    def find(self, name: str) -> Job:
        """Return a job by its name.

        Raises:
            UnknownJob: when there is none.
        """
        try:
            return self._jobs[name]
        except KeyError:
            raise UnknownJob(name) from None
