"""The console's shell: signs in, checks the role, guards forms, and gives pages their frame.

A page module writes ``routes()``, a list of ``page(path, handler, *roles)``, and a ``SECTION``::

    async def list_cases(signed: Signed) -> Response:
        found = await signed.read(lambda db: cases_in(db, signed.staff.area(), ...))
        return render(signed, "cases/list.html", found=found)

A template begins ``{% extends layout %}`` and fills ``title`` and ``content``; when htmx asks,
``layout`` is the bare content. Every form holds ``{{ csrf_field }}``; htmx sends the token by
itself. Paths are full: ``/console/cases``.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.channels.web_limits import TokenBuckets
from bot.channels.web_visitor import is_own_page
from bot.console.forms import (
    MOST_BYTES,
    bounded,
    check_csrf,
    number_of,
    read_form,
    text_of,
    written_texts,
)
from bot.console.rendering import Pages, csrf_field
from bot.console.sessions import Sessions
from bot.console.tiles import TileSetting
from bot.console.values import (
    Console,
    HomeCard,
    Page,
    PageModule,
    Refused,
    Section,
    Signed,
    Task,
)
from community.districts import District
from community.keys import derived_key
from community.staff import Role
from storage import StorageError

__all__ = [
    "Console",
    "HomeCard",
    "Page",
    "PageModule",
    "Refused",
    "Section",
    "Shell",
    "Signed",
    "Task",
    "TileSetting",
    "form_of",
    "guarded",
    "number_of",
    "page",
    "redirect",
    "render",
    "render_signed_out",
    "shell_of",
    "text_of",
]

logger = logging.getLogger(__name__)

HOME = "/console"
SIGN_IN = "/console/sign-in"
SCOPE_SHELL = "lifeline.console.shell"
SCOPE_SIGNED = "lifeline.console.signed"

SAFE_METHODS = frozenset({"GET", "HEAD"})
SAID_COOKIE = "lifeline-said"
SAID_SECONDS = 120
SAID_MOST = 300
MOST_NEXT = 1000
# As PostgreSQL and SQLite hold them.
MOST_ID = 2**63 - 1

NO_PAGE = "没有这一页，可能已经移走，或者不在你的范围里。"
NOT_YOURS = "这一页不在你的职务范围里。需要的话，请管理员给你加职务。"
FAILED = "出错了，这一步没有办成。请再试一次；还不行就告诉管理员，已经记进日志。"
STORE_FAILED = "数据库这会儿用不了，这一步没有办成。过一会儿再试。"
SIGNED_OUT = "登录过期了，刚才这一步没有办。请在新页登录后回来再点一次。"

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Shell:
    """One console, joined: made by ``console_routes`` and found in every request of it."""

    console: Console
    sections: tuple[Section, ...]
    districts: Mapping[str, District]
    pages: Pages
    sessions: Sessions
    attempts: TokenBuckets

    @property
    def zone(self) -> ZoneInfo:
        """In which times are shown and days are counted: that of the first district."""
        return ZoneInfo(self.districts[self.console.districts[0]].timezone)

    @property
    def sayings(self) -> URLSafeTimedSerializer:
        """What signs the message that a redirect carries."""
        return URLSafeTimedSerializer(derived_key(self.console.key, "console saying"))


def shell_of(request: Request) -> Shell:
    """Return the console a request came to."""
    shell: Shell = request.scope[SCOPE_SHELL]
    return shell


def page(
    path: str,
    handler: Page,
    *roles: Role,
    methods: tuple[str, ...] = ("GET",),
    most_bytes: int = MOST_BYTES,
) -> Route:
    """Return the route of a page for signed-in staff.

    Somebody not signed in is led to the sign-in and back; a form they sent is shown again, so
    that nothing written is lost. A wrong role is refused with 403, a form without this
    session's token with 403, and whatever ``handler`` raises becomes a page or an htmx message.

    Args:
        path: full, beginning ``/console``.
        handler: makes the page.
        roles: one of them must be held, wherever; the handler still limits to the area. Empty
            lets in everybody on the staff.
        methods: those the page answers.
        most_bytes: of a request's body; pages that take photos ask for more.
    """

    async def answer(request: Request) -> Response:
        signed = await _signed(request)
        if signed is None:
            return await _to_sign_in(request)
        request.scope[SCOPE_SIGNED] = signed
        if roles and not signed.staff.has(*roles):
            raise Refused(NOT_YOURS, 403)
        _require_ids(request)
        if request.method not in SAFE_METHODS:
            await check_csrf(request, signed.csrf)
        return await handler(signed)

    return Route(path, guarded(answer, most_bytes=most_bytes), methods=list(methods))


def guarded(endpoint: Endpoint, *, most_bytes: int = MOST_BYTES) -> Endpoint:
    """Return ``endpoint`` with a bounded body, errors as pages, and the console's headers."""

    async def answer(received: Request) -> Response:
        request = bounded(received, most_bytes)
        try:
            response = await endpoint(request)
        except Refused as refusal:
            response = _refusal(request, refusal.words, refusal.status)
        except ClientDisconnect:
            response = Response(status_code=400)
        except StorageError:
            logger.exception("console page %s: storage failed", request.url.path)
            response = _refusal(request, STORE_FAILED, 503)
        except Exception:
            logger.exception("console page %s failed", request.url.path)
            response = _refusal(request, FAILED, 500)
        finally:
            await request.close()
        return _with_headers(response, shell_of(request).console)

    return answer


