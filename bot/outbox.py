"""The pump of the outbox: claims what is due, has it sent, and notes what became of it.

One line for each channel that has a sender. All runs on the event loop; the store's own threads
commit. What is claimed is sent at once and side by side; deliveries of one account and lane
leave one after the other, because the store hands out only the first in line. A slow chat takes
one place of its channel, and notices to many never take the places kept for the rest.

Promise: nothing is lost. A process that is killed leaves at most ``MOST_AT_ONCE`` claims for
each channel; they are sent again when their lease has run out, perhaps for the second time.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from bot.dialogue.turns import replies_from_json
from bot.messages import Reply
from community.deliveries import ClaimedDelivery, Lane, Verdict
from community.delivery_claim_store import LEASE, Claim, claim_deliveries, next_due, settle
from community.outcomes import Outcome, Rejected, RetryAfter, Uncertain
from storage import Database, StorageError

_logger = logging.getLogger(__name__)

T = TypeVar("T")
Clock = Callable[[], datetime]

MOST_AT_ONCE = 64
# Notices to many leave the other places to what is more urgent.
MOST_BULK_AT_ONCE = 48
# Within the lease, so that nobody else sends it meanwhile.
SENDING_SECONDS = 40.0
DRAINING_SECONDS = 10.0
# Another process may have queued something, or died with something claimed.
LOOK_EVERY_SECONDS = 2.0
STORE_PAUSES = (0.05, 0.2, 1.0, 3.0, 5.0, 8.0)


class Sender(Protocol):
    """What the outbox asks of a channel; on the event loop."""

    async def send(
        self,
        name: str,
        replies: Sequence[Reply],
        *,
        delivery_id: int,
        lane: Lane,
        turn_id: int | None,
    ) -> Outcome:
        """Send ``replies``, in order, to the account of this ``name``, and say what became of it.

        Within ``SENDING_SECONDS``; a repeat has the same ``delivery_id``.

        Raises:
            StorageError: nothing was sent, for want of our own store; it is tried again. Any
                other exception counts as ``Uncertain``.
        """


class Outbox:
    """Everything that leaves without being asked for at once, over all channels with a sender."""

    def __init__(
        self,
        database: Database,
        senders: Mapping[str, Sender],
        clock: Clock,
        *,
        worker: str,
        lease: timedelta = LEASE,
    ) -> None:
        """Make a pump that stands still until ``run``.

        Args:
            database: holds the deliveries.
            senders: by channel; a channel without one is left alone, and what it should have
                sent is shown at the person's next turn.
            clock: the time, aware.
            worker: names this process and no other, in this run and no other.
            lease: how long a claim holds if this process dies; over ``SENDING_SECONDS``.
        """
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines = {
            channel: _Line(database, sender, clock, Claim(channel, worker, 0, lease=lease))
            for channel, sender in senders.items()
        }

    def wake(self, channel: str | None = None) -> None:
        """Say that something was queued and committed, for one channel or for any.

        May be called from any thread, also before ``run`` and after it.
        """
        loop = self._loop
        if loop is None:
            return  # whoever starts looks first
        lines = self._lines.values() if channel is None else [self._lines.get(channel)]
        with suppress(RuntimeError):  # the loop has been closed: the next process will look
            for line in filter(None, lines):
                loop.call_soon_threadsafe(line.ring)

    async def run(self) -> None:
        """Serve every channel until cancelled; what is being sent goes on, for ``drain``.

        A database or a sender that fails is logged and tried again. Without any sender this
        returns at once.
        """
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            for line in self._lines.values():
                group.create_task(line.serve())

    async def drain(self, seconds: float = DRAINING_SECONDS) -> None:
        """Begin nothing more, and wait up to ``seconds`` for what is being sent.

        What is not done by then is given up; another run sends it again after the lease.
        """
        await asyncio.gather(*(line.drain(seconds) for line in self._lines.values()))


class _Line:
    """One channel's deliveries on their way; lives on the event loop."""

    def __init__(self, database: Database, sender: Sender, clock: Clock, claim: Claim) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._claim = claim
        self._sending: dict[asyncio.Task[None], Lane] = {}
        self._looking: asyncio.Task[float] | None = None
        self._rung = asyncio.Event()
        self._failures = 0
        self._is_draining = False

    def ring(self) -> None:
        """Look again, now or as soon as the present look is over."""
        self._rung.set()

    async def serve(self) -> None:
        """Look for what is due, again and again, until cancelled."""
        while not self._is_draining:
            self._rung.clear()
            self._looking = asyncio.create_task(self._look())
            # What a claim has taken must be sent, even when this is cancelled meanwhile.
            await self._rest(await asyncio.shield(self._looking))

    async def drain(self, seconds: float) -> None:
        """Begin nothing more, and wait up to ``seconds`` for what is being sent."""
        self._is_draining = True
        self.ring()
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while (tasks := self._tasks()) and clock() < deadline:
            await asyncio.wait(tasks, timeout=deadline - clock())
        if tasks:
            _logger.warning("%d tasks of %s were given up", len(tasks), self._claim.channel)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[Any]]:
        looking = [self._looking] if self._looking and not self._looking.done() else []
        return [*looking, *self._sending]

    async def _look(self) -> float:
        """Claim what there is room for and begin to send it.

        Returns for how many seconds there is nothing to do unless somebody rings.
        """
        claim, now = self._room(), self._clock()
        if claim.most < 1:
            return LOOK_EVERY_SECONDS  # whoever is done rings
        try:
            claimed, next_at = await self._write(partial(_take, claim, now))
        except Exception:
            if not self._failures:
                _logger.exception("the outbox of %s was not read; trying on", claim.channel)
            self._failures += 1
            return STORE_PAUSES[min(self._failures, len(STORE_PAUSES)) - 1]
        self._failures = 0
        for one in claimed:
            self._begin(one)
        wait = (next_at - now).total_seconds() if next_at else LOOK_EVERY_SECONDS
        return min(wait, LOOK_EVERY_SECONDS)

    async def _rest(self, seconds: float) -> None:
        if self._failures:
            await asyncio.sleep(seconds)  # whoever rings, the store needs its time
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()

    def _room(self) -> Claim:
        bulk = sum(lane == "bulk" for lane in self._sending.values())
        return replace(
            self._claim, most=MOST_AT_ONCE - len(self._sending), most_bulk=MOST_BULK_AT_ONCE - bulk
        )

    def _begin(self, claimed: ClaimedDelivery) -> None:
        task = asyncio.create_task(self._deliver(claimed))
        self._sending[task] = claimed.lane
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self.ring()  # there is room, and the next in this account's line may go

    async def _deliver(self, claimed: ClaimedDelivery) -> None:
        await self._settle(claimed, await send_claimed(self._sender, claimed))

    async def _settle(self, claimed: ClaimedDelivery, outcome: Outcome) -> None:
        """Note the outcome, for as long as the claim holds; then somebody sends it again."""
        for pause in STORE_PAUSES:
            try:
                found = await self._write(partial(_note, claimed, outcome, self._clock()))
            except Exception:
                _logger.exception("delivery %d: %s is not stored yet", claimed.id, outcome)
                await asyncio.sleep(pause)
                continue
            if found is None:
                _logger.warning("delivery %d passed to another worker: sent twice?", claimed.id)
            return
        _logger.error("delivery %d: %s was not stored; it is sent again", claimed.id, outcome)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        # Queues only; the store's own thread runs and commits it.
        return await asyncio.wrap_future(self._database.submit(work))


