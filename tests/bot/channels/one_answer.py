"""A server that gives one answer to everything: what stands between, when it is not WeChat."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

PIECE_SECONDS = 0.05


class OneAnswer:
    """Answers every request with the same bytes; ``asked`` holds what was asked for.

    Attributes:
        status: of the answer.
        headers: of the answer, besides its length.
        body: of the answer.
        trickles: the body comes byte by byte.
    """

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.body = b"{}"
        self.trickles = False
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.is_over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def listening(self) -> Iterator["OneAnswer"]:
        """Answer until the block ends."""
        thread = Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.is_over.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer.asked.append(self.path)
                answer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self._write()

            def do_POST(self) -> None:
                self.do_GET()

            def _write(self) -> None:
                if not answer.trickles:
                    self.wfile.write(answer.body)
                    return
                for at in range(len(answer.body)):
                    self.wfile.write(answer.body[at : at + 1])
                    if answer.is_over.wait(PIECE_SECONDS):
                        return

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