def render(signed: Signed, template: str, /, status: int = 200, **values: object) -> HTMLResponse:
    """Return a template as a page, or as a fragment when htmx asks.

    Beside ``values`` a template has: ``layout``, ``staff``, ``csrf``, ``csrf_field``,
    ``sections`` (what this person may open), ``here`` (the path), ``said`` (after a redirect),
    ``asset(name)``, and the filters ``moment``, ``day``, ``district``, ``role``.
    """
    return _rendered(signed.request, template, status, values)


def render_signed_out(
    request: Request, template: str, /, status: int = 200, **values: object
) -> HTMLResponse:
    """Return a template for somebody who is not signed in; ``staff`` is None in it."""
    return _rendered(request, template, status, values)


async def form_of(signed: Signed) -> FormData:
    """Return the form that was sent: texts and uploads, ``getlist`` for what comes repeatedly.

    Read fields by ``text_of`` and ``number_of``, which bound and clean them.

    Raises:
        Refused: when it is too large or no form.
    """
    return await read_form(signed.request)


def redirect(signed: Signed, path: str, said: str = "") -> Response:
    """Lead on to another page after something was done.

    Args:
        signed: who did it.
        path: where to, a full path.
        said: what that page says once, in Chinese; at most 300 characters.
    """
    return lead_to(signed.request, path, said)


def lead_to(request: Request, path: str, said: str = "") -> Response:
    """Lead on to another page, as ``redirect`` does, also before the sign-in."""
    is_htmx = _asks_htmx(request)
    response: Response = (
        Response(headers={"HX-Redirect": path}) if is_htmx else RedirectResponse(path, 303)
    )
    if said:
        shell = shell_of(request)
        response.set_cookie(
            SAID_COOKIE,
            shell.sayings.dumps(said[:SAID_MOST]),
            max_age=SAID_SECONDS,
            path=HOME,
            httponly=True,
            samesite="lax",
            secure=shell.console.is_secure,
        )
    return response


def own_path(text: str) -> str:
    """Return ``text`` when it is a path of the console, else the home page."""
    parts = urlsplit(text if text.isprintable() and len(text) <= MOST_NEXT else "")
    is_own = not (parts.scheme or parts.netloc) and "\\" not in text
    is_console = parts.path == HOME or parts.path.startswith(HOME + "/")
    return text if is_own and is_console and ".." not in parts.path else HOME


