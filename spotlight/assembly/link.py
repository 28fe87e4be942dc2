"""How the spans of some traces hang together: parents, runs, roots, depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.lake.ids import hex_keys

# Each round doubles the distance a pointer spans: 40 rounds reach depths no client can send.
_MAX_ROUNDS = 40


class Links(NamedTuple):
    """One entry per span, in the order of the rows given."""

    run: np.ndarray  # int64: number of the run, counted from 0
    parent: np.ndarray  # int64: row of the parent, -1 for none
    orphan: np.ndarray  # bool: names a parent that is not here
    runs: int


def newest_versions(spans: pa.Table) -> pa.Table:
    """Drop the older versions of spans that were sent more than once, by journal position."""
    if spans.num_rows < 2:
        return spans
    order, keys = _version_order(spans)
    same_as_next = np.zeros(len(order), bool)
    sorted_keys = keys[order]
    same_as_next[:-1] = (sorted_keys[:-1] == sorted_keys[1:]).all(axis=1)
    if not same_as_next.any():
        return spans
    return spans.take(pa.array(np.sort(order[~same_as_next])))


class Parents(NamedTuple):
    """One entry per span."""

    row: np.ndarray  # int64: row of the parent within the same trace, -1 for none
    missing: np.ndarray  # bool: names a parent that is not here


def parents(spans: pa.Table) -> Parents:
    """Return every span's parent; every span version must be there once.

    Parent cycles are cut at their first span in start order, which then counts as an orphan.
    """
    traces = value_codes(spans.column("trace_id"))
    ids = hex_keys(spans.column("span_id"), 16)
    parent_ids = hex_keys(spans.column("parent_span_id"), 16)
    named = pc.is_valid(spans.column("parent_span_id")).to_numpy()
    parent = _rows_of(traces, ids, parent_ids, named)
    parent = _cut_cycles(parent, spans.column("started_ns").fill_null(0).to_numpy())
    return Parents(parent, named & (parent < 0))


def mark_ancestors(parent: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Return which rows have a marked row somewhere below them (themselves not counted)."""
    below = np.zeros(len(parent), bool)
    has_parent = parent >= 0
    sources = np.flatnonzero(marked & has_parent)
    below[parent[sources]] = True
    jump = np.where(has_parent, parent, np.arange(len(parent)))
    for _ in range(_MAX_ROUNDS):
        rows = np.flatnonzero(below)
        before = len(rows)
        below[jump[rows]] = True
        if np.count_nonzero(below) == before and np.array_equal(jump, jump[jump]):
            break
        jump = jump[jump]
    return below


def depths(parent: np.ndarray) -> np.ndarray:
    """Return how many known ancestors every row has."""
    depth = (parent >= 0).astype(np.int64)
    jump = parent.copy()
    for _ in range(_MAX_ROUNDS):
        rows = np.flatnonzero(jump >= 0)
        if not len(rows):
            break
        target = jump[rows]
        depth[rows] += depth[target]
        jump[rows] = jump[target]
    return depth


def value_codes(column: pa.ChunkedArray) -> np.ndarray:
    """Return a number per row that is the same for equal values, -1 for NULL."""
    return np.asarray(column.combine_chunks().dictionary_encode().indices.fill_null(-1), np.int64)


def _version_order(spans: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    traces = value_codes(spans.column("trace_id")).astype(np.uint64)
    ids = hex_keys(spans.column("span_id"), 16)
    position = spans.column("journal_position").to_numpy()
    return np.lexsort((position, ids, traces)), np.stack([traces, ids], axis=1)


def _rows_of(traces: np.ndarray, ids: np.ndarray, wanted: np.ndarray, named: np.ndarray) -> np.ndarray:
    """Return the row whose (trace, id) equals (trace, wanted id) for every row that names a parent."""
    found = np.full(len(ids), -1, np.int64)
    if not named.any():
        return found
    # Ranks make (trace, 64-bit id) pairs fit one exact 64-bit key.
    distinct, ranks = np.unique(np.concatenate([ids, wanted]), return_inverse=True)
    own = traces.astype(np.int64) * len(distinct) + ranks[: len(ids)]
    asked = traces.astype(np.int64) * len(distinct) + ranks[len(ids) :]
    order = np.argsort(own, kind="stable")
    place = np.minimum(np.searchsorted(own, asked, sorter=order), len(own) - 1)
    row = order[place]
    hit = named & (own[row] == asked)
    found[hit] = row[hit]
    return found


def _tops(parent: np.ndarray) -> np.ndarray:
    top = np.where(parent >= 0, parent, np.arange(len(parent)))
    for _ in range(_MAX_ROUNDS):
        higher = top[top]
        if np.array_equal(higher, top):
            break
        top = higher
    return top


def _cut_cycles(parent: np.ndarray, started: np.ndarray) -> np.ndarray:
    """Cut every parent cycle at its first span in start order."""
    top = _tops(parent)
    lost = np.flatnonzero(parent[top] >= 0)  # no end of the chain was reached: a cycle is above
    if not len(lost):
        return parent
    parent = parent.copy()
    done = np.ones(len(parent), bool)
    done[lost] = False
    for begin in lost.tolist():
        place: dict[int, int] = {}
        path: list[int] = []
        row = begin
        while row >= 0 and not done[row] and row not in place:
            place[row] = len(path)
            path.append(row)
            row = int(parent[row])
        if row in place:
            parent[min(path[place[row] :], key=lambda r: (started[r], r))] = -1
        done[path] = True
    return parent
