"""Updates handed to the conversation: one account's in order, different accounts' at once.

Nothing is answered to Telegram, and no offset moves on, before the turn is committed. The
reply then waits in the outbox and is only rung for; what could not be stored is sent directly.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

import anyio
from anyio.to_thread import run_sync
from telegram.error import TelegramError

from bot.channels.telegram_addresses import is_in_group
from bot.channels.telegram_client import Client, UnreadableAnswer
from bot.channels.telegram_groups import Me
from bot.channels.telegram_reading import (
    Moved,
    Received,
    Said,
    Tapped,
    UnreadableUpdate,
    Voted,
    read_update,
    update_id_of,
)
from bot.channels.telegram_rendering import MORE
from bot.channels.telegram_sending import Sending
from bot.channels.telegram_sources import sources_in
from bot.channels.telegram_surroundings import Answers, Surroundings
from bot.channels.telegram_taps import Basis, Cry, More, Rate, Say, Tap
from bot.channels.telegram_words import TelegramWords, words_for_app, words_in
from bot.channels.web_limits import ChatLimits, TokenBuckets
from bot.dialogue.functions import SAY, SEPARATOR
from bot.dialogue.turns import Turn
from bot.messages import Choice, Utterance, has_urgent
from storage import StorageError

P = ParamSpec("P")
T = TypeVar("T")

_logger = logging.getLogger(__name__)

# As for the web chat: when the disk hangs, an emergency must still find a free thread.
THREADS = 200
# Whoever writes too fast is told so once a minute, not at each message.
NOTICE_PER_SECOND = 1 / 60
# An update over which our own code fails so often is passed over: Telegram would repeat it
# for a day, and while polling nothing behind it would come.
MOST_FAULTS, MOST_REMEMBERED = 3, 1000


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    standing: int = 0


class Lines:
    """Whoever shares a name goes one after another, in the order of coming."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @asynccontextmanager
    async def turn_of(self, name: str) -> AsyncIterator[None]:
        """Wait for one's turn under ``name`` and keep it until the block ends."""
        line = self._lines.setdefault(name, _Line())
        line.standing += 1
        try:
            async with line.lock:
                yield
        finally:
            line.standing -= 1
            if not line.standing:
                del self._lines[name]


