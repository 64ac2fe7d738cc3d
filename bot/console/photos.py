"""Photos of a case: shown to staff of its area alone, masked by hand, released by a second look.

Originals are decrypted for the page that asks and kept by no browser. What leaves the house is
the masked copy, once somebody has looked at it.
"""

import io
import logging
from collections.abc import Callable
from functools import partial

from PIL import Image
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_desk import PATH, ROLES, CaseDesk, actor_for, case_at, role_for
from bot.console.case_words import PURPOSES, spaced
from bot.console.shell import Refused, Signed, form_of, number_of, page, redirect, render, text_of
from community.files import FileError, StoredFile, find_file, full_hour, note_file
from hazards.case_store import CasePhoto, photos_of
from hazards.cases import Case, NotAllowed
from hazards.mask_store import Seen, keep_masks, release, take_back
from hazards.masks import MOST_MASKS, BadMasks, masked, read_masks

logger = logging.getLogger(__name__)

SMALL_SIDE = 480
MOST_MASK_CHARACTERS = 6000

NO_PHOTO = "没有这张照片，或者还在接收。"
LOST = "照片文件读不出来，已经记进日志，请告诉管理员。"
BAD_MASKS = f"遮挡的地方没看懂，请重新画。最多{MOST_MASKS}处。"
NOT_YOURS = "遮挡和放行照片要审核员、值班员或管理员办。"
CHANGED = "刚有人改过这张照片的遮挡，请重新看。"


def routes(desk: CaseDesk) -> list[Route]:
    """Return the routes of looking at photos, masking and releasing."""
    one = f"{PATH}/{{code}}/photos/{{id:int}}"
    return [
        page(one, partial(show_photo, desk), *ROLES),
        page(f"{one}/masked", partial(show_masked, desk), *ROLES),
        page(f"{one}/mask", partial(show_masking, desk), *ROLES),
        page(f"{one}/mask", partial(mask, desk), *ROLES, methods=("POST",)),
        page(f"{one}/look", look_again, *ROLES),
        page(f"{one}/release", settle, *ROLES, methods=("POST",)),
    ]


async def show_photo(desk: CaseDesk, signed: Signed) -> Response:
    """Answer with a photo; ``?small`` with a little one for lists."""
    file = await signed.read(lambda db: _file(db, signed, is_masked=False))
    data = await _read(desk, file)
    if "small" in signed.request.query_params:
        data = await run_in_threadpool(small, data)
    return _jpeg(data)


async def show_masked(desk: CaseDesk, signed: Signed) -> Response:
    """Answer with the masked copy."""
    file = await signed.read(lambda db: _file(db, signed, is_masked=True))
    return _jpeg(await _read(desk, file))


async def show_masking(desk: CaseDesk, signed: Signed) -> Response:
    """Show the photo with the rectangles on it, to be drawn with a finger or a mouse."""
    case, photo = await _photo_at(signed)
    _require(signed, case)
    return render(
        signed,
        "cases/mask.html",
        case=case,
        photo=photo,
        code=spaced(case.code),
        purposes=PURPOSES,
        most=MOST_MASKS,
        is_public=_is_public(desk, case),
    )


async def mask(desk: CaseDesk, signed: Signed) -> Response:
    """Make the masked copy with what was drawn, and lead to the second look."""
    form = await form_of(signed)
    try:
        drawn = read_masks(text_of(form, "masks", most=MOST_MASK_CHARACTERS))
    except BadMasks:
        raise Refused(BAD_MASKS) from None
    seen_id = number_of(form, "seen")
    case, photo = await _photo_at(signed)
    _require(signed, case)
    file = await signed.read(lambda db: _file(db, signed, is_masked=False))
    data = await _read(desk, file)
    kept = await desk.keep_photo(await run_in_threadpool(masked, data, drawn))
    now = signed.now

    def work(db: Connection) -> bool:
        current = case_at(db, signed)
        file_id = note_file(db, kept.file, full_hour(now))
        seen = Seen(current, photo.id, seen_id)
        return keep_masks(db, seen, drawn, file_id, actor_for(signed.staff, current, "mask"), now)

    if not await _settled(signed, work):
        return redirect(signed, _path(signed, "mask"), CHANGED)
    return redirect(signed, _path(signed, "look"))


