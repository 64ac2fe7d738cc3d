"""Sending notices to many: the jobs that write an audience out and send it slice by slice.

``broadcast_expand`` writes the recipients, 500 to a transaction, and then plans the slices;
``broadcast_slice`` (``broadcast_slice_bulk`` in the lane of bulk work) sends one slice in groups
of ten through the channels' senders, side by side; ``broadcast_halt`` does what a pause, a
cancellation or the end of its time leaves to be done; ``broadcast_look`` does every minute what
somebody may have missed.

Promise: nothing is lost. A killed process leaves one group in doubt for each slice it was
sending: at most these are sent twice. A frozen one that wakes finds its slice taken over before
it begins another group.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from bot.dialogue.turns import replies_from_json
from bot.messages import Reply
from bot.outbox import STORE_PAUSES, Sender, send_claimed
from community import broadcast_plan_store as plans
from community import broadcast_slice_store as slices
from community.broadcast_expand_store import expand_chunk, read_page
from community.broadcast_slice_store import Outgoing, Piece, Tried
from community.broadcast_store import find_broadcast
from community.broadcast_write_store import (
    EXPAND_JOB,
    begin_expanding,
    begin_sending,
    complete,
    expire,
    expire_due,
)
from community.broadcasts import Broadcast
from community.delivery_claim_store import LEASE
from community.outcomes import NotReachable, Outcome
from storage import Database, Jobs, Run, chunks

_logger = logging.getLogger(__name__)

T = TypeVar("T")
Clock = Callable[[], datetime]

LOOK_JOB = "broadcast_look"
# Each takes 40 µs to plan, and nobody else writes meanwhile.
SLICES_AT_ONCE = 250


class Interrupted(Exception):
    """A slice was left because this process ends; it goes on in another, or after the start."""

    def __init__(self, broadcast_id: int, number: int) -> None:
        self.broadcast_id = broadcast_id
        self.number = number
        super().__init__(f"slice {number} of broadcast {broadcast_id} goes on after the next start")


class Broadcasting:
    """This process's part in the sending of notices to many."""

    def __init__(
        self,
        database: Database,
        senders: Mapping[str, Sender],
        clock: Clock,
        *,
        lease: timedelta = LEASE,
    ) -> None:
        """Make what ``register`` names the jobs of.

        Args:
            database: holds the broadcasts.
            senders: by channel, on the event loop that the jobs run on; what would go through
                any other is held until its resident's next turn.
            clock: the time, aware.
            lease: how long a claimed group is this process's alone; over the outbox's
                ``SENDING_SECONDS``.
        """
        self._database = database
        self._senders = senders
        self._clock = clock
        self._lease = lease
        self._is_draining = False

    def register(self, jobs: Jobs) -> None:
        """Name the jobs of broadcasts."""
        jobs.job(EXPAND_JOB)(self._expand)
        jobs.job(plans.SEND)(self._send_slice)
        jobs.job(plans.SEND_BULK, lane="bulk")(self._send_slice)
        jobs.job(plans.HALT)(self._halt)
        jobs.job(LOOK_JOB)(self._look)
        jobs.every("* * * * *", LOOK_JOB, timezone="Asia/Shanghai")

    def drain(self) -> None:
        """Begin no further group; before the work is closed, so that it need not be cut off."""
        self._is_draining = True

    def _expand(self, run: Run, broadcast_id: int) -> None:
        """Write the audience out, then plan what is to be sent; goes on where it was left."""
        database, now = self._database, self._clock
        database.write(lambda db: begin_expanding(db, broadcast_id, now()))
        more = True
        while more:
            page = database.read(lambda db: read_page(db, broadcast_id))
            more = database.write(
                lambda db, page=page: expand_chunk(db, broadcast_id, now(), page)  # type: ignore[misc]
            )
        database.write(lambda db: begin_sending(db, broadcast_id, now()))
        left = database.read(lambda db: slices.open_slices(db, broadcast_id))
        for numbers in chunks(left, SLICES_AT_ONCE):
            plan = partial(plans.plan_slices, broadcast_id=broadcast_id, numbers=numbers, now=now())
            database.write(plan)
        self._end_if_done(broadcast_id)
        _logger.info("broadcast %d: %d slices to send (%s)", broadcast_id, len(left), run.key)

    async def _send_slice(self, run: Run, broadcast_id: int, number: int, version: int) -> None:
        kept = await asyncio.to_thread(
            self._database.read, lambda db: find_broadcast(db, broadcast_id)
        )
        line = f"b{broadcast_id}.{number}.{version}"
        piece = Piece(broadcast_id, number, line, run.token, self._lease)
        await self._send_all(_Sending(run, kept, piece, self._clock))
        await asyncio.to_thread(self._end_if_done, broadcast_id)

    async def _send_all(self, sending: "_Sending") -> None:
        tried: Tried = ()
        after = 0
        while group := await self._write(partial(sending.step, tried, after)):
            after = group[-1].place
            tried = await self._send(group)
            if self._is_draining:
                await self._write(partial(sending.settle, tried))
                raise Interrupted(sending.piece.broadcast_id, sending.piece.number)

    async def _send(self, group: Sequence[Outgoing]) -> Tried:
        """Send a group, all at the same time; most of it has the same words."""
        words: dict[int, Sequence[Reply]] = {}
        for one in group:
            body = one.claimed.body
            if id(body) not in words:
                words[id(body)] = replies_from_json(body)
        outcomes = await asyncio.gather(
            *(self._send_one(one, words[id(one.claimed.body)]) for one in group)
        )
        return [(one.claimed, outcome) for one, outcome in zip(group, outcomes, strict=True)]

    async def _send_one(self, one: Outgoing, words: Sequence[Reply]) -> Outcome:
        sender = self._senders.get(one.channel)
        if sender is None:
            return NotReachable("nothing is sent through this channel")
        return await send_claimed(sender, one.claimed, words)

    def _halt(self, run: Run, broadcast_id: int) -> None:  # noqa: ARG002
        """Do to every slice what the broadcast's state asks for."""
        count = self._database.read(lambda db: plans.slice_count(db, broadcast_id))
        for number in range(count):
            self._database.write(
                partial(_halt_slice, broadcast_id=broadcast_id, number=number, now=self._clock())
            )

    def _look(self, run: Run) -> None:  # noqa: ARG002
        """End what is past its time or done, and plan what halting has left."""
        while self._database.write(lambda db: expire_due(db, self._clock())):
            continue
        self._database.write(lambda db: plans.plan_halts(db, self._clock()))
        for broadcast_id in self._database.read(plans.sending_broadcasts):
            self._end_if_done(broadcast_id)

    def _end_if_done(self, broadcast_id: int) -> None:
        """End a broadcast whose last slice is done, unless it was halted meanwhile."""
        if not self._database.read(lambda db: slices.has_open_slice(db, broadcast_id)):
            self._database.write(lambda db: _end(db, broadcast_id, self._clock()))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        """Run and commit ``work`` in the store's own thread; if it fails, for a while again.

        What a group's outcomes were must not be lost with a store that is away for seconds.
        """
        for pause in STORE_PAUSES:
            try:
                return await asyncio.wrap_future(self._database.submit(work))
            except Exception:
                _logger.exception("a slice of a broadcast could not be stored yet")
                await asyncio.sleep(pause)
        return await asyncio.wrap_future(self._database.submit(work))


@dataclass(frozen=True, slots=True)
class _Sending:
    """One slice as one run of its job sends it."""

    run: Run
    kept: Broadcast
    piece: Piece
    clock: Clock

    def step(self, tried: Tried, after: int, db: Connection) -> list[Outgoing]:
        """Settle a group and claim the next, unless another has taken the slice over."""
        now = self.clock()
        self.settle(tried, db)
        if not self.run.is_current(db):
            _logger.warning("slice %s has passed to another worker", self.piece.line)
            return []
        if self.kept.may_send_at(now) > now:
            plans.plan_slices(db, self.kept.id, [self.piece.number], now)
            return []
        group = slices.claim_group(db, self.piece, after, now)
        if not group:
            plans.plan_halt(db, self.kept.id, now)
        return group

    def settle(self, tried: Tried, db: Connection) -> None:
        """Note what became of a group."""
        slices.settle_piece(db, self.piece, tried, self.clock())


def _halt_slice(db: Connection, broadcast_id: int, number: int, now: datetime) -> int:
    return slices.halt_slice(db, broadcast_id, number, now)


def _end(db: Connection, broadcast_id: int, now: datetime) -> bool:
    return expire(db, broadcast_id, now) or complete(db, broadcast_id, now)
