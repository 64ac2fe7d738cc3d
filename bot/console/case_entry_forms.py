"""The form of a case that staff enter for others: what is typed, and what is missing of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.datastructures import FormData, UploadFile

from bot.console.case_desk import CaseDesk
from bot.console.case_problems import photo_words
from bot.console.field_forms import BUILDING, uploads
from bot.console.shell import Refused, text_of
from community.photos import MOST_BYTES as MOST_PHOTO_BYTES
from community.photos import PhotoRefused
from hazards.case_changes import MOST_EXTERNAL_CHARACTERS
from hazards.drafts import MOST_FLOOR_CHARACTERS
from hazards.photos import KeptPhoto

DISTRICT = "district"
MOST_SAID = 1000
MOST_PLACE = 150

CAME: Mapping[str, str] = MappingProxyType(
    {
        "phone": "电话",
        "paper": "来信或纸质材料",
        "visit": "当面反映",
        "message": "居民留言",
        "other": "其他",
    }
)
NO_CATEGORY = "请选是哪一类隐患。"
NO_PLACE = "请选楼栋。名单里没有的，选镇街，再写清地点。"
NO_PLACE_WORDS = "没有选楼栋，请在“具体位置”里写清是哪里。"
NO_WORDS = "请写清是什么情况。"


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds, as it was typed.

    Attributes:
        category: an id, not looked up yet.
        place: ``building:CODE``, ``street:ID`` or ``district:ID``.
        place_words: where there.
        floor: as they say it.
        said: what is wrong.
        came: how it came, of ``CAME``.
        external_number: of 12345 or a grid platform.
        has_media: the message it was filled in from came with a photo or recording.
    """

    category: str = ""
    place: str = ""
    place_words: str = ""
    floor: str = ""
    said: str = ""
    came: str = "phone"
    external_number: str = ""
    has_media: bool = False

    @property
    def kind(self) -> str:
        """Which kind of place was chosen."""
        return self.place.partition(":")[0]

    @property
    def place_id(self) -> str:
        """The code or id of the place."""
        return self.place.partition(":")[2]


def typed_in(form: FormData) -> Typed:
    """Return what was typed.

    Raises:
        Refused: when something is too long.
    """
    came = text_of(form, "came", most=20)
    return Typed(
        category=text_of(form, "category", most=40),
        place=text_of(form, "place", most=60),
        place_words=text_of(form, "place_words", most=MOST_PLACE),
        floor=text_of(form, "floor", most=MOST_FLOOR_CHARACTERS),
        said=text_of(form, "told", most=MOST_SAID),
        came=came if came in CAME else "other",
        external_number=text_of(form, "external_number", most=MOST_EXTERNAL_CHARACTERS),
    )


def require_whole(desk: CaseDesk, typed: Typed) -> None:
    """Do nothing when all is there that a case needs.

    Raises:
        Refused: for the first that is missing.
    """
    missing = (
        (desk.categories.get(typed.category) is None, NO_CATEGORY),
        (not typed.place_id, NO_PLACE),
        (typed.kind != BUILDING and not typed.place_words, NO_PLACE_WORDS),
        (not typed.said, NO_WORDS),
    )
    for is_missing, words in missing:
        if is_missing:
            raise Refused(words)


async def kept_of(desk: CaseDesk, form: FormData) -> tuple[KeptPhoto, ...]:
    """Make the photos of the form anew and keep them, encrypted, one after another.

    Raises:
        Refused: when there are too many, or one is no photo.
    """
    return tuple([await _kept(desk, one) for one in uploads(form, "photos")])


async def _kept(desk: CaseDesk, upload: UploadFile) -> KeptPhoto:
    data = await upload.read(MOST_PHOTO_BYTES + 1)
    try:
        return await desk.keep_photo(data)
    except PhotoRefused as refused:
        raise Refused(photo_words(refused.reason)) from None
