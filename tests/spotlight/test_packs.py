"""Packs over whole lakes: identity that arrives late, and versions that do not agree with their content."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from rich.console import Console

from benchmarks.spans import set_attribute
from ingest.files import FileRequest
from spotlight.cli.packs import packs_table
from spotlight.cli.senders import into_pipeline
from spotlight.lake import Lake
from spotlight.model import RUNS
from spotlight.reports import Reports, open_lake
from tests.command import spotlight, spotlight_json
from tests.conftest import Captured
from tests.ingest.otlp import STARTED_NS, request
from tests.loading import all_runs
from tests.rows import DAY, MS, START, table, trace_id

TRACE = b"\1" * 16
CONTENT = (
    "adk-latest-content", "google-genai-openinference", "litellm-otel", "multi-pydantic-ai",
    "vercel-ai7-json", "openai-openinference", "anthropic-openinference", "langgraph-openinference",
    "traceloop-sdk", "pydantic-ai-v2", "pydantic-ai-v5", "logfire-sdk", "smolagents-openinference",
    "openai-traceloop",
    "vercel-ai-json-gzip", "langfuse-sdk", "mlflow-otlp", "strands-1.x", "openai-contrib-v2-latest",
)  # fmt: skip
LABELLED = (
    "anthropic-openinference", "broken-openai-oi-429", "crewai-openinference", "haystack-openinference",
    "langgraph-openinference", "langgraph-traceloop", "multi-openai-agents", "openai-contrib-v2",
    "openai-openinference", "smolagents-openinference", "strands-0.2", "strands-1.x", "traceloop-sdk",
    "langfuse-sdk", "logfire-sdk", "mastra-otlp", "mlflow-otlp", "pydantic-ai-v2",
    "pydantic-ai-v3", "pydantic-ai-v5", "vercel-ai-json-gzip",
)  # fmt: skip


def by_prompt(test_data: Path, reports: Reports, capture: str, column: str) -> dict[str, set[str | None]]:
    """Return what a column of the runs says, by the prompt version that really ran."""
    truth = json.loads((test_data / f"captures/expected/{capture}.json").read_bytes())
    prompt_of = {
        trace: item["prompt_version"] for item in truth["runs"]["items"] for trace in item["trace_ids"]
    }
    found = defaultdict(set)
    for run in all_runs(reports):
        for trace in run["trace_ids"]:
            if trace in prompt_of:
                found[prompt_of[trace]].add(run[column])
    return dict(found)


@pytest.mark.parametrize("capture", CONTENT)
def test_prompts_are_told_apart_by_content(test_data: Path, captured: Captured, capture: str) -> None:
    """Every run of one prompt has one digest, and another prompt another."""
    found = by_prompt(test_data, captured(capture), capture, "pack_digest")
    digests = [digest for digests in found.values() for digest in digests]
    assert (len(found), len(found)) == (len(digests), len(set(digests) - {None})), found


def test_equal_content_is_equal_through_any_instrumentation(test_data: Path, captured: Captured) -> None:
    """One agent recorded by five instrumentations that capture the same has the same two digests."""
    alike = ("openai-openinference", "openai-traceloop", "traceloop-sdk", "litellm-otel", "logfire-sdk")
    found = [by_prompt(test_data, captured(name), name, "pack_digest") for name in alike]
    assert [found[0]] * len(alike) == found


@pytest.mark.parametrize("capture", LABELLED)
def test_declared_versions_are_found(test_data: Path, captured: Captured, capture: str) -> None:
    """A version that the client could declare is the version of its runs."""
    found = by_prompt(test_data, captured(capture), capture, "pack_version")
    assert {version: {version} for version in found} == found


def logs(**attributes: str) -> bytes:
    """Return a request of one log record of the trace that `request` makes."""
    message = ExportLogsServiceRequest()
    record = message.resource_logs.add().scope_logs.add().log_records.add(trace_id=TRACE)
    record.time_unix_nano = STARTED_NS
    for key, value in attributes.items():
        set_attribute(record.attributes, key.replace("_", "."), value)
    return message.SerializeToString()


@pytest.mark.parametrize("order", ["spans first", "logs first", "together"])
def test_log_records_reach_their_run(tmp_path: Path, order: str) -> None:
    """A user named on log records alone is the run's, whichever comes first, restarts between or not."""
    sent = [
        FileRequest(Path(), "traces", "protobuf", request({"gen_ai.operation.name": "invoke_agent"})),
        FileRequest(Path(), "logs", "protobuf", logs(user_id="amy")),
    ]
    if order == "logs first":
        sent.reverse()
    for part in [sent] if order == "together" else [[one] for one in sent]:
        with into_pipeline(tmp_path) as send:
            for one in part:
                send(one)
    assert ["amy"] == [run["user_id"] for run in all_runs(open_lake(tmp_path))]


