"""Runs by start and duration as a heatmap, and a brushed part of it as filters."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from spotlight.errors import SpotlightError
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

MOST_BUCKETS: Final = 500  # in either direction


class Heatmap(NamedTuple):
    """Counts of runs: `counts[row][column]`, rows by duration from the shortest, columns by start.

    Column c holds starts in [time_edges_ns[c], time_edges_ns[c + 1]), row r durations in
    [edges_ms[r], edges_ms[r + 1]); both lists have one entry more than there are buckets, and are
    empty where no run has both. `n` is the sum of all counts, `unknown` the runs that lack either.
    """

    time_edges_ns: list[int]
    edges_ms: list[float]
    counts: list[list[int]]
    n: int
    unknown: int


def heatmap(reports: Reports, filters: RunFilters, columns: int = 60, rows: int = 24) -> Heatmap:
    """Return the matching runs by start and duration, durations in buckets of equal ratio.

    A row of its own, from 0, takes durations of 0. Fewer rows or columns come back where the runs
    do not differ. Raises: SpotlightError for a number of buckets below 1 or above MOST_BUCKETS.
    """
    for count in (columns, rows):
        if not 1 <= count <= MOST_BUCKETS:
            raise SpotlightError(f"cannot draw {count} buckets", hint=f"ask for 1 to {MOST_BUCKETS}")
    extent = reports.ask("heatmap_extent", filters.params()).to_pylist()[0]
    if not extent["n"]:
        return Heatmap([], [], [], 0, int(extent["unknown"]))
    times = _time_edges(extent["first_ns"], extent["last_ns"], columns)
    edges = _ratio_edges(extent["shortest_ms"], extent["shortest_above_0_ms"], extent["longest_ms"], rows)
    found = reports.ask("heatmap", filters.params() | {"time_edges_ns": times, "edges_ms": edges})
    counts = np.zeros((len(edges) - 1, len(times) - 1), np.int64)
    counts[found.column("row").to_numpy(), found.column("column").to_numpy()] = found.column(
        "runs"
    ).to_numpy()
    return Heatmap(times, edges, counts.tolist(), int(counts.sum()), int(extent["unknown"]))


def brushed(
    filters: RunFilters, drawn: Heatmap, columns: tuple[int, int], rows: tuple[int, int]
) -> RunFilters:
    """Return the filters of the runs in a brushed part: first and last column and row, both included.

    Raises: SpotlightError for a bucket that was not drawn.
    """
    for (first, last), drawn_buckets in (
        (columns, len(drawn.time_edges_ns) - 1),
        (rows, len(drawn.edges_ms) - 1),
    ):
        if not 0 <= first <= last < drawn_buckets:
            raise SpotlightError(
                f"no buckets {first} to {last} were drawn", hint=f"there are 0 to {drawn_buckets - 1}"
            )
    return filters._replace(
        since_ns=drawn.time_edges_ns[columns[0]],
        until_ns=drawn.time_edges_ns[columns[1] + 1],
        min_ms=drawn.edges_ms[rows[0]],
        max_ms=drawn.edges_ms[rows[1] + 1],
    )


def _time_edges(first_ns: int, last_ns: int, columns: int) -> list[int]:
    """Return whole nanoseconds that cut [first, last] into equal columns, the last edge after `last`."""
    length = last_ns + 1 - first_ns
    return sorted({first_ns + length * at // columns for at in range(columns + 1)})


def _ratio_edges(shortest: float, above_0: float | None, longest: float, rows: int) -> list[float]:
    """Return durations that cut [shortest, longest] into equal ratios, the last edge after `longest`."""
    end = float(np.nextafter(longest, np.inf))
    if above_0 is None:
        return [shortest, end]
    inner = [above_0 * (end / above_0) ** (at / rows) for at in range(1, rows)]
    edges = {above_0, end, *(edge for edge in inner if above_0 < edge < end)}
    return sorted(edges | {min(shortest, above_0)})