async def send_claimed(
    sender: Sender, claimed: ClaimedDelivery, replies: Sequence[Reply] | None = None
) -> Outcome:
    """Have one delivery sent, within ``SENDING_SECONDS``; whatever goes wrong is an outcome.

    Args:
        sender: its channel's.
        claimed: what this process has claimed.
        replies: its body, when the caller has read it already.
    """
    words = replies_from_json(claimed.body) if replies is None else replies
    if not words:
        return Rejected("its body holds no reply that can be read")
    try:
        async with asyncio.timeout(SENDING_SECONDS):
            return await sender.send(
                claimed.name,
                words,
                delivery_id=claimed.id,
                lane=claimed.lane,
                turn_id=claimed.turn_id,
            )
    except TimeoutError:
        return Uncertain(f"no answer within {SENDING_SECONDS:g} s")
    except StorageError:
        _logger.exception("delivery %d: the store failed its sender", claimed.id)
        return RetryAfter(0)
    except Exception as error:
        _logger.exception("delivery %d: its sender failed", claimed.id)
        return Uncertain(type(error).__name__)


def _take(
    claim: Claim, now: datetime, db: Connection
) -> tuple[list[ClaimedDelivery], datetime | None]:
    return claim_deliveries(db, claim, now), next_due(db, claim.channel, now)


def _note(
    claimed: ClaimedDelivery, outcome: Outcome, now: datetime, db: Connection
) -> Verdict | None:
    return settle(db, claimed, outcome, now)
