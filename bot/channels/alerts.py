"""Alerts of sensing systems at ``POST /alerts``: signed, fresh, small, each taken once.

A system names itself in ``X-Lifeline-Source`` by the code it was given and signs as our own
webhooks do: ``X-Lifeline-Signature: t=<seconds since 1970>,v1=<hex>``, the HMAC-SHA256 of
``<t>.<body>`` under its secret. The answer to the same identifier is always the same.
"""

import hmac
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.alert_telling import AlertTelling
from bot.channels.alert_reading import AlertRefused, read_alert
from bot.channels.web_limits import TokenBuckets, network_of
from community.alert_source_store import Source, find_source, secret_of
from community.alert_store import Taken
from community.alerts import Heard, UnknownDetector
from hazards.webhooks import SIGNATURE_HEADER, SIGNATURE_LIFETIME, signature
from storage import Database, StorageError

PATH = "/alerts"
SOURCE_HEADER = "X-Lifeline-Source"
MOST_BODY_BYTES = 64 * 1024
# A storm of one whole system still gets through; whoever is beyond it repeats a minute later.
SOURCE_BURST, SOURCE_PER_SECOND = 120, 5.0
# Before anything is known of the sender; several systems may stand behind one address.
ADDRESS_BURST, ADDRESS_PER_SECOND = 600, 20.0
WAIT_SECONDS = 30
_SIGNED = re.compile(r"t=([0-9]{1,11})((?:,v1=[0-9a-f]{64}){1,3})", re.ASCII)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What ``/alerts`` stands on.

    Attributes:
        database: the main one.
        key: the installation's.
        telling: takes alerts and tells of them.
        clock: the time, aware.
        wake: called after the commit with the channels that have something to send; whoever
            runs jobs is to be woken as well.
    """

    database: Database
    key: bytes
    telling: AlertTelling
    clock: Callable[[], datetime]
    wake: Callable[[Sequence[str]], None]


def routes(around: Around) -> list[Route]:
    """Return the route."""
    return [Route(PATH, Alerts(around).receive, methods=["POST"])]


class Alerts:
    """The endpoint; limits live on the event loop."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._sources = TokenBuckets(SOURCE_BURST, SOURCE_PER_SECOND)
        self._addresses = TokenBuckets(ADDRESS_BURST, ADDRESS_PER_SECOND)

    async def receive(self, request: Request) -> Response:
        """Take one message; answer with the alert that it came to."""
        try:
            return JSONResponse(
                await self._received(request), headers={"Cache-Control": "no-store"}
            )
        except AlertRefused as refused:
            return _answer(refused)
        except ClientDisconnect:
            return Response(status_code=400)
        except StorageError:
            logger.exception("an alert could not be kept")
            return _answer(AlertRefused(503, "storage", "这会儿收不了，请马上再发一次", 5))

    async def _received(self, request: Request) -> dict[str, str | None]:
        address = network_of(request.client.host) if request.client else ""
        _require(self._addresses, address)
        body = await _read_capped(request)
        now = self._around.clock()
        source = await self._proved(request, body, now)
        _require(self._sources, source.code)
        heard = read_alert(body, request.headers.get("content-type", ""), now)
        taken = await self._take(source, heard, now)
        return {
            "identifier": heard.identifier,
            "alert": taken.alert.code if taken.alert else None,
            "outcome": taken.outcome,
        }

    async def _proved(self, request: Request, body: bytes, now: datetime) -> Source:
        """Return the source that signed; an unknown one is refused like a wrong signature."""
        sent = _SIGNED.fullmatch(request.headers.get(SIGNATURE_HEADER, ""))
        if sent is None:
            raise AlertRefused(401, "signature", f"{SIGNATURE_HEADER}要写成“t=秒,v1=签名”")
        code = request.headers.get(SOURCE_HEADER, "")[:8]
        source = await run_in_threadpool(
            self._around.database.read, partial(find_source, code=code)
        )
        at = int(sent[1])
        if source is None or not _is_one(_expected(source, self._around.key, at, body), sent[2]):
            raise AlertRefused(401, "signature", "来源或签名不对，请核对密钥和签名方法")
        if abs(now.timestamp() - at) > SIGNATURE_LIFETIME.total_seconds():
            raise AlertRefused(401, "stale", "签名时间和现在差五分钟以上，请核对系统时钟后重发")
        return source

    async def _take(self, source: Source, heard: Heard, now: datetime) -> Taken:
        def work(db: Connection) -> tuple[Taken, Sequence[str]]:
            return self._around.telling.hear(db, source.id, heard, now)

        try:
            taken, channels = await run_in_threadpool(self._around.database.write, work)
        except UnknownDetector as error:
            words = f"没有登记探测器“{error.external_id}”，请先导入探测器名单"
            raise AlertRefused(422, "detector", words) from None
        if taken.is_new:
            self._around.wake(channels)
        return taken


def _expected(source: Source, key: bytes, at: int, body: bytes) -> str:
    return signature(secret_of(source, key), at, body).removeprefix("sha256=")


def _is_one(expected: str, given: str) -> bool:
    """Compare with every signature in the header: two while a secret is being changed."""
    return any(
        hmac.compare_digest(one, expected) for one in given.removeprefix(",v1=").split(",v1=")
    )


def _require(buckets: TokenBuckets, key: str) -> None:
    if not buckets.take(key, time.monotonic()):
        raise AlertRefused(429, "rate", "来得太快了，过一会儿再发", WAIT_SECONDS)


async def _read_capped(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise AlertRefused(413, "size", f"正文超过{MOST_BODY_BYTES // 1024}KB")
    return bytes(body)


def _answer(refused: AlertRefused) -> Response:
    headers = {"Cache-Control": "no-store"}
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    content = {"error": refused.code, "message": refused.words}
    return JSONResponse(content, refused.status, headers)
