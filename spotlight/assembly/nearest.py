"""Walking up from every span at once."""

from __future__ import annotations

import numpy as np

# Each round doubles the distance a pointer spans: 40 rounds reach depths no client can send.
_MAX_ROUNDS = 40


def nearest(parent: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Return per row the row itself where it is marked, else its nearest marked ancestor, else -1."""
    end = len(parent)
    hop = np.append(np.where(marked, np.arange(end), np.where(parent >= 0, parent, end)), end)
    for _ in range(_MAX_ROUNDS):
        further = hop[hop]
        if np.array_equal(further, hop):
            break
        hop = further
    found = hop[:end]
    stopped = found < end
    stopped[stopped] = marked[found[stopped]]
    return np.where(stopped, found, -1)


def nearest_above(parent: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Return per row its nearest marked ancestor, itself not counted, -1 for none."""
    near = nearest(parent, marked)
    return np.where(parent >= 0, near[parent], -1)
