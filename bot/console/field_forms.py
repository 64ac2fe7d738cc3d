"""The forms of work outside as they come in: where, what, and photos made anew and kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from bot.console.case_problems import photo_words
from bot.console.shell import Refused, Signed, form_of, text_of
from community.offline import BadOperation, read_operation_id
from community.photos import MOST_BYTES as MOST_PHOTO_BYTES
from community.photos import PhotoRefused
from hazards.drafts import MOST_FLOOR_CHARACTERS, MOST_PHOTOS
from hazards.photos import KeptPhoto, Photos

MIB = 1024 * 1024
# Two photos as a phone takes them, and what stands around them.
MOST_SPOT_BYTES = 42 * MIB
MOST_HAZARD_BYTES = 60 * MIB
MOST_WORDS = 500
MOST_PLACE = 150

BUILDING, STREET = "building", "street"

OUTDATED = "这一页太旧了，请刷新再办。"
NO_PLACE = "请选楼栋。名单里没有的，选镇街，再写清地点。"
NO_PLACE_WORDS = "选了镇街，请再写清是哪里。"
NO_CATEGORY = "请选是哪一类隐患。"
TWO_PHOTOS = "要整改前、整改后各一张照片。"
NO_PHOTO = "请至少拍一张照片。"
TOO_MANY = f"一次最多{MOST_PHOTOS}张照片。"


@dataclass(frozen=True, slots=True)
class SpotForm:
    """What a form of 当场整改 says.

    Attributes:
        operation: its UUID.
        kind: ``building`` or ``street``.
        place: the building's code, or the street's id.
        category: an id, not looked up yet.
        place_words: where in the street.
        floor: as they say it.
        said: what was wrong, and what was done.
        before: a photo, as it was sent.
        after: likewise.
    """

    operation: str
    kind: str
    place: str
    category: str
    place_words: str
    floor: str
    said: str
    before: UploadFile = field(repr=False)
    after: UploadFile = field(repr=False)


def new_form() -> str:
    """Return the UUID of a form that is about to be shown."""
    return str(uuid4())


def operation_in(form: FormData) -> str:
    """Return the UUID that a form carries.

    Raises:
        Refused: when it has none.
    """
    try:
        return read_operation_id(text_of(form, "operation", most=40))
    except BadOperation:
        raise Refused(OUTDATED, 400) from None


async def spot_form(signed: Signed) -> SpotForm:
    """Return what a form of 当场整改 says.

    Raises:
        Refused: when something is missing or too long.
    """
    form = await form_of(signed)
    kind, _, place = text_of(form, "place", most=40).partition(":")
    if kind not in {BUILDING, STREET} or not place:
        raise Refused(NO_PLACE)
    words = text_of(form, "place_words", most=MOST_PLACE)
    if kind == STREET and not words:
        raise Refused(NO_PLACE_WORDS)
    category = text_of(form, "category", most=40)
    if not category:
        raise Refused(NO_CATEGORY)
    before, after = uploads(form, "before"), uploads(form, "after")
    if not (before and after):
        raise Refused(TWO_PHOTOS)
    return SpotForm(
        operation_in(form),
        kind,
        place,
        category,
        words,
        text_of(form, "floor", most=MOST_FLOOR_CHARACTERS),
        text_of(form, "told", most=MOST_WORDS),
        before[0],
        after[0],
    )


def uploads(form: FormData, name: str) -> Sequence[UploadFile]:
    """Return a field's files; a browser sends an empty one for a field that was left.

    Raises:
        Refused: when there are too many.
    """
    found = [one for one in form.getlist(name) if isinstance(one, UploadFile) and one.size]
    if len(found) > MOST_PHOTOS:
        raise Refused(TOO_MANY)
    return found


async def kept(photos: Photos, upload: UploadFile) -> KeptPhoto:
    """Make a photo anew and keep it, encrypted; its row is yet to be noted.

    Raises:
        Refused: when it is none that can be taken.
    """
    data = await upload.read(MOST_PHOTO_BYTES + 1)
    try:
        return await run_in_threadpool(photos.keep, data)
    except PhotoRefused as refused:
        raise Refused(photo_words(refused.reason)) from None
