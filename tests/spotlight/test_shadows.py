"""Model calls that a second instrumentation reports in a trace of its own, and calls that are none."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.spans import set_attribute
from ingest.pivot import pivot_traces
from spotlight.assembly import assemble
from tests.ingest.otlp import STARTED_NS, records

MS = 1_000_000
CLIENT, CHAIN = "opentelemetry.instrumentation.openai", "opentelemetry.instrumentation.langchain"


def spans_of(*calls: dict[str, Any]) -> pa.Table:
    """Return the spans of some calls: `trace`, `scope`, `at` in ms; `within` puts a root above the call."""
    request = ExportTraceServiceRequest()
    sent = request.resource_spans.add()
    set_attribute(sent.resource.attributes, "service.name", "app")
    scopes = {}
    for call in calls:
        if call["scope"] not in scopes:
            scopes[call["scope"]] = sent.scope_spans.add()
            scopes[call["scope"]].scope.name = call["scope"]
        spans = scopes[call["scope"]].spans
        begin = STARTED_NS + call.get("at", 0) * MS
        times = {"start_time_unix_nano": begin, "end_time_unix_nano": begin + call.get("ms", 100) * MS}
        trace = call["trace"].to_bytes(16, "big")
        made = spans.add(trace_id=trace, span_id=b"\2" * 8, name="chat", **times)
        if call.get("within"):
            made.parent_span_id = b"\1" * 8
            spans.add(trace_id=trace, span_id=b"\1" * 8, name="agent", **times)
        usage = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 1}
        for key, value in ({"gen_ai.operation.name": "chat"} | usage | call.get("says", {})).items():
            set_attribute(made.attributes, key, value)
    return pivot_traces(records([request.SerializeToString()])).spans


def inputs(spans: pa.Table) -> list[int]:
    """Return the input tokens of every run, in order."""
    return sorted(assemble(spans).runs.column("input_tokens").to_pylist())


def test_the_same_call_in_a_trace_of_its_own_counts_once() -> None:
    """Same service, same tokens, within the time of a call by another scope: one run, one call."""
    host = {"trace": 1, "scope": CHAIN, "within": True}
    assert [10] == inputs(spans_of(host, {"trace": 2, "scope": CLIENT, "at": 5, "ms": 90}))


@pytest.mark.parametrize(
    "differs",
    [
        {"gen_ai.response.id": "b"},
        {"user.id": "b"},
    ],
    ids=["response", "user"],
)
def test_calls_that_say_different_things_are_two(differs: dict[str, Any]) -> None:
    """Another response or another user at the same time with the same tokens is another call."""
    same = {"gen_ai.response.id": "a"} if "gen_ai.response.id" in differs else {"user.id": "a"}
    host = {"trace": 1, "scope": CHAIN, "within": True, "says": same}
    guest = {"trace": 2, "scope": CLIENT, "at": 5, "ms": 90, "says": differs}
    assert [10, 10] == inputs(spans_of(host, guest))


def test_one_call_is_not_two_calls_of_another_client() -> None:
    """Of two calls alone within the time of one, only one can be what it made."""
    host = {"trace": 1, "scope": CHAIN, "within": True}
    guests = [{"trace": 2 + i, "scope": CLIENT, "at": 5 + i, "ms": 80} for i in range(2)]
    assert [10, 10] == inputs(spans_of(host, *guests))
