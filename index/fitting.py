"""Fitting what is small enough for numpy: the gate's judges, the sharpness, the thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.detector import DetectorThresholds
from index.fusion import Fusion
from index.gate import Judge, Thresholds
from index.values import FloatArray

BoolArray = NDArray[np.bool_]

# What each outcome is worth to the person who asked; a wrong direct answer hurts most.
RIGHT_ANSWER, RIGHT_BUTTON, WRONG_ANSWER, WRONG_DECLINE = 1.0, 0.75, -0.6, -0.3
FALSE_BUTTONS = -0.3
# Aims on the held-back set, stricter than what is promised for questions nobody has seen.
FALSE_ANSWERS_AT_MOST = 0.03
EMERGENCY_RECALL = 0.97
# The banner costs little; at a higher aim it would stand above every third ordinary question.
DANGER_RECALL = 0.985
CRISIS_RECALL = 0.95
# A crisis reply to somebody who only asks after the weather frightens and insults.
FALSE_CRISES_AT_MOST = 0.014


@dataclass(frozen=True, slots=True)
class Judged:
    """Held-back questions seen by the gate; all arrays have one entry a question.

    ``first`` and ``three`` say whether a right topic is first, or among the first three;
    both are False for a question out of scope, which ``outside`` marks.
    """

    known: FloatArray
    right: FloatArray
    first: BoolArray
    three: BoolArray
    outside: BoolArray


def fit_judge(measures: FloatArray, labels: BoolArray, ridge: float = 1.0) -> Judge:
    """Return a logistic judge, classes weighted alike (Newton's method).

    Args:
        measures: shape (n, measures of the gate).
        labels: shape (n,), both classes present.
        ridge: strength of the pull towards zero weights.
    """
    centre = measures.mean(axis=0)
    spread = np.maximum(measures.std(axis=0), 1e-6)
    design = np.hstack([(measures - centre) / spread, np.ones((len(measures), 1))]).astype(float)
    targets = labels.astype(float)
    shares = np.where(labels, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    penalty = np.diag([ridge] * measures.shape[1] + [0.0])
    weights = np.zeros(design.shape[1])
    for _ in range(25):
        chances = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (shares * (chances - targets)) + penalty @ weights
        curve = (design.T * (shares * chances * (1 - chances) + 1e-9)) @ design + penalty
        weights -= np.linalg.solve(curve, slope)
    return Judge(
        weights[:-1].astype(np.float32),
        float(weights[-1]),
        centre.astype(np.float32),
        spread.astype(np.float32),
    )


def fit_sharpness(fused: Sequence[FloatArray], right: Sequence[int], fusion: Fusion) -> Fusion:
    """Return ``fusion`` with the sharpness under which the right topics are likeliest.

    Args:
        fused: fused z-scores of each question, shape (topics,).
        right: column of each question's right topic.
        fusion: its weights are kept.
    """

    def loss(sharpness: float) -> float:
        sharp = Fusion(fusion.weights, sharpness)
        chances = [
            sharp.probabilities(row)[column] for row, column in zip(fused, right, strict=True)
        ]
        return float(-np.log(np.maximum(chances, 1e-9)).mean())

    return Fusion(fusion.weights, min((0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.6, 2.2, 3.0), key=loss))


def fit_thresholds(judged: Judged) -> Thresholds:
    """Return the thresholds of highest worth that keep false answers under the aim."""
    inside = ~judged.outside
    best, found = -np.inf, Thresholds(1.0, 1.0)
    for answer in _candidates(judged.right):
        answered = judged.right >= answer
        if (answered & judged.outside).sum() > FALSE_ANSWERS_AT_MOST * judged.outside.sum():
            continue
        for clarify in _candidates(judged.known):
            offered = ~answered & (judged.known >= clarify)
            declined = ~answered & ~offered
            worth = (
                RIGHT_ANSWER * (answered & judged.first)[inside].mean()
                + WRONG_ANSWER * (answered & ~judged.first)[inside].mean()
                + RIGHT_BUTTON * (offered & judged.three)[inside].mean()
                + WRONG_DECLINE * declined[inside].mean()
                + FALSE_BUTTONS * (offered[judged.outside].mean() if judged.outside.any() else 0)
            )
            if worth > best:
                best, found = worth, Thresholds(float(answer), float(clarify))
    return found


def fit_detector_thresholds(
    sure: FloatArray, danger: FloatArray, crisis: FloatArray, ordinary: FloatArray
) -> DetectorThresholds:
    """Return the thresholds that reach the aims of recall.

    Args:
        sure: P(now) of held-back emergencies.
        danger: P(now or perhaps) of the same.
        crisis: out-of-fold P(crisis) of crisis lines.
        ordinary: out-of-fold P(crisis) of every other line.
    """
    now = float(np.quantile(sure, 1 - EMERGENCY_RECALL, method="lower"))
    any_danger = float(np.quantile(danger, 1 - DANGER_RECALL, method="lower"))
    wished = float(np.quantile(crisis, 1 - CRISIS_RECALL, method="lower"))
    allowed = float(np.quantile(ordinary, 1 - FALSE_CRISES_AT_MOST))
    return DetectorThresholds(now, min(any_danger, 0.5), max(wished, allowed))


def _candidates(scores: FloatArray) -> FloatArray:
    return np.unique(np.quantile(scores, np.linspace(0, 1, 120)).astype(np.float32))
