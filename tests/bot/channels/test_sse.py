"""The stream: what other pages said, later deliveries, reconnecting, and the service's end."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest

from bot.channels import sse
from bot.channels.sse import Bell, Bells
from bot.dialogue.turns import Turn
from bot.messages import Account
from storage import StorageError
from tests.bot.channels.web_service import WrittenConversation

ROOT = Path(__file__).parents[3]
ACCOUNT = Account("web", "somebody")


def say(client: httpx.Client, text: str) -> dict[str, Any]:
    body = {"id": str(uuid4()), "text": text}
    return client.post("/chat/messages", json=body).json()["turn"]


@contextmanager
def stream(client: httpx.Client, **headers: str) -> Iterator[Iterator[str]]:
    with client.stream("GET", "/chat/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield response.iter_lines()


def next_turn(lines: Iterator[str]) -> dict[str, Any]:
    data = next(line for line in lines if line.startswith("data: "))
    return json.loads(data.removeprefix("data: "))


def test_another_page_of_the_same_visitor_is_told(visitor: httpx.Client) -> None:
    with stream(visitor) as lines:
        turn = say(visitor, "楼道有烟怎么办")

        assert next_turn(lines) == turn


def test_somebody_else_is_not_told(visitor: httpx.Client, other_visitor: httpx.Client) -> None:
    with stream(visitor) as lines:
        say(other_visitor, "软管")
        mine = say(visitor, "明天天气怎么样")

        assert next_turn(lines) == mine


def test_reconnecting_brings_what_was_missed_and_nothing_twice(visitor: httpx.Client) -> None:
    first = say(visitor, "软管")
    missed = say(visitor, "明天天气怎么样")

    with stream(visitor, **{"Last-Event-ID": str(first["id"])}) as lines:
        assert next_turn(lines) == missed


def test_a_later_delivery_comes_although_nobody_rang(
    visitor: httpx.Client,
    written: WrittenConversation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "LOOK_EVERY_SECONDS", 0.05)
    say(visitor, "软管")

    with stream(visitor) as lines:
        next_turn(lines)
        written.deliver("明天上午十点消防演练。")

        assert next_turn(lines)["replies"][0]["text"] == "明天上午十点消防演练。"


def test_a_bad_last_id_is_refused(visitor: httpx.Client) -> None:
    assert visitor.get("/chat/events", headers={"Last-Event-ID": "x"}).status_code == 400


def test_without_a_cookie_there_is_nothing_to_follow(url: str) -> None:
    assert httpx.get(f"{url}/chat/events", trust_env=False).status_code == 204


def test_a_visitor_has_only_so_many_streams(
    visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "MOST_STREAMS_PER_VISITOR", 1)
    say(visitor, "软管")
    with stream(visitor) as lines:
        next_turn(lines)

        refused = visitor.get("/chat/events")

    assert refused.status_code == 429
    assert refused.json() == {"error": "打开的页面太多了。请关掉几个再试。"}


def test_bells_are_taken_down_when_a_stream_ends() -> None:
    bells = Bells()

    with bells.listening("a"), pytest.raises(ValueError, match="broken"), bells.listening("a"):
        raise ValueError("broken")

    assert not bells._bells
    assert bells.has_room("a")


def test_a_bell_rung_before_the_wait_is_heard() -> None:
    async def hear() -> None:
        bell = Bell()
        bell.ring()
        with anyio.fail_after(5):
            await bell.wait(60)

    anyio.run(hear)


def test_a_read_that_fails_is_tried_again() -> None:
    async def follow() -> str | None:
        conversation = WrittenConversation()
        outcomes: list[list[Turn] | StorageError] = [StorageError("busy"), [_stored(conversation)]]

        async def read(_after: int) -> list[Turn]:
            outcome = outcomes.pop(0)
            if isinstance(outcome, StorageError):
                raise outcome
            return outcome

        bell = Bell()
        bell.ring()
        events = sse.turn_events(read, bell, 0)
        try:
            return (await anext(events)).id
        finally:
            await events.aclose()

    assert anyio.run(follow) == "1"


def _stored(conversation: WrittenConversation) -> Turn:
    conversation._turns[ACCOUNT] = {}
    conversation.deliver("晚上停水。")
    return conversation.history(ACCOUNT)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_an_open_stream_does_not_hold_up_the_end_of_the_service() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "--factory", "tests.bot.channels.web_service:app",
         "--app-dir", str(ROOT), "--port", str(port)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with service, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert service.stderr
        for line in service.stderr:
            if "running on" in line:
                break
        client.get("/")
        say(client, "软管")
        with stream(client) as lines:
            next_turn(lines)
            service.send_signal(signal.SIGINT)
            errors = service.communicate(timeout=10)[1]

    assert "Traceback" not in errors
    assert "Application shutdown complete" in errors
