"""What the bot remembers of a conversation between two messages. Values only; JSON in, JSON out."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Self, get_args

from bot.phrases import CRISIS_KINDS, EMERGENCY_KINDS

_logger = logging.getLogger(__name__)

Stage = Literal["asked", "called", "no_phone"]
Language = Literal["zh", "en"]

# After this long without a word the emergency flow is taken to be over; a person who comes
# back next morning must not be told to hold wet towels to the door.
EMERGENCY_FORGOTTEN_AFTER = timedelta(hours=2)
MOST_QUESTION_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class EmergencyState:
    """Where somebody is in the emergency flow.

    Attributes:
        kind: one of the emergency kinds.
        stage: ``asked`` until they say whether 119 was called.
        step: how many of the further steps were given.
        question: what they wrote, answered normally should it not be happening now; shortened.
        place: where they are, once told.
        since: when the last message of the flow came, aware UTC.
    """

    kind: str
    stage: Stage
    question: str
    since: datetime
    step: int = 0
    place: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "question", self.question[:MOST_QUESTION_CHARACTERS])

    def is_over(self, now: datetime) -> bool:
        """Whether the flow has been silent for so long that it no longer holds."""
        return now - self.since > EMERGENCY_FORGOTTEN_AFTER


@dataclass(frozen=True, slots=True)
class Offer:
    """A numbered choice that still stands: its words, and the topic or function it leads to."""

    label: str
    topic: str = ""
    function: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Where somebody is in a function that takes several messages.

    Attributes:
        function: the key of the function that reads the next message.
        step: a name that the function gave to what it waits for.
        data: what it needs to go on.
    """

    function: str
    step: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """One account's memory. An emergency leaves the other fields as they were.

    Attributes:
        elsewhere: another district that the question named, or "".
        flow: the function they are in the middle of.
        more: the rest of an answer too long for one message, part by part.
        language: of menus, emergency replies and the bot's own words; entries stay Chinese.
        told_privacy: whether they were told what is kept of them.
        asks: whether the last thing said to them asks for a yes or a no.
    """

    offers: tuple[Offer, ...] = ()
    question: str = ""
    answered: str = ""
    ranked: tuple[str, ...] = ()
    crisis: str = ""
    hinted_on: date | None = None
    emergency: EmergencyState | None = None
    elsewhere: str = ""
    flow: Flow | None = None
    more: tuple[str, ...] = ()
    language: Language = "zh"
    told_privacy: bool = False
    asks: bool = False

    @property
    def is_urgent(self) -> bool:
        """Whether its person is in an emergency or a crisis, so that replies must go out."""
        return self.emergency is not None or bool(self.crisis)

    def without_flow(self) -> Self:
        """Return the session with nothing half done in it."""
        return replace(self, offers=(), crisis="", emergency=None, flow=None, more=())

    def blank(self) -> Self:
        """Return the session without anything that was said or done in it."""
        empty = type(self)()
        return replace(empty, language=self.language, told_privacy=self.told_privacy)


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question for the curator's queue: why it went there, and the nearest topics."""

    question: str
    kind: Literal["declined", "disliked", "clarified"]
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question and the topic its asker chose, for the curator."""

    question: str
    topic: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What a turn leaves behind besides its reply; stored in the turn's own transaction.

    ``is_booked`` says that a function has already written within that transaction, and
    ``is_forgotten`` that it deleted the account, so that the turn starts a new one.
    ``is_refused`` says that a function had no transaction to act in. ``woken`` names the
    channels in whose outbox something was queued for somebody else. ``is_sealed`` says that
    neither the message nor its replies may be stored: they would join the sender to a report
    that is to be anonymous. ``is_unsaid`` says that the message may not be stored: a name.
    """

    unanswered: tuple[UnansweredQuestion, ...] = ()
    labelled: tuple[Labelled, ...] = ()
    is_booked: bool = False
    is_forgotten: bool = False
    is_refused: bool = False
    woken: tuple[str, ...] = ()
    is_sealed: bool = False
    is_unsaid: bool = False

    @property
    def is_promised(self) -> bool:
        """Whether the turn is worth nothing unless it is on disk; else it is to be sent again."""
        noted = any(question.kind != "declined" for question in self.unanswered)
        return self.is_booked or self.is_forgotten or self.is_refused or noted


