"""A softmax classifier over the topics and one class for everything out of scope."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.counting import counted
from index.values import FloatArray, IdArray

OUT_OF_SCOPE = ""


@dataclass(frozen=True, slots=True)
class TopicClassifier:
    """Weights by feature row and class.

    ``weights`` has shape (features, classes), int8, ``scales`` (classes,): column c stands for
    ``weights[:, c] * scales[c]``; ``rarity`` (features,) is each feature's idf. ``classes``
    are topic ids; ``OUT_OF_SCOPE`` is among them.
    """

    classes: tuple[str, ...]
    weights: NDArray[np.int8]
    scales: FloatArray
    bias: FloatArray
    rarity: FloatArray

    def log_probabilities(self, ids: IdArray) -> FloatArray:
        """Return the log-probability of each class, shape (classes,), for feature rows."""
        rows, values = weighted(ids, self.rarity)
        logits = (
            values @ self.weights.take(rows, axis=0).astype(np.float32)
        ) * self.scales + self.bias
        logits -= logits.max()
        return logits - np.float32(np.log(np.exp(logits).sum()))

    def columns(self, topics: Sequence[str]) -> IdArray:
        """Return the class of each topic id; -1 for one that came after training."""
        place = {topic: column for column, topic in enumerate(self.classes)}
        return np.array([place.get(topic, -1) for topic in topics], np.int64)


def weighted(ids: IdArray, rarity: FloatArray) -> tuple[IdArray, FloatArray]:
    """Return the distinct rows of ``ids`` and their tf-idf weights, of length one.

    Unknown features (row 0) have no weight.
    """
    rows, times = counted(ids[ids > 0])
    values = (1 + np.log(times)) * rarity.take(rows)
    length = float(np.sqrt(values @ values))
    return rows, values / np.float32(max(length, 1e-12))


def quantise_columns(weights: FloatArray) -> tuple[NDArray[np.int8], FloatArray]:
    """Return ``weights`` (features, classes) as int8 with one scale a class."""
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-12).astype(np.float32) / np.float32(127)
    return np.rint(weights / scales).astype(np.int8), scales
