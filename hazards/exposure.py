"""The exposure board (曝光台): what of a case may stand on it, and why not.

Units and places are named, individuals never. A reviewer writes the words for it, looks at the
preview and releases it; only masked photos that somebody has looked at go with it. Values alone;
``hazards.exposure_store`` keeps them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from community.files import StoredFile
from hazards.public_words import Trace, traces
from hazards.transitions import State

MOST_TITLE = 40
MOST_WORDS = 600
MOST_PLACE = 80
MOST_REASON = 200
MOST_PHOTOS = 6
LEAST_REASON = 2

# Found true and put right: nobody is exposed on a mere report, or while they put it right.
EXPOSABLE: tuple[State, ...] = ("verified", "closed")

Problem = Literal[
    "state", "category", "personal", "empty", "long", "photo", "twice", "changed", "reason"
]


class NotExposable(Exception):
    """Something may not stand on the board, or not as it is.

    Attributes:
        problem: ``state`` and ``category`` of the case; ``personal`` for words that point at
            somebody, ``empty`` and ``long`` for others; ``photo`` for one that nobody has
            released; ``twice`` when the case stands there already; ``changed`` when somebody
            else changed it meanwhile; ``reason`` when none was given.
        found: what points at somebody.
    """

    permanent = True

    def __init__(self, problem: Problem, found: tuple[Trace, ...] = ()) -> None:
        self.problem: Problem = problem
        self.found = found
        named = f" ({', '.join(found)})" if found else ""
        super().__init__(f"this cannot stand on the board: {problem}{named}; correct it first")


@dataclass(frozen=True, slots=True)
class NewExposure:
    """What a reviewer writes for the board; ``photo_ids`` are of the case or its reports."""

    title: str
    words: str
    place: str
    photo_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exposure:
    """An entry of the board as staff see it; a draft until it is released.

    Attributes:
        version: counted up with every change, so that nobody releases other words than they saw.
    """

    id: int
    district_id: str
    case_id: int
    title: str
    words: str
    place: str
    photo_ids: tuple[int, ...]
    version: int
    made_by: int | None
    made_at: datetime
    released_by: int | None
    released_at: datetime | None
    taken_down_by: int | None
    taken_down_at: datetime | None
    reason: str

    @property
    def is_shown(self) -> bool:
        """Whether it was released and not taken down; its case decides, too."""
        return self.released_at is not None and self.taken_down_at is None

    @property
    def is_draft(self) -> bool:
        """Whether it is still to be released."""
        return self.released_at is None and self.taken_down_at is None


@dataclass(frozen=True, slots=True)
class PublicExposure:
    """An entry of the board as everybody sees it.

    Attributes:
        id: of the entry, where the next page begins.
        state: of its case, verified or closed.
        photos: the masked copies; their hash is the name in an address.
    """

    id: int
    district_id: str
    category: str
    state: State
    title: str
    words: str
    place: str
    street: str
    found_at: datetime
    released_at: datetime
    photos: tuple[StoredFile, ...] = ()


def checked(new: NewExposure) -> NewExposure:
    """Return what was written, without space around.

    Raises:
        NotExposable: when words are missing, too long, or point at somebody.
    """
    found = replace(
        new,
        title=new.title.strip(),
        words=new.words.strip(),
        place=new.place.strip(),
        photo_ids=tuple(dict.fromkeys(new.photo_ids)),
    )
    if not (found.title and found.words and found.place):
        raise NotExposable("empty")
    sizes = ((found.title, MOST_TITLE), (found.words, MOST_WORDS), (found.place, MOST_PLACE))
    if any(len(text) > most for text, most in sizes):
        raise NotExposable("long")
    if len(found.photo_ids) > MOST_PHOTOS:
        raise NotExposable("photo")
    personal = traces("\n".join((found.title, found.words, found.place)))
    if personal:
        raise NotExposable("personal", personal)
    return found


def checked_reason(reason: str) -> str:
    """Return why an entry is taken down.

    Raises:
        NotExposable: when nothing was said.
    """
    said = reason.strip()
    if len(said) < LEAST_REASON:
        raise NotExposable("reason")
    return said[:MOST_REASON]
