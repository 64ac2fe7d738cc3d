"""The forms about cases as they come in, with the photos in them made anew and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile

from bot.console.case_desk import CaseDesk
from bot.console.case_problems import photo_words
from bot.console.operation_store import MOST_TOKEN_CHARACTERS
from bot.console.shell import Refused, Signed, form_of, number_of, text_of
from community.photos import MOST_BYTES as MOST_PHOTO_BYTES
from community.photos import PhotoRefused
from hazards.case_changes import MOST_EXTERNAL_CHARACTERS, MOST_PAUSE_REASON_CHARACTERS
from hazards.drafts import MOST_FLOOR_CHARACTERS, MOST_PHOTOS
from hazards.photo_store import Purpose
from hazards.photos import KeptPhoto

MIB = 1024 * 1024
MOST_BYTES = 60 * MIB
MOST_REASON_CHARACTERS = 500
MOST_PUBLIC_CHARACTERS = 500
OUTDATED = "这一页太旧了，请刷新再办。"
TOO_MANY = f"一次最多{MOST_PHOTOS}张照片。"

# What a photo shows that is sent with a move; of all others it is a look at the place.
PURPOSE_OF: Mapping[str, Purpose] = {
    "claim_fix": "fix",
    "confirm_fixed": "fix",
    "verify": "fix",
    "send_back": "no",
    "reopen": "no",
}
_FIELDS: Mapping[str, Purpose | None] = {"photos": None, "before": "before", "after": "after"}

KeptPhotos = Sequence[tuple[Purpose, KeptPhoto]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for.

    Attributes:
        name: a move of the table, or a change.
        version: of the case as it was seen; of the other one where two are merged.
        operation: the form's own token.
        reason: words of staff.
        handler: department id; "" keeps the one there is.
        lead: likewise.
        value: a category, a code or an external number.
        number: a level, or the id of a merge or a report.
        text: for the public, a summary, or a place.
        floor: of a place.
        uploads: photos with what they show.
    """

    name: str
    version: int
    operation: str
    reason: str = ""
    handler: str = ""
    lead: str = ""
    value: str = ""
    number: int | None = None
    text: str = ""
    floor: str = ""
    uploads: Sequence[tuple[Purpose, UploadFile]] = field(default=(), repr=False)


async def wanted_in(signed: Signed) -> Wanted:
    """Return what the form that was sent asks for.

    Raises:
        Refused: when it is none of ours, too old, or too long.
    """
    form = await form_of(signed)
    name, version = text_of(form, "do", most=40), number_of(form, "version")
    operation = text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    if version is None or not operation:
        raise Refused(OUTDATED, 400)
    most = MOST_PAUSE_REASON_CHARACTERS if name == "pause" else MOST_REASON_CHARACTERS
    return Wanted(
        name=name,
        version=version,
        operation=operation,
        reason=text_of(form, "reason", most=most),
        handler=text_of(form, "handler", most=40),
        lead=text_of(form, "lead", most=40),
        value=text_of(form, "value", most=MOST_EXTERNAL_CHARACTERS),
        number=number_of(form, "number"),
        text=text_of(form, "text", most=MOST_PUBLIC_CHARACTERS),
        floor=text_of(form, "floor", most=MOST_FLOOR_CHARACTERS),
        uploads=_uploads(form, name),
    )


async def kept_photos(desk: CaseDesk, wanted: Wanted) -> list[tuple[Purpose, KeptPhoto]]:
    """Make the photos of a form anew and keep them, encrypted, one after another.

    Raises:
        Refused: when one is no photo.
    """
    kept: list[tuple[Purpose, KeptPhoto]] = []
    for purpose, upload in wanted.uploads:
        data = await upload.read(MOST_PHOTO_BYTES + 1)
        try:
            kept.append((purpose, await desk.keep_photo(data)))
        except PhotoRefused as refused:
            raise Refused(photo_words(refused.reason)) from None
    return kept


def _uploads(form: FormData, name: str) -> list[tuple[Purpose, UploadFile]]:
    """Return the files of a form; a browser sends an empty one for a field that was left."""
    usual = PURPOSE_OF.get(name, "report")
    found = [
        (purpose or usual, one)
        for field_name, purpose in _FIELDS.items()
        for one in form.getlist(field_name)
        if isinstance(one, UploadFile) and one.size
    ]
    if len(found) > MOST_PHOTOS:
        raise Refused(TOO_MANY)
    return found