def run(name: str, version: str, digest: str | None, minute: int, **columns: object) -> dict[str, object]:
    """Return a row of `runs`."""
    return {
        "tenant": "default", "date": DAY, "run_id": trace_id(name), "trace_id": trace_id(name),
        "trace_ids": [trace_id(name)], "is_agent_run": True, "pack_name": "bot", "pack_version": version,
        "pack_version_source": "root spotlight.pack.version", "pack_digest": digest, "agent_name": "main",
        "status": "ok", "started_ns": START + minute * 60_000 * MS, "assembled_position": 1, **columns,
    }  # fmt: skip


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """Return a data folder with runs whose versions and contents do and do not agree."""
    by_content = {"pack_version_source": "content digest"}
    rows = [
        run("a", "1", "aaaa", 0), run("b", "1", "aaaa", 1), run("c", "1", None, 2),
        run("d", "2", "bbbb", 3), run("e", "2", "cccc", 4),
        run("f", "3", "aaaa", 5, status="error"),
        run("g", "4", "dddd", 6), run("h", "4", "eeee", 7, agent_name="other"),
        run("i", "sha:dddd", "dddd", 8, **by_content),
        run("j", "1", "ffff", 9, pack_name="else"),
    ]  # fmt: skip
    Lake(tmp_path / "lake").append("runs", table(rows, RUNS))
    return tmp_path


def test_versions_that_do_not_agree_with_their_content_are_named(packs: Path) -> None:
    """Changed content under one version, and old content under a new one; another agent's is its own."""
    rows = spotlight_json("packs", "--data", packs, "--pack", "bot")
    flags = {r["pack_version"]: (r["same_version_different_content"], r["same_content_as"]) for r in rows}
    assert {
        "1": (False, None), "2": (True, None), "3": (False, ["1"]), "4": (False, None),
        "sha:dddd": (False, None),
    } == flags  # fmt: skip


def test_a_version_counts_its_runs(packs: Path) -> None:
    """Runs, failures, digests, what is unknown, and the time from first to last."""
    row = next(
        r for r in spotlight_json("packs", "--data", packs, "--pack", "bot") if r["pack_version"] == "1"
    )
    assert (3, 0, ["aaaa"], 1, ["root spotlight.pack.version"], str(START)) == (
        row["runs"], row["failed_runs"], row["digests"], row["runs_without_digest"], row["sources"],
        row["first_seen_ns"],
    )  # fmt: skip


@pytest.mark.parametrize("width", [80, 120, 240])
def test_the_table_fits_the_terminal(packs: Path, width: int) -> None:
    """However narrow the terminal: pack, version and what is odd can be read."""
    console = Console(width=width, file=io.StringIO())
    console.print(packs_table(open_lake(packs).packs("bot", limit=9).to_pylist(), width))
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue().splitlines()
    assert width >= max(map(len, printed))
    assert {"pack", "version", "runs", "note"} <= set(printed[0].split())
    assert any("same version" in line for line in printed)


def test_only_flagged_versions(packs: Path) -> None:
    """--flagged leaves the versions with a note, which says what is odd in words."""
    printed = spotlight("packs", "--data", packs, "--flagged").stdout
    assert ["3", "2"] == [line.split()[1] for line in printed.splitlines()[1:]]
    assert ("same content, new version: as 1" in printed, "same version, different content" in printed) == (
        True, True,
    )  # fmt: skip
