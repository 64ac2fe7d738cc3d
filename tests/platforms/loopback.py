"""What both stand-in platforms share: a server on loopback, a clock to turn, and trouble to make.

A stand-in answers :class:`Call` with a Starlette response, from one thread, over a real socket.
"""

from __future__ import annotations

import asyncio
import email.policy
import json
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from functools import cached_property
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Literal
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STARTING_SECONDS = 20
STOPPING_SECONDS = 5


class SteeredClock:
    """The time of the platform: the real one, moved by hand.

    It goes on running, so that a service in another process agrees with it until it is moved.
    """

    def __init__(self, starts_at: datetime | None = None) -> None:
        self._ahead = starts_at - datetime.now(UTC) if starts_at else timedelta()
        self._stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        """Return the platform's now, aware."""
        return (self._stopped_at or datetime.now(UTC)) + self._ahead

    def advance(self, **by: float) -> None:
        """Move the clock, as in ``advance(hours=48, seconds=1)``."""
        self._ahead += timedelta(**by)

    def stop(self) -> None:
        """Stand still from now on, but for :meth:`advance`."""
        self._stopped_at = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file within a multipart body."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a client made; the names of its headers are small."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def content_type(self) -> str:
        """The type of the body, or ""."""
        return self.headers.get("content-type", "")

    def json(self) -> object:
        """Return the body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def fields(self) -> tuple[dict[str, str], dict[str, Upload]]:
        """Return the texts and the files of a form or a multipart body."""
        if not self.content_type.startswith("multipart/"):
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True)), {}
        head = f"Content-Type: {self.content_type}\r\n\r\n".encode()
        message = message_from_bytes(head + self.body, policy=email.policy.HTTP)
        texts: dict[str, str] = {}
        files: dict[str, Upload] = {}
        for part in message.iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            content = part.get_payload(decode=True)
            data = content if isinstance(content, bytes) else b""
            if file_name := part.get_filename():
                files[name] = Upload(file_name, data, part.get_content_type())
            else:
                texts[name] = data.decode()
        return texts, files


# slow: nothing for `Faults.slow_seconds`, then the answer. broken: the connection ends within
# the body. lost: the call has its effect, and the connection ends before the answer. 5xx and
# html: what gateways before both platforms send. busy: the platform's own "try later".
Fault = Literal["slow", "broken", "lost", "5xx", "html", "busy"]


class Faults:
    """Trouble to come: the next calls fail in the ways that were asked for."""

    def __init__(self) -> None:
        self.slow_seconds = 30.0
        self._coming: deque[tuple[str, Fault]] = deque()
        self._lock = Lock()

    def next(self, count: int, how: Fault, path: str = "") -> None:
        """Let the next ``count`` calls whose path ends in ``path`` fail."""
        with self._lock:
            self._coming.extend([(path, how)] * count)

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._coming.clear()

    def take(self, path: str) -> Fault | None:
        """Return what goes wrong with this call, once."""
        with self._lock:
            found = next((item for item in self._coming if path.endswith(item[0])), None)
            if found:
                self._coming.remove(found)
        return found[1] if found else None


Answer = Callable[[Call], Response]


class _Door:
    """The ASGI side: reads the call, makes the trouble, sends the answer."""

    def __init__(self, answer: Answer, faults: Faults, busy: Callable[[], Response]) -> None:
        self._answer = answer
        self._faults = faults
        self._busy = busy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = Call(
            request.method,
            request.url.path,
            dict(request.query_params),
            await request.body(),
            dict(request.headers),
        )
        fault = self._faults.take(call.path)
        if fault == "slow":
            await asyncio.sleep(self._faults.slow_seconds)
        if fault == "lost":
            await asyncio.to_thread(self._answer, call)
        if fault in {"broken", "lost"}:
            await _break_off(send)
            return
        response = self._failure(fault)
        if response is None:
            response = await asyncio.to_thread(self._answer, call)
        await response(scope, receive, send)

    def _failure(self, fault: Fault | None) -> Response | None:
        match fault:
            case "5xx":
                return Response("Bad Gateway", status_code=502)
            case "html":
                return Response("<html><body>502</body></html>", media_type="text/html")
            case "busy":
                return self._busy()
        return None


async def _break_off(send: Send) -> None:
    """Promise more than comes; the server then closes the connection."""
    head = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b'{"o', "more_body": True})


class _Server(uvicorn.Server):
    """Stops at once and cuts off what is open, where uvicorn itself takes its time."""

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self.is_running.set()
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @cached_property
    def is_running(self) -> Event:
        return Event()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)


class LoopbackServer:
    """A server on a free port of this machine, in a thread; it may stop and start again."""

    def __init__(self, answer: Answer, faults: Faults, busy: Callable[[], Response]) -> None:
        self.url = ""
        self._door = _Door(answer, faults, busy)
        self._port = 0
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Listen, on the same port as before; returns when calls are taken."""
        config = uvicorn.Config(
            self._door,
            port=self._port,
            ws="none",
            lifespan="off",
            log_level="critical",
        )
        self._server = _Server(config)
        self._thread = Thread(target=self._server.run, daemon=True)
        self._thread.start()
        if not self._server.is_running.wait(STARTING_SECONDS):
            raise AssertionError("the stand-in did not start to listen")
        self._port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """Stop listening; what is still open is cut off."""
        if self._server and self._thread:
            self._server.stop()
            self._thread.join(STOPPING_SECONDS)
        self._server = self._thread = None


def http_client(seconds: float) -> httpx.Client:
    """Return a client for plain HTTP: it trusts nobody, which spares reading certificates."""
    return httpx.Client(
        trust_env=False, timeout=seconds, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )


def wait_until(is_true: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for something that another thread or process does; tell whether it came to be."""
    deadline = monotonic() + seconds
    while not is_true():
        if monotonic() > deadline:
            return False
        sleep(0.005)
    return True
