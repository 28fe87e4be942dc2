"""What is a run where it is not simply a trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from benchmarks.spans import set_attribute
from ingest.files import FileRequest
from spotlight.cli.senders import into_pipeline
from spotlight.reports import Reports, RunFilters, open_lake
from tests.conftest import Captured
from tests.ingest.otlp import STARTED_NS
from tests.loading import all_runs, load, selected

TRACE = "ab" * 16
FOREIGN_SPAN = "cd" * 8


def in_one_trace(request: Any) -> None:
    """Rewrite an OTLP/JSON request: one trace, whose outermost spans have a parent elsewhere."""
    if isinstance(request, list):
        for item in request:
            in_one_trace(item)
    elif isinstance(request, dict):
        if request.get("traceId"):
            request["traceId"] = TRACE
        if request.get("name") == "claude_code.interaction":
            request["parentSpanId"] = FOREIGN_SPAN
        for item in request.values():
            in_one_trace(item)


def test_two_turns_in_one_trace_are_two_runs(test_data: Path, tmp_path: Path) -> None:
    """A client started twice below one foreign span makes a run each time, with its own calls."""
    folder = test_data / "captures" / "claude-code-http-json"
    (tmp_path / "sent").mkdir()
    for path in folder.glob("*.json"):
        request = json.loads(path.read_bytes())
        in_one_trace(request)
        (tmp_path / "sent" / path.name).write_text(json.dumps(request))
    apart = all_runs(load([folder], tmp_path / "apart"))
    together = all_runs(load([tmp_path / "sent"], tmp_path / "together"))
    facts = ("turn_id", "session_id", "status", "generations", "tool_calls", "input_tokens", "spans")
    assert [[run[f] for f in facts] for run in apart] == [[run[f] for f in facts] for run in together]
    assert [TRACE, TRACE] == [run["trace_id"] for run in together]
    assert [1, 1] == [run["missing_parents"] for run in together]
    assert len({run["run_id"] for run in together}) == 2


@pytest.mark.parametrize("capture", ["codex-grpc", "gemini-cli-grpc", "claude-code-http-json"])
def test_log_records_alone_make_full_runs(test_data: Path, tmp_path: Path, capture: str) -> None:
    """A coding agent that exports logs only has the runs, calls, failures and tokens it has with spans."""
    captures = test_data / "captures"
    truth = json.loads((captures / "expected" / f"{capture}.json").read_bytes())
    runs = all_runs(load([captures / capture], tmp_path / "data", signals=("logs",)))
    assert ["log"] * truth["runs"]["count"] == [run["signals"] for run in runs]
    assert [run["llm_calls"] for run in truth["runs"]["items"]] == [run["generations"] for run in runs]
    found = {name: sum(run[f"{name}_tokens"] for run in runs) for name in ("input", "output", "cache_read")}
    assert {name: truth["tokens"][name] for name in found} == found
    assert truth["tool_calls"] == sum(run["tool_calls"] for run in runs)
    assert truth["failed_tool_calls"] == sum(run["failed_tool_calls"] for run in runs)
    assert not [run for run in runs if run["status"] == "incomplete"]


def test_each_run_of_a_shared_trace_shows_its_own_steps(captured: Captured) -> None:
    """A run's page and its steps hold what belongs to it, whatever else is in its traces."""
    reports = captured("gemini-cli-grpc")
    seen: set[str] = set()
    for run in all_runs(reports):
        document: Any = reports.run_document(run["run_id"])
        assert run["spans"] == document["count"]
        assert 1 == document["cols"]["parent"].count(-1)
        assert seen.isdisjoint(document["cols"]["id"])
        seen.update(document["cols"]["id"])
        for span_id in document["cols"]["id"]:
            assert span_id == reports.span_document(run["run_id"], span_id)["span"]["span_id"]  # type: ignore[index]


def test_a_step_has_what_its_log_record_says(captured: Captured) -> None:
    """A tool's arguments and its approval, told by log records, stand with the tool's own span."""
    reports = captured("claude-code-http-json")
    run = all_runs(reports)[0]
    document: Any = reports.run_document(run["run_id"])
    tools = [i for i, tool in enumerate(document["cols"]["tool"]) if tool >= 0]
    span: Any = reports.span_document(run["run_id"], document["cols"]["id"][tools[0]])
    assert {"command": "cat notes.txt", "description": "Read the notes"} == span["payload"]["tool_arguments"]


def test_traces_without_an_agent_are_no_runs(captured: Captured) -> None:
    """Codex's start-up traces are kept and listed, but not as runs."""
    reports = captured("codex-grpc")
    others = selected(reports, "select run_id, spans from other_traces")
    assert 2 == reports.run_count(RunFilters())
    assert len(others) > 30
    document: Any = reports.run_document(others[0]["run_id"])
    assert others[0]["spans"] == document["count"]


def test_an_id_that_was_taken_over_still_finds_its_run(test_data: Path, tmp_path: Path) -> None:
    """Links join traces to one run; the id of any of them that was once a run finds it."""
    folder = test_data / "captures" / "claude-code-http-json"
    reports = load(sorted(folder.glob("*-logs.json")), tmp_path / "data")
    early = [run["run_id"] for run in all_runs(reports)]
    reports = load(sorted(folder.glob("*-traces.json")), tmp_path / "data")
    late = {run["run_id"] for run in all_runs(reports)}
    assert len(late) == 2
    assert late == {reports.run(run_id)["run_id"] for run_id in early}


def test_the_first_turn_of_a_shared_trace_shows_its_own_steps_only(tmp_path: Path) -> None:
    """Turns that log records cut out of one trace are told apart again when one of them is read."""
    reports = stored_logs(tmp_path, [("user_prompt", 0), ("api_request", 1), ("user_prompt", 2), ("x", 3)])
    runs = all_runs(reports)
    documents: list[Any] = [reports.run_document(run["run_id"]) for run in runs]
    assert [run["spans"] for run in runs] == [document["count"] for document in documents]


def test_turns_that_begin_at_one_moment_are_read_as_they_were_stored(tmp_path: Path) -> None:
    """Which of them has the plain id of their trace does not hang on the order of their rows."""
    reports = stored_logs(tmp_path, [("user_prompt", 0), ("user_prompt", 0), ("api_request", 1)])
    runs = all_runs(reports)
    assert 2 == len(runs)
    assert [run["spans"] for run in runs] == [
        cast("dict[str, Any]", reports.run_document(run["run_id"]))["count"] for run in runs
    ]


def stored_logs(data: Path, events: list[tuple[str, int]]) -> Reports:
    """Return the lake after Claude Code's log records (event, second) of one session in one trace."""
    request = ExportLogsServiceRequest()
    sent = request.resource_logs.add()
    set_attribute(sent.resource.attributes, "service.name", "claude-code")
    records = sent.scope_logs.add()
    records.scope.name = "com.anthropic.claude_code.events"
    for number, (event, second) in enumerate(events):
        at = STARTED_NS + second * 10**9
        record = records.log_records.add(time_unix_nano=at, event_name=event, trace_id=bytes([7]) * 16)
        for key, value in (("session.id", "s"), ("number", number), ("input_tokens", 1)):
            set_attribute(record.attributes, key, value)
    with into_pipeline(data) as send:
        send(FileRequest(data, "logs", "protobuf", request.SerializeToString()))
    return open_lake(data)
