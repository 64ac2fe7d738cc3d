"""The staff console at ``/console``: server-rendered pages, usable on a phone."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.web_limits import TokenBuckets
from bot.console import account, audit_pages, home, identity, people, sign_in
from bot.console.rendering import load_pages
from bot.console.sessions import Sessions
from bot.console.shell import (
    NO_PAGE,
    SCOPE_SHELL,
    Console,
    PageModule,
    Refused,
    Section,
    Shell,
    guarded,
)
from community.districts import load_district

__all__ = ["Console", "PageModule", "console_routes"]

OWN_FIRST: tuple[PageModule, ...] = (home,)
OWN_LAST: tuple[PageModule, ...] = (people, audit_pages, identity, account)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

# An office stands behind one address: thirty at once, then one in two seconds.
SIGN_IN_BURST, SIGN_IN_PER_SECOND = 30, 0.5


class InConsole:
    """ASGI middleware that lets a route find its console."""

    def __init__(self, app: ASGIApp, shell: Shell) -> None:
        self._app = app
        self._shell = shell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self._app({**scope, SCOPE_SHELL: self._shell}, receive, send)


def console_routes(console: Console, *modules: PageModule) -> list[BaseRoute]:
    """Return the routes of the console: its own pages, and those of ``modules``.

    Args:
        console: what pages work with.
        modules: page modules such as ``bot.console.cases``, in the order of the navigation.

    Raises:
        UnknownDistrict: when a district served has no file.
        BrokenPlaceFile: when its file cannot be read.
    """
    parts = (*OWN_FIRST, *modules, *OWN_LAST)
    shell = _shell(console, tuple(part.SECTION for part in parts if part.SECTION))
    routes = [Route("/console/static/{version}/{name}", shell.pages.assets.serve)]
    routes += sign_in.routes()
    for part in parts:
        routes += part.routes()
    routes.append(Route("/console/{rest:path}", guarded(_no_page), methods=METHODS))
    return list(_joined(routes, shell))


def _shell(console: Console, sections: tuple[Section, ...]) -> Shell:
    districts = {id_: load_district(id_) for id_ in console.districts}
    zone = ZoneInfo(districts[console.districts[0]].timezone)
    actions = {action: words for one in sections for action, words in one.actions.items()}
    return Shell(
        console,
        sections,
        districts,
        load_pages(districts, zone, actions),
        Sessions(console.database, console.key, console.is_secure),
        TokenBuckets(SIGN_IN_BURST, SIGN_IN_PER_SECOND),
    )


def _joined(routes: Iterable[Route], shell: Shell) -> Iterable[BaseRoute]:
    for route in routes:
        methods = sorted(route.methods or ())
        around = [Middleware(InConsole, shell=shell)]
        yield Route(route.path, route.endpoint, methods=methods, middleware=around)


async def _no_page(request: Request) -> Response:  # noqa: ARG001 - an endpoint
    raise Refused(NO_PAGE, 404)
