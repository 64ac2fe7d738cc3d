"""Distinct row numbers of small arrays; ``numpy.unique`` costs several times as much there."""

import numpy as np

from index.values import FloatArray, IdArray


def distinct(ids: IdArray) -> IdArray:
    """Return each of ``ids`` once, in rising order."""
    ordered = np.sort(ids)
    return ordered[_begins(ordered)]


def counted(ids: IdArray) -> tuple[IdArray, FloatArray]:
    """Return each of ``ids`` once, in rising order, and how often it comes."""
    ordered = np.sort(ids)
    places = _begins(ordered).nonzero()[0]
    times = np.empty(len(places), np.float32)
    times[:-1] = places[1:] - places[:-1]
    times[-1:] = len(ordered) - places[-1:]
    return ordered[places], times


def _begins(ordered: IdArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return where the next number begins."""
    begins = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    return begins
