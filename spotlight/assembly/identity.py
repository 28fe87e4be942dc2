"""Whose a run was: session, user, pack, agent, found on its spans and their resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import Links

# Resource attributes that say whose a run was, in order of precedence, per column.
RESOURCE_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "session_id": ("spotlight.session.id", "session.id"),
    "user_id": ("spotlight.user.id", "user.id", "enduser.id"),
    "pack_name": ("spotlight.pack.name", "pack.name"),
    "pack_version": (
        "spotlight.pack.version", "agentpack.version", "agent.pack.version", "promptpack.version",
        "pack.version",
    ),
    "agent_name": ("gen_ai.agent.name",),
    "feature": ("spotlight.feature",),
    "surface": ("spotlight.surface",),
}  # fmt: skip


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


def resource_values(resources: pa.ChunkedArray, column: str) -> tuple[pa.Array, pa.Array]:
    """Return (value, key) per row from the resource JSON texts, NULL where none of the keys is there.

    Each distinct text is parsed once.
    """
    keys = RESOURCE_KEYS[column]
    encoded = resources.combine_chunks().dictionary_encode()
    found = [_first_present(text, keys) for text in encoded.dictionary.to_pylist()]
    values = pa.array([v for v, _ in found], pa.string()).take(encoded.indices)
    sources = pa.array([k for _, k in found], pa.string()).take(encoded.indices)
    return values, sources


def _first_present(text: str | None, keys: tuple[str, ...]) -> tuple[str | None, str | None]:
    attributes = orjson.loads(text) if text else {}
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            return value, key
    return None, None


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
