"""A case file -> requests of recorded rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.arrow import array
from ingest.arrow import compute as pc
from ingest.rows import encode_rows

_MOST_ROWS: Final = 4_000
_MOST_BYTES: Final = 8 << 20
_POSITION: Final = "journal_position"
# What tells versions of one thing apart is the request that brought it: two never share one.
_VERSIONED: Final = {"spans": ("trace_id", "span_id"), "scores": ("score_id",)}


def case_requests(recorded: Mapping[str, pa.Table]) -> Iterator[bytes]:
    """Yield requests that hold all rows, in the order in which they came in first.

    What came in one request stays in one, so that log records and the steps made from them keep together.
    """
    positions = {name: rows.column(_POSITION).to_numpy() for name, rows in recorded.items()}
    order = np.unique(np.concatenate([np.empty(0, np.int64), *positions.values()]))
    places = {name: np.searchsorted(order, at) for name, at in positions.items()}
    sizes = _sizes(recorded, places, len(order))
    keys = _keys(recorded, places)
    start, count, size = 0, 0, 0
    held: set[tuple[str, ...]] = set()
    for at in range(len(order)):
        rows, weight = int(sizes[0][at]), int(sizes[1][at])
        own = keys.get(at, set())
        full = count + rows > _MOST_ROWS or size + weight > _MOST_BYTES or not held.isdisjoint(own)
        if at > start and full:
            yield _request(recorded, places, start, at)
            start, count, size, held = at, 0, 0, set()
        count, size = count + rows, size + weight
        held |= own
    if len(order):
        yield _request(recorded, places, start, len(order))


def _request(
    recorded: Mapping[str, pa.Table], places: Mapping[str, npt.NDArray[np.int64]], start: int, end: int
) -> bytes:
    inside = {name: (place >= start) & (place < end) for name, place in places.items()}
    return encode_rows({name: rows.filter(array(inside[name])) for name, rows in recorded.items()})


def _sizes(
    recorded: Mapping[str, pa.Table], places: Mapping[str, npt.NDArray[np.int64]], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many rows each request brought, and about how many bytes of text."""
    rows, size = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for name, table in recorded.items():
        np.add.at(rows, places[name], 1)
        for field in table.schema:
            if field.type == pa.string():
                lengths = pc.fill_null(pc.binary_length(table.column(field.name)), 0).to_numpy()
                np.add.at(size, places[name], lengths.astype(np.int64))
    return rows, size


def _keys(
    recorded: Mapping[str, pa.Table], places: Mapping[str, npt.NDArray[np.int64]]
) -> dict[int, set[tuple[str, ...]]]:
    """Return the spans and scores that each request brought a version of."""
    found: dict[int, set[tuple[str, ...]]] = {}
    for name, columns in _VERSIONED.items():
        ids = zip(*(recorded[name].column(column).to_pylist() for column in columns), strict=True)
        for place, key in zip(places[name].tolist(), ids, strict=True):
            found.setdefault(place, set()).add((name, *key))
    return found
