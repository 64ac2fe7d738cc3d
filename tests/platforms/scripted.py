"""A service of a few lines, to push at: it answers as a test tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.responses import Response

from tests.platforms.loopback import Call, Faults, LoopbackServer


@dataclass
class ScriptedService:
    """Answers every push with ``answer`` of the call; what came is in ``calls``."""

    answer: Callable[[Call], str | Response]
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    def respond(self, call: Call) -> Response:
        """Answer one call."""
        self.calls.append(call)
        answer = self.answer(call)
        return answer if isinstance(answer, Response) else Response(answer)


@contextmanager
def answering(answer: Callable[[Call], str | Response]) -> Iterator[ScriptedService]:
    """Run a service on loopback that answers so."""
    service = ScriptedService(answer)
    server = LoopbackServer(service.respond, service.faults, lambda: Response("busy"))
    server.start()
    service.url = server.url
    try:
        yield service
    finally:
        server.stop()
