"""The web chat: one page, its JSON, and the stream of what else is new.

Translates and decides nothing. The reply to a message is in the answer to its POST.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import anyio
from anyio.to_thread import run_sync
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels import web_errors
from bot.channels.sse import Bells, turn_events
from bot.channels.web_assets import Assets
from bot.channels.web_bodies import Rating, SentMessage, read_after, read_json, shown_turn
from bot.channels.web_errors import Refused, refusing
from bot.channels.web_headers import SecurityHeaders
from bot.channels.web_limits import SenderLimits
from bot.channels.web_visitor import Visitor, Visitors, is_own_page
from bot.dialogue.turns import Turn
from bot.messages import Account, Utterance

CHANNEL = "web"
PAGES = Path(__file__).parent.parent / "web"
PING_SECONDS = 15

# When the disk hangs, questions wait for it in their threads. Emergencies do not, and must
# find a free one, so there are many; reading history has few of its own and takes none.
MESSAGE_THREADS = 200
READ_THREADS = 8

Clock = Callable[[], datetime]


class Answers(Protocol):
    """What the web chat asks of the conversation; called in worker threads."""

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer one message."""

    def history(self, account: Account, after: int = 0) -> list[Turn]:
        """Return the turns of the last day."""

    def rate(self, account: Account, turn_id: int, *, useful: bool) -> bool:
        """Note whether an answer helped."""


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def routes(
    conversation: Answers,
    *,
    cookie_key: bytes,
    public_url: str | None = None,
    clock: Clock = utc_now,
) -> list[BaseRoute]:
    """Return the routes of the web chat.

    Args:
        conversation: what answers.
        cookie_key: signs the visitor's cookie; a new key makes every visitor new.
        public_url: the address people use; with https the cookie is ``Secure``.
        clock: the time that messages get, aware.
    """
    secure = (public_url or "").lower().startswith("https://")
    chat = WebChat(conversation, Visitors(cookie_key, secure=secure), public_url or None, clock)
    assets = Assets(PAGES / "static")
    page = _page(assets)

    async def show_page(request: Request) -> Response:
        response = HTMLResponse(page, headers={"Cache-Control": "no-store"})
        chat.visitors.remember(chat.visitors.of(request), response)
        return response

    return [
        Route("/", show_page),
        Route("/static/{version}/{name}", assets.serve),
        Route("/chat/messages", refusing(chat.post_message), methods=["POST"]),
        Route("/chat/history", refusing(chat.get_history)),
        Route("/chat/events", refusing(chat.get_events)),
        Route("/chat/rating", refusing(chat.post_rating), methods=["POST"]),
    ]


def middleware() -> list[Middleware]:
    """Return what wraps the whole application: error pages need the headers, too."""
    return [Middleware(SecurityHeaders)]


def _page(assets: Assets) -> str:
    """Return the page, which is the same for everybody."""
    loader = FileSystemLoader(PAGES / "templates")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return pages.get_template("chat.html").render(static=assets.url)


class WebChat:
    """The endpoints; their state lives on the event loop."""

    def __init__(
        self, conversation: Answers, visitors: Visitors, public_url: str | None, clock: Clock
    ) -> None:
        self.visitors = visitors
        self._conversation = conversation
        self._public_url = public_url
        self._clock = clock
        self._limits = SenderLimits()
        self._bells = Bells()
        self._message_threads = anyio.CapacityLimiter(MESSAGE_THREADS)
        self._read_threads = anyio.CapacityLimiter(READ_THREADS)

    async def post_message(self, request: Request) -> Response:
        """Answer a message at once: ``{"turn": …}``."""
        self._check_own_page(request)
        message = await read_json(request, SentMessage)
        visitor = self.visitors.of(request)
        account = Account(CHANNEL, visitor.name)
        utterance = Utterance(account, str(message.id), message.text, self._clock())
        limited = self._is_limited(request, visitor)
        turn = await run_sync(
            lambda: self._conversation.receive(utterance, limited=limited),
            limiter=self._message_threads,
        )
        if turn.id is not None:
            self._bells.ring(visitor.name)
        return self._answer({"turn": shown_turn(turn)}, visitor)

    async def get_history(self, request: Request) -> Response:
        """Answer the visitor's turns of the last day: ``{"turns": […]}``."""
        visitor = self.visitors.of(request)
        after = read_after(request.query_params.get("after", "0"))
        turns = await self._turns(visitor, after)
        return self._answer({"turns": [shown_turn(turn) for turn in turns]}, visitor)

    async def get_events(self, request: Request) -> Response:
        """Answer with the stream of turns newer than ``Last-Event-ID`` or ``after``."""
        visitor = self.visitors.of(request)
        last = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        after = read_after(last)
        if visitor.is_new:
            # 204 tells an EventSource to stop; without a cookie there is nothing to follow.
            return Response(status_code=204)
        if not self._bells.has_room(visitor.name):
            raise Refused(429, web_errors.TOO_MANY_STREAMS)
        return EventSourceResponse(self._events(visitor, after), ping=PING_SECONDS)

    async def post_rating(self, request: Request) -> Response:
        """Note 有用 or 没用: ``{"rated": true}``."""
        self._check_own_page(request)
        rating = await read_json(request, Rating)
        visitor = self.visitors.of(request)
        account = Account(CHANNEL, visitor.name)
        if self._is_limited(request, visitor) or not await run_sync(
            lambda: self._conversation.rate(account, rating.turn, useful=rating.useful),
            limiter=self._message_threads,
        ):
            raise Refused(404, web_errors.NOT_RATEABLE)
        return self._answer({"rated": True}, visitor)

    async def _events(self, visitor: Visitor, after: int) -> AsyncIterator[ServerSentEvent]:
        async def read(last: int) -> Sequence[Turn]:
            return await self._turns(visitor, last)

        with self._bells.listening(visitor.name) as bell:
            async for event in turn_events(read, bell, after):
                yield event

    async def _turns(self, visitor: Visitor, after: int) -> Sequence[Turn]:
        if visitor.is_new:
            return ()
        account = Account(CHANNEL, visitor.name)
        return await run_sync(
            self._conversation.history, account, after, limiter=self._read_threads
        )

    def _is_limited(self, request: Request, visitor: Visitor) -> bool:
        address = request.client.host if request.client else ""
        return self._limits.is_over(visitor.name, address, time.monotonic())

    def _check_own_page(self, request: Request) -> None:
        if not is_own_page(request, self._public_url):
            raise Refused(403, web_errors.FOREIGN_PAGE)

    def _answer(self, content: object, visitor: Visitor) -> Response:
        response = JSONResponse(content, headers={"Cache-Control": "no-store"})
        if visitor.is_new:
            self.visitors.remember(visitor, response)
        return response
