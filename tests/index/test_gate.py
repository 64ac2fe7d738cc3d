from __future__ import annotations

import numpy as np
import pytest

from index.gate import MEASURES, Evidence, Thresholds, measure
from index.values import Zone
from tests.index.samples import judge_of

NAN = float("nan")


def evidence(**changes: object) -> Evidence:
    values: dict[str, object] = {
        "lexical": np.array([9, 5, 4, 3, 2, 1], np.float32),
        "classified": np.array([-0.1, -3, -4, -5, -6, -7], np.float32),
        "vector": np.array([0.9, 0.5, 0.4, 0.3, 0.2, 0.1], np.float32),
        "fused": np.array([0.7, 0.1, 0.08, 0.06, 0.04, 0.02], np.float32),
        "in_scope": 2.5,
        "length": 8,
        "familiar": 0.75,
    }
    return Evidence(**{**values, **changes})  # type: ignore[arg-type]  # a table of test values


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lexical best", 9),
        ("lexical best by length", 3),
        ("lexical gap to fifth", 7),
        ("in-scope log-odds", 2.5),
        ("best class", -0.1),
        ("class margin", 2.9),
        ("best cosine", 0.9),
        ("cosine margin", 0.4),
        ("first probability", 0.7),
        ("first margin", 0.6),
        ("agreement", 3),
        ("length", np.log(9)),
        ("known features", 0.75),
    ],
)
def test_measures(name: str, expected: float) -> None:
    assert measure(evidence())[MEASURES.index(name)] == pytest.approx(expected, rel=1e-5)


def test_every_measure_has_a_name() -> None:
    assert measure(evidence()).shape == (len(MEASURES),)


@pytest.mark.parametrize(
    ("changes", "agreeing"),
    [
        ({"vector": np.array([0.1, 0.9, 0, 0, 0, 0], np.float32)}, 2),
        ({"classified": np.array([NAN, -1, -2, -3, -4, -5], np.float32)}, 2),
        ({"classified": np.full(6, NAN, np.float32)}, 2),
    ],
    ids=["another cosine", "first has no class", "no classes"],
)
def test_agreement_counts_parts_that_put_the_same_topic_first(
    changes: dict[str, object], agreeing: int
) -> None:
    assert measure(evidence(**changes))[MEASURES.index("agreement")] == agreeing


def test_missing_scores_leave_the_measures_finite() -> None:
    missing = np.full(6, NAN, np.float32)

    assert np.isfinite(measure(evidence(classified=missing, vector=missing))).all()


def test_few_topics_are_enough() -> None:
    two = {
        name: np.array([0.8, 0.2], np.float32)
        for name in ("lexical", "classified", "vector", "fused")
    }

    assert np.isfinite(measure(evidence(**two))).all()


@pytest.mark.parametrize(
    ("known", "right", "zone"),
    [
        (0.9, 0.9, Zone.ANSWER),
        (0.1, 0.7, Zone.ANSWER),
        (0.9, 0.69, Zone.CLARIFY),
        (0.4, 0.1, Zone.CLARIFY),
        (0.39, 0.1, Zone.DECLINE),
        (0.0, 0.7 - 1e-7, Zone.ANSWER),
        (0.4 - 1e-7, 0.0, Zone.CLARIFY),
    ],
    ids=[
        "sure",
        "right at the threshold",
        "known",
        "known at the threshold",
        "unknown",
        "rounded below the threshold of an answer",
        "rounded below the threshold of a choice",
    ],
)
def test_three_zones(known: float, right: float, zone: Zone) -> None:
    assert Thresholds(answer=0.7, clarify=0.4).zone(known, right) is zone


@pytest.mark.parametrize(("best", "low"), [(100, 0.99), (-100, 0.0)], ids=["high", "low"])
def test_a_judge_stays_within_zero_and_one(best: float, low: float) -> None:
    measures = np.zeros(len(MEASURES), np.float32)
    measures[0] = best

    assert low <= judge_of("lexical best").probability(measures) <= 1
