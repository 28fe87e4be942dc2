"""Which spans speak for a run, and what all of them say together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import Links


def first_values(spans: pa.Table, column: str, links: Links, root_row: np.ndarray) -> np.ndarray:
    """Return per run the row that gives `column`: the root, else the earliest span that says it, else -1."""
    valid = pc.is_valid(spans.column(column)).to_numpy()
    rows = np.flatnonzero(valid)
    start = spans.column("started_ns").fill_null(0).to_numpy()
    rows = rows[np.argsort(start[rows], kind="stable")[::-1]]
    chosen = np.full(links.runs, -1, np.int64)
    chosen[links.run[rows]] = rows  # the last assignment wins: the earliest start
    root_says = np.flatnonzero((root_row >= 0) & valid[np.maximum(root_row, 0)])
    chosen[root_says] = root_row[root_says]
    return chosen


def take(column: pa.ChunkedArray, rows: np.ndarray) -> pa.ChunkedArray:
    """Return the values at `rows`, NULL where the row is -1."""
    return column.take(pa.array(rows, mask=rows < 0))


def joined_names(
    values: pa.ChunkedArray, run: np.ndarray, runs: int, build: Callable[[list[str]], object]
) -> list[object]:
    """Return per run `build` of the sorted distinct values its spans have, None for none."""
    encoded = values.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
    names = encoded.dictionary.to_pylist()
    width = len(names) + 1
    pairs = np.unique(run[codes >= 0].astype(np.int64) * width + codes[codes >= 0])
    result: list[object] = [None] * runs
    if not len(pairs):
        return result
    owner, member = np.divmod(pairs, width)
    bounds = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    # Runs of one pack have the same few sets of names: build each once.
    shapes: dict[bytes, object] = {}
    for begin, end in zip(bounds.tolist(), [*bounds[1:].tolist(), len(pairs)], strict=True):
        members = member[begin:end]
        key = members.tobytes()
        if key not in shapes:
            shapes[key] = build(sorted(names[m] for m in members))
        result[owner[begin]] = shapes[key]
    return result
