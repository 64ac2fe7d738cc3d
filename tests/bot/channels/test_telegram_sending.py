"""What becomes of a message, when Telegram refuses, stalls or breaks off."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.channels.telegram import Telegram, TelegramConfig
from bot.channels.telegram_pacing import CHAT_BURST
from bot.messages import Reply
from community.outcomes import (
    Blocked,
    Delivered,
    NotReachable,
    Outcome,
    Rejected,
    RetryAfter,
    Uncertain,
)
from tests.bot.channels.telegram_service import AROUND, FIRE, Running, WrittenConversation, running
from tests.platforms.loopback import Fault
from tests.platforms.telegram import TelegramPlatform

HELLO = Reply("chat", "你好")


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def service(platform: TelegramPlatform, tmp_path: Path) -> Iterator[Running]:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    (tmp_path / "1.png").write_bytes(picture.getvalue())
    config = TelegramConfig(platform.token, api=platform.url)
    with running(WrittenConversation(), config, replace(AROUND, pictures=tmp_path)) as service:
        yield service


def send(service: Running, name: str, *replies: Reply, delivery_id: int | None = None) -> Outcome:
    return service.call(service.telegram.send(name, replies, delivery_id=delivery_id))


def test_delivered_with_the_message_id(platform: TelegramPlatform, service: Running) -> None:
    ann = platform.user(77)

    outcome = send(service, "77", HELLO)

    assert outcome == Delivered(str(ann.last.id))
    assert [shown.text for shown in ann.received] == ["你好"]


def test_who_cannot_be_reached(platform: TelegramPlatform, service: Running) -> None:
    platform.user(77).blocks()

    assert send(service, "77", HELLO) == Blocked()
    assert isinstance(send(service, "78", HELLO), NotReachable)
    assert isinstance(send(service, "o-of-wechat", HELLO), Rejected)


def test_what_telegram_takes_no_matter_what(platform: TelegramPlatform, service: Running) -> None:
    platform.user(77)

    assert isinstance(send(service, "77", Reply("chat", " ")), Rejected)
    assert isinstance(send(service, "77", Reply("chat", "<b>*_[x](y)`&amp;")), Delivered)
    assert platform.user(77).last.text == "<b>*_[x](y)`&amp;"


@pytest.mark.parametrize(
    ("fault", "kind", "shown"),
    [("lost", Uncertain, 1), ("html", Uncertain, 0), ("5xx", RetryAfter, 0)],
    ids=["the answer was lost", "a page instead of JSON", "a gateway's refusal"],
)
def test_what_may_have_arrived_is_told_from_what_has_not(
    platform: TelegramPlatform, service: Running, fault: Fault, kind: type, shown: int
) -> None:
    ann = platform.user(77)
    platform.fail_next(1, fault, "sendMessage")

    assert isinstance(send(service, "77", HELLO), kind)
    assert len(ann.received) == shown


def test_a_flooded_chat_waits_alone(platform: TelegramPlatform, service: Running) -> None:
    ann, bob = platform.user(71), platform.user(72)
    platform.flood(71, 20)

    held = send(service, "71", HELLO)
    assert isinstance(held, RetryAfter)
    assert 18 <= held.seconds <= 21
    again = send(service, "71", HELLO)
    assert isinstance(again, RetryAfter)
    assert again.seconds > 15
    assert isinstance(send(service, "72", HELLO), Delivered)

    assert (len(ann.received), len(bob.received)) == (0, 1)
    assert len(platform.calls_to("sendMessage")) == 2, "the second try never left"


def test_tried_again_it_goes_on_where_it_stopped(
    platform: TelegramPlatform, service: Running
) -> None:
    ann = platform.user(77)
    replies = (HELLO, Reply("chat", "海报", picture="1.png"), Reply("chat", "再见"))
    platform.fail_next(1, "5xx", "sendPhoto")

    assert isinstance(send(service, "77", *replies, delivery_id=5), RetryAfter)
    assert isinstance(send(service, "77", *replies, delivery_id=5), Delivered)

    assert [shown.text for shown in ann.received] == ["你好", "海报", "再见"]


def test_cut_off_in_the_middle_what_has_left_is_not_repeated(
    platform: TelegramPlatform, service: Running
) -> None:
    ann = platform.user(77)
    replies = (HELLO, Reply("chat", "海报", picture="1.png"))
    platform.fail_next(1, "slow", "sendPhoto")

    async def cut_off() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await service.telegram.send("77", replies, delivery_id=5)

    service.call(cut_off())
    assert isinstance(send(service, "77", *replies, delivery_id=5), Delivered)

    assert [shown.text for shown in ann.received] == ["你好", "海报"]


def test_a_doubtful_message_is_not_repeated_and_the_rest_still_comes(
    platform: TelegramPlatform, service: Running
) -> None:
    ann = platform.user(77)
    platform.fail_next(1, "lost", "sendMessage")

    assert isinstance(send(service, "77", HELLO, Reply("chat", "再见"), delivery_id=5), Uncertain)
    assert [shown.text for shown in ann.received] == ["你好", "再见"]


def test_an_emergency_never_waits_behind_the_small_talk_of_its_chat(
    platform: TelegramPlatform, service: Running
) -> None:
    ann = platform.user(77)

    async def scene() -> tuple[Outcome, float]:
        telegram, loop = service.telegram, asyncio.get_running_loop()

        async def chatters() -> None:  # as the outbox does: one after another, tried again
            for number in range(1, 15):
                told = Reply("chat", f"话{number}")
                while isinstance(
                    await telegram.send("77", (told,), delivery_id=number), RetryAfter
                ):
                    await asyncio.sleep(0.05)

        chatting = asyncio.create_task(chatters())
        await asyncio.sleep(1)
        started = loop.time()
        outcome = await telegram.send("77", (FIRE,), delivery_id=99, lane="incident")
        seconds = loop.time() - started
        chatting.cancel()
        return outcome, seconds

    outcome, seconds = service.call(scene())

    assert isinstance(outcome, Delivered)
    assert seconds < 1
    assert [shown.text for shown in ann.received] == [
        *(f"话{number}" for number in range(1, CHAT_BURST + 1)),
        FIRE.text,
    ]


def test_what_stands_in_no_outbox_waits_in_the_lane_it_is_given(
    platform: TelegramPlatform,
) -> None:
    """That somebody writes too fast is not said before the answer to what they wrote."""
    ann = platform.user(77)
    config = TelegramConfig(platform.token, api=platform.url, chat_burst=1)

    async def scene(telegram: Telegram) -> None:
        await telegram.send("77", (HELLO,))
        telegram._sending.send_unstored("77", (Reply("chat", "太快"),), lane="bulk")
        await asyncio.sleep(0.05)
        await telegram.send("77", (Reply("chat", "答"),))

    with running(WrittenConversation(), config) as service:
        service.call(scene(service.telegram))
        ann.wait_for(3)

    assert [shown.text for shown in ann.received] == ["你好", "答", "太快"]


def test_a_broadcast_keeps_to_the_limits_and_lets_an_emergency_pass(
    platform: TelegramPlatform, service: Running
) -> None:
    people = [platform.user(1000 + number) for number in range(60)]
    ann = platform.user(77)

    async def broadcast() -> tuple[Outcome, int, list[Outcome]]:
        telegram = service.telegram
        notices = [
            telegram.send(str(person.id), (HELLO,), lane="bulk", delivery_id=person.id)
            for person in people
        ]
        tasks = [asyncio.ensure_future(notice) for notice in notices]
        await asyncio.sleep(0.1)
        urgent = await telegram.send("77", (FIRE,), delivery_id=77)
        waiting = sum(not task.done() for task in tasks)
        return urgent, waiting, await asyncio.gather(*tasks)

    urgent, still_waiting, notices = service.call(broadcast())

    assert isinstance(urgent, Delivered)
    assert still_waiting >= 30
    assert all(isinstance(notice, Delivered) for notice in notices)
    assert len(ann.received) == 1
    assert platform.pace.refused == 0
