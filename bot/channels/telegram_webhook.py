"""The address that Telegram calls: who calls is checked before anything is read."""

import json
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.telegram_config import WEBHOOK_PATH
from bot.channels.telegram_reading import UnreadableUpdate

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
MOST_BODY_BYTES = 256 * 1024

Take = Callable[[Any], Awaitable[bool]]


def webhook_route(secret: str, take: Take) -> Route:
    """Return the route for updates.

    Args:
        secret: what Telegram was told to send along; never empty.
        take: takes an update's JSON; False asks Telegram to repeat it.

    Raises:
        ValueError: when ``secret`` is empty, because two empty secrets compare equal.
    """
    if not secret:
        raise ValueError("a webhook without a secret would take anybody's updates")

    async def receive(request: Request) -> Response:
        """Take one update; the reply leaves later, from the outbox."""
        given = request.headers.get(SECRET_HEADER, "")
        if not compare_digest(given.encode(), secret.encode()):
            return Response("wrong secret token", status_code=403)
        body = await _read_capped(request)
        if body is None:
            return Response("too large", status_code=413)
        try:
            # Telegram repeats whatever is not answered with 2xx.
            return Response(status_code=200 if await take(json.loads(body)) else 503)
        except (UnreadableUpdate, ValueError, RecursionError):
            return Response("not an update", status_code=400)

    return Route(WEBHOOK_PATH, receive, methods=["POST"])


async def _read_capped(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            return None
    return bytes(body)
