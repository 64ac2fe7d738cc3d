"""Signing in and out."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.web_limits import network_of
from bot.channels.web_visitor import is_own_page
from bot.console.forms import read_form
from bot.console.people_store import has_staff
from bot.console.shell import (
    HOME,
    SIGN_IN,
    Refused,
    Shell,
    Signed,
    guarded,
    lead_to,
    own_path,
    page,
    render_signed_out,
    shell_of,
    text_of,
)
from community import audit
from community.sign_in import Attempt, sign_in
from community.staff import LOCK, Staff
from storage import Database

WRONG = "没有登录成功：登录名、密码或动态码不对，或账号停用了。请核对后再试。"
LOCK_MINUTES = int(LOCK.total_seconds()) // 60
LOCKED = f"试错太多次了，这个登录名先锁{LOCK_MINUTES}分钟，过后再试。"
TOO_FAST = "试得太快了，等一分钟再试。"
FOREIGN_PAGE = "这次登录不是从本页面发出的，没有受理。请打开工作台的登录页再试。"
GOODBYE = "已退出登录。"
# Of 200 characters, each of which may be folded from up to four.
MOST_PASSWORD = 800


def routes() -> list[Route]:
    """Return the routes of signing in and out."""
    return [
        Route(SIGN_IN, guarded(show_sign_in)),
        Route(SIGN_IN, guarded(take_sign_in), methods=["POST"]),
        page("/console/sign-out", sign_out, methods=("POST",)),
    ]


async def show_sign_in(request: Request) -> Response:
    """Show the form, or lead on whoever is signed in already."""
    shell = shell_of(request)
    next_path = own_path(request.query_params.get("next", HOME))
    now = shell.console.clock()
    if await run_in_threadpool(shell.sessions.find, request, now):
        return lead_to(request, next_path)
    return await _form(request, next_path)


async def take_sign_in(request: Request) -> Response:
    """Check what was typed, open a session under a new token, and lead on."""
    shell = shell_of(request)
    if not is_own_page(request, shell.console.public_url or None):
        raise Refused(FOREIGN_PAGE, 403)
    form = await read_form(request)
    next_path = own_path(text_of(form, "next", most=4000))
    attempt = _attempt(form)
    if not shell.attempts.take(_sender(request), time.monotonic()):
        return await _form(request, next_path, TOO_FAST, attempt.login, 429)
    console = shell.console
    now = console.clock()
    found = await run_in_threadpool(sign_in, console.database, attempt, console.key, now)
    if found.staff is None:
        words = LOCKED if found.locked_until else WRONG
        return await _form(request, next_path, words, attempt.login, 401)
    token = await run_in_threadpool(_entered, shell, found.staff, request)
    response = lead_to(request, next_path)
    shell.sessions.remember(token, response)
    return response


async def sign_out(signed: Signed) -> Response:
    """End the session and forget its cookie."""
    shell = shell_of(signed.request)
    await run_in_threadpool(shell.sessions.close, signed.request)
    response = lead_to(signed.request, SIGN_IN, GOODBYE)
    shell.sessions.forget(response)
    return response


def _attempt(form: FormData) -> Attempt:
    password = form.get("password", "")
    typed = password[:MOST_PASSWORD] if isinstance(password, str) else ""
    return Attempt(text_of(form, "login"), typed, text_of(form, "code"))


def _sender(request: Request) -> str:
    return network_of(request.client.host if request.client else "")


def _entered(shell: Shell, staff: Staff, request: Request) -> str:
    """Open the session, note it in the audit log, and return its token."""
    now = shell.console.clock()
    token = shell.sessions.open(staff.id, request, now)
    districts = sorted(staff.districts)
    shell.console.database.write(
        lambda db: audit.note(
            db,
            actor=f"staff:{staff.id}",
            action="staff.signed_in",
            subject=f"staff:{staff.id}",
            detail={},
            now=now,
            district_id=districts[0] if len(districts) == 1 else "",
        )
    )
    return token


async def _form(
    request: Request, next_path: str, words: str = "", login: str = "", status: int = 200
) -> Response:
    console = shell_of(request).console
    return render_signed_out(
        request,
        "sign_in.html",
        status,
        next=next_path,
        words=words,
        login=login,
        has_staff=await run_in_threadpool(_has_staff, console.database),
        district_id=console.districts[0],
    )


def _has_staff(database: Database) -> bool:
    return database.read(has_staff)
