"""A small forward proxy on loopback: plain HTTP is passed on, and what passed is written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import httpx

from tests.platforms.loopback import http_client

_HOP = frozenset({"connection", "proxy-connection", "host", "content-length", "keep-alive",
                  "transfer-encoding", "date", "server"})  # fmt: skip


class Proxy:
    """Where it listens, and the paths that were asked for through it, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.passed: list[str] = []

    def asked_for(self, method: str) -> int:
        """Return how many calls of a method of the Bot API passed."""
        return sum(path.partition("?")[0].endswith(f"/{method}") for path in self.passed)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy
    client: httpx.Client

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def handle(self) -> None:
        """Serve one connection; a client that was killed is nothing to speak of."""
        with suppress(ConnectionError):
            super().handle()

    def _pass_on(self) -> None:
        if not urlsplit(self.path).netloc:
            self.send_error(400, "not meant for a proxy")
            return
        self.proxy.passed.append(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        answer = self.client.request(self.command, self.path, content=body, headers=kept)
        self.send_response(answer.status_code)
        self.send_header("content-type", answer.headers.get("content-type", ""))
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)


@contextmanager
def proxying() -> Iterator[Proxy]:
    """Run a proxy until the block ends."""
    with http_client(60) as client:
        handler = type("Handler", (_Handler,), {"client": client})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
            handler.proxy = proxy
            thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            yield proxy
            server.shutdown()
            thread.join()
