"""My account: password, authenticator app, and binding a chat."""

import base64
import binascii
import io

import segno
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.passwords import checked_new_password, note_staff
from bot.console.posts import posts_words, read_places
from bot.console.shell import (
    Refused,
    Section,
    Signed,
    form_of,
    page,
    redirect,
    render,
    shell_of,
    text_of,
)
from community.keys import derived_key
from community.passwords import (
    hash_password,
    new_totp_secret,
    password_matches,
    totp_step,
    totp_text,
    totp_uri,
)
from community.sealing import VaultError, seal, unseal
from community.sign_in import sealed_totp
from community.staff import CHAT_CODE_LIFETIME
from community.staff_store import (
    bound_accounts,
    clear_failed_tries,
    new_chat_code,
    note_failed_try,
    set_password,
    set_totp,
    staff_by_login,
    unbind,
)

PATH = "/console/account"
SECTION = Section("我的账号", PATH)

WRONG_PASSWORD = "现在的密码不对，没有改。"  # noqa: S105 - words
TRIED_TOO_OFTEN = "密码试错太多次了，先停15分钟，没有改。"
NOT_THE_SAME = "两遍新密码不一样，没有改。"
BAD_CODE = "数字不对。看手机时间准不准，等下一个数字再试。"
SETUP_GONE = "这次设置过期了，请从“我的账号”重新开始。"


def routes() -> list[Route]:
    """Return the routes of one's own account."""
    post = ("POST",)
    return [
        page(PATH, show_account),
        page(f"{PATH}/password", change_password, methods=post),
        page(f"{PATH}/chat-code", give_chat_code, methods=post),
        page(f"{PATH}/unbind", unbind_all, methods=post),
        page(f"{PATH}/totp", begin_totp, methods=post),
        page(f"{PATH}/totp.svg", show_qr),
        page(f"{PATH}/totp/confirm", confirm_totp, methods=post),
        page(f"{PATH}/totp/off", end_totp, methods=post),
    ]


async def show_account(signed: Signed) -> Response:
    """Show who one is and what can be changed."""
    districts = shell_of(signed.request).districts
    places, bound, known = await signed.read(
        lambda db: (
            read_places(db, districts),
            bound_accounts(db, signed.staff.id),
            staff_by_login(db, signed.staff.login),
        )
    )
    return render(
        signed,
        "account/account.html",
        posts=posts_words(signed.staff.posts, places),
        bound=len(bound),
        has_totp=known is not None and known.totp is not None,
    )


async def change_password(signed: Signed) -> Response:
    """Change one's password; every session ends but a new one of this browser."""
    form = await form_of(signed)
    await _require_password(signed, "password_old")
    new = checked_new_password(signed.staff.login, form)
    if new != str(form.get("password_again", "")):
        raise Refused(NOT_THE_SAME)
    hashed = await run_in_threadpool(hash_password, new)

    def work(db: Connection) -> None:
        set_password(db, signed.staff.id, hashed)
        note_staff(db, signed, "staff.password", signed.staff)

    await signed.write(work)
    sessions = shell_of(signed.request).sessions
    token = await run_in_threadpool(sessions.open, signed.staff.id, signed.request, signed.now)
    response = redirect(signed, PATH, "密码改好了。其他设备上的登录都退出了。")
    sessions.remember(token, response)
    return response


async def give_chat_code(signed: Signed) -> Response:
    """Show a code that binds a chat; it stands on this one page."""
    now = signed.now
    code = await signed.write(lambda db: new_chat_code(db, signed.staff.id, now))
    until = now + CHAT_CODE_LIFETIME
    return render(signed, "account/chat_code.html", code=code, until=until)


async def unbind_all(signed: Signed) -> Response:
    """Make every bound chat a resident's alone again."""

    def work(db: Connection) -> None:
        for account_id in bound_accounts(db, signed.staff.id):
            unbind(db, account_id)

    await signed.write(work)
    return redirect(signed, PATH, "聊天账号都解除绑定了。")


async def begin_totp(signed: Signed) -> Response:
    """Show a new secret to scan; nothing is kept until its code comes back."""
    await _require_password(signed, "password_on")
    return _setup_page(signed, new_totp_secret())


async def show_qr(signed: Signed) -> Response:
    """Answer with the QR code of a set-up, an image of our own."""
    secret = _opened_setup(signed, signed.request.query_params.get("setup", ""))
    picture = io.BytesIO()
    qr = segno.make(totp_uri(secret, signed.staff.login), error="m")
    qr.save(picture, kind="svg", scale=6, border=4, light="#fff")
    return Response(picture.getvalue(), media_type="image/svg+xml")


async def confirm_totp(signed: Signed) -> Response:
    """Keep the secret once the app shows the code that belongs to it."""
    form = await form_of(signed)
    secret = _opened_setup(signed, text_of(form, "setup", most=1000))
    if totp_step(secret, text_of(form, "code"), signed.now) is None:
        return _setup_page(signed, secret, BAD_CODE)
    await _keep_totp(signed, sealed_totp(signed.console.key, signed.staff.id, secret))
    return redirect(signed, PATH, "动态码开好了。下次登录要填手机上的6位数字。")


async def end_totp(signed: Signed) -> Response:
    """Ask for no code any more."""
    await _require_password(signed, "password_off")
    await _keep_totp(signed, None)
    return redirect(signed, PATH, "动态码关了，登录只要密码。")


async def _keep_totp(signed: Signed, sealed: bytes | None) -> None:
    def work(db: Connection) -> None:
        set_totp(db, signed.staff.id, sealed)
        note_staff(db, signed, "staff.totp_on" if sealed else "staff.totp_off", signed.staff)

    await signed.write(work)


async def _require_password(signed: Signed, field: str) -> None:
    """Take the password once more; wrong tries count like those at the sign-in.

    Raises:
        Refused: when it is wrong, or was too often.
    """
    form = await form_of(signed)
    login, now = signed.staff.login, signed.now
    until, known = await signed.write(
        lambda db: (note_failed_try(db, login, now), staff_by_login(db, login))
    )
    if until is not None:
        raise Refused(TRIED_TOO_OFTEN, 429)
    typed = str(form.get(field, ""))
    kept = known.password_hash if known else ""
    if not await run_in_threadpool(password_matches, kept, typed):
        raise Refused(WRONG_PASSWORD, 403)
    await signed.write(lambda db: clear_failed_tries(db, login))


def _setup_page(signed: Signed, secret: bytes, words: str = "") -> Response:
    sealed = seal(_setup_key(signed), secret, _setup_context(signed))
    return render(
        signed,
        "account/totp.html",
        422 if words else 200,
        setup=base64.urlsafe_b64encode(sealed).decode(),
        secret=totp_text(secret),
        words=words,
    )


def _opened_setup(signed: Signed, setup: str) -> bytes:
    """Return the secret of a set-up that was begun in this session."""
    try:
        sealed = base64.urlsafe_b64decode(setup)
        return unseal(_setup_key(signed), sealed, _setup_context(signed))
    except (VaultError, binascii.Error, ValueError):
        raise Refused(SETUP_GONE) from None


def _setup_key(signed: Signed) -> bytes:
    return derived_key(signed.console.key, "console totp set-up")


def _setup_context(signed: Signed) -> bytes:
    return f"{signed.staff.id} {signed.csrf}".encode()
