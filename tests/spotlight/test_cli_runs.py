"""`spotlight runs` and `show` on runs told by log records, noisy clients and traces without an agent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import ROOT, spotlight


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a data folder with runs of which only log records were sent."""
    data = tmp_path_factory.mktemp("told") / "data"
    spotlight("load", str(ROOT / "tests" / "captures" / "claude-code-grpc-default"), "--data", str(data))
    return str(data)


@pytest.fixture(scope="module")
def codex(tmp_path_factory: pytest.TempPathFactory, test_data: Path) -> str:
    """Return a data folder with runs of a client that exports its inner works."""
    data = tmp_path_factory.mktemp("codex") / "data"
    spotlight("load", str(test_data / "captures" / "codex-grpc"), "--data", str(data))
    return str(data)


def first_run(data: str) -> str:
    """Return the id of the newest run."""
    return str(json.loads(spotlight("runs", "--json", "--data", data).stdout)[0]["run_id"])


def test_runs_as_json_name_their_parts(told: str) -> None:
    """Programs get the traces, the turn, the signals and the digest of what ran."""
    run = json.loads(spotlight("runs", "--json", "--data", told).stdout)[0]
    assert [run["trace_id"]] == run["trace_ids"]
    assert ("log", True) == (run["signals"], run["turn_id"] is not None)
    assert "pack_digest" in run


def test_show_says_that_no_spans_were_sent(told: str) -> None:
    """Steps from log records are marked, with what was decided and by whom."""
    shown = spotlight("show", first_run(told), "--data", told).stdout
    assert "log records: no spans were sent" in shown
    assert "approval tool_decision  log  accept  config" in shown


def test_no_other_traces_no_word_of_them(told: str) -> None:
    """Where every trace is a run, nothing is said of others, and their list is empty."""
    assert "other" not in spotlight("runs", "--data", told).stderr
    assert "no other traces yet" in spotlight("runs", "--other", "--data", told).stderr


def test_other_traces_are_counted_and_listed(codex: str) -> None:
    """A line names how many traces are no runs; --other lists them, and only them."""
    said = spotlight("runs", "--data", codex).stderr
    other = json.loads(spotlight("runs", "--other", "--json", "-n", "1000", "--data", codex).stdout)
    assert f"{len(other)} other traces (no agent at work); see with --other" in said
    assert other
    assert not any(run["is_agent_run"] for run in other)
    listed = spotlight("runs", "--other", "--data", codex).stdout
    assert {"service", "spans", "name"} <= set(listed.split("\n")[0].split())
    assert other[0]["name"] in listed


def test_show_names_tools_whose_spans_do_not(test_data: Path, tmp_path: Path) -> None:
    """Where a span is called after the client, the tree still says which tool it was."""
    data = str(tmp_path / "data")
    spotlight("load", str(test_data / "captures" / "claude-code-http-json"), "--data", data)
    assert "tool claude_code.tool  Bash" in spotlight("show", first_run(data), "--data", data).stdout


def test_show_leaves_inner_works_out_and_says_so(codex: str) -> None:
    """A tree shows the agent's steps and counts the rest; --all and --json have everything."""
    run = first_run(codex)
    whole = json.loads(spotlight("show", run, "--json", "--data", codex).stdout)
    assert whole["count"] == len(whole["cols"]["noise"])
    answer = spotlight("show", run, "--data", codex)
    assert f"of {whole['count']} spans are no steps of the agent" in answer.stderr
    shown = [line for line in answer.stdout.splitlines() if line.strip()]
    everything = spotlight("show", run, "--all", "--data", codex)
    assert len(shown) + whole["noise"]["spans"] == len(
        [line for line in everything.stdout.splitlines() if line.strip()]
    )
    assert "no steps of the agent" not in everything.stderr
