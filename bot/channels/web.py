"""The web chat: one page, its JSON, and the stream of what else is new.

Translates and decides nothing. The reply to a message is in the answer to its POST.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import anyio
from anyio.to_thread import run_sync
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels import web_errors
from bot.channels.sse import Bells, turn_events
from bot.channels.web_assets import Assets
from bot.channels.web_bodies import Rating, SentMessage, read_after, read_json, shown_turn
from bot.channels.web_errors import Refused, refusing
from bot.channels.web_forms import photo_words, read_sent_photo, read_upload
from bot.channels.web_headers import ASKS_PLACE, SecurityHeaders
from bot.channels.web_limits import PHOTO_ADDRESS, PHOTO_VISITOR, SenderLimits
from bot.channels.web_pages import STATIC, load_pages
from bot.channels.web_photos import WebPhotos
from bot.channels.web_visitor import Visitor, Visitors, is_own_page
from bot.dialogue.turns import Turn
from bot.messages import Account, Media, Utterance
from community.photos import PhotoRefused

logger = logging.getLogger(__name__)

CHANNEL = "web"
PING_SECONDS = 15

# When the disk hangs, questions wait for it in their threads. Emergencies do not, and must
# find a free one, so there are many; reading history has few of its own and takes none.
MESSAGE_THREADS = 200
READ_THREADS = 8
# Each holds up to 400 MB while it decodes.
PHOTO_THREADS = 2

Clock = Callable[[], datetime]


class Answers(Protocol):
    """What the web chat asks of the conversation; called in worker threads."""

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer one message."""

    def history(self, account: Account, after: int = 0) -> list[Turn]:
        """Return the turns of the last day."""

    def rate(self, account: Account, turn_id: int, *, useful: bool) -> bool:
        """Note whether an answer helped."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A quiet link on the first page, to another page of ours."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Around:
    """What the chat has beside the conversation.

    Attributes:
        photos: keeps what is photographed; without it the page takes no photos.
        links: what the first page leads to.
    """

    photos: WebPhotos | None = None
    links: tuple[PageLink, ...] = ()


NOTHING_AROUND = Around()


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def routes(
    conversation: Answers,
    *,
    cookie_key: bytes,
    public_url: str | None = None,
    clock: Clock = utc_now,
    around: Around = NOTHING_AROUND,
) -> list[BaseRoute]:
    """Return the routes of the web chat.

    Args:
        conversation: what answers.
        cookie_key: signs the visitor's cookie; a new key makes every visitor new.
        public_url: the address people use; with https the cookie is ``Secure``.
        clock: the time that messages get, aware.
        around: photos, and the first page's links.
    """
    secure = (public_url or "").lower().startswith("https://")
    visitors = Visitors(cookie_key, secure=secure)
    chat = WebChat(conversation, visitors, public_url or None, clock)
    assets = Assets(STATIC)
    page = load_pages(assets).render(
        "chat.html", {"links": around.links, "takes_photos": around.photos is not None}
    )

    async def show_page(request: Request) -> Response:
        response = HTMLResponse(page, headers={"Cache-Control": "no-store", **ASKS_PLACE})
        visitors.remember(visitors.of(request), response)
        return response

    found: list[BaseRoute] = [
        Route("/", show_page),
        Route("/static/{version}/{name}", assets.serve),
        Route("/chat/messages", refusing(chat.post_message), methods=["POST"]),
        Route("/chat/history", refusing(chat.get_history)),
        Route("/chat/events", refusing(chat.get_events)),
        Route("/chat/rating", refusing(chat.post_rating), methods=["POST"]),
    ]
    if around.photos:
        door = PhotoDoor(chat, around.photos)
        found.append(Route("/chat/photos", refusing(door.post_photo), methods=["POST"]))
    return found


def middleware() -> list[Middleware]:
    """Return what wraps the whole application: error pages need the headers, too."""
    return [Middleware(SecurityHeaders)]


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
        self.check_own_page(request)
        message = await read_json(request, SentMessage)
        visitor = self.visitors.of(request)
        account = Account(CHANNEL, visitor.name)
        place = message.sent_place()
        utterance = Utterance(account, str(message.id), message.text, self.now(), place=place)
        limited = self._is_limited(request, visitor)
        return await self.receive(utterance, visitor, limited=limited)

    async def receive(
        self, utterance: Utterance, visitor: Visitor, *, limited: bool = False
    ) -> Response:
        """Give a message to the conversation and answer its turn, to all pages of the visitor."""
        turn = await run_sync(
            lambda: self._conversation.receive(utterance, limited=limited),
            limiter=self._message_threads,
        )
        if turn.id is not None:
            self._bells.ring(visitor.name)
        return self._answer({"turn": shown_turn(turn)}, visitor)

    def now(self) -> datetime:
        """Return the time, aware."""
        return self._clock()

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
        self.check_own_page(request)
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

    def check_own_page(self, request: Request) -> None:
        """Do nothing for a request of our own page.

        Raises:
            Refused: for one of another's.
        """
        if not is_own_page(request, self._public_url):
            raise Refused(403, web_errors.FOREIGN_PAGE)

    def _answer(self, content: object, visitor: Visitor) -> Response:
        response = JSONResponse(content, headers={"Cache-Control": "no-store"})
        if visitor.is_new:
            self.visitors.remember(visitor, response)
        return response


class PhotoDoor:
    """Takes the chat's photos, one to a request, few at a time."""

    def __init__(self, chat: WebChat, photos: WebPhotos) -> None:
        self._chat = chat
        self._photos = photos
        self._limits = SenderLimits(PHOTO_VISITOR, PHOTO_ADDRESS)
        self._threads = anyio.CapacityLimiter(PHOTO_THREADS)

    async def post_photo(self, request: Request) -> Response:
        """Keep a photo and answer it as a message: ``{"turn": …}``."""
        self._chat.check_own_page(request)
        visitor = self._chat.visitors.of(request)
        address = request.client.host if request.client else ""
        if self._limits.is_over(visitor.name, address, time.monotonic()):
            raise Refused(429, web_errors.TOO_MANY_PHOTOS)
        sent = await read_sent_photo(request)
        photo = Media("photo", await self._kept(sent.upload))
        account = Account(CHANNEL, visitor.name)
        utterance = Utterance(account, str(sent.id), "", self._chat.now(), media=(photo,))
        return await self._chat.receive(utterance, visitor)

    async def _kept(self, upload: UploadFile) -> str:
        """Return the name under which a photo was kept."""
        try:
            data = await read_upload(upload)
            file = await run_sync(self._photos.keep, data, limiter=self._threads)
        except PhotoRefused as refused:
            raise Refused(422, photo_words(refused)) from None
        except OSError:
            logger.exception("a photo was not kept")
            raise Refused(503, web_errors.PHOTO_NOT_KEPT) from None
        return file.name
