"""Sending replies: rendered, paced, urgent ones first, with a typed outcome for each."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from anyio.to_thread import run_sync
from telegram.error import ChatMigrated, TelegramError
from telegram.error import RetryAfter as AskedToWait

from bot.channels.telegram_addresses import chat_of, is_group, moved_name
from bot.channels.telegram_client import Client, UnreadableAnswer
from bot.channels.telegram_outcomes import outcome_of, seconds_of
from bot.channels.telegram_polls import Quiz, fault_of
from bot.channels.telegram_rendering import Outgoing, render
from bot.channels.telegram_turnstile import URGENT, Turnstile
from bot.messages import Reply
from community.outcomes import Delivered, Outcome, Rejected, RetryAfter, Uncertain
from storage import StorageError

_logger = logging.getLogger(__name__)

MOST_REMEMBERED = 10_000
# How long an answer that stands in no outbox is tried for.
UNSTORED_TRIES, LONGEST_PAUSE = 20, 30.0
_LANES = {"incident": 1, "alarm": 2, "reply": 3, "bulk": 4}


@dataclass(frozen=True, slots=True)
class Shipment:
    """Replies to one account that belong together.

    Attributes:
        name: the account's name.
        replies: in order.
        turn_id: the stored turn that they answer, or None.
        lane: of the outbox; says what goes first.
        key: the delivery; when it is tried again, what has left already is not repeated.
    """

    name: str
    replies: Sequence[Reply]
    turn_id: int | None = None
    lane: str = "reply"
    key: int | None = None

    @property
    def priority(self) -> int:
        """0 for an emergency or crisis, whatever the lane; the higher, the later."""
        is_urgent = any(reply.kind in {"emergency", "crisis"} for reply in self.replies)
        return URGENT if is_urgent else _LANES.get(self.lane, max(_LANES.values()))


@dataclass(slots=True)
class _Progress:
    """How many messages of a shipment have left, and why one of them may not have arrived."""

    left: int = 0
    message_id: str = ""
    doubt: Uncertain | None = None


class Sending:
    """Sends to Telegram; used on one event loop alone."""

    def __init__(
        self,
        client: Client,
        turnstile: Turnstile,
        pictures: Path | None,
        moved: Callable[[str, str], None],
    ) -> None:
        """Join the parts.

        Args:
            client: the Bot API.
            turnstile: paces.
            pictures: the folder that pictures are named from; None sends none.
            moved: told, in a worker thread, the old and new name of a group's account.
        """
        self._client = client
        self._turnstile = turnstile
        self._pictures = pictures.resolve() if pictures else None
        self._moved = moved
        self._progress: OrderedDict[int, _Progress] = OrderedDict()
        self._asked: OrderedDict[str, int] = OrderedDict()
        self._numbers = count(-1, -1)  # the outbox numbers its deliveries upwards
        self._unstored: set[asyncio.Task[None]] = set()

    def note_question(self, name: str, message_id: int) -> None:
        """Remember which message in a group the next answer to this account refers to."""
        self._asked[name] = message_id
        self._asked.move_to_end(name)
        if len(self._asked) > MOST_REMEMBERED:
            self._asked.popitem(last=False)

    async def send(self, shipment: Shipment) -> Outcome:
        """Send what has not left yet of a shipment.

        Returns:
            Delivered with the id of the last message; else what stopped it. After RetryAfter
            the same key goes on where it stopped. Uncertain is told at the end: the messages
            after the doubtful one are sent, the doubtful one is not repeated.
        """
        chat = chat_of(shipment.name)
        if chat is None:
            return Rejected("not the name of a Telegram account")
        progress = self._progress_of(shipment.key)
        messages = [
            message
            for reply in shipment.replies
            for message in render(reply, shipment.turn_id, in_group=is_group(chat))
        ]
        for message in messages[progress.left :]:
            outcome = await self._send_one(shipment, chat, message)
            if not isinstance(outcome, Delivered | Uncertain):
                if not isinstance(outcome, RetryAfter):
                    self._forget(shipment.key)
                return outcome
            progress.left += 1
            if isinstance(outcome, Delivered):
                progress.message_id = outcome.message_id
            else:
                progress.doubt = outcome
        self._forget(shipment.key)
        return progress.doubt or Delivered(progress.message_id)

    def send_unstored(self, name: str, replies: Sequence[Reply], *, lane: str = "reply") -> None:
        """Send in the background what stands in no outbox, where storage has failed or no turn is.

        ``lane`` is the outbox's, and says what goes first.
        """
        shipment = Shipment(name, replies, lane=lane, key=next(self._numbers))
        task = asyncio.create_task(self._insist(shipment))
        self._unstored.add(task)
        task.add_done_callback(self._unstored.discard)

    async def send_quiz(self, chat: int, quiz: Quiz) -> Outcome:
        """Send a quiz poll; Delivered carries the poll's id, which its votes come with."""
        if fault := fault_of(quiz):
            return Rejected(fault)
        if wait := await self._turnstile.enter(chat, max(_LANES.values())):
            return RetryAfter(wait)
        return await self._attempt(str(chat), chat, lambda to: self._client.send_quiz(to, quiz))

    async def close(self) -> None:
        """Give up what is still being sent outside the outbox."""
        for task in self._unstored:
            task.cancel()
        await asyncio.gather(*self._unstored, return_exceptions=True)

    async def _insist(self, shipment: Shipment) -> None:
        for _ in range(UNSTORED_TRIES):
            outcome = await self.send(shipment)
            if not isinstance(outcome, RetryAfter):
                break
            await asyncio.sleep(min(outcome.seconds, LONGEST_PAUSE))
        if not isinstance(outcome, Delivered):
            _logger.warning("an answer that could not be stored was not delivered: %s", outcome)

    async def _send_one(self, shipment: Shipment, chat: int, message: Outgoing) -> Outcome:
        if wait := await self._turnstile.enter(chat, shipment.priority):
            return RetryAfter(wait)
        picture = await self._picture(message)
        if not picture and not message.text:
            return Delivered()
        answers = self._asked.get(shipment.name)
        return await self._attempt(
            shipment.name, chat, lambda to: self._client.send(to, message, picture, answers)
        )

    async def _attempt(
        self, name: str, chat: int, post: Callable[[int], Awaitable[str]]
    ) -> Outcome:
        """Post to a chat, and when it has become another one, once to that."""
        try:
            return Delivered(await post(chat))
        except ChatMigrated as error:
            chat = error.new_chat_id
        except (TelegramError, UnreadableAnswer) as error:
            return self._outcome(chat, error)
        await self.tell_moved(name, chat)
        try:
            return Delivered(await post(chat))
        except (TelegramError, UnreadableAnswer) as error:
            return self._outcome(chat, error)

    async def tell_moved(self, name: str, chat: int) -> None:
        """Tell that a group goes on under the id ``chat``; ``name`` is an account or its chat."""
        try:
            await run_sync(self._moved, name, moved_name(name, chat))
        except StorageError as error:
            # Telegram sends to either id for a while, and tells it again with the next message.
            _logger.warning("a group's new id was not stored: %s", error)

    def _outcome(self, chat: int, error: Exception) -> Outcome:
        if isinstance(error, AskedToWait):
            self._turnstile.hold(chat, seconds_of(error))
        return outcome_of(error)

    def _progress_of(self, key: int | None) -> _Progress:
        """Return how far a shipment came; kept even when the sending is cut off in the middle."""
        if key is None:
            return _Progress()
        progress = self._progress.setdefault(key, _Progress())
        self._progress.move_to_end(key)
        if len(self._progress) > MOST_REMEMBERED:
            self._progress.popitem(last=False)
        return progress

    def _forget(self, key: int | None) -> None:
        if key is not None:
            self._progress.pop(key, None)

    async def _picture(self, message: Outgoing) -> bytes:
        """Return the picture's bytes; empty when there is none or it cannot be read."""
        if not message.picture or self._pictures is None:
            return b""
        path = (self._pictures / message.picture).resolve()
        if not path.is_relative_to(self._pictures):
            _logger.error("a picture outside the data folder is not sent: %s", message.picture)
            return b""
        try:
            return await run_sync(path.read_bytes)
        except OSError as error:
            _logger.error("a picture is not sent, its text alone: %s", error)
            return b""
