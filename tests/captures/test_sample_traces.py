"""The sample traces, loaded by the command a user types, come out as the truth beside them says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_traces"
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/expected.json"))
COUNTS = ("generations", "generations_without_usage", "tool_calls", "failed_tool_calls")
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def truth(name: str) -> dict[str, Any]:
    """Return what really happened in a sample."""
    return dict(json.loads((SAMPLES / name / "expected.json").read_text(encoding="utf-8")))


def spotlight(*words: str | Path) -> Any:
    """Return the JSON that a command prints."""
    command = [sys.executable, "-m", "spotlight.cli", *words, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder into which all samples were loaded together."""
    folder = tmp_path_factory.mktemp("samples") / "data"
    spotlight("load", SAMPLES, "--data", folder)
    return folder


@pytest.fixture(scope="module")
def runs(data: Path) -> dict[str, dict[str, Any]]:
    """Return all runs by their trace id."""
    return {run["trace_id"]: run for run in spotlight("runs", "--data", data, "--limit", "1000")}


def of(name: str, runs: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the runs of one sample."""
    return [runs[trace] for trace in truth(name)["by_trace"] if trace in runs]


def total(found: list[dict[str, Any]], column: str) -> int | None:
    """Return the sum of what is known; None where nothing is."""
    known = [run[column] for run in found if run[column] is not None]
    return sum(known) if known else None


def test_all_samples_together_hold_no_other_run(runs: dict[str, dict[str, Any]]) -> None:
    """The runs are exactly those that the samples' own accounts name."""
    assert sorted(trace for name in NAMES for trace in truth(name)["by_trace"]) == sorted(runs)


@pytest.mark.parametrize("name", NAMES)
def test_runs_and_sessions(name: str, runs: dict[str, dict[str, Any]]) -> None:
    """A sample has as many runs, failed runs and sessions as its truth says."""
    expected, found = truth(name), of(name, runs)
    failed = [run for run in found if run["status"] == "error"]
    counted = (len(found), len(failed), len({run["session_id"] for run in found}))
    assert (expected["runs"], expected["failed_runs"], expected["sessions"]) == counted


@pytest.mark.parametrize("name", NAMES)
def test_counts(name: str, runs: dict[str, dict[str, Any]]) -> None:
    """Model calls, calls without usage, tool calls and failures are counted once each."""
    expected, found = truth(name), of(name, runs)
    assert {column: expected[column] for column in COUNTS} == {
        column: total(found, column) for column in COUNTS
    }


@pytest.mark.parametrize("name", NAMES)
def test_tokens(name: str, runs: dict[str, dict[str, Any]]) -> None:
    """Tokens are summed once over the calls that really happened; unknown ones stay unknown."""
    expected, found = truth(name), of(name, runs)
    assert {column: expected[column] for column in TOKENS} == {
        column: total(found, column) for column in TOKENS
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_run(name: str, runs: dict[str, dict[str, Any]]) -> None:
    """Every single run has the session, version, status, counts and tokens of its truth."""
    for trace, expected in truth(name)["by_trace"].items():
        columns = {"session_id" if key == "session" else key: value for key, value in expected.items()}
        assert columns == {column: runs[trace][column] for column in columns}


def test_every_record_is_stored(data: Path) -> None:
    """As many spans, log records and metric points are stored as were sent."""
    select = (
        "select (select count(*) from spans where signal = 'span') as spans, "
        "(select count(*) from logs) as logs, (select count(*) from metrics) as metric_points"
    )
    expected = {key: sum(truth(name)[key] for name in NAMES) for key in ("spans", "logs", "metric_points")}
    assert [expected] == spotlight("query", select, "--data", data)


def test_failed_run_shows_the_tool_and_its_arguments(data: Path) -> None:
    """Whoever opens the failed run reads which tool failed, with what arguments, and why."""
    shown = json.dumps(spotlight("show", "8da9aa5a455f46d5f24ca2086ec6fa50", "--payloads", "--data", data))
    assert ["send_email", "sam@globex.example", "SMTP 550 5.1.1 mailbox unavailable"] == [
        word
        for word in ("send_email", "sam@globex.example", "SMTP 550 5.1.1 mailbox unavailable")
        if word in shown
    ]
