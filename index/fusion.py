"""Three scores of a topic brought onto one scale and added."""

from dataclasses import dataclass

import numpy as np

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
        parts = np.stack((zscores(lexical), zscores(classified), zscores(vector)))
        fused: FloatArray = np.asarray(self.weights, np.float32) @ parts
        return fused

    def probabilities(self, fused: FloatArray) -> FloatArray:
        """Return the softmax of fused scores, shape (topics,)."""
        powers = np.exp(self.sharpness * (fused - fused.max()))
        return np.asarray(powers / powers.sum(), np.float32)


def zscores(scores: FloatArray) -> FloatArray:
    """Return scores with mean 0 and deviation 1; NaN and constant scores become 0."""
    # Sums and products by hand: numpy's own mean and std cost more than the rest of a ranking.
    known = ~np.isnan(scores)
    present = scores if known.all() else scores[known]
    if not len(present):
        return np.zeros_like(scores)
    middle = np.add.reduce(present) / np.float32(len(present))
    centred = present - middle
    spread = max(float(centred @ centred / np.float32(len(present))) ** 0.5, 1e-6)
    scaled = (scores - middle) / np.float32(spread)
    return scaled if len(present) == len(scores) else np.where(known, scaled, np.float32(0))
