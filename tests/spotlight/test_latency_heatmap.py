"""Runs by start and duration, and brushed parts of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters
from spotlight.reports.latency_heatmap import brushed, heatmap
from tests.made_lake import made_lake, run
from tests.rows import START

ALL = RunFilters()
SHAPES = ((1, 1), (7, 5), (12, 3), (2, 11))


def test_counts_add_up_and_buckets_lead_to_their_runs(tmp_path: Path) -> None:
    """All counts are n, n and unknown are all runs, and a bucket's filters find as many runs as it counts."""
    random = np.random.default_rng(2)
    runs = [
        run(
            f"{pack}-{n}",
            pack_name=str(pack),
            started_ns=START + int(random.integers(10 ** random.integers(1, 16))),
            duration_ms=None if random.random() < 0.1 else random.choice([0.0, 3.0, random.lognormal(6, 4)]),
        )
        for pack in range(len(SHAPES))
        for n in range(random.integers(1, 30))
    ]
    reports = made_lake(tmp_path, runs=runs)
    for pack, shape in enumerate(SHAPES):
        filters = RunFilters(pack_name=str(pack))
        own = [of["duration_ms"] is not None for of in runs if of["pack_name"] == str(pack)]
        found = heatmap(reports, filters, *shape)
        assert (sum(own), len(own) - sum(own)) == (found.n, found.unknown)
        assert found.n == sum(map(sum, found.counts))
        for row, counts in enumerate(found.counts):
            for column, count in enumerate(counts):
                region = brushed(filters, found, (column, column), (row, row))
                assert count == (reports.run_count(region) if count else 0)
        last = (len(found.time_edges_ns) - 2, len(found.edges_ms) - 2)
        assert found.n == reports.run_count(brushed(filters, found, (0, last[0]), (0, last[1])))


def test_buckets_have_equal_ratios(tmp_path: Path) -> None:
    """From 1 to 1000 ms in three rows: 1, 10, 100; an edge belongs to the row above it, 0 to its own."""
    runs = [run(f"r{n}", duration_ms=ms) for n, ms in enumerate((0.0, 1.0, 9.9, 10.5, 999.0, 1000.0))]
    found = heatmap(made_lake(tmp_path, runs=runs), ALL, columns=1, rows=3)
    assert [0.0, 1.0, 10.0, 100.0, 1000.0] == pytest.approx(found.edges_ms)
    assert [[1], [2], [1], [2]] == found.counts
    assert [START, START + 1] == found.time_edges_ns


def test_the_last_moment_of_all_is_in_no_bucket(tmp_path: Path) -> None:
    """A start at the largest number there is has no edge after it: it counts as unknown."""
    runs = [run("a"), run("b", started_ns=2**63 - 1), run("c", started_ns=2**63 - 2)]
    found = heatmap(made_lake(tmp_path, runs=runs), ALL, columns=2)
    assert (2, 1, [[1, 1]], 2**63 - 1) == (found.n, found.unknown, found.counts, found.time_edges_ns[-1])


def test_no_runs_no_buckets(tmp_path: Path) -> None:
    """An empty lake gives an empty heatmap, in which nothing can be brushed."""
    found = heatmap(made_lake(tmp_path), ALL)
    assert ([], [], [], 0, 0) == tuple(found)
    with pytest.raises(SpotlightError, match="no buckets"):
        brushed(ALL, found, (0, 0), (0, 0))


@pytest.mark.parametrize("count", [0, 501])
def test_absurd_numbers_of_buckets_are_refused(tmp_path: Path, count: int) -> None:
    """Fewer than one bucket, or more than can be drawn, is an error."""
    with pytest.raises(SpotlightError, match=f"cannot draw {count} buckets"):
        heatmap(made_lake(tmp_path), ALL, columns=count)
