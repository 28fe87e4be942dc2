"""How long runs and steps take: percentiles, the critical path, the slowest steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters
from spotlight.reports.latency import MEASURES, critical_path, latency, slowest_steps, step_latency
from tests.made_lake import HOUR, made_lake, run, step
from tests.rows import START, span_id, trace_id

ALL = RunFilters()
POINTS = (50, 90, 95, 99)


def rows_of(table: Any) -> list[dict[str, Any]]:
    """Return a report's rows."""
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def test_percentiles_are_numpys(tmp_path: Path) -> None:
    """Over random durations p50 to p99 are what numpy says, and the unknown ones are counted beside them."""
    random = np.random.default_rng(1)
    groups = [np.round(random.lognormal(6, 3, size=random.integers(0, 60)), 3).tolist() for _ in range(40)]
    unknown = random.integers(1, 4, size=len(groups)).tolist()
    runs = [
        run(f"{version}-{n}", pack_version=f"{version:02}", duration_ms=ms)
        for version, (known, lacks) in enumerate(zip(groups, unknown, strict=True))
        for n, ms in enumerate([*known, *[None] * lacks])
    ]
    found = rows_of(latency(made_lake(tmp_path, runs=runs), ALL, by=("version",), measures=("completion",)))
    assert len(groups) == len(found)
    for row, known, lacks in zip(found, groups, unknown, strict=True):
        assert (len(known) + lacks, len(known), lacks) == (row["runs"], row["n"], row["unknown"])
        at = [row[f"p{p}_ms"] for p in POINTS]
        assert at == (
            pytest.approx(np.percentile(known, POINTS), rel=1e-9) if known else [None] * len(POINTS)
        )


def test_every_measure_has_a_row_of_its_own(tmp_path: Path) -> None:
    """A run's times stand one below the other; what is unknown has no percentile, and is no 0."""
    times = {"ttft_ms": 10.0, "first_action_ms": 20.0, "model_ms": 500.0, "tool_ms": 300.0, "queue_ms": 1.0,
             "unaccounted_ms": 199.0}  # fmt: skip
    reports = made_lake(tmp_path, runs=[run("a", **times)])
    found = [(row["measure"], row["p50_ms"], row["unknown"]) for row in rows_of(latency(reports, ALL))]
    assert [
        ("completion", 1000.0, 0), ("first_token", 10.0, 0), ("first_action", 20.0, 0), ("model", 500.0, 0),
        ("tool", 300.0, 0), ("queue", 1.0, 0), ("human", None, 1), ("unaccounted", 199.0, 0),
    ] == found  # fmt: skip
    assert list(MEASURES) == [measure for measure, _, _ in found]


def test_versions_are_laid_over_time(tmp_path: Path) -> None:
    """By version and hour: a row per version in each hour in which it ran."""
    hour = START // HOUR * HOUR
    runs = [
        run("a", pack_version="1", started_ns=hour, duration_ms=100.0),
        run("b", pack_version="1", started_ns=hour + HOUR - 1, duration_ms=300.0),
        run("c", pack_version="2", started_ns=hour + HOUR, duration_ms=50.0),
        run("d", pack_version=None, started_ns=hour, duration_ms=7.0),
    ]
    found = latency(made_lake(tmp_path, runs=runs), ALL, by=("version", "hour"), measures=("completion",))
    assert [("1", 2, 200.0), ("2", 1, 50.0), (None, 1, 7.0)] == [
        (row["by_1"], row["n"], row["p50_ms"]) for row in rows_of(found)
    ]
    assert 2 == len(set(found.column("by_2").to_pylist()))


