"""Measuring search and detectors on questions with known answers.

Pure functions over what was ranked and judged: the same ones measure the held-back set, the
gold questions and the baseline.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from index.corpus import Asked, HeldBack, Line
from index.detector import Detector
from index.search import Searcher
from index.text import analyse
from index.values import Verdict, Zone

BUTTONS = 3


@dataclass(frozen=True, slots=True)
class Ranked:
    """An in-scope question and what came back: ids best first, the zone, the emergency kind."""

    asked: Asked
    topics: tuple[str, ...]
    zone: Zone = Zone.ANSWER
    emergency: str | None = None

    @property
    def rank(self) -> int:
        """Return the place of the first right topic, counted from 1; 0 when there is none."""
        places = [place for place, topic in enumerate(self.topics, 1) if topic in self.asked.topics]
        return places[0] if places else 0

    @property
    def is_served(self) -> bool:
        """Right answer, right button, or the emergency reply to a sure emergency."""
        if self.asked.emergency == "sure" and self.emergency:
            return True
        if self.zone is Zone.ANSWER:
            return self.rank == 1
        return self.zone is Zone.CLARIFY and 0 < self.rank <= BUTTONS


@dataclass(frozen=True, slots=True)
class Judged:
    """An emergency, a look-alike or an out-of-scope line, and what the models said."""

    line: Line
    zone: Zone
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured in one run."""

    in_scope: tuple[Ranked, ...]
    out_of_scope: tuple[Judged, ...]
    emergencies: tuple[Judged, ...]
    look_alikes: tuple[Judged, ...]

    def figures(self) -> dict[str, float]:
        """Return the headline figures by name, each a share in [0, 1]."""
        near = [one for one in self.out_of_scope if one.line.kind == "near_miss"]
        long = [one for one in self.out_of_scope if one.line.is_long]
        return {
            **ranking_figures(self.in_scope),
            "served": share(one.is_served for one in self.in_scope),
            "answered": share(one.zone is Zone.ANSWER for one in self.in_scope),
            "wrong_answers": share(
                one.zone is Zone.ANSWER and not one.is_served for one in self.in_scope
            ),
            "declined": share(one.zone is Zone.DECLINE for one in self.in_scope),
            "false_answers": false_answers(self.out_of_scope),
            "false_answers_near_miss": false_answers(near),
            "false_answers_long": false_answers(long),
            "false_buttons": share(one.zone is Zone.CLARIFY for one in self.out_of_scope),
            "emergency_recall": full_replies(self.emergencies),
            "emergency_named_119": danger_named(self.emergencies),
            "emergency_kind_right": share(
                one.verdict.emergency == one.line.kind
                for one in self.emergencies
                if one.verdict.emergency
            ),
            "false_alarms": full_replies(self.look_alikes),
            "false_banners": share(one.verdict.perhaps for one in self.look_alikes),
            "alarms_out_of_scope": full_replies(self.out_of_scope),
            "alarms_in_scope": share(
                one.emergency is not None for one in self.in_scope if one.asked.emergency == "no"
            ),
        }

    def by_register(self) -> dict[str, dict[str, float]]:
        """Return the ranking figures of each voice."""
        return grouped(self.in_scope, lambda one: one.asked.register)

    def by_category(self) -> dict[str, dict[str, float]]:
        """Return the ranking figures of each category (the part of an id before the dot)."""
        return grouped(self.in_scope, lambda one: one.asked.topics[0].partition(".")[0])


def evaluate(searcher: Searcher, detector: Detector, held_back: HeldBack) -> Report:
    """Run every question through search and detectors.

    In-scope questions whose topics the searcher does not hold are left out.
    """
    known = set(searcher.scorer.retrieval.topics)
    asked = [one for one in held_back.in_scope if known.intersection(one.topics)]
    return Report(
        tuple(_rank(searcher, detector, one) for one in asked),
        tuple(_judge(searcher, detector, line) for line in held_back.out_of_scope),
        tuple(_judge(searcher, detector, line) for line in held_back.emergencies),
        tuple(_judge(searcher, detector, line) for line in held_back.look_alikes),
    )


def ranking_figures(ranked: Sequence[Ranked]) -> dict[str, float]:
    """Return recall@1, recall@3, the mean reciprocal rank and the number of questions."""
    return {
        "recall_1": recall_at(ranked, 1),
        "recall_3": recall_at(ranked, 3),
        "mrr": mean_reciprocal_rank(ranked),
        "questions": float(len(ranked)),
    }


def recall_at(ranked: Sequence[Ranked], k: int) -> float:
    """Return the share of questions with a right topic among the first ``k``."""
    return share(0 < one.rank <= k for one in ranked)


def mean_reciprocal_rank(ranked: Sequence[Ranked]) -> float:
    """Return the mean of 1/rank of the first right topic, 0 where there is none."""
    return sum(1 / one.rank for one in ranked if one.rank) / max(len(ranked), 1)


def false_answers(judged: Sequence[Judged]) -> float:
    """Return the share of out-of-scope lines answered as if they were known."""
    return share(one.zone is Zone.ANSWER for one in judged)


def full_replies(judged: Sequence[Judged]) -> float:
    """Return the share that gets the emergency reply: recall, or false alarms."""
    return share(one.verdict.emergency is not None for one in judged)


def danger_named(judged: Sequence[Judged]) -> float:
    """Return the share that is told of 119, by the reply or by the banner."""
    return share(one.verdict.emergency is not None or one.verdict.perhaps for one in judged)


def grouped(ranked: Iterable[Ranked], key: Callable[[Ranked], str]) -> dict[str, dict[str, float]]:
    """Return the ranking figures of each group, sorted by name."""
    groups: Mapping[str, list[Ranked]] = defaultdict(list)
    for one in ranked:
        groups[key(one)].append(one)
    return {name: ranking_figures(groups[name]) for name in sorted(groups)}


def share(truths: Iterable[bool]) -> float:
    """Return the share of true values, 0 for none at all."""
    values = list(truths)
    return sum(values) / max(len(values), 1)


def _rank(searcher: Searcher, detector: Detector, asked: Asked) -> Ranked:
    question = analyse(asked.text)
    ranking = searcher.rank(question)
    topics = tuple(topic for topic, _ in ranking.topics)
    return Ranked(asked, topics, ranking.zone, detector.judge(question).emergency)


def _judge(searcher: Searcher, detector: Detector, line: Line) -> Judged:
    question = analyse(line.text)
    return Judged(line, searcher.rank(question).zone, detector.judge(question))
