"""The web form's fields, and the signed state that goes to the browser and comes back with them.

Nothing of a report in the making is kept here but its photos, sealed and under no name: what was
filled in stays in the page.
"""

import hashlib
from dataclasses import dataclass, field, replace
from typing import get_args
from uuid import uuid4

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import FormData, UploadFile

from bot.channels.web_forms import text_of
from community.files import SEALED, StoredFile
from hazards.drafts import MOST_PLACE_CHARACTERS, MOST_SAID_CHARACTERS, Privacy

# Sealed photos that nothing takes over are swept up after a day.
STATE_SECONDS = 6 * 3600
AS_WRITTEN = "none"
_MOST_ID = 40
_MOST_TOKEN = 20_000


class NoName(Exception):
    """A report is to be named, and what was written is no name."""

    permanent = True

    def __init__(self) -> None:
        super().__init__("a named report needs a name of 2 to 20 letters: ask for it")


@dataclass(frozen=True, slots=True)
class FormState:
    """What a form in a browser stands for.

    Attributes:
        operation: of the report; posting it again has no second effect.
        photos: kept already, from an earlier try to hand it in.
    """

    operation: str = field(default_factory=lambda: str(uuid4()))
    photos: tuple[StoredFile, ...] = ()

    def with_photos(self, photos: tuple[StoredFile, ...]) -> "FormState":
        """Return the same with other photos."""
        return replace(self, photos=photos)


class FormStates:
    """Signs states, and reads those that come back."""

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeTimedSerializer(key, salt="report form")

    def sealed(self, state: FormState) -> str:
        """Return a state as the page's hidden field holds it."""
        photos = [[one.sha256, one.size] for one in state.photos]
        return str(self._signer.dumps([state.operation, photos]))

    def read(self, token: str) -> FormState | None:
        """Return the state in a hidden field; None when it is too old or not ours."""
        try:
            operation, photos = self._signer.loads(token, max_age=STATE_SECONDS)
        except BadSignature:
            return None
        return FormState(operation, tuple(StoredFile(name, SEALED, size) for name, size in photos))


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody has filled in, cleaned and cut; any of it may be wrong.

    Attributes:
        category: an id.
        said: in their words.
        place: likewise.
        building: the code of a chosen building; ``AS_WRITTEN`` when none of those offered is it.
        offered: the place's words at that time; other words are looked up again.
        latitude: degrees in WGS-84, None where the browser gave none.
        longitude: likewise.
        privacy: confidential unless they wish to be anonymous, or give their name.
        name: theirs, of a named report.
        wants_notices: whether to tell them of what happens.
        gate: ``no`` once they said that it is no emergency.
        gated: the category they said it of.
        calm: the digest of words that they said are no emergency.
        drops_photos: those that came before are not to be sent.
        is_back: they come back from a question; nothing is handed in yet.
    """

    category: str = ""
    said: str = ""
    place: str = ""
    building: str = ""
    offered: str = ""
    latitude: float | None = None
    longitude: float | None = None
    privacy: Privacy = "confidential"
    name: str = field(default="", repr=False)
    wants_notices: bool = False
    gate: str = ""
    gated: str = ""
    calm: str = ""
    drops_photos: bool = False
    is_back: bool = False

    @property
    def digest(self) -> str:
        """What stands for the words as they are."""
        told = f"{self.said}\0{self.place}"
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def is_calm(self) -> bool:
        """Whether they said of these very words that they are no emergency."""
        return self.calm == self.digest

    @property
    def is_past_gate(self) -> bool:
        """Whether they said of this very category that it is no emergency."""
        return self.gate == "no" and self.gated == self.category

    @property
    def chosen_building(self) -> str:
        """The code of the building they chose for these very words, or ``AS_WRITTEN``, or ""."""
        return self.building if self.offered == self.place else ""

    @property
    def has_point(self) -> bool:
        """Whether the browser said where they are."""
        return self.latitude is not None and self.longitude is not None


def read_filled(form: FormData) -> Filled:
    """Return what a form holds."""
    short = {
        name: text_of(form, name, _MOST_ID)
        for name in ("category", "building", "gate", "gated", "calm")
    }
    return Filled(
        **short,
        said=text_of(form, "said", MOST_SAID_CHARACTERS),
        place=text_of(form, "place", MOST_PLACE_CHARACTERS),
        offered=text_of(form, "offered", MOST_PLACE_CHARACTERS),
        latitude=_degrees(text_of(form, "latitude", _MOST_ID)),
        longitude=_degrees(text_of(form, "longitude", _MOST_ID)),
        privacy=_privacy(form.get("privacy")),
        name=text_of(form, "name", _MOST_ID),
        wants_notices=form.get("notices") == "yes",
        drops_photos=form.get("drop") == "yes",
        is_back=form.get("back") == "yes",
    )


def token_of(form: FormData) -> str:
    """Return the signed state that came with a form."""
    return text_of(form, "state", _MOST_TOKEN)


def uploads_of(form: FormData) -> list[UploadFile]:
    """Return the photos that came with a form; an empty field sends a file without a name."""
    sent = form.getlist("photo")
    return [one for one in sent if isinstance(one, UploadFile) and (one.filename or one.size)]


def _privacy(chosen: object) -> Privacy:
    return next((one for one in get_args(Privacy) if one == chosen), "confidential")


def _degrees(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
