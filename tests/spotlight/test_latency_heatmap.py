"""Runs by start and duration, brushed parts of them, and what the runs in such a part have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters
from spotlight.reports.latency_difference import what_differs
from spotlight.reports.latency_heatmap import brushed, heatmap
from tests.made_lake import SECOND, made_lake, run, step
from tests.rows import START, trace_id

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


def test_what_slow_runs_have_in_common(tmp_path: Path) -> None:
    """The tool that only slow runs call comes first, then the version that most of them have."""
    slow = [
        run(f"slow{n}", duration_ms=9000.0, pack_version="2" if n < 3 else "1", models=["big"])
        for n in range(4)
    ]
    fast = [run(f"fast{n}", duration_ms=10.0, pack_version="1", models=["big", "small"]) for n in range(4)]
    steps = [step(of, f"crawl#{n}") for n, of in enumerate(slow)]
    steps += [step(slow[0], "crawl#again"), *(step(of, f"look#{n}") for n, of in enumerate((*slow, *fast)))]
    reports = made_lake(tmp_path, runs=slow + fast, steps=steps)
    found = what_differs(reports, RunFilters(min_ms=5000.0), ALL).to_pylist()
    seen = {(row["dimension"], row["value"]): row for row in found}
    shares = {
        key: (seen[key]["inside_share"], seen[key]["outside_share"], seen[key]["lift"])
        for key in [
            ("tool", "crawl"),
            ("tool", "look"),
            ("version", "2"),
            ("version", "1"),
            ("model", "small"),
        ]
    }
    assert {
        ("tool", "crawl"): (1.0, 0.0, None), ("tool", "look"): (1.0, 1.0, 1.0),
        ("version", "2"): (0.75, 0.0, None), ("version", "1"): (0.25, 1.0, 0.25),
        ("model", "small"): (0.0, 1.0, 0.0),
    } == shares  # fmt: skip
    assert ("model", "tool", "version") == tuple(dict.fromkeys(row["dimension"] for row in found))[:3]
    assert (4, 4) == (found[0]["inside_n"], found[0]["outside_n"])


def test_a_region_without_a_rest_has_no_shares_outside(tmp_path: Path) -> None:
    """Where every run is inside, the share outside is unknown and not 0."""
    reports = made_lake(tmp_path, runs=[run("a", started_ns=START + SECOND)])
    row = what_differs(reports, ALL, ALL).to_pylist()[0]
    assert (1, 0, 1.0, None, None) == (
        row["inside_n"], row["outside_n"], row["inside_share"], row["outside_share"], row["difference"],
    )  # fmt: skip
    assert trace_id("a") == reports.runs(ALL).column("run_id")[0].as_py()
