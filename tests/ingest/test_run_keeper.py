"""The rows that the runs table gets while a run goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.pivot import pivot_traces
from ingest.run_keeper import RunKeeper
from ingest.segments import Record
from spotlight.cli.senders import into_pipeline
from spotlight.lake import Reader, Scope
from spotlight.pricing import Book, Offer, default_book
from spotlight.reports import open_lake
from tests.command import ROOT
from tests.ingest.otlp import RECEIVED_NS, STARTED_NS
from tests.loading import all_steps, load
from tests.rows import llm, table, tool, trace_id

Step = tuple[int, int, tuple[int, ...]]  # trace, span, linked traces


def test_a_run_is_said_to_be_taken_over_once(tmp_path: Path) -> None:
    """A run of many traces does not write the end of each of its former runs with every batch."""
    keeper = RunKeeper(Reader(tmp_path / "lake", Scope("default")), default_book())
    batches: list[list[Step]] = [
        [(1, 1, ()), (2, 1, ()), (3, 1, ())],
        [(1, 2, (2, 3))],
        [(1, 3, ())],
        [(4, 1, (1,)), (2, 2, ())],
    ]
    written = []
    for number, steps in enumerate(batches):
        keeper.note(pivot_traces([_request(number, steps)]).spans)
        rows = keeper.assemble().runs.to_pylist()
        ended = sorted(int(row["run_id"], 16) for row in rows if row["merged_into"])
        written.append((len(rows) - len(ended), ended))
    assert [(3, []), (1, [2, 3]), (1, []), (1, [])] == written


def _request(number: int, steps: list[Step]) -> Record:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    scope.scope.name = "autogen-core"
    for trace, span, linked in steps:
        made = scope.spans.add(trace_id=trace.to_bytes(16, "big"), span_id=span.to_bytes(8, "big"), name="x")
        made.start_time_unix_nano = STARTED_NS + trace + 10 * span
        for other in linked:
            made.links.add(trace_id=other.to_bytes(16, "big"), span_id=b"\0" * 7 + b"\1")
    return Record(number, number + 1, RECEIVED_NS, "traces", "default", request.SerializeToString())


def test_steps_that_a_killed_writer_owed_are_made_by_the_next(tmp_path: Path) -> None:
    """A lake whose runs have no steps gets them when a writer starts, the same as before."""
    capture = ROOT / "tests" / "captures" / "claude-code-grpc-default"
    before = facts(all_steps(load([capture], tmp_path)))
    shutil.rmtree(tmp_path / "lake" / "steps")
    with into_pipeline(tmp_path):
        pass
    reports = open_lake(tmp_path)
    assert before == facts(all_steps(reports))
    owners = "select count(*) as lost from steps where run_version not in (select run_version from runs)"
    assert 0 == reports.user_query(owners, limit=1).column("lost")[0].as_py()


class BrokenBook(Book):
    """A price book that cannot be asked."""

    def offer(self, provider: str | None, model: str | None, request_model: str | None) -> Offer:
        """Fail."""
        raise ValueError("no such page")


def test_a_run_that_cannot_be_priced_is_shown_without_steps(tmp_path: Path) -> None:
    """A fault in the prices of a trace hides neither its run nor another trace's steps."""
    keeper = RunKeeper(Reader(tmp_path / "lake", Scope("default")), BrokenBook())
    rows = [
        llm("paid", trace="a", input_tokens=5, output_tokens=1, request_model="gpt-4.1-mini"),
        tool("search", trace="b"),
    ]
    keeper.note(table(rows))
    runs, steps = keeper.assemble()
    assert {trace_id("a"), trace_id("b")} == set(runs.column("run_id").to_pylist())
    assert [trace_id("b")] == steps.column("run_id").to_pylist()


def facts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return steps without the version of their run."""
    return [{name: value for name, value in row.items() if name != "run_version"} for row in rows]
