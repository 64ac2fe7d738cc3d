"""One message on its way through the conversation, and what is known of it without storage."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from bot import store
from bot.dialogue.analysis import Analysis
from bot.dialogue.brain import Brain
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SAY, given_to
from bot.dialogue.memory import Said
from bot.dialogue.session import Session, session_from_json
from bot.messages import Reply, Utterance

_CODE = re.compile(
    r"(?:查?进度|编号|我的编号|progress)[:：\s]*(?P<code>[0-9A-Za-z]{3,5}[- ]?[0-9A-Za-z]{3,5})",
    re.IGNORECASE,
)
# An account's sessions follow one another, whatever the clocks of several hosts say.
TICK = timedelta(microseconds=1)


class Withdrawn(Exception):
    """A message whose sender was told that it was not stored, and so must not be."""


@dataclass(slots=True)
class Message:
    """One message on its way, and what was decided on it by the store's closure or without it.

    Once ``is_answered``, ``said`` stays: a closure that runs later stores it as it was said.
    """

    utterance: Utterance
    brain: Brain
    analysis: Analysis
    now: datetime
    lock: Lock = field(default_factory=Lock)
    said: Said | None = None
    is_answered: bool = False
    is_withdrawn: bool = False


def spoken(utterance: Utterance) -> Utterance:
    """Return a tap on a choice that stands for words as these words."""
    tapped = utterance.tapped
    if tapped is None or not tapped.function.startswith(f"{SAY}/"):
        return utterance
    return replace(utterance, text=given_to(tapped.function), tapped=None)


def is_code(text: str) -> bool:
    """Whether a message is a code that somebody copied, perhaps with a slip: 「进度 K7M3-9QX2」.

    A classifier sees anything in its letters.
    """
    found = _CODE.fullmatch(text.strip())
    return found is not None and any(sign.isdigit() for sign in found["code"])


def is_tapped(utterance: Utterance) -> bool:
    """Whether a choice was tapped that leads somewhere."""
    tapped = utterance.tapped
    return tapped is not None and bool(tapped.topic or tapped.function)


def in_its_language(outcome: Outcome) -> Outcome:
    """Return ``outcome`` with the language of its session on every reply."""
    language = outcome.session.language
    if language == "zh":
        return outcome  # as replies are unless told
    return replace(outcome, replies=tuple(replace(r, language=language) for r in outcome.replies))


def from_store(stored: store.StoredSession | None, now: datetime) -> Said:
    """Return what a stored session remembers; a new session for None."""
    session = session_from_json(stored.state) if stored else Session()
    at = stored.changed_at if stored else now - TICK
    return Said(None, Outcome(session, ()), at, is_stored=True)


def urgent_alone(message: Message, session: Session) -> Reply | None:
    """Return the first words of this emergency or crisis, or of the one they are in."""
    urgent, state = message.brain.dialogue.urgent, session.emergency
    standing = Analysis(
        emergency=state.kind if state else "", is_sure=state is not None, crisis=session.crisis
    )
    return urgent(message.analysis) or urgent(standing)
