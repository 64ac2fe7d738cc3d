"""The Bot API behind python-telegram-bot's ``Bot``, which is held, with time limits of ours.

Updates are fetched as plain JSON: the library reads a whole batch at once, and one update of a
newer shape would then stand before all others for ever.
"""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
from telegram import (
    Bot,
    BotCommand,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
    User,
    WebhookInfo,
)
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram_config import BadTelegramSetting, CommandLine, TelegramConfig
from bot.channels.telegram_polls import Quiz
from bot.channels.telegram_reading import ALLOWED_UPDATES
from bot.channels.telegram_rendering import Outgoing

CONNECT_SECONDS, READ_SECONDS, POOL_SECONDS = 5.0, 10.0, 2.0
CONNECTIONS = 32
# Bot API, getUpdates: at most 100 a batch. The wait is short so that another process can take
# over soon (the lease outlasts one call) and a dead connection is noticed soon.
MOST_UPDATES, POLL_SECONDS = 100, 15
WEBHOOK_CONNECTIONS = 40
MOST_FILE_BYTES, FILE_SECONDS = 20 * 1024 * 1024, 20.0  # Bot API, getFile: up to 20 MB


class FileUnavailable(Exception):
    """A file that somebody sent cannot be fetched; ``permanent`` when it never will be."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        self.reason = reason
        self.permanent = permanent
        super().__init__(f"a Telegram file was not fetched: {reason}")


class UnreadableAnswer(Exception):
    """Telegram answered in a shape that the library cannot read; the call may have been done."""

    permanent = False

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"an answer of Telegram cannot be read: {reason}")


@asynccontextmanager
async def _reading() -> AsyncIterator[None]:
    """Give one type to whatever the library's types raise over an unknown shape."""
    try:
        yield
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise UnreadableAnswer(f"{type(error).__name__}: {error}") from error


