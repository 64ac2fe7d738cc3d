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


class Proxy(ThreadingHTTPServer):
    """Where it listens, and the paths that were asked for through it, in order."""

    daemon_threads = True

    def __init__(self, client: httpx.Client) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.client = client
        self.passed: list[str] = []

    @property
    def url(self) -> str:
        """Its address, as it is set."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def asked_for(self, method: str) -> int:
        """Return how many calls of a method of the Bot API passed."""
        return sum(path.endswith(f"/{method}") for path in self.passed)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

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
        self.server.passed.append(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        answer = self.server.client.request(self.command, self.path, content=body, headers=kept)
        self.send_response(answer.status_code)
        self.send_header("content-type", answer.headers.get("content-type", ""))
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)


@contextmanager
def proxying() -> Iterator[Proxy]:
    """Run a proxy until the block ends."""
    with http_client(60) as client, Proxy(client) as proxy:
        thread = Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()