class Receiving:
    """Takes updates; used on one event loop alone."""

    def __init__(
        self, conversation: Answers, client: Client, sending: Sending, around: Surroundings
    ) -> None:
        self.me = Me(0)
        self._conversation = conversation
        self._client = client
        self._sending = sending
        self._around = around
        self._lines = Lines()
        self._threads = anyio.CapacityLimiter(THREADS)
        self._writing = ChatLimits()
        self._notices = TokenBuckets(1, NOTICE_PER_SECOND)
        self._faults: dict[int, int] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def take(self, data: Any) -> bool:  # noqa: ANN401 - JSON from outside
        """Take one update; False when Telegram is to send it again.

        Raises:
            UnreadableUpdate: when it is no update at all.
        """
        update_id = update_id_of(data)
        try:
            if received := read_update(data, self.me):
                await self._handle(received)
        except UnreadableUpdate as error:
            _logger.warning("%s", error)
        except StorageError as error:
            _logger.warning("update %s was not stored, Telegram repeats it: %s", update_id, error)
            return False
        except Exception:
            _logger.exception("update %s failed", update_id)
            return self._is_given_up(update_id)
        self._faults.pop(update_id, None)
        return True

    async def close(self) -> None:
        """Give up the notices that are still on their way."""
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _is_given_up(self, update_id: int) -> bool:
        faults = self._faults.pop(update_id, 0) + 1
        if faults >= MOST_FAULTS:
            _logger.error("update %s is passed over after %s tries", update_id, faults)
            return True
        self._faults[update_id] = faults
        while len(self._faults) > MOST_REMEMBERED:
            del self._faults[next(iter(self._faults))]
        return False

    async def _handle(self, received: Received) -> None:
        match received:
            case Said(utterance, message_id):
                async with self._lines.turn_of(utterance.account.name):
                    await self._said(utterance, message_id)
            case Tapped(account):
                async with self._lines.turn_of(account.name):
                    await self._tapped(received)
            case Voted(poll_id, account, options):
                if self._around.polls:
                    await self._in_thread(self._around.polls.answered, poll_id, account, options)
            case Moved(old, new):
                await self._sending.tell_moved(str(old), new)

    async def _said(self, utterance: Utterance, message_id: int | None) -> None:
        if message_id is not None and is_in_group(utterance.account):
            self._sending.note_question(utterance.account.name, message_id)
        await self._receive(utterance)

    async def _tapped(self, tapped: Tapped) -> None:
        match tapped.tap:
            case Rate():
                await self._rate(tapped, tapped.tap)
            case Basis(turn_id):
                await self._show_sources(tapped, turn_id)
            case _:
                await self._choose(tapped)

    async def _choose(self, tapped: Tapped) -> None:
        """Take a choice as if its words had been written by whoever taps."""
        choice = await self._choice(tapped)
        self._answer(tapped, "" if choice else _unknown(tapped))
        if choice:
            await self._receive(
                Utterance(
                    tapped.account,
                    tapped.utterance_id,
                    choice.label,
                    self._around.clock(),
                    tapped=choice,
                    language=tapped.language,
                )
            )

    async def _choice(self, tapped: Tapped) -> Choice | None:
        """Return what the button said; None when it is too old to know, or somebody else's."""
        match tapped.tap:
            case Say(label):
                return Choice(label)
            case Cry(words):
                return Choice(words, function=f"{SAY}{SEPARATOR}{words}")
            case More():
                return Choice(MORE)
            case Tap(turn_id, index):
                turn = await self._turn(tapped, turn_id)
                return _choice_in(turn, index) if turn else None
        return None

    async def _rate(self, tapped: Tapped, tap: Rate) -> None:
        rate, turn = self._conversation.rate, await self._turn(tapped, tap.turn_id)
        is_rated = turn is not None and await self._in_thread(
            rate, tapped.account, tap.turn_id, useful=tap.useful
        )
        self._answer(tapped, _words(tapped, turn).rated if is_rated else _unknown(tapped))

    async def _show_sources(self, tapped: Tapped, turn_id: int) -> None:
        """Show what an answer stands on; nothing is said anew, so it is no turn of its own."""
        turn, name = await self._turn(tapped, turn_id), tapped.account.name
        sources = sources_in(turn) if turn else None
        if sources is None:
            self._answer(tapped, _unknown(tapped))
        elif self._writing.is_over(name, time.monotonic()):
            self._answer(tapped, _words(tapped, turn).too_fast)
        else:
            self._answer(tapped, "")
            self._sending.send_unstored(name, (sources,))

    async def _turn(self, tapped: Tapped, turn_id: int) -> Turn | None:
        """Return the turn that a button belongs to, if it is that of whoever taps."""
        return await self._in_thread(self._conversation.turn, tapped.account, turn_id)

    async def _receive(self, utterance: Utterance) -> None:
        name, now = utterance.account.name, time.monotonic()
        # Events are never limited: who leaves must be known as gone.
        limited = utterance.event is None and self._writing.is_over(
            name, now, is_photo=utterance.has_photo
        )
        turn = await self._in_thread(self._conversation.receive, utterance, limited=limited)
        if turn.id is not None:
            self._around.wake()
        elif not limited or has_urgent(turn.replies) or self._notices.take(name, now):
            # That they write too fast stands behind the answers to what they wrote before.
            self._sending.send_unstored(name, turn.replies, lane="bulk" if limited else "reply")

    def _answer(self, tapped: Tapped, words: str) -> None:
        """End the button's spinner, without holding up what the button does."""
        task = asyncio.create_task(self._answer_tap(tapped.query_id, words))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer_tap(self, query_id: str, words: str) -> None:
        try:
            await self._client.answer_tap(query_id, words)
        except (TelegramError, UnreadableAnswer) as error:
            # After some seconds nobody sees the spinner any more; the reply itself comes.
            _logger.debug("a tap was not answered: %s", error)

    async def _in_thread(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        work = partial(call, *arguments, **named)
        return await run_sync(work, limiter=self._threads)


def _choice_in(turn: Turn, index: int) -> Choice | None:
    offered = next((reply.choices for reply in turn.replies if reply.choices), ())
    return offered[index] if index < len(offered) else None


def _words(tapped: Tapped, turn: Turn | None) -> TelegramWords:
    if turn is None or not turn.replies:
        return words_for_app(tapped.language)
    return words_in(turn.replies[0].language)


def _unknown(tapped: Tapped) -> str:
    """Return the notice for a button that means nothing to whoever taps it."""
    words = words_for_app(tapped.language)
    return words.not_yours if is_in_group(tapped.account) else words.stale
