"""`spotlight show --usage`: every number with its source, its rule, and what was not counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.command import spotlight, spotlight_json
from tests.conftest import Captured, SampleLake
from tests.loading import all_runs

NUMBERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_reported_usd")


def test_the_total_is_the_runs_own(sample_lake: SampleLake) -> None:
    """What counts in the account adds up to the run's own figures, and each number names its attribute."""
    for run in all_runs(sample_lake.reports):
        account: Any = sample_lake.reports.usage_account(run["run_id"])
        assert {n: run[n] for n in NUMBERS} == pytest.approx({n: account["total"][n] for n in NUMBERS})
        unnamed = [n for step in account["steps"] for n in step["numbers"] if not n["attribute"]]
        assert [] == unnamed


def test_a_call_reported_twice_counts_once(
    sample_lake: SampleLake, sample_truth: dict[str, dict[str, Any]]
) -> None:
    """Where the SDK and an instrumentation both report a call, one report says which other counts."""
    trace = next(iter(sample_truth["anthropic-openinference"]["by_trace"]))
    run = sample_lake.reports.run(trace)
    account: Any = sample_lake.reports.usage_account(trace)
    twice = [step for step in account["steps"] if step["role"] in ("duplicate", "rollup")]
    assert len(twice) == run["generations"]
    assert not any(step["counted"] for step in twice)
    counted = {step["span_id"] for step in account["steps"] if step["counted"]}
    assert all(step["instead"] in counted for step in twice if step["role"] == "duplicate")


def test_unknown_usage_is_said(sample_lake: SampleLake) -> None:
    """A streamed call without usage is in the account as unknown, and adds nothing."""
    run = next(r for r in all_runs(sample_lake.reports) if r["generations_without_usage"])
    account: Any = sample_lake.reports.usage_account(run["run_id"])
    silent = [step for step in account["steps"] if not step["numbers"]]
    assert run["generations_without_usage"] == len(silent)
    assert {"a model call that reported no tokens: unknown, not 0"} == {step["why"] for step in silent}


def test_log_records_fill_what_spans_leave_out(captured: Captured) -> None:
    """Claude Code's cost comes from log records, its cache is added to the input; nothing counts twice."""
    reports = captured("claude-code-http-json")
    run = all_runs(reports)[0]
    account: Any = reports.usage_account(run["run_id"])
    step = account["steps"][0]
    attributes = {number["column"]: number["attribute"] for number in step["numbers"]}
    assert "cost_usd (log record)" == attributes["cost_reported_usd"]
    assert "cache_creation_tokens" == attributes["cache_write_tokens"]
    said = {number["column"]: number["value"] for number in step["numbers"]}
    added = said["input_tokens"] + said["cache_read_tokens"] + said["cache_write_tokens"]
    assert ("exclusive", added) == (step["basis"], step["counts_as"]["input_tokens"])
    assert run["generations"] == len(account["repeats"])


def test_sums_that_clients_keep_are_named(captured: Captured) -> None:
    """The turn's own total is listed as not counted, with the reason."""
    reports = captured("codex-grpc")
    account: Any = reports.usage_account(all_runs(reports)[0]["run_id"])
    sums = {
        other["why"]
        for other in account["other_keys"]
        if other["attribute"] == "codex.turn.token_usage.input_tokens"
    }
    assert {"sum over the turn's calls: its parts are counted"} == sums
    read = {
        n["attribute"].removesuffix(" (log record)") for step in account["steps"] for n in step["numbers"]
    }
    assert set() == {*read, "input_token_count"} & {other["attribute"] for other in account["other_keys"]}


def test_the_command_prints_the_account(sample_lake: SampleLake) -> None:
    """The table has the total, and --json the same account as the library."""
    run = all_runs(sample_lake.reports)[0]
    words = ("show", run["run_id"], "--usage", "--data", sample_lake.data)
    printed = spotlight(*words).stdout
    assert f"{run['input_tokens']:,}" in printed
    assert "where the numbers came from" in printed
    assert run["input_tokens"] == spotlight_json(*words)["total"]["input_tokens"]
