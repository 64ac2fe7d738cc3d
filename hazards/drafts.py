"""A report in the making (草稿): what is known so far, as values.

Everything has a safe default, so that a photo and a category are enough.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from community.coordinates import Point, from_gcj02

# As wide as the columns that hold them.
MOST_PLACE_CHARACTERS = 200
MOST_FLOOR_CHARACTERS = 20
# What somebody tells with a thumb is far shorter; Open311 asks for 4,000 at most.
MOST_SAID_CHARACTERS = 4000
MOST_PHOTOS = 9

Datum = Literal["wgs84", "gcj02"]
Privacy = Literal["anonymous", "confidential", "named"]


def storable(text: str, most: int) -> str:
    """Return ``text`` as both stores can hold it, at most ``most`` characters; tags stay text."""
    plain = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    return plain.strip()[:most]


@dataclass(frozen=True, slots=True)
class Where:
    """Where a hazard is, as far as the reporter told.

    Attributes:
        building_id: a registered building.
        street_id: a registered street, when no building is known.
        words: in the reporter's words.
        floor: as they say it, such as 2楼 or B1.
        latitude: degrees north in ``datum``.
        longitude: degrees east in ``datum``.
        datum: WeChat and Chinese maps give GCJ-02.
    """

    building_id: int | None = None
    street_id: int | None = None
    words: str = ""
    floor: str = ""
    latitude: float | None = None
    longitude: float | None = None
    datum: Datum = "wgs84"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known that staff could go by; a floor alone leads nowhere."""
        return self == replace(Where(), floor=self.floor, datum=self.datum)

    def point(self) -> Point | None:
        """Return the coordinates in WGS-84, None when there are none.

        Raises:
            BadCoordinates: for what is no place on earth.
        """
        if self.latitude is None or self.longitude is None:
            return None
        if self.datum == "gcj02":
            return from_gcj02(self.latitude, self.longitude)
        return Point(self.latitude, self.longitude)

    def cut(self) -> "Where":
        """Return the same with words and floor as long as can be kept."""
        return replace(
            self,
            words=storable(self.words, MOST_PLACE_CHARACTERS),
            floor=storable(self.floor, MOST_FLOOR_CHARACTERS),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one account has told so far.

    Attributes:
        category: an id of ``hazards.categories``; "" until it is chosen.
        said: in their words, kept as text whatever it holds.
        where: the place.
        privacy: who may know who they are; confidential is the safe default.
        wants_notices: whether to tell them what becomes of it; None until they were asked.
        begun_at: aware; the turns since then belong to it.
        district_id: where they are at home, which holds unless the place says otherwise.
    """

    category: str = ""
    said: str = ""
    where: Where = Where()
    privacy: Privacy = "confidential"
    wants_notices: bool | None = None
    begun_at: datetime
    district_id: str


@dataclass(frozen=True, slots=True)
class DraftPhoto:
    """One photo of a draft; ``file_id`` is None until it was fetched.

    Attributes:
        id: of its row.
        channel: whose reference it is.
        ref: how the channel finds it.
        file_id: where it is kept.
        refused: why it cannot be taken (``community.photos.Reason``, or ``gone``); "" if it can.
        sha256: of the photo as we made it anew.
        phash: its perceptual hash; "" when there is none that tells pictures apart.
    """

    id: int
    channel: str
    ref: str
    file_id: int | None
    refused: str
    sha256: str
    phash: str

    @property
    def is_pending(self) -> bool:
        """Whether it is yet to be fetched."""
        return self.file_id is None and not self.refused


def draft_to_json(draft: Draft) -> dict[str, Any]:
    """Return a draft as plain JSON."""
    plain = asdict(draft)
    return {**plain, "begun_at": draft.begun_at.isoformat()}


def draft_from_json(stored: object) -> Draft | None:
    """Return the draft in what ``draft_to_json`` made; None for what another release wrote."""
    if not isinstance(stored, Mapping) or not isinstance(stored.get("where"), Mapping):
        return None
    try:
        where = Where(**stored["where"])
        begun_at = datetime.fromisoformat(stored["begun_at"])
        return Draft(**{**stored, "where": where, "begun_at": begun_at})
    except (KeyError, TypeError, ValueError):
        return None
