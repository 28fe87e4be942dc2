"""Large sets of 64-bit keys with little memory: eight bytes a key."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from spotlight.lake.ids import hex_keys

# More sorted arrays than this make look-ups slower than merging them.
_MAX_ARRAYS: Final = 8


class KeySet:
    """A growing set of unsigned 64-bit keys, kept as a few sorted arrays; 0 is never a member."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []

    def __len__(self) -> int:
        return sum(map(len, self._arrays))

    def add(self, keys: np.ndarray) -> None:
        """Add keys, in any order and with repetitions."""
        fresh = np.unique(keys[keys != 0])
        if not len(fresh):
            return
        self._arrays.append(fresh)
        if len(self._arrays) > _MAX_ARRAYS:
            self._merge()

    def absorb(self, other: KeySet) -> None:
        """Add all keys of another set."""
        for array in other._arrays:
            self.add(array)

    def contains(self, keys: np.ndarray) -> np.ndarray:
        """Return for every key whether it is a member."""
        found = np.zeros(len(keys), bool)
        for array in self._arrays:
            place = np.minimum(np.searchsorted(array, keys), len(array) - 1)
            found |= array[place] == keys
        return np.asarray(found & (keys != 0))

    def _merge(self) -> None:
        """Merge the newest arrays of about one size; old large ones stay as they are."""
        while len(self._arrays) > 1 and (
            len(self._arrays[-2]) <= 2 * len(self._arrays[-1]) or len(self._arrays) > _MAX_ARRAYS
        ):
            newest = self._arrays.pop()
            self._arrays[-1] = np.union1d(self._arrays[-1], newest)


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


class SeenSpans:
    """Which spans may be stored already, in bounded memory and without ever missing one.

    The newest spans are known by their own keys. Of older ones only the trace is remembered, so a
    new span of an old trace may be stored, and the lake has to be asked.
    """

    def __init__(self, limit: int) -> None:
        self._each = max(1, limit // _GENERATIONS)
        self._generations: list[tuple[KeySet, KeySet]] = [(KeySet(), KeySet())]
        self._older = KeySet()

    def add(self, rows: pa.Table) -> None:
        """Remember spans that are stored now."""
        spans, traces = self._generations[-1]
        spans.add(span_keys(rows))
        traces.add(trace_keys(rows))
        if len(spans) >= self._each:
            self._generations.append((KeySet(), KeySet()))
        if len(self._generations) > _GENERATIONS:
            self._older.absorb(self._generations.pop(0)[1])

    def add_older(self, rows: pa.Table) -> None:
        """Remember only the traces of stored spans."""
        self._older.add(trace_keys(rows))

    def may_hold(self, rows: pa.Table) -> np.ndarray:
        """Return for every span whether it may be stored; False is certain."""
        keys = span_keys(rows)
        found = np.zeros(len(keys), bool)
        for spans, _ in self._generations:
            found |= spans.contains(keys)
        return np.asarray((found | self._older.contains(trace_keys(rows))) & (keys != 0))


_GENERATIONS: Final = 4
