"""The first look at every text: emergency, crisis, topics. In memory, and never raises for text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.dialogue.analysis import Analysis
from bot.dialogue.certain import CertainPhrases
from bot.dialogue.latin import is_calm, readable
from index.text import analyse
from index.values import Question, Ranking, Verdict

# Above this an emergency wins over a crisis that the classifiers see in the same words.
CLEARLY_NOW = 0.5


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
        return self._analysed(readable(text))

    def _analysed(self, text: str) -> Analysis:
        certain = self._by_words(text)
        if self._engine is None:
            return certain
        question = analyse(text)
        elsewhere = next(iter(self._places_elsewhere(text)), "")
        found = replace(certain, ranking=self._engine.searcher.rank(question), elsewhere=elsewhere)
        if found.is_certain or found.danger or self._is_fixed(text):
            return found
        judged = self._judged(text, found, self._engine.detector.judge(question))
        # A crisis has quiet words, too; they were learned in both scripts.
        return found if is_calm(text) and not judged.crisis else judged

    def _by_words(self, text: str) -> Analysis:
        """Return what is known without the index; leaning towards 119 where there is none."""
        crisis, shouted = self._certain.crisis(text), self._certain.shouted(text)
        if crisis and not shouted:
            of_others = self._certain.is_of_others(text)
            return Analysis(crisis=crisis, is_certain=True, is_of_others=of_others)
        held = self._certain.held(text) if self._engine is None else ""
        kind = shouted or held
        return Analysis(
            emergency=kind,
            is_sure=bool(kind),
            now=float(bool(kind)),
            is_certain=bool(kind),
            danger="" if kind else self._certain.danger(text),
            aid=self._certain.aid(text),
            has_tell=self._certain.has_tell(text),
        )

    def _judged(self, text: str, found: Analysis, verdict: Verdict) -> Analysis:
        if verdict.crisis and not (verdict.emergency and verdict.now >= CLEARLY_NOW):
            return replace(
                found, crisis=verdict.crisis, now=verdict.now,
                is_of_others=self._certain.is_of_others(text),
                has_tell=not self._certain.is_place(text),
            )  # fmt: skip
        kind = verdict.emergency or (verdict.suspected if verdict.perhaps else "")
        return replace(found, emergency=kind, is_sure=bool(verdict.emergency), now=verdict.now)
