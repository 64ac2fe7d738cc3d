"""What the bot remembers of a conversation between two messages. Values only; JSON in, JSON out."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self

Stage = Literal["asked", "called", "no_phone"]

# After this long without a word the emergency flow is taken to be over; a person who comes
# back next morning must not be told to hold wet towels to the door.
EMERGENCY_FORGOTTEN_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class EmergencyState:
    """Where somebody is in the emergency flow.

    Attributes:
        kind: one of the emergency kinds.
        stage: ``asked`` until they say whether 119 was called.
        step: how many of the further steps were given.
        question: what they wrote, answered normally should it not be happening now.
        place: where they are, once told.
        since: when the last message of the flow came, aware UTC.
    """

    kind: str
    stage: Stage
    question: str
    since: datetime
    step: int = 0
    place: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether the flow has been silent for so long that it no longer holds."""
        return now - self.since > EMERGENCY_FORGOTTEN_AFTER


@dataclass(frozen=True, slots=True)
class Offer:
    """A numbered choice that still stands: its words, and the topic or reply it leads to."""

    label: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One account's memory. An emergency leaves the other fields as they were.

    ``elsewhere`` is another district that the question named, or "".
    """

    offers: tuple[Offer, ...] = ()
    question: str = ""
    answered: str = ""
    ranked: tuple[str, ...] = ()
    crisis: str = ""
    hinted_on: date | None = None
    emergency: EmergencyState | None = None
    elsewhere: str = ""

    def without_flow(self) -> Self:
        """Return the session with nothing half done in it."""
        return replace(self, offers=(), crisis="", emergency=None)


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
    """What a turn leaves behind besides its reply; stored in the turn's own transaction."""

    unanswered: tuple[UnansweredQuestion, ...] = ()
    labelled: tuple[Labelled, ...] = ()

    @property
    def is_promised(self) -> bool:
        """Whether the reply says that something was noted, so that it must be on disk."""
        return any(question.kind != "declined" for question in self.unanswered)


NO_EFFECTS = Effects()


def session_to_json(session: Session) -> dict[str, Any]:
    """Return ``session`` as plain JSON values."""
    state = session.emergency
    return {
        "offers": [[offer.label, offer.topic] for offer in session.offers],
        "question": session.question,
        "answered": session.answered,
        "ranked": list(session.ranked),
        "crisis": session.crisis,
        "hinted_on": session.hinted_on and session.hinted_on.isoformat(),
        "emergency": state and _state_to_json(state),
        "elsewhere": session.elsewhere,
    }


def session_from_json(data: dict[str, Any]) -> Session:
    """Return the session that :func:`session_to_json` wrote; unknown keys are left alone."""
    hinted = data.get("hinted_on")
    state = data.get("emergency")
    return Session(
        offers=tuple(Offer(label, topic) for label, topic in data.get("offers", ())),
        question=data.get("question", ""),
        answered=data.get("answered", ""),
        ranked=tuple(data.get("ranked", ())),
        crisis=data.get("crisis", ""),
        hinted_on=date.fromisoformat(hinted) if hinted else None,
        emergency=_state_from_json(state) if state else None,
        elsewhere=data.get("elsewhere", ""),
    )


def _state_to_json(state: EmergencyState) -> dict[str, Any]:
    return {
        "kind": state.kind,
        "stage": state.stage,
        "question": state.question,
        "since": state.since.isoformat(),
        "step": state.step,
        "place": state.place,
    }


def _state_from_json(data: dict[str, Any]) -> EmergencyState:
    return EmergencyState(**{**data, "since": datetime.fromisoformat(data["since"])})
