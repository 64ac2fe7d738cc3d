"""Server-Sent Events: what a visitor's other pages, and later work, have to show.

The page gets the reply to its own message from its POST; the stream only brings what else
is new, so that nothing is lost when it breaks.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import anyio
from sse_starlette import ServerSentEvent

from bot.channels.web_bodies import shown_turn
from bot.dialogue.turns import Turn
from storage import StorageError

# Another process may have stored a turn: look even when nobody rings.
LOOK_EVERY_SECONDS = 15.0
MOST_STREAMS_PER_VISITOR = 6
MOST_STREAMS = 5_000

ReadTurns = Callable[[int], Awaitable[Sequence[Turn]]]


class Bell:
    """Rung when there may be something new for one stream."""

    def __init__(self) -> None:
        self._rung = anyio.Event()

    def ring(self) -> None:
        """Wake the stream, now or when it next waits."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Wait until the bell is rung, but not longer than ``seconds``."""
        with anyio.move_on_after(seconds):
            await self._rung.wait()
        self._rung = anyio.Event()


class Bells:
    """The bells of all open streams, by visitor; used on the event loop alone."""

    def __init__(self) -> None:
        self._bells: defaultdict[str, set[Bell]] = defaultdict(set)
        self._open = 0

    def has_room(self, visitor: str) -> bool:
        """Whether this visitor may open one more stream."""
        mine = len(self._bells.get(visitor, ()))
        return self._open < MOST_STREAMS and mine < MOST_STREAMS_PER_VISITOR

    def ring(self, visitor: str) -> None:
        """Wake all streams of one visitor."""
        for bell in self._bells.get(visitor, ()):
            bell.ring()

    @contextmanager
    def listening(self, visitor: str) -> Iterator[Bell]:
        """Yield a bell for one stream of ``visitor``, for as long as the stream lasts."""
        bell = Bell()
        self._bells[visitor].add(bell)
        self._open += 1
        try:
            yield bell
        finally:
            self._open -= 1
            self._bells[visitor].discard(bell)
            if not self._bells[visitor]:
                del self._bells[visitor]


async def turn_events(read: ReadTurns, bell: Bell, after: int) -> AsyncIterator[ServerSentEvent]:
    """Yield one event for each turn with an id above ``after``, until cancelled.

    A read that fails is tried again at the next look: the page keeps its stream.
    """
    while True:
        for turn in await _turns(read, after):
            if turn.id is None:
                continue
            after = max(after, turn.id)
            data = json.dumps(shown_turn(turn), ensure_ascii=False)
            yield ServerSentEvent(data, event="turn", id=str(turn.id))
        await bell.wait(LOOK_EVERY_SECONDS)


async def _turns(read: ReadTurns, after: int) -> Sequence[Turn]:
    try:
        return await read(after)
    except StorageError:
        return ()
