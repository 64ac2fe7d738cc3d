"""Vectors in FAISS: one centroid a topic for ranking, and every utterance for the gaps loop."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from index.embedding import unit
from index.values import DimensionMismatch, FloatArray


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """Unit vectors with a label each; exhaustive search by cosine."""

    flat: faiss.IndexFlat
    labels: tuple[str, ...]

    def nearest(self, vector: FloatArray, k: int) -> list[tuple[str, float]]:
        """Return the ``k`` nearest (label, cosine), best first; fewer when it holds fewer.

        Args:
            vector: shape (d,), unit length.
            k: at least 1.

        Raises:
            DimensionMismatch: when the index holds vectors of another length.
        """
        self._check(vector)
        if not self.labels:
            return []
        cosines, rows = self.flat.search(vector[None, :], min(k, len(self.labels)))
        return [
            (self.labels[row], float(cosine))
            for row, cosine in zip(rows[0], cosines[0], strict=True)
        ]

    def cosines(self, vector: FloatArray) -> FloatArray:
        """Return the cosine to every vector, shape (n,), in the order of ``labels``.

        Raises:
            DimensionMismatch: when the index holds vectors of another length.
        """
        self._check(vector)
        count = len(self.labels)
        if not count:
            return np.empty(0, np.float32)
        query = np.ascontiguousarray(vector, np.float32)
        rows, found = np.arange(count), np.empty(count, np.float32)
        # Every row by its number: nothing is sorted only to be put back in order.
        self.flat.compute_distance_subset(  # type: ignore[attr-defined]  # not in its stubs
            1, faiss.swig_ptr(query), count, faiss.swig_ptr(found), faiss.swig_ptr(rows)
        )
        return found

    def _check(self, vector: FloatArray) -> None:
        if vector.shape[0] != self.flat.d:
            raise DimensionMismatch(self.flat.d, vector.shape[0])

    def save(self, path: Path) -> None:
        """Write the vectors to ``path``; the labels are kept by the caller."""
        faiss.write_index(self.flat, str(path))


def index_vectors(vectors: FloatArray, labels: Sequence[str]) -> VectorIndex:
    """Return an index of ``vectors``, shape (n, d), unit length, labelled in order."""
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(np.ascontiguousarray(vectors, np.float32))
    return VectorIndex(flat, tuple(labels))


def load_vectors(path: Path, labels: Sequence[str]) -> VectorIndex:
    """Return the index written to ``path``.

    Raises:
        RuntimeError: when FAISS cannot read the file.
        ValueError: when it holds an index of another kind.
    """
    flat = faiss.read_index(str(path))
    if not isinstance(flat, faiss.IndexFlat):
        raise ValueError(f"{path} holds a {type(flat).__name__}, not a flat index")
    return VectorIndex(flat, tuple(labels))


def centroids(vectors: FloatArray, labels: Sequence[str], topics: Sequence[str]) -> FloatArray:
    """Return the unit mean vector of each topic, shape (topics, d).

    Args:
        vectors: shape (n, d), unit length.
        labels: the topic of each vector.
        topics: every topic to return; one without vectors gets zeros.
    """
    place = {topic: row for row, topic in enumerate(topics)}
    rows = np.array([place[label] for label in labels], np.int64)
    sums = np.zeros((len(topics), vectors.shape[1]), np.float32)
    np.add.at(sums, rows, vectors)
    return unit(sums)
