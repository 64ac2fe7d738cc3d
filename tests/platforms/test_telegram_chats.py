"""Whom a bot reaches and how often, its commands, and what it called."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter

from tests.platforms.telegram import TelegramPlatform, TelegramUser
from tests.platforms.telegram_client import call

VOLUNTEER = 1001


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramPlatform]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else RetryAfter itself warns
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def volunteer(platform: TelegramPlatform) -> TelegramUser:
    return platform.user(VOLUNTEER)


def test_who_can_not_be_reached(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    def send(chat_id: int) -> object:
        return call(platform, lambda bot: bot.send_message(chat_id, "好"))

    volunteer.blocks()
    with pytest.raises(Forbidden, match="blocked by the user"):
        send(VOLUNTEER)
    volunteer.unblocks()
    send(VOLUNTEER)
    platform.user(1002, has_started=False)
    with pytest.raises(Forbidden, match="can't initiate"):
        send(1002)
    group = platform.group(-100)
    group.removes_bot(volunteer)
    with pytest.raises(Forbidden, match="kicked from the group chat"):
        send(-100)


def test_a_group_that_moved(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    group = platform.group(-100)
    group.adds_bot(volunteer)
    group.migrates(volunteer, -1001234567890)
    with pytest.raises(ChatMigrated) as moved:
        call(platform, lambda bot: bot.send_message(-100, "好"))
    assert moved.value.new_chat_id == -1001234567890
    call(platform, lambda bot: bot.send_message(-1001234567890, "好"))
    assert volunteer.last.text == "好"


def test_commands_by_language(platform: TelegramPlatform) -> None:
    async def work(bot: Bot) -> list[tuple[str, ...]]:
        await bot.set_my_commands([("help", "帮助")])
        await bot.set_my_commands([("help", "Help")], language_code="en")
        default, english, german = [
            tuple(one.description for one in await bot.get_my_commands(language_code=code))
            for code in (None, "en", "de")
        ]
        return [default, english, german]

    assert call(platform, work) == [("帮助",), ("Help",), ()]
    with pytest.raises(BadRequest, match="Invalid language code"):
        call(platform, lambda bot: bot.get_my_commands(language_code="zh-hans"))


def test_a_chat_takes_a_burst_and_then_one_a_second(platform: TelegramPlatform) -> None:
    platform.user(VOLUNTEER)
    platform.clock.stop()
    platform.pace.chat_burst = 2

    async def work(bot: Bot) -> None:
        await bot.send_message(VOLUNTEER, "一")
        await bot.send_message(VOLUNTEER, "二")
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(VOLUNTEER, "三")
        assert refused.value.retry_after == timedelta(seconds=1)
        platform.clock.advance(seconds=1)
        await bot.send_message(VOLUNTEER, "三")

    call(platform, work)
    assert platform.pace.refused == 1


def test_thirty_a_second_over_all(platform: TelegramPlatform) -> None:
    platform.clock.stop()
    for number in range(30):
        platform.pace.spend(2000 + number, platform.clock())
    platform.user(VOLUNTEER)
    with pytest.raises(RetryAfter):
        call(platform, lambda bot: bot.send_message(VOLUNTEER, "好"))
    platform.clock.advance(seconds=1)
    call(platform, lambda bot: bot.send_message(VOLUNTEER, "好"))


def test_twenty_a_minute_to_a_group(platform: TelegramPlatform) -> None:
    platform.group(-100)
    platform.clock.stop()
    platform.pace.chat_burst = platform.pace.a_second = 100

    async def work(bot: Bot) -> timedelta:
        for _ in range(20):
            await bot.send_message(-100, "好")
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(-100, "好")
        assert isinstance(refused.value.retry_after, timedelta)
        return refused.value.retry_after

    assert call(platform, work) == timedelta(minutes=1)
    platform.clock.advance(minutes=1)
    call(platform, lambda bot: bot.send_message(-100, "好"))


def test_a_flooded_chat_leaves_the_others_alone(platform: TelegramPlatform) -> None:
    platform.user(VOLUNTEER)
    platform.user(1002)
    platform.pace.is_on = False
    platform.flood(VOLUNTEER, 30)
    with pytest.raises(RetryAfter):
        call(platform, lambda bot: bot.send_message(VOLUNTEER, "好"))
    call(platform, lambda bot: bot.send_message(1002, "好"))


def test_what_the_bot_called(platform: TelegramPlatform) -> None:
    call(platform, lambda bot: bot.get_me())
    assert len(platform.calls_to("getMe")) == 2  # the client itself asks when it starts
