"""What a person sends and what they get back, the same in every channel.

A channel turns a vendor's message into an :class:`Utterance` and a :class:`Reply` into the
vendor's format. Nothing here knows a vendor, a clock or storage.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MAX_TEXT_CHARACTERS = 10_000
MAX_ID_CHARACTERS = 200

# NUL, the C0 controls but tab and newline, DEL, and lone surrogates: no channel can carry
# them back, and PostgreSQL refuses NUL.
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

ReplyKind = Literal["answer", "clarify", "decline", "emergency", "crisis", "chat"]


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
class Utterance:
    """One thing a person sent.

    ``id`` is the channel's own id of the message; a repeat of it has no second effect.
    """

    account: Account
    id: str
    text: str
    sent_at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", clean_id(self.id))
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tap; tapping sends ``label`` as if it had been typed.

    ``topic`` is the syllabus id it leads to, or "" for a choice within a flow.
    """

    label: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """A source behind an answer (法规依据), with its full text for those who ask."""

    name: str
    supports: str
    text: str = ""


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
    """

    kind: ReplyKind
    text: str
    basis: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    citations: tuple[CitedArticle, ...] = ()
    topics: tuple[str, ...] = ()
    rateable: bool = False


def plain_text(reply: Reply) -> str:
    """Return the whole reply as one text, for channels without buttons."""
    lines = [reply.text, reply.basis, reply.hint]
    if reply.kind == "emergency":
        lines.append("　".join(f"{n} {c.label}" for n, c in enumerate(reply.choices, 1)))
    else:
        lines += [f"{n} {c.label}" for n, c in enumerate(reply.choices, 1)]
    return "\n".join(line for line in lines if line)