def _require_ids(request: Request) -> None:
    """Refuse an address whose number no row can have: a store would fail on it."""
    numbers = (one for one in request.path_params.values() if isinstance(one, int))
    if any(number > MOST_ID for number in numbers):
        raise Refused(NO_PAGE, 404)


async def _signed(request: Request) -> Signed | None:
    shell = shell_of(request)
    now = shell.console.clock()
    session = await run_in_threadpool(shell.sessions.find, request, now)
    return Signed(session.staff, session.csrf, request, shell.console) if session else None


async def _to_sign_in(request: Request) -> Response:
    if request.method in SAFE_METHODS:
        here = urlsplit(request.headers.get("hx-current-url", "") or str(request.url))
        path = f"{here.path}?{here.query}" if here.query else here.path
        return lead_to(request, f"{SIGN_IN}?next={quote(own_path(path), safe='')}")
    if _asks_htmx(request):
        return _refusal(request, SIGNED_OUT, 401)
    is_own = is_own_page(request, shell_of(request).console.public_url or None)
    written = await _written(request) if is_own else []
    return render_signed_out(request, "errors/expired.html", 401, written=written)


async def _written(request: Request) -> list[str]:
    """Return what was written into a form; nothing of one with photos, larger than others."""
    small = bounded(request, MOST_BYTES)
    try:
        return list(written_texts(await read_form(small)))
    except Refused:
        return []
    finally:
        await small.close()


def _refusal(request: Request, words: str, status: int) -> Response:
    if _asks_htmx(request):
        response = _rendered(request, "errors/message.html", status, {"words": words})
        response.headers["HX-Retarget"] = "#said"
        response.headers["HX-Reswap"] = "innerHTML show:window:top"
        return response
    title = {403: "不能打开", 404: "没有这一页", 413: "太大了", 500: "出错了", 503: "暂时用不了"}
    values = {"words": words, "heading": title.get(status, "没有办成")}
    return _rendered(request, "errors/page.html", status, values)


def _rendered(
    request: Request, template: str, status: int, values: Mapping[str, object]
) -> HTMLResponse:
    shell = shell_of(request)
    signed: Signed | None = request.scope.get(SCOPE_SIGNED)
    is_fragment = _asks_htmx(request) and "hx-history-restore-request" not in request.headers
    said = "" if is_fragment else _said(request)
    frame: dict[str, object] = {
        "layout": "fragment.html" if is_fragment else "base.html",
        "staff": signed and signed.staff,
        "csrf": signed.csrf if signed else "",
        "csrf_field": csrf_field(signed.csrf if signed else ""),
        "sections": [one for one in shell.sections if signed and one.is_for(signed.staff)],
        "here": request.url.path,
        "said": said,
    }
    response = HTMLResponse(shell.pages.render(template, {**frame, **values}), status)
    if said:
        response.delete_cookie(SAID_COOKIE, path=HOME)
    return response


def _said(request: Request) -> str:
    signed = request.cookies.get(SAID_COOKIE, "")
    try:
        return str(shell_of(request).sayings.loads(signed, max_age=SAID_SECONDS))
    except BadSignature:
        return ""


def _asks_htmx(request: Request) -> bool:
    is_boosted = "hx-boosted" in request.headers
    return "hx-request" in request.headers and not is_boosted


def _with_headers(response: Response, console: Console) -> Response:
    """Add what every console page carries; the application's middleware adds the rest."""
    tiles = f" {console.tiles.origin}" if console.tiles.origin else ""
    policy = (
        f"default-src 'self'; img-src 'self'{tiles}; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("Cache-Control", "no-store")
    # With no-referrer browsers send a form's Origin as null, and own pages could not be told.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    # Field workers fill in the place where they stand.
    response.headers.setdefault(
        "Permissions-Policy", "camera=(), geolocation=(self), microphone=()"
    )
    response.headers.append("Vary", "HX-Request")
    return response
