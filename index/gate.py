"""Whether to answer, to offer three topics, or to say that we do not know.

Two logistic judges look at the scores of one question: is it about our topics at all
(``known``), and is the first topic right (``right``). They are fitted on out-of-fold scores,
the thresholds on text that trained nothing.
"""

from dataclasses import dataclass

import numpy as np

from index.values import FloatArray, Zone

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
        logit = self.weights @ ((measures - self.centre) / self.spread) + self.bias
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Answer from ``answer`` of the second judge on, else clarify from ``clarify`` of the first."""

    answer: float
    clarify: float

    def zone(self, known: float, right: float) -> Zone:
        """Return what to do with a question of these two probabilities."""
        if right >= self.answer:
            return Zone.ANSWER
        return Zone.CLARIFY if known >= self.clarify else Zone.DECLINE


@dataclass(frozen=True, slots=True)
class Gate:
    """The two judges and the thresholds that turn them into a zone."""

    known: Judge
    right: Judge
    thresholds: Thresholds


def measure(evidence: Evidence) -> FloatArray:
    """Return the row of ``MEASURES`` for one question over at least one topic."""
    lexical = _descending(evidence.lexical)
    classes = _descending(_filled(evidence.classified, -20.0))
    cosines = _descending(_filled(evidence.vector, 0.0))
    first, second = _descending(evidence.fused)[:2]
    best = int(evidence.fused.argmax())
    parts = (evidence.lexical, evidence.classified, evidence.vector)
    # Nothing is below NaN, and nothing NaN is below: a missing score agrees with no topic.
    agreement = sum(part[best] == part[best] and not (part > part[best]).any() for part in parts)
    return np.array(
        (
            lexical[0],
            lexical[0] / np.sqrt(evidence.length + 1),
            lexical[0] - lexical[4],
            evidence.in_scope,
            classes[0],
            classes[0] - classes[1],
            cosines[0],
            cosines[0] - cosines[1],
            first,
            first - second,
            agreement,
            np.log1p(evidence.length),
            evidence.familiar,
        ),
        np.float32,
    )


def _filled(scores: FloatArray, missing: float) -> FloatArray:
    absent = np.isnan(scores)
    return np.where(absent, np.float32(missing), scores) if absent.any() else scores


def _descending(scores: FloatArray) -> FloatArray:
    """Return the five highest scores, best first, padded with the lowest."""
    ordered = np.sort(scores)[::-1][:5]
    return ordered if len(ordered) == 5 else np.pad(ordered, (0, 5 - len(ordered)), mode="edge")
