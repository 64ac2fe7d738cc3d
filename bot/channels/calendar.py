"""Calendar feeds for the calendar programs of offices: ``GET /calendar/<secret>.ics``.

Whoever has the address may read; the secret in it is looked up by its HMAC. An unknown and an
ended one are told apart by nobody.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from anyio.to_thread import run_sync
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.web_limits import TokenBuckets, network_of
from drills.calendar import calendar_text
from drills.duties import Duties
from drills.feed_store import feed_of, shown_in
from storage import Database, StorageError

logger = logging.getLogger(__name__)

PATH = "/calendar"
MEDIA_TYPE = "text/calendar; charset=utf-8"
# Programs ask every hour or so; an office of many stands behind one address.
BURST, PER_SECOND = 60, 1.0
# Its owner's program may keep it and asks anew each time; what is between keeps nothing.
KEPT = "private, no-cache"
NO_FEED = "没有这个日历，可能已经停用。需要的话，请向街道要新的地址。"
TOO_FAST = "取得太快了，过一会儿再取。"
LOST = "日历这会儿打不开，过一会儿会自动再取。"


@dataclass(frozen=True, slots=True)
class CalendarParts:
    """What the feeds are made of.

    Attributes:
        database: the main database.
        clock: the time, aware.
        duties: the rules of duties, and the zone.
        key: the installation's.
    """

    database: Database
    clock: Callable[[], datetime]
    duties: Duties
    key: bytes = field(repr=False)


def calendar_routes(parts: CalendarParts) -> list[BaseRoute]:
    """Return the route of the feeds; GET answers HEAD too."""
    return [Route(f"{PATH}/{{secret}}.ics", Feeds(parts).show)]


class Feeds:
    """The endpoint."""

    def __init__(self, parts: CalendarParts) -> None:
        self._parts = parts
        self._senders = TokenBuckets(BURST, PER_SECOND)

    async def show(self, request: Request) -> Response:
        """Answer with a calendar, or with 304 when the one that is there still holds."""
        sender = network_of(request.client.host if request.client else "")
        if not self._senders.take(sender, time.monotonic()):
            return _plain(TOO_FAST, 429, {"Retry-After": "60"})
        secret: str = request.path_params["secret"]
        try:
            text = await run_sync(self._parts.database.read, lambda db: self._text(db, secret))
        except StorageError:
            # Without the path: it holds the secret.
            logger.exception("a calendar feed cannot be read")
            return _plain(LOST, 503, {"Retry-After": "60"})
        return _plain(NO_FEED, 404, {}) if text is None else _answer(request, text)

    def _text(self, db: Connection, secret: str) -> bytes | None:
        parts = self._parts
        feed = feed_of(db, secret, parts.key)
        if feed is None:
            return None
        today = parts.clock().astimezone(parts.duties.zone).date()
        return calendar_text(shown_in(db, feed, parts.duties, today))


def _answer(request: Request, text: bytes) -> Response:
    etag = f'"{sha256(text).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": KEPT,
        "Content-Disposition": 'inline; filename="drills.ics"',
        "X-Robots-Tag": "noindex",
    }
    if _holds(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type=MEDIA_TYPE)


def _holds(given: str, etag: str) -> bool:
    """Tell whether one of the tags of If-None-Match is ours (RFC 9110, 13.1.2: weakly)."""
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return "*" in tags or etag in tags


def _plain(words: str, status: int, more: dict[str, str]) -> Response:
    headers = {"Cache-Control": "no-store", **more}
    return Response(words, status, headers, media_type="text/plain; charset=utf-8")