def test_only_matching_runs_count(tmp_path: Path) -> None:
    """The shortest duration asked for is counted, the longest is not, and neither is an unknown one."""
    runs = [run(name, duration_ms=ms) for name, ms in (("a", 10.0), ("b", 20.0), ("c", 30.0), ("d", None))]
    steps = [step(of, f"s{n}", "llm") for n, of in enumerate(runs)]
    reports = made_lake(tmp_path, runs=runs, steps=steps)
    filters = RunFilters(min_ms=10.0, max_ms=30.0)
    assert {trace_id("a"), trace_id("b")} == set(reports.runs(filters).column("run_id").to_pylist())
    assert [2] == step_latency(reports, filters, by=()).column("steps").to_pylist()
    assert 0 == reports.run_count(RunFilters(max_ms=0.0))


@pytest.fixture
def worked(tmp_path: Path) -> Any:
    """Return a lake with a run whose agent called a model twice and a tool three times."""
    of = run("a")
    steps = [
        step(of, "agent", "agent", duration_ms=1000.0, critical_ms=None),
        step(
            of, "m1", "llm", duration_ms=400.0, critical_ms=400.0, model="big", ttft_ms=50.0, output_tokens=80
        ),
        step(of, "m2", "llm", duration_ms=200.0, critical_ms=200.0, model="big", ttft_ms=None, failed=True),
        step(of, "search", duration_ms=300.0, critical_ms=200.0),
        step(of, "search#2", duration_ms=150.0, critical_ms=0.0),
        step(of, "search#3", duration_ms=None, critical_ms=None),
    ]
    return made_lake(tmp_path, runs=[of], steps=steps)


def test_models_and_tools_have_tables_of_their_own(worked: Any) -> None:
    """Model calls with time to first token and speed; tool calls with what failed and what is unknown."""
    model = rows_of(step_latency(worked, ALL))[0]
    assert ("big", 2, 1, 300.0, 50.0, 1, 200.0) == (
        model["by_1"], model["steps"], model["failed"], model["p50_ms"], model["ttft_p50_ms"],
        model["ttft_n"], model["output_tokens_per_s"],
    )  # fmt: skip
    tool = rows_of(step_latency(worked, ALL, by=("tool",), steps="tool_calls"))[0]
    assert ("search", 3, 2, 1, 225.0, 450.0, 200.0) == (
        tool["by_1"], tool["steps"], tool["n"], tool["unknown"], tool["p50_ms"], tool["total_ms"],
        tool["critical_ms"],
    )  # fmt: skip


def test_critical_path_is_shared_out(worked: Any) -> None:
    """The shares of the critical path add up to 1; what ran beside it has none."""
    found = [
        (row["by_1"], row["critical_ms"], row["share"], row["steps"])
        for row in rows_of(critical_path(worked, ALL))
    ]
    assert [("llm", 600.0, 0.75, 2), ("tool", 200.0, 0.25, 1)] == found


def test_slowest_steps_lead_to_their_runs(worked: Any) -> None:
    """The slowest first with run and span; agents and unknown durations are left out."""
    found = [
        (row["run_id"], row["span_id"], row["duration_ms"])
        for row in rows_of(slowest_steps(worked, ALL, limit=3))
    ]
    assert [
        (trace_id("a"), span_id("m1"), 400.0),
        (trace_id("a"), span_id("search"), 300.0),
        (trace_id("a"), span_id("m2"), 200.0),
    ] == found


@pytest.mark.parametrize(
    "ask",
    [
        lambda reports: latency(reports, ALL, by=("kind",)),
        lambda reports: latency(reports, ALL, measures=("speed",)),
        lambda reports: slowest_steps(reports, ALL, steps="agents"),
    ],
    ids=["a dimension of steps", "a measure", "a choice of steps"],
)
def test_what_does_not_exist_is_refused(worked: Any, ask: Any) -> None:
    """A name that does not exist is an error that lists those that do."""
    with pytest.raises(SpotlightError, match="no such"):
        ask(worked)


def test_empty_lake(tmp_path: Path) -> None:
    """Without runs there are no rows."""
    reports = made_lake(tmp_path)
    tables = (
        latency(reports, ALL),
        step_latency(reports, ALL),
        critical_path(reports, ALL),
        slowest_steps(reports, ALL),
    )
    assert [0, 0, 0, 0] == [table.num_rows for table in tables]