NO_EFFECTS = Effects()


def session_to_json(session: Session) -> dict[str, Any]:
    """Return ``session`` as plain JSON values."""
    state = session.emergency
    return {
        "offers": [[offer.label, offer.topic, offer.function] for offer in session.offers],
        "question": session.question,
        "answered": session.answered,
        "ranked": list(session.ranked),
        "crisis": session.crisis,
        "hinted_on": session.hinted_on and session.hinted_on.isoformat(),
        "emergency": state and _state_to_json(state),
        "elsewhere": session.elsewhere,
        "flow": session.flow and _flow_to_json(session.flow),
        "more": list(session.more),
        "language": session.language,
        "told_privacy": session.told_privacy,
        "asks": session.asks,
    }


def session_from_json(data: object) -> Session:
    """Return the session that :func:`session_to_json` wrote, in this release or another.

    What is missing, of another shape, or a kind that this release has no words for takes its
    default; anything but an object is no session at all. Neither may cost a reply.
    """
    if not isinstance(data, dict):
        _logger.warning("a stored session is a %s, no object; it starts anew", type(data).__name__)
        return Session()
    crisis = text_in(data, "crisis")
    return Session(
        offers=_offers(data.get("offers")),
        question=text_in(data, "question"),
        answered=text_in(data, "answered"),
        ranked=texts_in(data, "ranked"),
        crisis=crisis if crisis in CRISIS_KINDS else "",
        hinted_on=_date(text_in(data, "hinted_on")),
        emergency=_state_from_json(data.get("emergency")),
        elsewhere=text_in(data, "elsewhere"),
        flow=_flow_from_json(data.get("flow")),
        more=texts_in(data, "more"),
        language="en" if data.get("language") == "en" else "zh",
        told_privacy=data.get("told_privacy") is True,
        asks=data.get("asks") is True,
    )


def text_in(data: dict[str, Any], key: str) -> str:
    """Return the text under ``key``, or "" when there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def texts_in(data: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return the texts in the list under ``key``; what is no text is left out."""
    value = data.get(key)
    return tuple(t for t in value if isinstance(t, str)) if isinstance(value, list) else ()


def _offers(value: object) -> tuple[Offer, ...]:
    """Return the offers; one that cannot be read takes all, for the numbers would shift."""
    offers: list[Offer] = []
    for pair in value if isinstance(value, list) else ():
        match pair:
            case [str(label), str(topic)]:  # as releases without functions wrote it
                offers.append(Offer(label, topic))
            case [str(label), str(topic), str(function)]:
                offers.append(Offer(label, topic, function))
            case _:
                return ()
    return tuple(offers)


def _flow_to_json(flow: Flow) -> dict[str, Any]:
    return {"function": flow.function, "step": flow.step, "data": dict(flow.data)}


def _flow_from_json(value: object) -> Flow | None:
    if not isinstance(value, dict) or not text_in(value, "function"):
        return None
    data = value.get("data")
    kept = data.items() if isinstance(data, dict) else ()
    texts = {name: text for name, text in kept if isinstance(text, str)}
    return Flow(text_in(value, "function"), text_in(value, "step"), texts)


def _state_to_json(state: EmergencyState) -> dict[str, Any]:
    return {
        "kind": state.kind,
        "stage": state.stage,
        "question": state.question,
        "since": state.since.isoformat(),
        "step": state.step,
        "place": state.place,
    }


def _state_from_json(data: object) -> EmergencyState | None:
    if not data:
        return None
    since = _instant(text_in(data, "since")) if isinstance(data, dict) else None
    if not isinstance(data, dict) or since is None or text_in(data, "kind") not in EMERGENCY_KINDS:
        _logger.warning("a stored emergency cannot be read; its flow is over")
        return None
    stage, step = data.get("stage"), data.get("step")
    return EmergencyState(
        kind=data["kind"],
        stage=next((known for known in get_args(Stage) if known == stage), "asked"),
        question=text_in(data, "question"),
        since=since,
        step=step if type(step) is int and step >= 0 else 0,
        place=text_in(data, "place"),
    )


def _instant(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
