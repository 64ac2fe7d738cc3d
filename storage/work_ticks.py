"""Calendars of recurring jobs: each tick becomes a row of its own, once.

Worked out from the time alone, so a moved clock and a lost queue make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import croniter  # type: ignore[import-untyped]
from sqlalchemy import Connection, select

from storage.errors import StorageError
from storage.work_jobs import Recurring
from storage.work_rows import due, schedule

FIELDS = 5


class UnreadableCron(StorageError):
    """A recurring job has no calendar that can be followed."""

    permanent = True

    def __init__(self, job: str, cron: str) -> None:
        self.job = job
        self.cron = cron
        super().__init__(
            f"{job} cannot run every {cron!r}: give minute, hour, day, month and weekday, "
            "such as 0 9 * * *"
        )


@dataclass(frozen=True, slots=True)
class Tick:
    """One occasion of a recurring job."""

    job: str
    at: datetime

    @property
    def key(self) -> str:
        """The key of its row."""
        return self.at.isoformat()


def check_calendars(recurring: Iterable[Recurring]) -> None:
    """Refuse a calendar that cannot be followed.

    Raises:
        UnreadableCron: for the first such.
    """
    for each in recurring:
        if len(each.cron.split()) != FIELDS or not croniter.is_valid(each.cron):
            raise UnreadableCron(each.job, each.cron)


def ticks_around(each: Recurring, now: datetime, ahead: timedelta) -> Iterator[Tick]:
    """Yield the latest tick by ``now``, unless its grace is over, and the next, if near.

    Args:
        each: the recurring job.
        now: aware.
        ahead: how near the next one must be.
    """
    # A tick at this very moment counts as past, so look from just behind it.
    here = now.astimezone(each.zone)
    latest = croniter(each.cron, here + timedelta(seconds=1)).get_prev(datetime)
    following = croniter(each.cron, here).get_next(datetime)
    if latest >= now - each.grace:
        yield Tick(each.job, latest.astimezone(UTC))
    if now < following <= now + ahead:
        yield Tick(each.job, following.astimezone(UTC))


def missing_ticks(
    db: Connection, recurring: Iterable[Recurring], now: datetime, ahead: timedelta
) -> list[Tick]:
    """Return the ticks around ``now`` that have no row yet."""
    return [
        tick
        for each in recurring
        for tick in ticks_around(each, now, ahead)
        if not db.scalar(select(due.c.id).where(due.c.job == tick.job, due.c.key == tick.key))
    ]


def add_ticks(db: Connection, ticks: Iterable[Tick]) -> None:
    """Give each tick its row; another process may have been first."""
    for tick in ticks:
        schedule(db, tick.job, tick.key, tick.at)