class Client:
    """The calls that we make.

    All raise ``telegram.error.TelegramError`` when Telegram refuses or cannot be reached, and
    UnreadableAnswer.
    """

    def __init__(self, config: TelegramConfig) -> None:
        """Prepare the client; nothing is sent yet.

        Raises:
            BadTelegramSetting: when the proxy is no address.
        """
        # Opts in to the library's next behaviour; without it every 429 warns of deprecation.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        # At INFO httpx logs the address of every call, which holds the token; at DEBUG the
        # library logs the token and what residents write.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        logging.getLogger("telegram").setLevel(logging.INFO)
        # An outage answers with pages of HTML, and each would be logged with a traceback.
        logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
        self._config = config
        self._address = f"{config.api.rstrip('/')}/bot{config.token}"
        self._poller = _request(config, connections=2)
        self._sender = _request(config, connections=CONNECTIONS)
        self._files = httpx.AsyncClient(
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            proxy=config.proxy or None,
            trust_env=False,
        )
        self._bot = Bot(
            config.token,
            base_url=f"{config.api.rstrip('/')}/bot",
            base_file_url=f"{config.api.rstrip('/')}/file/bot",
            request=self._sender,
            get_updates_request=self._poller,
        )

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(self._poller.shutdown(), self._sender.shutdown(), self._files.aclose())

    @_reading()
    async def me(self) -> User:
        """Return who the bot is."""
        return await self._bot.get_me()

    async def updates(self, offset: int | None, seconds: int) -> list[dict[str, Any]]:
        """Wait up to ``seconds`` for updates; asking confirms all below ``offset``."""
        query = {
            "timeout": seconds,
            "limit": MOST_UPDATES,
            "allowed_updates": json.dumps(ALLOWED_UPDATES),
        }
        if offset is not None:
            query["offset"] = offset
        found: Any = await self._poller.post(
            f"{self._address}/getUpdates?{urlencode(query)}",
            read_timeout=seconds + READ_SECONDS,
        )
        if not isinstance(found, list):
            raise TelegramError("getUpdates answered with something other than a list")
        return found

    @_reading()
    async def set_webhook(self) -> None:
        """Have Telegram call us; what waits there stays."""
        await self._bot.set_webhook(
            self._config.webhook_url,
            secret_token=self._config.secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=WEBHOOK_CONNECTIONS,
        )

    @_reading()
    async def delete_webhook(self) -> None:
        """Have Telegram keep updates for us to fetch; what waits there stays."""
        await self._bot.delete_webhook(drop_pending_updates=False)

    @_reading()
    async def webhook(self) -> WebhookInfo:
        """Return how Telegram calls us, and what failed last."""
        return await self._bot.get_webhook_info()

    @_reading()
    async def set_commands(self, commands: Sequence[CommandLine]) -> None:
        """Show the commands in Chinese, and in English to whoever uses Telegram in English."""
        await self._bot.set_my_commands([BotCommand(one.command, one.zh) for one in commands])
        await self._bot.set_my_commands(
            [BotCommand(one.command, one.en) for one in commands], language_code="en"
        )

    @_reading()
    async def send(self, chat: int, outgoing: Outgoing, picture: bytes, answers: int | None) -> str:
        """Send one message and return its id.

        Args:
            chat: where to.
            outgoing: what.
            picture: the bytes of its picture; empty sends the text alone.
            answers: the message in that chat that this one answers, if shown so.
        """
        length = outgoing.bold
        entities = [MessageEntity(MessageEntity.BOLD, 0, length)] if length else None
        refers = ReplyParameters(answers, allow_sending_without_reply=True) if answers else None
        if picture:
            sent = await self._bot.send_photo(
                chat,
                picture,
                caption=outgoing.text or None,
                caption_entities=entities,
                reply_markup=outgoing.buttons,
                reply_parameters=refers,
            )
        else:
            sent = await self._bot.send_message(
                chat,
                outgoing.text,
                entities=entities,
                reply_markup=outgoing.buttons,
                reply_parameters=refers,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        return str(sent.message_id)

    @_reading()
    async def send_quiz(self, chat: int, quiz: Quiz) -> str:
        """Send a quiz whose votes come back, and return the poll's id."""
        correct: Any = list(quiz.correct)  # the library types each index as a literal
        sent = await self._bot.send_poll(
            chat,
            quiz.question,
            list(quiz.options),
            type="quiz",
            is_anonymous=False,
            allows_multiple_answers=len(quiz.correct) > 1,
            correct_option_ids=correct,
            explanation=quiz.explanation or None,
        )
        return sent.poll.id if sent.poll else ""

    @_reading()
    async def answer_tap(self, query_id: str, words: str) -> None:
        """End the spinner on a tapped button, with ``words`` or without any."""
        await self._bot.answer_callback_query(query_id, words or None)

    async def download(self, ref: str, most_bytes: int = MOST_FILE_BYTES) -> bytes:
        """Return the bytes of a file that somebody sent.

        Raises:
            FileUnavailable: when it is gone, too large, or does not come in time.
        """
        try:
            async with asyncio.timeout(FILE_SECONDS):
                file = await self._bot.get_file(ref)
                if (file.file_size or 0) > most_bytes:
                    raise FileUnavailable("it is too large", permanent=True)
                return await self._fetch(file.file_path or "", most_bytes)
        except BadRequest as error:
            raise FileUnavailable(error.message, permanent=True) from error
        except (TelegramError, TimeoutError, httpx.HTTPError) as error:
            raise FileUnavailable(type(error).__name__, permanent=False) from error

    async def _fetch(self, address: str, most_bytes: int) -> bytes:
        """Return what stands at an address of the platform, stopping at ``most_bytes``."""
        if not address.startswith(self._bot.base_file_url):
            raise FileUnavailable("it lies elsewhere", permanent=True)
        content = bytearray()
        async with self._files.stream("GET", address) as response:
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > most_bytes:
                    raise FileUnavailable("it is too large", permanent=True)
        return bytes(content)


def _request(config: TelegramConfig, *, connections: int) -> HTTPXRequest:
    try:
        return HTTPXRequest(
            connection_pool_size=connections,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            pool_timeout=POOL_SECONDS,
            proxy=config.proxy or None,
            # The one proxy is the setting's; the environment's is meant for other programs.
            httpx_kwargs={"trust_env": False},
        )
    except (ValueError, RuntimeError, httpx.InvalidURL) as error:
        problem = "不是代理地址：样子是 http://127.0.0.1:7890；socks5 要另装 httpx[socks]"
        raise BadTelegramSetting("LIFELINE_TELEGRAM_PROXY", problem) from error
