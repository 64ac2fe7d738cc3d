from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from storage import Jobs
from storage.work_jobs import DuplicateJob, UnknownJob, UnknownTimezone
from storage.work_ticks import UnreadableCron, check_calendars, ticks_around

CHINA = "Asia/Shanghai"
DAY = timedelta(days=1)


def nothing(run: object) -> None:
    pass


def daily(cron: str, timezone: str = CHINA, grace: timedelta = timedelta(hours=1)) -> Jobs:
    jobs = Jobs()
    jobs.job("push")(nothing)
    jobs.every(cron, "push", timezone=timezone, grace=grace)
    return jobs


def ticks(jobs: Jobs, now: datetime, ahead: timedelta) -> list[datetime]:
    return [tick.at for each in jobs.recurring for tick in ticks_around(each, now, ahead)]


def test_jobs_are_found_by_name_and_lane() -> None:
    jobs = Jobs()
    jobs.job("slice", lane="bulk")(nothing)
    jobs.job("step")(nothing)

    assert [(job.name, job.lane) for job in jobs] == [("slice", "bulk"), ("step", "prompt")]
    assert jobs.find("step").function is nothing


def test_a_name_is_registered_once() -> None:
    jobs = Jobs()
    jobs.job("step")(nothing)

    with pytest.raises(DuplicateJob, match="step"):
        jobs.job("step")(nothing)


def test_an_unknown_job_may_be_known_to_another_release() -> None:
    with pytest.raises(UnknownJob) as caught:
        Jobs().find("later")

    assert not caught.value.permanent
    with pytest.raises(UnknownJob):
        Jobs().every("0 9 * * *", "later", timezone=CHINA)


@pytest.mark.parametrize("zone", ["Asia/Atlantis", "", "../etc"])
def test_a_time_zone_must_exist(zone: str) -> None:
    with pytest.raises(UnknownTimezone):
        daily("0 9 * * *", zone)


@pytest.mark.parametrize("cron", ["", "61 * * * *", "0 9 * *", "* * * * * *", "daily", "@daily"])
def test_a_calendar_must_be_readable(cron: str) -> None:
    with pytest.raises(UnreadableCron) as caught:
        check_calendars(daily(cron).recurring)

    assert (caught.value.job, caught.value.cron) == ("push", cron)


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (0, 59, [1]),  # nine in Shanghai is one in UTC
        (1, 0, [1]),
        (1, 59, [1]),
        (2, 0, [1]),
        (2, 1, []),
        (0, 57, []),
    ],
    ids=["just before", "at once", "missed", "just in grace", "too late", "too early"],
)
def test_ticks_follow_the_clocks_of_the_zone(hour: int, minute: int, expected: list[int]) -> None:
    now = datetime(2026, 1, 31, hour, minute, tzinfo=UTC)

    found = ticks(daily("0 9 * * *"), now, timedelta(minutes=2))

    assert [(at.day, at.hour, at.minute) for at in found] == [(31, each, 0) for each in expected]


def test_the_clocks_going_forward_and_back_neither_double_nor_lose_a_day() -> None:
    jobs = daily("30 2 * * *", "Europe/Berlin", DAY)
    start = datetime(2026, 3, 27, 12, tzinfo=UTC)

    seen = {tick for day in range(240) for tick in ticks(jobs, start + day * DAY, timedelta(0))}

    # The last Sunday in March has no half past two.
    assert 239 <= len(seen) <= 240


def test_of_many_missed_ticks_only_the_latest_is_made_up_for() -> None:
    now = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)

    assert ticks(daily("*/5 * * * *"), now, timedelta(0)) == [now.replace(second=0)]


def test_planning_costs_no_engine() -> None:
    code = "import sys, storage; sys.exit('dbos' in sys.modules or 'croniter' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
