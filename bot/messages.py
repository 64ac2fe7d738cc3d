"""What a person sends and what they get back, the same in every channel.

A channel turns a vendor's message into an :class:`Utterance` and a :class:`Reply` into the
vendor's format. Nothing here knows a vendor, a clock or storage.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MAX_TEXT_CHARACTERS = 10_000
MAX_ID_CHARACTERS = 200

# NUL, the C0 controls but tab and newline, DEL, and lone surrogates: no channel can carry
# them back, and PostgreSQL refuses NUL.
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Wants = Literal["", "place", "photo"]
ReplyKind = Literal["answer", "clarify", "decline", "emergency", "crisis", "chat"]
ReplyLanguage = Literal["zh", "en"]


def clean_text(text: str) -> str:
    """Return ``text`` without characters that no store or channel can carry, capped in length."""
    unified = text[: 2 * MAX_TEXT_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    return _UNSTORABLE.sub("", unified)[:MAX_TEXT_CHARACTERS]


def clean_id(text: str) -> str:
    """Return an id that can be stored: ``text`` itself, or its hash when it is too long or dirty.

    Leaving characters out would make two ids one, and with them two people or two messages.
    """
    if len(text) <= MAX_ID_CHARACTERS and clean_text(text) == text:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Account:
    """Who speaks: an account within a channel (an OpenID, a chat id, a random web id)."""

    channel: str
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_id(self.name))


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tap; tapping sends ``label`` as if it had been typed.

    ``topic`` is the syllabus id it leads to, or "" for a choice within a flow. ``function`` is
    the key of the function that it opens (``bot.dialogue.functions``), or "".
    """

    label: str
    topic: str = ""
    function: str = ""


MediaKind = Literal["photo", "voice", "video", "sticker", "file"]


@dataclass(frozen=True, slots=True)
class Media:
    """Something sent that is not text; its bytes are fetched later, if they are needed at all.

    Attributes:
        kind: what it is.
        ref: how the channel finds it again (a media id, a file id, an address).
        name: the file's name as sent, or "".
        link: an address at which the platform itself gives it, or "".
    """

    kind: MediaKind
    ref: str
    name: str = ""
    link: str = ""

    def __post_init__(self) -> None:
        for field in ("ref", "name", "link"):
            object.__setattr__(self, field, clean_text(getattr(self, field)))

    @property
    def source(self) -> str:
        """How later work finds it again: ``ref``, with the ``link`` behind a space."""
        return f"{self.ref} {self.link}".strip()


# What degrees are measured in: Chinese maps shift theirs by up to some 600 m.
Datum = Literal["wgs84", "gcj02"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place somebody chose to send: degrees in the platform's datum, and its words."""

    latitude: float
    longitude: float
    label: str = ""
    datum: Datum = "wgs84"


EventKind = Literal["followed", "left", "scanned", "menu", "unread"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person did without writing.

    Attributes:
        kind: ``followed`` (also unblocked or started), ``left`` (unfollowed or blocked),
            ``scanned`` a code while following, tapped a ``menu`` button, or sent something
            that no code of ours can read (``unread``).
        key: the scene of the code or deep link, or the function behind the button.
    """

    kind: EventKind
    key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", clean_text(self.key)[:MAX_ID_CHARACTERS])


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing a person sent or did.

    Attributes:
        account: who.
        id: the channel's own id of the message; a repeat of it has no second effect.
        text: what was typed, the caption of a photo, or recognised speech; "" for the rest.
        sent_at: when, aware.
        media: what was sent along.
        place: where, if a place was sent.
        event: what was done, if nothing was written.
        tapped: the choice that was tapped; its label is the ``text``.
        is_edit: the person changed a message of theirs; no second effect.
        is_aloud: ``text`` was recognised from speech.
        language: of the person's app (BCP 47), "" where it is unknown.
    """

    account: Account
    id: str
    text: str
    sent_at: datetime
    media: tuple[Media, ...] = ()
    place: Place | None = None
    event: Event | None = None
    tapped: Choice | None = None
    is_edit: bool = False
    is_aloud: bool = False
    language: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", clean_id(self.id))
        object.__setattr__(self, "text", clean_text(self.text))

    @property
    def has_photo(self) -> bool:
        """Whether a photo was sent along."""
        return any(one.kind == "photo" for one in self.media)


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """A source behind an answer (法规依据), with its full text for those who ask."""

    name: str
    supports: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A page to open, with a title and a line (图文); a text channel shows title and address."""

    title: str
    summary: str
    url: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a person.

    Attributes:
        kind: what the reply is; ``emergency`` and ``crisis`` carry no citations or feedback.
        text: what the resident reads, choices not included.
        basis: the sources in one short line (依据); a page folds ``citations`` behind it.
        hint: a quiet last line, for channels without buttons to rate with.
        choices: things to tap, in order; a text channel numbers them from 1.
        citations: sources, folded under the answer where the channel can fold.
        topics: syllabus ids that the reply answers or offers, best first.
        rateable: whether 有用/没用 may be shown beside it.
        picture: a PNG or JPEG of ours to send along, by its path in the data folder, or "".
        card: a page to open.
        wants: what the channel may offer to send with one tap.
        language: of the conversation, for what a channel itself says beside it.
    """

    kind: ReplyKind
    text: str
    basis: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    citations: tuple[CitedArticle, ...] = ()
    topics: tuple[str, ...] = ()
    rateable: bool = False
    picture: str = ""
    card: Card | None = None
    wants: Wants = ""
    language: ReplyLanguage = "zh"


def has_urgent(replies: Iterable[Reply]) -> bool:
    """Whether one of them is said to somebody in an emergency or a crisis."""
    return any(reply.kind in {"emergency", "crisis"} for reply in replies)


def plain_text(reply: Reply) -> str:
    """Return the whole reply as one text, for channels without buttons."""
    lines = [reply.text, reply.basis, reply.hint]
    if reply.card:
        lines += [reply.card.title, reply.card.url]
    if reply.kind == "emergency":
        lines.append("　".join(f"{n} {c.label}" for n, c in enumerate(reply.choices, 1)))
    else:
        lines += [f"{n} {c.label}" for n, c in enumerate(reply.choices, 1)]
    return "\n".join(line for line in lines if line)
