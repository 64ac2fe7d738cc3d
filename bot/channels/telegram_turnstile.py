"""Where messages wait for their turn to leave: the asyncio side of :mod:`telegram_pacing`."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from bot.channels.telegram_pacing import Pacing

# Who would wait longer is sent back to the outbox, which keeps nobody else waiting.
MOST_WAITING_SECONDS = 3.0
URGENT = 0


@dataclass(order=True, slots=True)
class _Ticket:
    priority: int
    number: int
    chat: int = field(compare=False)
    may_go: asyncio.Future[None] = field(compare=False)

    @property
    def is_urgent(self) -> bool:
        return self.priority == URGENT


class Turnstile:
    """Lets messages through as fast as the limits allow, the most urgent first.

    Used on one event loop alone.
    """

    def __init__(self, pacing: Pacing, now: Callable[[], float] = time.monotonic) -> None:
        self._pacing = pacing
        self._now = now
        self._waiting: list[_Ticket] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, chat: int, priority: int) -> float:
        """Wait for the turn of a message to ``chat``.

        Args:
            chat: its id.
            priority: 0 is urgent and goes before all others; the higher, the later.

        Returns:
            0 when the message may leave now and is counted, else the seconds after which to
            try again.
        """
        now = self._now()
        wait = self._pacing.ready_at(chat, now, is_urgent=priority == URGENT) - now
        if wait > MOST_WAITING_SECONDS:
            return wait
        loop = asyncio.get_running_loop()
        ticket = _Ticket(priority, next(self._numbers), chat, loop.create_future())
        self._waiting.append(ticket)
        self._let_in()
        try:
            async with asyncio.timeout(MOST_WAITING_SECONDS):
                await ticket.may_go
        except TimeoutError:
            return 1.0
        finally:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        return 0.0

    def hold(self, chat: int, seconds: float) -> None:
        """Note that Telegram asked to wait with ``chat``."""
        self._pacing.hold(chat, seconds, self._now())

    def _let_in(self) -> None:
        """Let in whoever may go, best first, and look again when the next one may."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        now = self._now()
        for ticket in sorted(self._waiting):
            if self._ready_at(ticket, now) <= now and not ticket.may_go.done():
                self._pacing.take(ticket.chat, now)
                self._waiting.remove(ticket)
                ticket.may_go.set_result(None)
        if self._waiting:
            soonest = min(self._ready_at(ticket, now) for ticket in self._waiting)
            delay = max(soonest - now, 0.001)
            self._timer = asyncio.get_running_loop().call_later(delay, self._let_in)

    def _ready_at(self, ticket: _Ticket, now: float) -> float:
        return self._pacing.ready_at(ticket.chat, now, is_urgent=ticket.is_urgent)
