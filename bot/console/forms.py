"""Forms as they come in: bounded, cleaned, and only from our own pages."""

from collections.abc import Iterator
from hmac import compare_digest

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from bot.console.values import Refused
from bot.messages import clean_text

KIB = 1024
MOST_BYTES = 256 * KIB
MOST_FIELDS = 1000
MOST_FILES = 20
MOST_FIELD_BYTES = 64 * KIB

CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"

TOO_LARGE = "发来的内容太大，没有收。请减少照片或分几次交。"
UNREADABLE = "没看懂发来的表单。请刷新页面再试。"
STALE_FORM = "这一页开得太久，刚才没有提交。请刷新页面再交一次。"


def bounded(request: Request, most_bytes: int) -> Request:
    """Return ``request`` with a body that raises ``Refused`` beyond ``most_bytes``."""
    receive = request.receive
    left = most_bytes

    async def receive_bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Refused(TOO_LARGE, 413)
        return message

    capped: Receive = receive_bounded
    return Request(request.scope, capped)


async def read_form(request: Request) -> FormData:
    """Return the form of a request; asked again, the same one.

    Raises:
        Refused: when it is too large or no form.
    """
    try:
        return await request.form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
        )
    except HTTPException:
        raise Refused(UNREADABLE, 400) from None


async def check_csrf(request: Request, expected: str) -> None:
    """Take a form, or an htmx request, only with this session's token.

    Raises:
        Refused: without it.
    """
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        given = str((await read_form(request)).get(CSRF_FIELD, ""))
    if not compare_digest(given.encode(), expected.encode()):
        raise Refused(STALE_FORM, 403)


def text_of(form: FormData, name: str, *, most: int = 200) -> str:
    """Return a text field, cleaned and without space around; empty when it is missing.

    Args:
        form: what came.
        name: of the field.
        most: characters it may have.

    Raises:
        Refused: when it is longer, or a file.
    """
    value = form.get(name, "")
    if isinstance(value, UploadFile):
        raise Refused(UNREADABLE, 400)
    text = clean_text(value).strip()
    if len(text) > most:
        raise Refused(f"写得太长了，最多{most}个字。")
    return text


def number_of(form: FormData, name: str) -> int | None:
    """Return a field that holds an id; None when it is empty.

    Raises:
        Refused: when it is no id.
    """
    text = text_of(form, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(UNREADABLE, 400)
    return int(text)


def written_texts(form: FormData) -> Iterator[str]:
    """Yield what somebody wrote into a form, so that it can be shown and copied.

    Left out: tokens, passwords and codes, and the short values of buttons and lists.
    """
    for name, value in form.multi_items():
        is_secret = name == CSRF_FIELD or name.startswith(("password", "code"))
        if isinstance(value, str) and not is_secret and len(value.strip()) >= 4:
            yield clean_text(value).strip()
