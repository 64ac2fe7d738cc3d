"""The Telegram channel at work over real sockets, with a conversation that is written down here.

The outbox is a small one in memory: replies queued with a turn are sent when the channel rings.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette

from bot.channels.telegram import Surroundings, Telegram, TelegramConfig
from bot.dialogue.turns import Turn
from bot.messages import Account, Choice, CitedArticle, Reply, Utterance
from community.outcomes import Outcome, RetryAfter
from storage import StorageError

T = TypeVar("T")

LONG_LABEL = "楼道里停了很多电动车物业一直不管应该找谁来处理"
FIRE = Reply("emergency", "现在打119（免费）。\n• 往外走。", choices=(Choice("已打119"),))
BATTERY = Reply(
    "answer",
    "不能拿回家充。",
    citations=(CitedArticle("规定第三十七条", "不准", "禁止在楼道停放充电。"),),
    topics=("ebike.battery_home",),
    rateable=True,
)
ANSWERS = {
    "楼道有烟怎么办": Reply("answer", "退回屋里关紧门。", topics=("escape.smoke",), rateable=True),
    "着火了": FIRE,
    "已打119": Reply("emergency", "我还在。"),
    "电瓶": BATTERY,
    "battery": replace(BATTERY, language="en"),
    "先看": Reply("chat", "先打119", choices=(Choice("有烟", function="say/楼道有很大的烟"),)),
    "软管": Reply("clarify", "哪一个？", choices=(Choice("软管多久换"), Choice(LONG_LABEL))),
}


class WrittenConversation:
    """The conversation's methods over the answers above; keeps turns as the real one does."""

    def __init__(self) -> None:
        self.received: list[Utterance] = []
        self.ratings: list[tuple[int, bool]] = []
        self.votes: list[tuple[str, Account, tuple[int, ...]]] = []
        self.outbox: deque[tuple[str, Turn]] = deque()
        self.is_failing = False
        self.fault: Exception | None = None
        self._turns: dict[tuple[Account, str], Turn] = {}
        self._lock = Lock()

    @property
    def texts(self) -> list[str]:
        """What was said, in the order of coming; events by their kind."""
        return [one.text or (one.event.kind if one.event else "?") for one in self.received]

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer from the table; a new turn's reply goes into the outbox."""
        reply = ANSWERS.get(utterance.text, Reply("chat", f"收到：{utterance.text}"))
        if utterance.event:
            reply = Reply("chat", f"{utterance.event.kind} {utterance.event.key}".strip())
        if self.fault:
            raise self.fault
        with self._lock:
            self.received.append(utterance)
            if limited and reply.kind != "emergency":
                return Turn(None, utterance.text, (Reply("chat", "你发得太快了。"),), _now())
            if self.is_failing and reply.kind == "emergency":
                return Turn(None, utterance.text, (reply,), _now())
            if self.is_failing:
                raise StorageError("the disk is gone")
            return self._kept(utterance, reply)

    def _kept(self, utterance: Utterance, reply: Reply) -> Turn:
        key = (utterance.account, utterance.id)
        if key not in self._turns:
            turn = Turn(len(self._turns) + 1, utterance.text, (reply,), _now())
            self._turns[key] = turn
            if not (utterance.event and utterance.event.kind == "left"):
                self.outbox.append((utterance.account.name, turn))
        return self._turns[key]

    def turn(self, account: Account, turn_id: int) -> Turn | None:
        """Return a turn of this account."""
        turns = (turn for (owner, _), turn in self._turns.items() if owner == account)
        return next((turn for turn in turns if turn.id == turn_id), None)

    def rate(self, account: Account, turn_id: int, *, useful: bool) -> bool:
        """Note a rating of a turn of this account."""
        if is_known := self.turn(account, turn_id) is not None:
            self.ratings.append((turn_id, useful))
        return is_known

    def answered(self, poll_id: str, account: Account, options: tuple[int, ...]) -> None:
        """Note a vote."""
        self.votes.append((poll_id, account, options))


def _now() -> datetime:
    return datetime.now(UTC)


# Pauses are short here; tests replace what they are about.
AROUND = Surroundings(clock=_now, pause=lambda _: 0.05)


class Running:
    """The channel in a thread with an event loop of its own, its outbox, and its webhook."""

    def __init__(
        self, conversation: WrittenConversation, config: TelegramConfig, around: Surroundings
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._conversation = conversation
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        if config.secret:
            config = replace(config, public_url=self.url)
        self._config = config
        self._around = around
        self._ready = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._main()))
        self._thread.start()
        assert self._ready.wait(10)

    def close(self) -> None:
        """Cancel the channel as the service does when it stops; closing twice does nothing."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._listener.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the channel on its loop and return its value."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._rung = asyncio.Event()
        around = replace(self._around, wake=self._rung.set)
        self.telegram = Telegram(self._conversation, self._config, around)
        app = Starlette(routes=self.telegram.routes())
        server = uvicorn.Server(
            uvicorn.Config(app, ws="none", lifespan="off", log_level="critical")
        )
        serving = asyncio.create_task(server.serve([self._listener]))
        tasks = [asyncio.create_task(work) for work in (self.telegram.run(), self._pump())]
        self._ready.set()
        await self._stop.wait()
        server.should_exit = True
        await serving
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _pump(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            while self._conversation.outbox:
                name, turn = self._conversation.outbox.popleft()
                outcome = await self.telegram.send(
                    name, turn.replies, delivery_id=turn.id, turn_id=turn.id
                )
                self.outcomes.append(outcome)
                if isinstance(outcome, RetryAfter):
                    self._conversation.outbox.append((name, turn))
                    self._loop.call_later(min(outcome.seconds, 0.2), self._rung.set)
                    break


@contextmanager
def running(
    conversation: WrittenConversation, config: TelegramConfig, around: Surroundings | None = None
) -> Iterator[Running]:
    """Run the channel until the block ends."""
    service = Running(conversation, config, around or AROUND)
    try:
        yield service
    finally:
        service.close()
