"""Whether to answer, to offer three topics, or to say that we do not know.

Two logistic judges look at the scores of one question: is it about our topics at all
(``known``), and is the first topic right (``right``). They are fitted on out-of-fold scores,
the thresholds on text that trained nothing.
"""

import math
from dataclasses import dataclass

import numpy as np

from index.values import ROUNDING, FloatArray, Zone

MEASURES = (
    "lexical best",
    "lexical best by length",
    "lexical gap to fifth",
    "in-scope log-odds",
    "best class",
    "class margin",
    "best cosine",
    "cosine margin",
    "first probability",
    "first margin",
    "agreement",
    "length",
    "known features",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The scores of one question over n topics.

    ``lexical`` (BM25), ``classified`` (log-probability), ``vector`` (cosine) and ``fused``
    (probability) have shape (n,); ``classified`` and ``vector`` may hold NaN. ``in_scope``
    is the classifier's log-odds that any topic is meant; ``length`` counts the features,
    ``familiar`` is the share of them seen in training.
    """

    lexical: FloatArray
    classified: FloatArray
    vector: FloatArray
    fused: FloatArray
    in_scope: float
    length: int
    familiar: float


@dataclass(frozen=True, slots=True)
class Judge:
    """A logistic function of the measures: ``weights`` and ``centre`` have their number."""

    weights: FloatArray
    bias: float
    centre: FloatArray
    spread: FloatArray

    def probability(self, measures: FloatArray) -> float:
        """Return a probability for one row of ``MEASURES``."""
        logit = float(self.weights @ ((measures - self.centre) / self.spread)) + self.bias
        return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Answer from ``answer`` of the second judge on, else clarify from ``clarify`` of the first."""

    answer: float
    clarify: float

    def zone(self, known: float, right: float) -> Zone:
        """Return what to do with a question of these two probabilities."""
        if right >= self.answer - ROUNDING:
            return Zone.ANSWER
        return Zone.CLARIFY if known >= self.clarify - ROUNDING else Zone.DECLINE


@dataclass(frozen=True, slots=True)
class Gate:
    """The two judges and the thresholds that turn them into a zone."""

    known: Judge
    right: Judge
    thresholds: Thresholds


# What stands for a missing lexical score, log-probability, cosine and fused probability.
_MISSING = np.array([[0.0], [-20.0], [0.0], [0.0]], np.float32)


def measure(evidence: Evidence) -> FloatArray:
    """Return the row of ``MEASURES`` for one question over at least one topic."""
    scores = np.array((evidence.lexical, evidence.classified, evidence.vector, evidence.fused))
    best = int(evidence.fused.argmax())
    # fmax passes over NaN, and nothing is below NaN: a missing score agrees with no topic.
    agreeing = scores[:3, best] >= np.fmax.reduce(scores[:3], axis=1)
    lexical, classes, cosines, fused = _highest(scores)
    return np.array(
        (
            lexical[0],
            lexical[0] / math.sqrt(evidence.length + 1),
            lexical[0] - lexical[4],
            evidence.in_scope,
            classes[0],
            classes[0] - classes[1],
            cosines[0],
            cosines[0] - cosines[1],
            fused[0],
            fused[0] - fused[1],
            np.count_nonzero(agreeing),
            math.log1p(evidence.length),
            evidence.familiar,
        ),
        np.float32,
    )


def _highest(scores: FloatArray) -> list[list[float]]:
    """Return each row's five highest scores, best first, padded with its lowest."""
    absent = np.isnan(scores)
    if absent.any():
        scores = np.where(absent, _MISSING, scores)
    highest: list[list[float]] = np.sort(scores)[:, :-6:-1].tolist()
    return [row + row[-1:] * (5 - len(row)) for row in highest]
