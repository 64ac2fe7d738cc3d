from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.counting import counted, distinct

IDS = st.lists(st.integers(0, 9), max_size=30).map(lambda ids: np.array(ids, np.int64))


@given(IDS)
def test_distinct_is_what_numpy_finds(ids: np.ndarray) -> None:
    assert distinct(ids).tolist() == np.unique(ids).tolist()


@given(IDS)
def test_counted_is_what_numpy_counts(ids: np.ndarray) -> None:
    rows, times = counted(ids)
    expected, counts = np.unique(ids, return_counts=True)

    assert rows.tolist() == expected.tolist()
    assert times.tolist() == counts.tolist()
