"""A message with what was found in it, and what the turn may act with."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import Connection

from bot.dialogue.analysis import Analysis
from bot.messages import Choice, Utterance
from index.values import Zone


@dataclass(frozen=True, slots=True)
class Heard:
    """One message and what the first look at its text found."""

    utterance: Utterance
    analysis: Analysis

    @property
    def text(self) -> str:
        """The words of the message, or those of the place that was sent."""
        place = self.utterance.place
        if self.utterance.text or place is None:
            return self.utterance.text
        return place.label or f"{place.latitude:.5f},{place.longitude:.5f}"

    @property
    def function(self) -> str:
        """The key of the function behind the button that was tapped, or ""."""
        event, tapped = self.utterance.event, self.utterance.tapped
        if event is not None and event.kind == "menu":
            return event.key
        return tapped.function if tapped else ""

    @property
    def is_question(self) -> bool:
        """Whether the knowledge holds a sure answer to it."""
        ranking = self.analysis.ranking
        return ranking is not None and ranking.zone is Zone.ANSWER

    def saying(self, text: str, analysis: Analysis) -> Self:
        """Return the same message with other words, as those of a choice that was tapped."""
        said = replace(self.utterance, text=text, event=None, tapped=None, media=(), place=None)
        return replace(self, utterance=said, analysis=analysis)

    def tapping(self, label: str, topic: str, function: str) -> Self:
        """Return the same message as a tap on a choice."""
        tapped = Choice(label, topic, function)
        return replace(self, utterance=replace(self.utterance, tapped=tapped))


@dataclass(frozen=True, slots=True)
class Desk:
    """What a turn acts with: its transaction, and the row of the account that wrote.

    ``has_waiting`` says that something for them may be in the outbox, and ``last_at`` is when
    their session last changed, None for a new one.
    """

    db: Connection
    account_id: int
    has_waiting: bool = True
    last_at: datetime | None = None
