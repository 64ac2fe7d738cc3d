"""Messages leave in the order of urgency, no faster than allowed."""

import asyncio
import time

from bot.channels.telegram_pacing import Pacing
from bot.channels.telegram_turnstile import MOST_WAITING_SECONDS, URGENT, Turnstile

BULK = 4


def test_urgent_ones_go_before_those_that_wait_already() -> None:
    async def scene() -> list[str]:
        left: list[str] = []
        turnstile = Turnstile(Pacing(per_second=2))

        async def send(name: str, chat: int, priority: int) -> None:
            assert await turnstile.enter(chat, priority) == 0
            left.append(name)

        async with asyncio.TaskGroup() as tasks:
            for number in range(3):
                tasks.create_task(send(f"bulk {number}", number + 1, BULK))
            await asyncio.sleep(0.05)
            tasks.create_task(send("fire", 99, URGENT))
        return left

    # One of two places a second is kept free, and the fire takes it at once.
    assert asyncio.run(scene()) == ["bulk 0", "fire", "bulk 1", "bulk 2"]


def test_an_emergency_goes_before_what_waits_for_its_own_chat() -> None:
    async def scene() -> tuple[list[str], float]:
        left: list[str] = []
        turnstile = Turnstile(Pacing(chat_burst=2))

        async def send(name: str, priority: int) -> None:
            assert await turnstile.enter(1, priority) == 0
            left.append(name)

        async with asyncio.TaskGroup() as tasks:
            for number in range(3):
                tasks.create_task(send(f"chat {number}", BULK))
            await asyncio.sleep(0.15)
            started = time.monotonic()
            await asyncio.gather(*(send(f"fire {number}", URGENT) for number in range(3)))
            seconds = time.monotonic() - started
        return left, seconds

    left, seconds = asyncio.run(scene())
    # Two more than the burst at once, the next a second later; small talk follows in order.
    assert left == ["chat 0", "chat 1", "fire 0", "fire 1", "fire 2", "chat 2"]
    assert 0.9 < seconds < 2


def test_the_rate_holds_on_a_real_clock() -> None:
    async def scene() -> list[float]:
        turnstile = Turnstile(Pacing(per_second=5))
        at: list[float] = []

        async def send(chat: int) -> None:
            await turnstile.enter(chat, URGENT)
            at.append(time.monotonic())

        await asyncio.gather(*(send(chat) for chat in range(1, 11)))
        return at

    at = asyncio.run(scene())
    assert 1.7 < at[9] - at[0] < 2.5
    assert all(later - earlier > 0.95 for earlier, later in zip(at, at[5:], strict=False))


def test_whoever_would_wait_long_is_sent_away_with_the_time() -> None:
    async def scene() -> tuple[float, float]:
        turnstile = Turnstile(Pacing())
        turnstile.hold(1, 30)
        return await turnstile.enter(1, URGENT), await turnstile.enter(2, BULK)

    held, other = asyncio.run(scene())
    assert 29 < held <= 30
    assert other == 0


def test_nobody_waits_longer_than_the_longest_wait() -> None:
    async def scene() -> tuple[list[float], float]:
        turnstile = Turnstile(Pacing(chat_burst=2))
        started = time.monotonic()
        # The first few fit, as many wait for the next window, the rest would wait for later ones.
        waits = await asyncio.gather(*(turnstile.enter(1, BULK) for _ in range(8)))
        return waits, time.monotonic() - started

    waits, seconds = asyncio.run(scene())
    assert waits[:4] == [0.0] * 4
    assert all(wait > 0 for wait in waits[6:])
    assert seconds < MOST_WAITING_SECONDS + 1


def test_one_that_gives_up_takes_no_place() -> None:
    async def scene() -> float:
        turnstile = Turnstile(Pacing(per_second=2))
        await turnstile.enter(1, URGENT)
        await turnstile.enter(2, URGENT)
        waiting = asyncio.create_task(turnstile.enter(3, URGENT))
        await asyncio.sleep(0.01)
        waiting.cancel()
        started = time.monotonic()
        await turnstile.enter(4, URGENT)
        await turnstile.enter(5, URGENT)
        return time.monotonic() - started

    assert asyncio.run(scene()) < 1.2
