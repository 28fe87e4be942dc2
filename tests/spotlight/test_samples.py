"""Every sample, loaded by the command line, is told as it really happened."""

from __future__ import annotations

import pytest

from spotlight.reports import RunFilters
from tests.conftest import SAMPLES, SampleLake

NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/expected.json"))
SUMS = (
    "generations", "generations_without_usage", "tool_calls", "failed_tool_calls", "input_tokens",
    "output_tokens", "cache_read_tokens", "cache_write_tokens", "spans",
)  # fmt: skip


def runs_of(lake: SampleLake, truth: dict[str, object]) -> list[dict[str, object]]:
    """Return the assembled runs of one sample."""
    everything = lake.reports.runs(RunFilters(), limit=1000).to_pylist()
    return [run for run in everything if run["trace_id"] in truth["by_trace"]]  # type: ignore[operator]


def total(values: list[object]) -> int | None:
    """Return the sum of what is known, None where nothing is."""
    known = [v for v in values if isinstance(v, int)]
    return sum(known) if known else None


def test_there_is_no_other_run(sample_lake: SampleLake, sample_truth: dict[str, dict[str, object]]) -> None:
    """The runs are exactly those that the samples' own accounts name."""
    told = [trace for truth in sample_truth.values() for trace in truth["by_trace"]]  # type: ignore[attr-defined]
    assert sorted(told) == sorted(sample_lake.runs)


@pytest.mark.parametrize("name", NAMES)
def test_runs_and_sessions(
    sample_lake: SampleLake, sample_truth: dict[str, dict[str, object]], name: str
) -> None:
    """A sample makes as many runs, failed runs and sessions as there were."""
    truth = sample_truth[name]
    runs = runs_of(sample_lake, truth)
    sessions = {run["session_id"] for run in runs if run["session_id"]}
    failed = [run for run in runs if run["status"] == "error"]
    assert (truth["runs"], truth["sessions"], truth["failed_runs"]) == (len(runs), len(sessions), len(failed))


@pytest.mark.parametrize("name", NAMES)
def test_calls_and_tokens_once(
    sample_lake: SampleLake, sample_truth: dict[str, dict[str, object]], name: str
) -> None:
    """Model calls, tool calls, failures and tokens add up to what happened, each counted once."""
    truth = sample_truth[name]
    runs = runs_of(sample_lake, truth)
    found = {column: total([run[column] for run in runs]) for column in SUMS}
    assert {column: truth[column] for column in SUMS} == found


@pytest.mark.parametrize("name", NAMES)
def test_every_run_by_itself(
    sample_lake: SampleLake, sample_truth: dict[str, dict[str, object]], name: str
) -> None:
    """Each run has the session, version, status, calls and tokens of its own trace."""
    by_trace: dict[str, dict[str, object]] = sample_truth[name]["by_trace"]  # type: ignore[assignment]
    names = {"session": "session_id"}
    for run in runs_of(sample_lake, sample_truth[name]):
        truth = by_trace[str(run["trace_id"])]
        found = {key: run[names.get(key, key)] for key in truth if key != "pack_version" or truth[key]}
        assert {key: truth[key] for key in found} == found


def test_logs_and_metrics_are_kept(
    sample_lake: SampleLake, sample_truth: dict[str, dict[str, object]]
) -> None:
    """All log records and metric points of the samples are stored."""
    stored = {name: size.rows for name, size in sample_lake.reports.lake_size().items()}
    wanted = {key: sum(int(str(t[key])) for t in sample_truth.values()) for key in ("logs", "metric_points")}
    assert wanted == {"logs": stored["logs"], "metric_points": stored["metrics"]}


def test_the_failed_tool_shows_its_arguments(sample_lake: SampleLake) -> None:
    """The span that decided a failed run carries what the tool was called with."""
    failed = sample_lake.reports.runs(
        RunFilters(status=("error",), session_id="sess-renewal-002")
    ).to_pylist()
    for run in failed:
        document = sample_lake.reports.span_document(run["run_id"], run["error_span_id"])
        assert "sam@globex.example" in str(document["payload"]["tool_arguments"]), run["trace_id"]  # type: ignore[index]
