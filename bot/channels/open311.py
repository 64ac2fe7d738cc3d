"""Open311 GeoReport v2 at ``/open311/v2``: moderated cases out, reports of other systems in.

The specification is http://wiki.open311.org/GeoReport_v2. Reading is open to everybody and
limited by address; reporting needs a key (``lifeline hazards key add``). A district served is a
jurisdiction, and without one all are meant. Requests come newest first; ``page`` and
``page_size`` are an extension, and so is a photo as a file in the field ``media``.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.open311_formats import Problem, format_of, rendered, rendered_problem
from bot.channels.open311_queries import (
    Known,
    jurisdictions,
    present,
    read_query,
    require_service,
)
from bot.channels.open311_requests import service_request, shown_token
from bot.channels.open311_services import service_definition, service_list
from bot.channels.open311_taking import Around, Taking
from bot.channels.web_limits import TokenBuckets, network_of
from community.files import SHA256, FileError, read_sealed
from hazards.open_store import OpenFilter, holder_of_token, open_cases, released_photo
from hazards.opendata import public_categories
from storage import StorageError

__all__ = ["Around", "Open311", "routes"]

PATH = "/open311/v2"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
# When what is answered here last changed its form.
CHANGESET = "2026-11-22T00:00:00+08:00"
KEY_SERVICE = "要上报请向运行单位申请api_key（管理员用 lifeline hazards key add 发放）；查询不用。"

# From one address; whoever reads along takes a page in a second.
CALL_BURST, CALLS_PER_SECOND = 60, 1.0
WAIT_SECONDS = 60
# What is taken back must be gone soon from caches as well.
PHOTO_CACHE = "public, max-age=300"

logger = logging.getLogger(__name__)

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(around: Around) -> list[BaseRoute]:
    """Return the routes of Open311."""
    served = Open311(around)
    calls: list[tuple[str, Endpoint, str]] = [
        ("discovery.{format}", served.discovery, "GET"),
        ("services.{format}", served.services, "GET"),
        ("services/{code}.{format}", served.definition, "GET"),
        ("requests.{format}", served.find, "GET"),
        ("requests.{format}", served.post, "POST"),
        ("requests/{code}.{format}", served.one, "GET"),
        ("tokens/{code}.{format}", served.token, "GET"),
        ("media/{code}.jpg", served.photo, "GET"),
    ]
    made: list[BaseRoute] = [
        Route(f"{PATH}/{path}", served.answering(call), methods=[method])
        for path, call, method in calls
    ]
    return [*made, Route(f"{PATH}/{{rest:path}}", served.answering(served.nothing))]


class Open311:
    """The endpoints; limits live on the event loop."""

    def __init__(self, around: Around) -> None:
        intake = around.intake
        home = next(iter(intake.districts.values()))
        self._around = around
        self._home = home
        self._known = Known(
            frozenset(intake.districts),
            frozenset(intake.categories.by_id),
            public_categories(intake.categories),
            ZoneInfo(home.timezone),
        )
        self._callers = TokenBuckets(CALL_BURST, CALLS_PER_SECOND)
        self._taking = Taking(around, self._known, home.id)

    def answering(self, endpoint: Endpoint) -> Endpoint:
        """Return ``endpoint`` limited by address, and problems answered in the format asked."""

        async def answer(request: Request) -> Response:
            format_ = format_of(request.url.path)
            try:
                self._limit(request)
                return await endpoint(request)
            except Problem as problem:
                return rendered_problem(format_, problem)
            except ClientDisconnect:
                return Response(status_code=400)
            except StorageError:
                logger.exception("open311 %s: storage failed", request.url.path)
                return rendered_problem(format_, Problem(503, "这会儿用不了，过一会儿再试", 5))

        return answer

    async def nothing(self, request: Request) -> Response:
        """Answer for a path that is none."""
        raise Problem(404, f"没有“{request.url.path}”这个地址，请从discovery看有哪些")

    async def discovery(self, request: Request) -> Response:
        """Say what this is and where."""
        around = self._around
        endpoint = {
            "specification": SPECIFICATION,
            "url": f"{self._base(request)}{PATH}",
            "changeset": CHANGESET,
            "type": "test" if around.is_trial else "production",
            "formats": ["text/xml", "application/json"],
        }
        contact = around.contact or f"{self._home.name}生命通道（{self._base(request)}/）"
        found = {
            "changeset": CHANGESET,
            "contact": contact,
            "key_service": KEY_SERVICE,
            "endpoints": [endpoint],
        }
        return rendered(_format(request), "discovery", found)

    async def services(self, request: Request) -> Response:
        """List every kind of hazard."""
        jurisdictions(_given(request), self._known)
        found = service_list(self._around.intake.categories)
        return rendered(_format(request), "services", found)

    async def definition(self, request: Request) -> Response:
        """Say what one kind asks for."""
        jurisdictions(_given(request), self._known)
        code = request.path_params["code"]
        require_service(code, self._known)
        found = service_definition(self._around.intake.categories.require(code))
        return rendered(_format(request), "service_definition", found)

    async def find(self, request: Request) -> Response:
        """List requests."""
        query = read_query(_given(request), self._known, self._around.clock())
        found = await self._shown(request, query.wanted, query.most, query.offset)
        return rendered(_format(request), "service_requests", found)

    async def one(self, request: Request) -> Response:
        """Show one request."""
        given = _given(request) | {"service_request_id": request.path_params["code"]}
        wanted = read_query(given, self._known, self._around.clock()).wanted
        found = await self._shown(request, wanted, 1, 0)
        if not found:
            raise Problem(404, f"没有公开的编号“{request.path_params['code']}”")
        return rendered(_format(request), "service_requests", found)

    async def token(self, request: Request) -> Response:
        """Tell the number that a token led to."""
        known, code = self._known, request.path_params["code"]
        districts = jurisdictions(_given(request), known)
        holder = await self._read(
            partial(holder_of_token, typed=code, districts=districts, categories=known.public)
        )
        if holder is None:
            raise Problem(404, f"没有token“{code}”")
        found = rendered(_format(request), "service_requests", [shown_token(holder)])
        found.headers["Cache-Control"] = "no-store"
        return found

    async def photo(self, request: Request) -> Response:
        """Show a masked copy that was looked at, of a public case; no other photo ever."""
        name = request.path_params["code"]
        known = self._known
        file = None
        if SHA256.fullmatch(name):
            file = await self._read(
                partial(
                    released_photo, sha256=name, districts=known.districts, categories=known.public
                )
            )
        if file is None:
            raise Problem(404, "没有这张照片，可能已经收回")
        try:
            data = await run_in_threadpool(
                read_sealed, self._around.files, self._around.intake.key, file
            )
        except FileError:
            logger.exception("a released photo cannot be read")
            raise Problem(404, "这张照片现在打不开") from None
        headers = {"Cache-Control": PHOTO_CACHE, "Cross-Origin-Resource-Policy": "cross-origin"}
        return Response(data, headers=headers, media_type="image/jpeg")

    async def post(self, request: Request) -> Response:
        """Take a report in from the system that holds a key; answer with a token."""
        format_ = _format(request)
        answer = rendered(format_, "service_requests", [await self._taking.take(request)])
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def _shown(
        self, request: Request, wanted: OpenFilter, most: int, offset: int
    ) -> list[dict[str, Any]]:
        found = await self._read(partial(open_cases, wanted=wanted, most=most, offset=offset))
        intake, media = self._around.intake, f"{self._base(request)}{PATH}/media/"
        return [
            service_request(one, intake.districts[one.district_id], intake.categories, media)
            for one in found
        ]

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await run_in_threadpool(self._around.database.read, work)

    def _limit(self, request: Request) -> None:
        address = network_of(request.client.host) if request.client else ""
        if not self._callers.take(address, time.monotonic()):
            raise Problem(429, "来得太快了，过一会儿再来", WAIT_SECONDS)

    def _base(self, request: Request) -> str:
        return (self._around.public_url or str(request.base_url)).rstrip("/")


def _given(request: Request) -> dict[str, str]:
    return present(request.query_params.multi_items())


def _format(request: Request) -> str:
    """Return the format asked for.

    Raises:
        Problem: when there is no such format.
    """
    asked: str = request.path_params["format"]
    if asked != format_of(request.url.path):
        raise Problem(404, f"没有“{asked}”格式，只有xml和json")
    return asked
