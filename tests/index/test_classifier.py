from __future__ import annotations

import numpy as np
import pytest

from index.classifier import OUT_OF_SCOPE, TopicClassifier, quantise_columns, weighted

RARITY = np.array([0, 1, 2, 1], np.float32)


@pytest.fixture
def classifier() -> TopicClassifier:
    weights = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0], [0, 0, 4]], np.float32)
    bias = np.zeros(3, np.float32)
    return TopicClassifier(
        ("gas.smell", "call.119", OUT_OF_SCOPE), *quantise_columns(weights), bias, RARITY
    )


@pytest.mark.parametrize(("row", "best"), [(1, 0), (2, 1), (3, 2)])
def test_the_class_of_the_feature_wins(classifier: TopicClassifier, row: int, best: int) -> None:
    assert int(classifier.log_probabilities(np.array([row])).argmax()) == best


@pytest.mark.parametrize("ids", [[], [0], [1, 2, 3], [1, 1, 1]])
def test_probabilities_sum_to_one(classifier: TopicClassifier, ids: list[int]) -> None:
    found = classifier.log_probabilities(np.array(ids, np.int64))

    assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)


def test_unknown_features_say_nothing(classifier: TopicClassifier) -> None:
    known = classifier.log_probabilities(np.array([1]))

    assert classifier.log_probabilities(np.array([0, 1, 0])).tolist() == known.tolist()


def test_a_topic_after_training_has_no_column(classifier: TopicClassifier) -> None:
    assert classifier.columns(["call.119", "new.topic", "gas.smell"]).tolist() == [1, -1, 0]


def test_weights_have_length_one() -> None:
    rows, values = weighted(np.array([1, 2, 2, 0]), RARITY)

    assert rows.tolist() == [1, 2]
    assert float(values @ values) == pytest.approx(1)


def test_a_rare_and_repeated_feature_weighs_more() -> None:
    _, values = weighted(np.array([1, 2, 2]), RARITY)

    assert values[1] / values[0] == pytest.approx(2 * (1 + np.log(2)))


def test_columns_survive_eight_bits() -> None:
    weights = np.array([[1, -200], [0.5, 100]], np.float32)
    numbers, scales = quantise_columns(weights)

    assert numbers * scales == pytest.approx(weights, rel=0.01)