async def look_again(signed: Signed) -> Response:
    """Show the masked copy for the second look."""
    case, photo = await _photo_at(signed)
    _require(signed, case)
    if photo.masked_file_id is None:
        return redirect(signed, _path(signed, "mask"))
    return render(
        signed,
        "cases/look.html",
        case=case,
        photo=photo,
        code=spaced(case.code),
        purposes=PURPOSES,
    )


async def settle(signed: Signed) -> Response:
    """Release the masked copy that was looked at, or take it back."""
    form = await form_of(signed)
    seen_id, is_back = number_of(form, "seen"), text_of(form, "do") == "take_back"
    photo_id: int = signed.request.path_params["id"]
    now = signed.now

    def work(db: Connection) -> bool:
        case = case_at(db, signed)
        actor = actor_for(signed.staff, case, "mask")
        change = take_back if is_back else release
        return change(db, Seen(case, photo_id, seen_id), actor, now)

    if not await _settled(signed, work):
        return redirect(signed, _path(signed, "look"), CHANGED)
    words = "收回了，不再公开。" if is_back else "放行了。公开页面只会用这张遮挡过的。"
    return redirect(signed, f"{PATH}/{signed.request.path_params['code']}", words)


def small(jpeg: bytes) -> bytes:
    """Return a photo at the size of a list; takes some ten milliseconds."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as photo:
        photo.draft("RGB", (SMALL_SIDE, SMALL_SIDE))
        picture = photo.convert("RGB")
    picture.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def photo_in(photos: list[CasePhoto], photo_id: int) -> CasePhoto:
    """Return one of a case's photos.

    Raises:
        Refused: when it is none of them, or was not kept.
    """
    found = next((one for one in photos if one.id == photo_id and one.file_id is not None), None)
    if found is None:
        raise Refused(NO_PHOTO, 404)
    return found


async def _settled(signed: Signed, work: Callable[[Connection], bool]) -> bool:
    try:
        return await signed.write(work)
    except NotAllowed:
        raise Refused(NOT_YOURS, 403) from None


async def _photo_at(signed: Signed) -> tuple[Case, CasePhoto]:
    def read(db: Connection) -> tuple[Case, CasePhoto]:
        case = case_at(db, signed)
        return case, photo_in(photos_of(db, case.id), signed.request.path_params["id"])

    return await signed.read(read)


def _file(db: Connection, signed: Signed, *, is_masked: bool) -> StoredFile:
    case = case_at(db, signed)
    photo = photo_in(photos_of(db, case.id), signed.request.path_params["id"])
    file_id = photo.masked_file_id if is_masked else photo.file_id
    file = find_file(db, file_id) if file_id is not None else None
    if file is None:
        raise Refused(NO_PHOTO, 404)
    return file


async def _read(desk: CaseDesk, file: StoredFile) -> bytes:
    try:
        return await run_in_threadpool(desk.photos.read, file)
    except FileError:
        logger.exception("a photo of a case cannot be read")
        raise Refused(LOST, 500) from None


def _jpeg(data: bytes) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type="image/jpeg", headers=headers)


def _require(signed: Signed, case: Case) -> None:
    if role_for(signed.staff, case, "mask") is None:
        raise Refused(NOT_YOURS, 403)


def _is_public(desk: CaseDesk, case: Case) -> bool:
    category = desk.categories.get(case.category)
    return category is not None and category.is_public


def _path(signed: Signed, last: str) -> str:
    named = signed.request.path_params
    return f"{PATH}/{named['code']}/photos/{named['id']}/{last}"
