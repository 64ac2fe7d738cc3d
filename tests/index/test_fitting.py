from __future__ import annotations

import numpy as np
import pytest

from index.fitting import (
    DANGER_RECALL,
    EMERGENCY_RECALL,
    FALSE_ANSWERS_AT_MOST,
    Judged,
    fit_detector_thresholds,
    fit_judge,
    fit_sharpness,
    fit_thresholds,
)
from index.fusion import Fusion
from index.values import FloatArray

RNG = np.random.default_rng(11)


def separable(count: int = 400) -> tuple[FloatArray, np.ndarray]:
    """Measures of which the first tells the class, the second is noise."""
    labels = RNG.random(count) < 0.3
    noise = RNG.normal(size=(count, 2))
    noise[:, 0] += 3 * labels
    return noise.astype(np.float32), labels


def judged(inside: int = 300, outside: int = 200, gap: float = 1.0) -> Judged:
    """Questions whose probabilities overlap by ``gap``: right ones high, out of scope low."""
    first = RNG.random(inside) < 0.8
    right = np.where(first, RNG.beta(6, 2, inside), RNG.beta(2, 4, inside))
    low = RNG.beta(2, 6, outside) * gap
    return Judged(
        known=np.concatenate([RNG.beta(6, 2, inside), low]).astype(np.float32),
        right=np.concatenate([right, low]).astype(np.float32),
        first=np.concatenate([first, np.zeros(outside, bool)]),
        three=np.concatenate([first | (RNG.random(inside) < 0.7), np.zeros(outside, bool)]),
        outside=np.concatenate([np.zeros(inside, bool), np.ones(outside, bool)]),
    )


def test_a_judge_learns_what_tells() -> None:
    measures, labels = separable()
    judge = fit_judge(measures, labels)
    chances = np.array([judge.probability(row) for row in measures])

    assert judge.weights[0] > 5 * abs(judge.weights[1])
    assert chances[labels].mean() > 0.75
    assert chances[~labels].mean() < 0.25


def test_classes_are_weighted_alike() -> None:
    """However rare one class, a measure halfway between the two is judged a half."""
    measures = np.array([[0.0]] * 95 + [[1.0]] * 5, np.float32)
    judge = fit_judge(measures, np.array([False] * 95 + [True] * 5))

    assert judge.probability(np.array([0.5], np.float32)) == pytest.approx(0.5, abs=0.02)


def test_a_constant_measure_does_no_harm() -> None:
    measures, labels = separable()
    with_constant = np.hstack([measures, np.ones((len(measures), 1), np.float32)])

    judge = fit_judge(with_constant, labels)

    assert np.isfinite(judge.weights).all()
    assert judge.weights[2] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("spread", "expected"), [(0.2, 3.0), (20.0, 0.35)], ids=["flat scores", "steep scores"]
)
def test_sharpness_follows_how_often_the_first_is_right(spread: float, expected: float) -> None:
    fused = [np.array([spread, 0, 0], np.float32)] * 10
    right = [0] * 10 if spread < 1 else [0] * 9 + [1]

    fusion = fit_sharpness(fused, right, Fusion((1, 2, 3)))

    assert fusion.weights == (1, 2, 3)
    assert fusion.sharpness <= expected
    assert (fusion.sharpness == expected) is (spread < 1)


def test_thresholds_keep_false_answers_under_the_aim() -> None:
    cases = judged(gap=1.4)
    thresholds = fit_thresholds(cases)
    answered = cases.right >= thresholds.answer

    assert answered[cases.outside].mean() <= FALSE_ANSWERS_AT_MOST


def test_thresholds_answer_most_of_what_is_right() -> None:
    cases = judged(gap=0.6)
    thresholds = fit_thresholds(cases)
    inside = ~cases.outside
    answered = cases.right >= thresholds.answer
    offered = ~answered & (cases.known >= thresholds.clarify)

    assert answered[inside & cases.first].mean() > 0.7
    assert (answered | offered)[inside].mean() > 0.9


def test_wrong_first_topics_are_offered_not_answered() -> None:
    cases = judged(gap=0.6)
    thresholds = fit_thresholds(cases)

    wrong = (cases.right >= thresholds.answer) & ~cases.first & ~cases.outside
    assert wrong.sum() / (~cases.outside).sum() < 0.09


def test_without_out_of_scope_questions_everything_is_served() -> None:
    cases = judged(outside=0)
    thresholds = fit_thresholds(cases)

    assert ((cases.right >= thresholds.answer) | (cases.known >= thresholds.clarify)).all()


def test_detector_thresholds_reach_their_recall() -> None:
    sure = RNG.beta(5, 2, 500).astype(np.float32)
    danger = np.minimum(sure + 0.1, 1).astype(np.float32)
    thresholds = fit_detector_thresholds(sure, danger, sure, danger * 0.01)

    assert (sure >= thresholds.now).mean() >= EMERGENCY_RECALL
    assert (danger >= thresholds.danger).mean() >= DANGER_RECALL


def test_ordinary_questions_lift_the_crisis_threshold() -> None:
    crisis = np.linspace(0.1, 1, 100, dtype=np.float32)
    calm, heated = np.full(1_000, 0.01, np.float32), np.full(1_000, 0.4, np.float32)

    low = fit_detector_thresholds(crisis, crisis, crisis, calm).crisis
    high = fit_detector_thresholds(crisis, crisis, crisis, heated).crisis

    assert low < 0.2
    assert high == pytest.approx(0.4)
