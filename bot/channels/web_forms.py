"""Forms and photos as browsers send them: bounded while they are read, and only from our pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from python_multipart.exceptions import ParseError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from bot.channels import web_errors
from bot.channels.web_errors import Refused
from bot.messages import clean_text
from community.photos import MIB, MOST_BYTES, PhotoRefused

# Of the fields and borders around the photos.
MOST_AROUND_BYTES = MIB
MOST_FIELDS = 60
# Too many photos are told so, once the form is read.
MOST_FILES = 60
MOST_FIELD_BYTES = 64 * 1024
# Whoever is still sending when the connection closes never reads why: so much more is read and
# thrown away, as long as the browser has said how much it is.
MOST_DRAINED_BYTES = 256 * MIB

PHOTO_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "这张照片是空的，没有收到。请再选一次，或重新拍一张。",
        "too_big": "这张照片超过20MB，没有收。请用手机相机重新拍一张普通照片再发。",
        "too_many_pixels": "这张照片的尺寸太大，没有收。请用手机相机的普通模式重新拍一张再发。",
        "unsupported": "这种照片格式打不开，请用手机相机直接拍一张，或者把照片截个屏，发截图。",
        "damaged": "这张照片打不开，可能没有传完整。请再发一次，或重新拍一张。",
    }
)


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """One photo from the chat's page; ``id`` stays the same when it is sent again."""

    id: UUID
    upload: UploadFile


def photo_words(refused: PhotoRefused) -> str:
    """Return what the sender of a photo that cannot be taken reads."""
    return PHOTO_WORDS[refused.reason]


async def read_form(request: Request, *, most_photos: int) -> FormData:
    """Return the form of a request, with up to ``most_photos`` photos of the size that is taken.

    Raises:
        Refused: when it is too large, broken, or no form.
    """
    most = most_photos * MOST_BYTES + MOST_AROUND_BYTES
    await _check_length(request, most)
    try:
        return await _bounded(request, most).form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
        )
    except (HTTPException, ParseError, ClientDisconnect):
        raise Refused(400, web_errors.NOT_A_FORM) from None


async def read_sent_photo(request: Request) -> SentPhoto:
    """Return the photo that the chat's page sent: fields ``id`` and ``photo``.

    Raises:
        Refused: when it is too large or a field is missing.
    """
    form = await read_form(request, most_photos=1)
    photo, id_ = form.get("photo"), form.get("id")
    if not isinstance(photo, UploadFile) or not isinstance(id_, str):
        await form.close()
        raise Refused(422, web_errors.NOT_A_FORM)
    try:
        return SentPhoto(UUID(id_), photo)
    except ValueError:
        await form.close()
        raise Refused(422, web_errors.NOT_A_FORM) from None


async def read_upload(upload: UploadFile) -> bytes:
    """Return what was sent as a photo, read no further than a photo may be large.

    Raises:
        PhotoRefused: as too big, when there is more.
    """
    data = await upload.read(MOST_BYTES + 1)
    await upload.close()
    if len(data) > MOST_BYTES:
        raise PhotoRefused("too_big", f"over {MOST_BYTES} bytes")
    return data


def text_of(form: FormData, name: str, most: int) -> str:
    """Return a text field, cleaned, without space around and cut to ``most`` characters."""
    value = form.get(name, "")
    return clean_text(value).strip()[:most] if isinstance(value, str) else ""


async def _check_length(request: Request, most: int) -> None:
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit() and int(length[:19]) > most):
        return
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > MOST_DRAINED_BYTES:
            break
    raise Refused(413, web_errors.PHOTO_TOO_LARGE)


def _bounded(request: Request, most: int) -> Request:
    """Return ``request`` with a body that is refused beyond ``most`` bytes."""
    receive, left = request.receive, most

    async def receive_bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Refused(413, web_errors.PHOTO_TOO_LARGE)
        return message

    return Request(request.scope, receive_bounded)
