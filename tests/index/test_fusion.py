from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.fusion import Fusion, zscores

NAN = float("nan")
SCORES = arrays(np.float32, 8, elements=st.floats(-100, 100, width=32))


@given(SCORES)
def test_zscores_have_mean_zero(scores: np.ndarray) -> None:
    assert float(zscores(scores).mean()) == pytest.approx(0, abs=1e-2)


def test_zscores_have_deviation_one() -> None:
    found = zscores(np.array([3, 1, 2, 10], np.float32))

    assert float(found.std()) == pytest.approx(1, abs=1e-5)
    assert found.argsort().tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([5, 5, 5], [0, 0, 0]),
        ([NAN, NAN], [0, 0]),
        ([1, NAN, -1], [1, 0, -1]),
        ([NAN, 7], [0, 0]),
    ],
    ids=["constant", "all missing", "one missing", "one known"],
)
def test_what_cannot_be_compared_is_average(scores: list[float], expected: list[float]) -> None:
    assert zscores(np.array(scores, np.float32)) == pytest.approx(expected)


@given(SCORES, SCORES)
def test_rows_are_scaled_each_by_itself(one: np.ndarray, other: np.ndarray) -> None:
    together = zscores(np.array((one, other)))

    assert together.tolist() == [zscores(one).tolist(), zscores(other).tolist()]


def test_a_missing_score_leaves_the_other_rows_as_they_are() -> None:
    whole, lacking = np.array([1, 2, 4], np.float32), np.array([NAN, 1, 3], np.float32)

    assert zscores(np.array((whole, lacking)))[0] == pytest.approx(zscores(whole))


def test_each_part_counts_alike_whatever_its_unit() -> None:
    lexical = np.array([100, 0, 0], np.float32)
    classified = np.array([0, 0.1, 0], np.float32)

    fused = Fusion().combine(lexical, classified, np.zeros(3, np.float32))

    assert fused[0] == pytest.approx(fused[1])


def test_a_topic_without_a_class_still_ranks() -> None:
    lexical = np.array([1, 9, 1], np.float32)
    classified = np.array([-2, NAN, -3], np.float32)

    fused = Fusion().combine(lexical, classified, np.array([0.1, 0.9, 0.1], np.float32))

    assert int(fused.argmax()) == 1
    assert np.isfinite(fused).all()


@given(SCORES, st.floats(0.1, 5))
def test_probabilities_sum_to_one_and_keep_the_order(scores: np.ndarray, sharpness: float) -> None:
    found = Fusion(sharpness=sharpness).probabilities(scores)

    assert float(found.sum()) == pytest.approx(1, abs=1e-4)
    assert found[scores.argmax()] == found.max()


def test_a_sharper_fusion_is_surer() -> None:
    fused = np.array([2, 1, 0], np.float32)

    assert Fusion(sharpness=3).probabilities(fused)[0] > Fusion(sharpness=1).probabilities(fused)[0]
