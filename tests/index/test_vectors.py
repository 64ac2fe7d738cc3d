from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding import unit
from index.values import DimensionMismatch
from index.vectors import centroids, index_vectors, load_vectors

LABELS = ("火", "烟", "气")
VECTORS = np.eye(3, dtype=np.float32)


def test_the_nearest_comes_first() -> None:
    found = index_vectors(VECTORS, LABELS).nearest(unit(np.array([0.1, 0.9, 0.2], np.float32)), 2)

    assert [label for label, _ in found] == ["烟", "气"]


def test_more_than_there_are_gives_all() -> None:
    assert len(index_vectors(VECTORS, LABELS).nearest(VECTORS[0], 10)) == 3


@given(st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3))
def test_cosines_come_in_the_order_of_the_labels(numbers: list[float]) -> None:
    vector = np.array(numbers, np.float32)

    assert index_vectors(VECTORS, LABELS).cosines(vector) == pytest.approx(vector, abs=1e-6)


def test_an_index_is_read_back(tmp_path: Path) -> None:
    index_vectors(VECTORS, LABELS).save(tmp_path / "v.faiss")

    again = load_vectors(tmp_path / "v.faiss", LABELS)

    assert again.nearest(VECTORS[2], 1) == [("气", pytest.approx(1))]


def test_an_index_of_another_kind_is_refused(tmp_path: Path) -> None:
    faiss.write_index(faiss.IndexHNSWFlat(3, 4), str(tmp_path / "v.faiss"))

    with pytest.raises(ValueError, match="HNSW"):
        load_vectors(tmp_path / "v.faiss", LABELS)


def test_a_vector_may_be_part_of_another() -> None:
    wide = np.arange(6, dtype=np.float32)

    assert index_vectors(VECTORS, LABELS).cosines(wide[::2]).tolist() == [0, 2, 4]


def test_an_empty_index_finds_nothing() -> None:
    empty = index_vectors(np.zeros((0, 3), np.float32), ())

    assert empty.nearest(VECTORS[0], 3) == []
    assert empty.cosines(VECTORS[0]).shape == (0,)


def test_another_encoders_vector_is_refused() -> None:
    with pytest.raises(DimensionMismatch) as raised:
        index_vectors(VECTORS, LABELS).nearest(np.ones(5, np.float32), 1)

    assert (raised.value.expected, raised.value.found) == (3, 5)


def test_a_centroid_is_the_unit_mean() -> None:
    middle = centroids(VECTORS, ["a", "a", "b"], ["a", "b", "c"])

    assert middle[0] == pytest.approx([0.5**0.5, 0.5**0.5, 0])
    assert middle[1] == pytest.approx([0, 0, 1])


def test_a_topic_without_vectors_has_zeros() -> None:
    assert not centroids(VECTORS, ["a", "a", "a"], ["a", "b"])[1].any()
