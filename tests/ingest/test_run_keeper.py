"""The rows that the runs table gets while a run goes on."""

from __future__ import annotations

from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.pivot import pivot_traces
from ingest.run_keeper import RunKeeper
from ingest.segments import Record
from spotlight.lake import Reader, Scope
from tests.ingest.otlp import RECEIVED_NS, STARTED_NS

Step = tuple[int, int, tuple[int, ...]]  # trace, span, linked traces


def test_a_run_is_said_to_be_taken_over_once(tmp_path: Path) -> None:
    """A run of many traces does not write the end of each of its former runs with every batch."""
    keeper = RunKeeper(Reader(tmp_path / "lake", Scope("default")))
    batches: list[list[Step]] = [
        [(1, 1, ()), (2, 1, ()), (3, 1, ())],
        [(1, 2, (2, 3))],
        [(1, 3, ())],
        [(4, 1, (1,)), (2, 2, ())],
    ]
    written = []
    for number, steps in enumerate(batches):
        keeper.note(pivot_traces([_request(number, steps)]).spans)
        rows = keeper.assemble().to_pylist()
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
