"""python-telegram-bot's own client, pointed at the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from telegram import Bot
from telegram.request import HTTPXRequest

from tests.platforms.telegram import TelegramPlatform

Result = TypeVar("Result")


def bot_of(platform: TelegramPlatform, token: str = "") -> Bot:
    """Return a bot whose calls go to the stand-in."""
    request = HTTPXRequest(httpx_kwargs={"trust_env": False})
    return Bot(
        token or platform.token,
        base_url=f"{platform.url}/bot",
        base_file_url=f"{platform.url}/file/bot",
        request=request,
        get_updates_request=HTTPXRequest(httpx_kwargs={"trust_env": False}),
    )


def call(platform: TelegramPlatform, work: Callable[[Bot], Coroutine[Any, Any, Result]]) -> Result:
    """Let the bot do something and return what came of it."""

    async def within() -> Result:
        async with bot_of(platform) as bot:
            return await work(bot)

    return asyncio.run(within())
