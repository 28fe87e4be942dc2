"""Every recorded capture, loaded as a user would, is told as it really happened."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from spotlight.reports import Reports
from tests.conftest import Captured
from tests.loading import all_runs, load, selected

_CAPTURES = Path(os.environ.get("SPOTLIGHT_TEST_DATA", "")) / "captures"
_TRUTHS = sorted((_CAPTURES / "expected").glob("*.json")) if os.environ.get("SPOTLIGHT_TEST_DATA") else []
TOKENS = ("input", "output", "cache_read", "cache_write")
# Failures that no record tells, only the words of a later message.
_UNTOLD = ("invisible", "text only")


class Told(NamedTuple):
    """What happened in a capture, the questions one can ask of it, and its runs."""

    truth: Any
    reports: Reports
    runs: list[dict[str, Any]]


@pytest.fixture(scope="module", params=_TRUTHS, ids=lambda path: path.stem)
def told(request: pytest.FixtureRequest, captured: Captured) -> Told:
    """Return a capture's truth, and a lake that holds it alone."""
    truth = json.loads(request.param.read_bytes())
    reports = captured(request.param.stem)
    return Told(truth, reports, all_runs(reports))


def total(values: Iterable[int | None]) -> int | None:
    """Return the sum of what is known, None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def grouped_by_the_client(truth: Any) -> bool:
    """Return whether the telemetry says at all which spans are one run."""
    return not truth["runs"]["identified_by"].startswith("no run id")


def test_the_captures_are_there(test_data: Path) -> None:
    """The folder of recorded data has captures with known truths."""
    assert len(_TRUTHS) >= 39


def test_runs_and_sessions(told: Told) -> None:
    """A capture makes as many runs and sessions as there were; where nothing groups calls, one run each."""
    truth, _, runs = told
    wanted = truth["runs"]["count"] if grouped_by_the_client(truth) else truth["llm_calls"]
    assert wanted == len(runs)
    assert set(truth["sessions"]) == {run["session_id"] for run in runs if run["session_id"]}


def test_calls_and_failures(told: Told) -> None:
    """Calls are counted once; a failure that a record tells is found, whatever its status."""
    truth, _, runs = told
    found = {
        column: total(run[column] for run in runs) or 0
        for column in ("generations", "generations_without_usage", "tool_calls", "failed_tool_calls")
    }
    told_failures = (
        0 if (truth["failed_tool_visible"] or "").startswith(_UNTOLD) else truth["failed_tool_calls"]
    )
    assert found == {
        "generations": truth["llm_calls"],
        "generations_without_usage": truth["llm_calls_without_usage"],
        "tool_calls": truth["tool_calls_visible"],
        "failed_tool_calls": told_failures,
    }


def test_tokens_once(told: Told) -> None:
    """Tokens add up to what was used: cache counted in, nothing counted twice, unknown left unknown."""
    truth, _, runs = told
    wanted = truth["tokens"] or dict.fromkeys(TOKENS)
    found = {name: total(run[f"{name}_tokens"] for run in runs) for name in TOKENS}
    # A client that reports a class of tokens as 0 and one that leaves it out are both right about none.
    assert {n: wanted.get(n) or None for n in TOKENS} == {n: found[n] or None for n in TOKENS}


def test_models_and_reported_cost(told: Told) -> None:
    """The models are those that answered, and the client's own cost figure is kept."""
    truth, _, runs = told
    assert set(truth["models"]) == {model for run in runs for model in run["models"] or ()}
    if truth["reported_cost_usd"] is not None:
        cost = sum(run["cost_reported_usd"] or 0 for run in runs)
        assert truth["reported_cost_usd"] == pytest.approx(cost)


def test_every_run_by_itself(told: Told) -> None:
    """Each run has its own session, calls and tokens; none has taken another's."""
    truth, _, runs = told
    if not grouped_by_the_client(truth):
        assert truth["llm_calls"] == len(runs)
        return
    by_trace = {trace: run for run in runs for trace in run["trace_ids"]}
    told_runs = [run for run in truth["runs"]["items"] if run["trace_ids"]]
    for wanted in told_runs:
        run = by_trace[wanted["trace_ids"][0]]
        tokens = wanted["tokens"] or {}
        assert (wanted["session"], wanted["llm_calls"], wanted["tool_calls_visible"]) == (
            run["session_id"], run["generations"], run["tool_calls"],
        )  # fmt: skip
        for name in TOKENS:
            assert (tokens.get(name) or None) == (run[f"{name}_tokens"] or None), name
    if not told_runs:  # logs only: the runs have no traces to be told by
        wanted = sorted(run["llm_calls"] for run in truth["runs"]["items"])
        assert wanted == sorted(run["generations"] for run in runs)


def test_missing_roots_are_said(told: Told) -> None:
    """A run whose root never arrived is incomplete; no other is."""
    truth, _, runs = told
    incomplete = [run for run in runs if run["status"] == "incomplete"]
    assert truth["traces_without_root"] == len(incomplete)


def test_everything_is_stored(told: Told) -> None:
    """All spans and log records are in the lake, and every span belongs to a run or another trace."""
    truth, reports, _ = told
    query = "select count(*) filter (signal = 'span') as spans from spans"
    stored = selected(reports, query)[0]["spans"]
    logs = selected(reports, "select count(*) as logs from logs")[0]["logs"]
    assert (truth["spans"], truth["logs"]) == (stored, logs)
    lost = selected(
        reports,
        "select count(*) as n from spans where trace_id not in "
        "(select unnest(trace_ids) from runs union all select unnest(trace_ids) from other_traces)",
    )
    assert [{"n": 0}] == lost


def test_metrics_count_where_nothing_else_tells(test_data: Path, tmp_path: Path, captured: Captured) -> None:
    """A session that sent metrics alone has its tokens and cost; with its logs it has runs instead."""
    folder = test_data / "captures" / "claude-code-http-json"
    truth = json.loads((folder.parent / "expected" / "claude-code-http-json.json").read_bytes())
    alone = load(sorted(folder.glob("*-metrics.json")), tmp_path / "alone").metric_usage()
    assert [truth["sessions"]] == [[row["session_id"] for row in alone]]
    for name in TOKENS:
        assert truth["tokens"][name] == alone[0][f"{name}_tokens"]
    assert truth["reported_cost_usd"] == pytest.approx(alone[0]["cost_reported_usd"])
    assert [] == captured(folder.name).metric_usage()
