"""The gate, fitted: judges on out-of-fold evidence, thresholds on the held-back set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.corpus import HeldBack
from index.fitting import Judged, fit_judge, fit_sharpness, fit_thresholds
from index.fusion import Fusion
from index.gate import Evidence, Gate, Thresholds, measure
from index.samples import OUTSIDE, Material, folds
from index.search import Scorer
from index.text import analyse
from index.values import FloatArray, Question

Learn = Callable[[Material], Scorer]


@dataclass(frozen=True, slots=True)
class Unseen:
    """The evidence for one line under a scorer that never saw it, and its true topic's row."""

    evidence: Evidence
    topic: int


def out_of_fold(material: Material, learn: Learn, parts: int, seed: int) -> list[Unseen]:
    """Return the evidence for every sample, from a scorer trained on the other folds."""
    part = folds(len(material.samples), parts, seed)
    found: list[Unseen] = []
    for fold in range(parts):
        rest = {place for place, mine in enumerate(part) if mine != fold}
        scorer = learn(material.only(rest.__contains__))
        found += [
            Unseen(scorer.evidence(sample.authored), sample.topic)
            for place, sample in enumerate(material.samples)
            if place not in rest
        ]
    return found


def fit_fusion(unseen: Sequence[Unseen]) -> Fusion:
    """Return the fusion whose probabilities fit the unseen in-scope lines best."""
    inside = [one for one in unseen if one.topic != OUTSIDE]
    logs = [np.log(np.maximum(one.evidence.fused, 1e-30)) for one in inside]
    return fit_sharpness(logs, [one.topic for one in inside], Fusion())


def fit_judges(unseen: Sequence[Unseen], fusion: Fusion) -> Gate:
    """Return a gate with both judges fitted and thresholds still to be set."""
    measures = np.stack([measure(_sharpened(one.evidence, fusion)) for one in unseen])
    known = np.array([one.topic != OUTSIDE for one in unseen])
    right = np.array([int(one.evidence.fused.argmax()) == one.topic for one in unseen])
    return Gate(fit_judge(measures, known), fit_judge(measures, right), Thresholds(0.5, 0.5))


def fit_gate_thresholds(gate: Gate, scorer: Scorer, held_back: HeldBack) -> Gate:
    """Return the gate with the thresholds that the held-back set asks for.

    Questions whose topics are not among the scorer's are left out.
    """
    ids = scorer.retrieval.topics
    place = {topic: row for row, topic in enumerate(ids)}
    asked = [
        (analyse(one.text), {place[topic] for topic in one.topics if topic in place})
        for one in held_back.in_scope
    ]
    cases = [(question, right) for question, right in asked if right]
    cases += [(analyse(line.text), set()) for line in held_back.out_of_scope]
    judged = judge_all(gate, scorer, cases)
    return replace(gate, thresholds=fit_thresholds(judged))


def judge_all(gate: Gate, scorer: Scorer, cases: Sequence[tuple[Question, set[int]]]) -> Judged:
    """Return what the judges make of questions; an empty set of right rows means outside."""
    known, right, first, three = [], [], [], []
    for question, answers in cases:
        evidence = scorer.evidence(question)
        measures = measure(evidence)
        best = [int(row) for row in np.argsort(-evidence.fused, kind="stable")[:3]]
        known.append(gate.known.probability(measures))
        right.append(gate.right.probability(measures))
        first.append(best[0] in answers)
        three.append(bool(answers.intersection(best)))
    return Judged(
        np.array(known, np.float32),
        np.array(right, np.float32),
        np.array(first),
        np.array(three),
        np.array([not answers for _, answers in cases]),
    )


def _sharpened(evidence: Evidence, fusion: Fusion) -> Evidence:
    logs: FloatArray = np.log(np.maximum(evidence.fused, 1e-30)).astype(np.float32)
    return replace(evidence, fused=fusion.probabilities(logs))
