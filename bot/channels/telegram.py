"""Telegram: updates in, by webhook or by polling; replies out, paced.

Translates and decides nothing. Connecting goes on in the background for as long as it takes;
neither the start nor another channel ever waits for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from starlette.routing import BaseRoute
from telegram.error import BadRequest, TelegramError
from telegram.error import RetryAfter as AskedToWait

from bot.channels.telegram_addresses import CHANNEL
from bot.channels.telegram_client import Client, FileUnavailable, UnreadableAnswer
from bot.channels.telegram_config import BadTelegramSetting, CommandLine, TelegramConfig
from bot.channels.telegram_connection import Connection, ConnectionState
from bot.channels.telegram_groups import Me
from bot.channels.telegram_lease import Lease, StoredLease
from bot.channels.telegram_outcomes import in_words, seconds_of
from bot.channels.telegram_pacing import Pacing
from bot.channels.telegram_polling import Polling
from bot.channels.telegram_polls import Quiz
from bot.channels.telegram_receiving import Receiving
from bot.channels.telegram_sending import Sending, Shipment
from bot.channels.telegram_surroundings import Answers, PollAnswers, Surroundings
from bot.channels.telegram_turnstile import Turnstile
from bot.channels.telegram_webhook import webhook_route
from bot.messages import Reply
from community.outcomes import Outcome

__all__ = [
    "CHANNEL",
    "Answers",
    "BadTelegramSetting",
    "CommandLine",
    "ConnectionState",
    "FileUnavailable",
    "Lease",
    "PollAnswers",
    "Quiz",
    "StoredLease",
    "Surroundings",
    "Telegram",
    "TelegramConfig",
]

_logger = logging.getLogger(__name__)

# Telegram keeps its last complaint about a webhook for ever; an older one is no news.
COMPLAINT_COUNTS = timedelta(minutes=10)


class Telegram:
    """The channel: one bot, its updates and its replies."""

    def __init__(self, conversation: Answers, config: TelegramConfig, around: Surroundings) -> None:
        """Join the parts; nothing is sent before ``run``.

        Raises:
            BadTelegramSetting: when the proxy is no address.
        """
        self._config = config
        self._around = around
        self._client = Client(config)
        self._connection = Connection(around.clock)
        turnstile = Turnstile(Pacing(config.per_second, config.chat_burst))
        self._sending = Sending(self._client, turnstile, around.pictures, around.moved)
        self._receiving = Receiving(conversation, self._client, self._sending, around)
        self._receiving.me = Me(config.bot_id)
        self._polling = Polling(self._client, self._receiving, self._connection, around.lease)
        self._step: Callable[[], Awaitable[None]] = self._connect

    @property
    def state(self) -> ConnectionState:
        """How the connection stands."""
        return self._connection.state

    def routes(self) -> list[BaseRoute]:
        """Return the webhook's route; none when we poll."""
        if not self._config.uses_webhook:
            return []
        return [webhook_route(self._config.secret, self._receiving.take)]

    async def run(self) -> None:
        """Connect and receive until cancelled, once; no failure ends it."""
        try:
            while True:
                await self._run_step()
        finally:
            self._connection.has_stopped()
            await self._polling.close()
            await self._receiving.close()
            await self._sending.close()
            await self._client.close()

    async def send(
        self,
        name: str,
        replies: Sequence[Reply],
        *,
        delivery_id: int | None = None,
        lane: str = "reply",
        turn_id: int | None = None,
    ) -> Outcome:
        """Send replies to an account, in order, as fast as Telegram allows.

        Args:
            name: the account's name.
            replies: what to say.
            delivery_id: the outbox's; tried again, what has left is not repeated.
            lane: the outbox's; emergencies go first in any lane.
            turn_id: the stored turn that is answered, for the buttons.

        Returns:
            What became of it; see ``community.outcomes``.
        """
        return await self._sending.send(Shipment(name, replies, turn_id, lane, delivery_id))

    async def send_quiz(self, chat: int, quiz: Quiz) -> Outcome:
        """Send a native quiz; Delivered carries the poll's id, which its votes come with."""
        return await self._sending.send_quiz(chat, quiz)

    async def download(self, ref: str) -> bytes:
        """Return the bytes of a file that somebody sent (``Media.ref``), at most 20 MB.

        Raises:
            FileUnavailable: when it is gone, too large, or does not come in time.
        """
        return await self._client.download(ref)

    async def _run_step(self) -> None:
        """Take one step of connecting or receiving; after a failure, wait and longer each time."""
        try:
            await self._step()
        except (TelegramError, UnreadableAnswer) as error:
            await self._pause(error)
        except Exception as error:
            _logger.exception("Telegram: a step failed; it is tried again")
            await self._pause(error)

    async def _pause(self, error: Exception) -> None:
        failures = self._connection.is_down(in_words(error, self._config.api))
        pause = self._around.pause(failures)
        if isinstance(error, AskedToWait):
            pause = max(pause, seconds_of(error))
        await asyncio.sleep(pause)

    async def _connect(self) -> None:
        """Find out who we are, and have updates come in one of the two ways."""
        user = await self._client.me()
        self._receiving.me = Me(user.id, user.username or "")
        self._connection.is_named(user.username or "")
        await self._show_commands()
        if self._config.uses_webhook and await self._has_webhook():
            self._step = self._watch
            return
        await self._client.delete_webhook()
        self._step = self._polling.once

    async def _has_webhook(self) -> bool:
        """Whether Telegram takes our address; if not, say so and poll."""
        try:
            await self._client.set_webhook()
        except BadRequest as error:
            self._polling.problem = (
                f"Telegram 不收这个网址（{error.message}），改为自己去取消息："
                "LIFELINE_PUBLIC_URL 要 https 开头，端口 443、80、88 或 8443"
            )
            return False
        self._connection.is_up("webhook")
        return True

    async def _show_commands(self) -> None:
        if not self._around.commands:
            return
        try:
            await self._client.set_commands(self._around.commands)
        except BadRequest as error:
            _logger.error("Telegram does not take the command menu: %s", error.message)

    async def _watch(self) -> None:
        """See now and then that the webhook stands and what Telegram says about it."""
        if self.state.is_connected:
            await asyncio.sleep(self._around.watch_seconds)
        found = await self._client.webhook()
        if found.url != self._config.webhook_url:
            _logger.warning("the webhook was taken away; it is set again")
            self._step = self._connect
            return
        since = self._around.clock() - COMPLAINT_COUNTS
        has_failed = found.last_error_date is not None and found.last_error_date > since
        problem = f"Telegram 打不到 {found.url}：{found.last_error_message}" if has_failed else ""
        self._connection.is_up("webhook", problem)
