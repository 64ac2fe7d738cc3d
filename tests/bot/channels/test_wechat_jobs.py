"""Work that is joined by repeats, ends in time, or ends late."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from threading import Event, current_thread

import pytest

from bot.channels.wechat_errors import TooBusy
from bot.channels.wechat_jobs import Jobs, LastKeys

PATIENT = timedelta(seconds=20)
IMPATIENT = timedelta(milliseconds=20)


class Work:
    """Work that waits until it may end, and what became of it."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.may_end = Event()
        self.ended = Event()
        self.runs = 0
        self.late: list[str] = []
        self._failure = failure

    def __call__(self) -> str:
        self.runs += 1
        assert self.may_end.wait(20)
        if self._failure:
            self.ended.set()
            raise self._failure
        return "done"

    def send_late(self, result: str) -> None:
        assert current_thread().name.startswith("wechat")
        self.late.append(result)
        self.ended.set()


async def emptied(jobs: Jobs[str]) -> None:
    """Let the loop hear of the end of everything under way."""
    async with asyncio.timeout(20):
        while len(jobs):
            await asyncio.sleep(0)


def on_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())  # type: ignore[arg-type]

    run.__name__ = test.__name__
    return run


@on_a_loop
async def test_what_ends_in_time_is_returned_and_forgotten() -> None:
    jobs, work = Jobs[str](PATIENT), Work()
    work.may_end.set()

    assert await jobs.result("a", work, work.send_late) == "done"

    await emptied(jobs)
    assert (work.runs, work.late) == (1, [])


@on_a_loop
async def test_a_repeat_joins_and_both_get_the_result() -> None:
    jobs, work = Jobs[str](PATIENT), Work()
    tries = [asyncio.create_task(jobs.result("a", work, work.send_late)) for _ in range(3)]
    await asyncio.sleep(0)
    assert len(jobs) == 1
    work.may_end.set()

    assert await asyncio.gather(*tries) == ["done"] * 3
    assert (work.runs, work.late) == (1, [])


@on_a_loop
async def test_what_is_not_awaited_any_more_goes_another_way() -> None:
    jobs, work = Jobs[str](IMPATIENT), Work()

    assert await jobs.result("a", work, work.send_late) is None
    work.may_end.set()

    assert await asyncio.to_thread(work.ended.wait, 20)
    await emptied(jobs)
    assert (work.runs, work.late) == (1, ["done"])


@on_a_loop
async def test_a_repeat_after_the_first_gave_up_takes_the_result_with_it() -> None:
    jobs, work = Jobs[str](timedelta(seconds=1)), Work()
    first = asyncio.create_task(jobs.result("a", work, work.send_late))
    await asyncio.sleep(0.9)
    second = asyncio.create_task(jobs.result("a", work, work.send_late))
    assert await first is None
    work.may_end.set()

    assert await second == "done"
    assert work.late == []


@on_a_loop
async def test_a_repeat_that_comes_when_the_result_went_another_way_has_nothing() -> None:
    jobs, work, sending, sent = Jobs[str](IMPATIENT), Work(), Event(), Event()

    def send_slowly(_result: str) -> None:
        sending.set()
        assert sent.wait(20)

    assert await jobs.result("a", work, send_slowly) is None
    work.may_end.set()
    assert await asyncio.to_thread(sending.wait, 20)

    assert await jobs.result("a", work, send_slowly) is None

    sent.set()
    await emptied(jobs)
    assert work.runs == 1


@on_a_loop
async def test_a_request_that_was_cancelled_awaits_nothing() -> None:
    jobs, work = Jobs[str](PATIENT), Work()
    asked = asyncio.create_task(jobs.result("a", work, work.send_late))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    work.may_end.set()

    assert await asyncio.to_thread(work.ended.wait, 20)
    assert work.late == ["done"]


@on_a_loop
async def test_different_messages_do_not_join() -> None:
    jobs, first, second = Jobs[str](PATIENT), Work(), Work()
    second.may_end.set()
    waiting = asyncio.create_task(jobs.result("a", first, first.send_late))
    await asyncio.sleep(0)

    assert await jobs.result("b", second, second.send_late) == "done"

    first.may_end.set()
    assert await waiting == "done"


@on_a_loop
async def test_a_failure_reaches_everybody_who_waits() -> None:
    jobs, work = Jobs[str](PATIENT), Work(ValueError("broken"))
    tries = [asyncio.create_task(jobs.result("a", work, work.send_late)) for _ in range(2)]
    await asyncio.sleep(0)
    work.may_end.set()

    failures = await asyncio.gather(*tries, return_exceptions=True)

    assert [str(failure) for failure in failures] == ["broken", "broken"]


def test_a_failure_that_nobody_waits_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail_late() -> None:
        jobs, work = Jobs[str](IMPATIENT), Work(ValueError("broken"))
        assert await jobs.result("a", work, work.send_late) is None
        work.may_end.set()
        assert await asyncio.to_thread(work.ended.wait, 20)
        await emptied(jobs)

    asyncio.run(fail_late())

    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "broken"


@on_a_loop
async def test_too_much_at_once_is_sent_away_but_repeats_still_join() -> None:
    jobs, work = Jobs[str](PATIENT, most=1), Work()
    tries = [asyncio.create_task(jobs.result("a", work, work.send_late)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(TooBusy) as raised:
        await jobs.result("b", work, work.send_late)

    assert raised.value.running == 1
    work.may_end.set()
    assert await asyncio.gather(*tries) == ["done", "done"]


@on_a_loop
async def test_something_may_follow_what_is_under_way() -> None:
    jobs, mine, other = Jobs[str](IMPATIENT), Work(), Work()
    followed = Event()
    assert await jobs.result(("me", 1), mine, mine.send_late) is None
    assert await jobs.result(("you", 1), other, other.send_late) is None

    jobs.after(lambda key: isinstance(key, tuple) and key[0] == "me", followed.set)
    other.may_end.set()
    assert await asyncio.to_thread(other.ended.wait, 20)
    assert not followed.is_set()
    mine.may_end.set()

    await emptied(jobs)
    assert await asyncio.to_thread(followed.wait, 20)
    assert mine.late == ["done"]


def test_the_last_keys_are_known_and_the_first_forgotten() -> None:
    keys = LastKeys(2)
    for key in ("a", "b", "b", "c"):
        keys.add(key)

    assert ["a" in keys, "b" in keys, "c" in keys] == [False, True, True]
