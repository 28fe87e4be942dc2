"""Large sets of 64-bit keys with little memory: eight bytes a key."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from spotlight.lake.files import hex_keys

# More sorted runs than this make look-ups slower than merging them.
_MAX_RUNS: Final = 8


class KeySet:
    """A growing set of unsigned 64-bit keys, kept as a few sorted arrays; 0 is never a member.

    With `limit` the oldest keys are forgotten in bulk once there are more.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._runs: list[np.ndarray] = []
        self._limit = limit

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def add(self, keys: np.ndarray) -> None:
        """Add keys, in any order and with repetitions."""
        fresh = np.unique(keys[keys != 0])
        if not len(fresh):
            return
        self._runs.append(fresh)
        if self._limit is not None:
            while len(self._runs) > 1 and len(self) > self._limit:
                self._runs.pop(0)
        if len(self._runs) > _MAX_RUNS:
            self._merge()

    def contains(self, keys: np.ndarray) -> np.ndarray:
        """Return for every key whether it is a member."""
        found = np.zeros(len(keys), bool)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            found |= run[place] == keys
        return np.asarray(found & (keys != 0))

    def _merge(self) -> None:
        """Merge the newest runs of about one size; old large runs stay as they are."""
        while len(self._runs) > 1 and (
            len(self._runs[-2]) <= 2 * len(self._runs[-1]) or len(self._runs) > _MAX_RUNS
        ):
            newest = self._runs.pop()
            self._runs[-1] = np.union1d(self._runs[-1], newest)


def trace_keys(rows: pa.Table) -> np.ndarray:
    """Return one key per row that stands for its trace id."""
    return hex_keys(rows.column("trace_id"), 32)


def span_keys(rows: pa.Table) -> np.ndarray:
    """Return one key per row that stands for its (trace id, span id).

    Two spans may share a key, if rarely: who finds a key again must compare the ids.
    """
    spans = hex_keys(rows.column("span_id"), 16)
    keys: np.ndarray = trace_keys(rows) * np.uint64(0xC2B2AE3D27D4EB4F) + spans
    keys[spans == 0] = 0
    return keys
