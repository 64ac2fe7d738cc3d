"""The static encoder, served without torch: a mean of trained rows, one for each feature.

The rows are shipped as int8 with one scale each. The directory beside them loads in
sentence-transformers as a stock StaticEmbedding and gives the same vectors to 1e-5.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.values import FloatArray, IdArray, ModelDamaged, Question

UNKNOWN = "[UNK]"


class Encoder(Protocol):
    """What turns a question into a unit vector: our static rows, or a model from a hub."""

    @property
    def name(self) -> str:
        """The hub's name of the model; empty for our static rows."""

    def encode(self, question: Question) -> FloatArray:
        """Return the vector of one question, shape (d,)."""

    def encode_all(self, questions: Sequence[Question]) -> FloatArray:
        """Return the vectors of many, shape (n, d)."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Row number of each trained feature; row 0 stands for every other."""

    rows: Mapping[str, int]

    def ids(self, tokens: Iterable[str]) -> IdArray:
        """Return the row number of each feature, 0 for one never trained."""
        rows = self.rows
        return np.array([*map(rows.get, tokens, repeat(0))], np.int64)


@dataclass(frozen=True, slots=True)
class StaticEncoder:
    """Feature rows and the vocabulary that numbers them.

    ``rows`` has shape (features, dimensions), int8; ``scales`` shape (features,): row i stands
    for ``rows[i] * scales[i]``.
    """

    vocabulary: Vocabulary
    rows: NDArray[np.int8]
    scales: FloatArray

    @property
    def name(self) -> str:
        """Empty: these rows are part of the model itself."""
        return ""

    def mean(self, ids: IdArray) -> FloatArray:
        """Return the mean of the rows ``ids``, shape (dimensions,); zeros for no ids."""
        if not len(ids):
            return np.zeros(self.rows.shape[1], np.float32)
        total = self.scales.take(ids) @ self.rows.take(ids, axis=0).astype(np.float32)
        return np.asarray(total / np.float32(len(ids)), np.float32)

    def encode(self, question: Question) -> FloatArray:
        """Return the unit vector of a question; zeros when it has no feature."""
        return self.encode_ids(self.vocabulary.ids(question.tokens))

    def encode_ids(self, ids: IdArray) -> FloatArray:
        """Return the unit vector of a question's feature rows; zeros for none."""
        mean = self.mean(ids)
        length = float(mean @ mean) ** 0.5
        return mean / np.float32(max(length, 1e-12))

    def encode_all(self, questions: Sequence[Question]) -> FloatArray:
        """Return the unit vectors of many questions, shape (n, dimensions)."""
        if not questions:
            return np.zeros((0, self.rows.shape[1]), np.float32)
        return np.stack([self.encode(question) for question in questions])

    def decoded(self) -> FloatArray:
        """Return the rows as the numbers they stand for, shape (features, dimensions)."""
        return np.asarray(self.rows * self.scales[:, None], np.float32)


def unit(vectors: FloatArray) -> FloatArray:
    """Return the vectors (last axis) scaled to length one; zero vectors stay zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def quantise(rows: FloatArray) -> tuple[NDArray[np.int8], FloatArray]:
    """Return ``rows`` as int8 and one scale a row, the largest number of a row becoming 127."""
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-12).astype(np.float32) / np.float32(127)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def read_vocabulary(path: Path) -> Vocabulary:
    """Return the vocabulary of a tokenizer file.

    Raises:
        ModelDamaged: when it cannot be read or lacks the unknown feature.
    """
    try:
        vocabulary: dict[str, int] = Tokenizer.from_file(str(path)).get_vocab()
    except Exception as error:  # tokenizers raises bare Exception for every failure
        raise ModelDamaged(path, str(error)) from error
    if vocabulary.get(UNKNOWN) != 0:
        raise ModelDamaged(path, f"{UNKNOWN} is not row 0")
    return Vocabulary(vocabulary)
