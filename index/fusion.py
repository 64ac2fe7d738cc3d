"""Three scores of a topic brought onto one scale and added."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.values import FloatArray


@dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the lexical, classifier and vector z-scores, and the softmax's sharpness."""

    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    sharpness: float = 1.0

    def combine(
        self, lexical: FloatArray, classified: FloatArray, vector: FloatArray
    ) -> FloatArray:
        """Return the fused score of each topic; the three arrays share the shape (topics,).

        A topic without a score of some kind is NaN there and counts as average.
        """
        scores = zscores(np.array((lexical, classified, vector)))
        return np.asarray(np.array(self.weights, np.float32) @ scores, np.float32)

    def probabilities(self, fused: FloatArray) -> FloatArray:
        """Return the softmax of fused scores, shape (topics,)."""
        powers = np.exp(self.sharpness * (fused - fused.max()))
        return np.asarray(powers / powers.sum(), np.float32)


def zscores(scores: FloatArray) -> FloatArray:
    """Return scores with mean 0 and deviation 1 along the last axis.

    NaN and constant scores become 0.
    """
    # Sums and products by hand: numpy's own mean and std cost more than the rest of a ranking.
    absent = np.isnan(scores)
    if absent.any():
        return _present_zscores(scores, ~absent)
    count = np.float32(scores.shape[-1])
    centred = scores - np.add.reduce(scores, axis=-1, keepdims=True) / count
    spread = np.sqrt(np.add.reduce(centred * centred, axis=-1, keepdims=True) / count)
    return np.asarray(centred / np.maximum(spread, np.float32(1e-6)), np.float32)


def _present_zscores(scores: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    count = np.maximum(np.add.reduce(known, axis=-1, keepdims=True), 1).astype(np.float32)
    present = np.where(known, scores, np.float32(0))
    middle = np.add.reduce(present, axis=-1, keepdims=True) / count
    centred = np.where(known, scores - middle, np.float32(0))
    spread = np.sqrt(np.add.reduce(centred * centred, axis=-1, keepdims=True) / count)
    return np.asarray(centred / np.maximum(spread, np.float32(1e-6)), np.float32)
