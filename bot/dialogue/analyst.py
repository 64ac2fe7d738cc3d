"""The first look at every text: emergency, crisis, topics. In memory, and never raises for text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.dialogue.analysis import Analysis
from bot.dialogue.certain import CertainPhrases
from index.text import analyse
from index.values import Question, Ranking, Verdict


class Ranks(Protocol):
    """What orders the topics for a question (``index.search.Searcher``)."""

    def rank(self, question: Question) -> Ranking:
        """Return every topic, best first."""


class Judges(Protocol):
    """What recognises emergencies and crises (``index.detector.Detector``)."""

    def judge(self, question: Question) -> Verdict:
        """Return what the classifiers make of the message."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The search core as one value: features are computed once and handed to both."""

    searcher: Ranks
    detector: Judges


@dataclass(frozen=True, slots=True)
class Phrases:
    """What is known by its words alone.

    Attributes:
        certain: shouts for help, and what still works without an index.
        is_fixed: whether a whole message is a courtesy, a control word, a link or no words at
            all; a classifier has too little to judge there.
    """

    certain: CertainPhrases
    is_fixed: Callable[[str], bool]


class Analyst:
    """Looks at a text with the index, or with certain phrases alone while it is missing."""

    def __init__(
        self,
        engine: Engine | None,
        phrases: Phrases,
        places_elsewhere: Callable[[str], Sequence[str]],
    ) -> None:
        self._engine = engine
        self._certain = phrases.certain
        self._is_fixed = phrases.is_fixed
        self._places_elsewhere = places_elsewhere

    def __call__(self, text: str) -> Analysis:
        """Return what ``text`` is."""
        shouted = self._certain.shouted(text)
        crisis = self._certain.crisis(text)
        if self._engine is None:
            kind = shouted or self._certain.held(text)
            return Analysis(emergency=kind, is_sure=bool(kind), crisis=crisis)
        question = analyse(text)
        ranking = self._engine.searcher.rank(question)
        if not shouted and self._is_fixed(text):
            return Analysis(ranking=ranking)
        verdict = self._engine.detector.judge(question)
        elsewhere = next(iter(self._places_elsewhere(text)), "")
        crisis = crisis or verdict.crisis or ""
        if crisis and not shouted:
            return Analysis(crisis=crisis, ranking=ranking, elsewhere=elsewhere)
        sure = shouted or verdict.emergency or ""
        return Analysis(
            emergency=sure or (verdict.suspected if verdict.perhaps else ""),
            is_sure=bool(sure),
            ranking=ranking,
            elsewhere=elsewhere,
        )
