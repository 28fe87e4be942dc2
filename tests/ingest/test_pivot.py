"""pivot_traces agrees with a slow reader, field by field, on everything that can be sent."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from benchmarks.spans import requests, set_attribute
from ingest.otlp_json import to_protobuf
from ingest.pivot import pivot_traces
from spotlight.model import SPANS
from tests.ingest.comparison import assert_as_reference, rows_of
from tests.ingest.otlp import RECEIVED_NS, STARTED_NS, field, records, request, span_with

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted(
    path.parent
    for folder in ("sample_traces", "tests/captures")
    for path in (ROOT / folder).glob("*/expected.json")
)

# In what is made by hand, calls wrap calls: only a whole trace tells what counts (test_samples).
RECORDED = [folder for folder in SCENARIOS if not folder.name.endswith("-by-hand")]


def bodies_of(folder: Path) -> list[bytes]:
    """Return the trace requests of a sample, all as protobuf."""
    in_json = [
        to_protobuf("traces", path.read_bytes(), 10**6) for path in sorted(folder.glob("*traces.json"))
    ]
    return [*(path.read_bytes() for path in sorted(folder.glob("*traces.binpb"))), *in_json]


@pytest.mark.parametrize("kind", ["light", "heavy"])
def test_generated_load_reads_as_the_slow_reader_does(kind: str) -> None:
    """Two requests of benchmark load give the same fields both ways."""
    assert_as_reference(requests(kind, 2))


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda folder: folder.name)
def test_captures_read_as_the_slow_reader_does(folder: Path) -> None:
    """What real clients sent gives the same fields both ways."""
    assert_as_reference(bodies_of(folder))


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_captures_hold_the_known_calls_and_tokens(folder: Path) -> None:
    """Model calls, tool calls, failed tools and tokens are those the script of the capture made."""
    truth = json.loads((folder / "expected.json").read_bytes())
    rows = rows_of(*bodies_of(folder))
    calls = _leaf_calls(rows, folder.name)
    tools = [row for row in rows if row["kind"] == "tool"]
    failed = [row for row in tools if row["status"] == "error" or row["tool_failed"]]
    actual = {
        "spans": len(rows),
        "generations": len(calls),
        "generations_without_usage": sum(row["input_tokens"] is None for row in calls),
        "tool_calls": len(tools),
        "failed_tool_calls": len(failed),
        "tools": dict(Counter(row["tool_name"] for row in tools)),
        "sessions": len({row["session_id"] for row in rows} - {None}),
        **{name: _total(calls, name) for name in truth if name.endswith("_tokens")},
    }
    assert {name: value for name, value in truth.items() if name in actual} == {
        name: value for name, value in actual.items() if name in truth
    }


def _total(rows: list[dict[str, Any]], column: str) -> int | None:
    """Return the sum of what is known; None where nothing is."""
    known = [row[column] for row in rows if row[column] is not None]
    return sum(known) if known else None


def _leaf_calls(rows: list[dict[str, Any]], scenario: str) -> list[dict[str, Any]]:
    """Return model calls, without the second copies that only a whole trace tells apart."""
    calls = [row for row in rows if row["kind"] == "llm"]
    if scenario == "anthropic-openinference":  # the vendor's SDK and the instrumentor report each call
        return [row for row in calls if row["dialect"] == "openinference"]
    if scenario == "llamaindex-rag-openinference":  # predict() around chat()
        return [row for row in calls if row["input_tokens"] is not None]
    return calls


def all_types() -> dict[str, Any]:
    """Return one attribute of every value type and at every limit."""
    return {
        "neg": -5, "big": 2**63 - 1, "min": -(2**63), "yes": True, "no": False, "zero": 0, "empty": "",
        "pi": 3.14159265358979, "whole": 1.0, "tiny": 5e-324, "huge": 1.7e308, "negative zero": -0.0,
        "inf": float("inf"), "-inf": float("-inf"), "nan": float("nan"),
        "text": 'he said "x"\n\\ \t \x01 é 🚀', 'ke"y\\': "v", "bytes": b"\0\xff", "no bytes": b"",
        "list": [], "map": {}, "nested": {"a": [1, {"b": [True, "x", 2.5, b"\x01", float("nan")]}]},
        "absent": None, "": "empty key", "__proto__": "x", "nul\0key": 1, "\u202eRTL": "\u202e",
        "k" * 65_536: "long key", "long": "é" * 70_000, "127": "x" * 127, "128": "x" * 128,
        "16383": "x" * 16_383, "16384": "x" * 16_384, "2097151": "x" * 2_097_151, "2097152": "y" * 2_097_152,
    }  # fmt: skip


CASES: dict[str, bytes] = {
    "every value type": request(all_types()),
    "no attributes, resource or scope": request(),
    "wrong types in promoted columns": request(
        {
            "gen_ai.request.model": 5,
            "gen_ai.usage.input_tokens": "123",
            "gen_ai.usage.output_tokens": 7.0,
            "gen_ai.usage.cache_read.input_tokens": "many",
            "gen_ai.usage.reasoning.output_tokens": True,
            "gen_ai.usage.cost": "0.5",
            "gen_ai.response.finish_reasons": "stop",
            "gen_ai.input.messages": [{"role": "user"}],
            "gen_ai.tool.name": ["a"],
            "gen_ai.agent.name": {"x": 1},
            "http.response.status_code": "404",
        }
    ),
    "finish reasons that are JSON already": request({"gen_ai.response.finish_reasons": '["stop"]'}),
    "numbers beyond int64": request({"gen_ai.usage.input_tokens": "9" * 30, "llm.token_count.prompt": 1e300}),
    "empty strings give way": request({"gen_ai.provider.name": "", "gen_ai.system": "openai"}),
    "absent values give way": request({"gen_ai.provider.name": None, "gen_ai.system": "openai"}),
    "duplicate keys": request([("dup", 1), ("dup", 2)]),
    "duplicate promoted keys": request([("gen_ai.request.model", "a"), ("gen_ai.request.model", "b")]),
    "seconds to milliseconds": request({"gen_ai.response.time_to_first_chunk": 0.25}),
    "bare metadata": request({"metadata": "not json", "openinference.span.kind": "LLM"}),
    "metadata as a map": request({"metadata": {"pack_version": "v9"}, "openinference.span.kind": "LLM"}),
    "metadata with a number": request({"metadata": '{"pack_version": 7}'}, scope="openinference.x"),
    "old indexed prompts": request(
        {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi", "gen_ai.prompt.name": "t",
         "gen_ai.completion.0.content": "yo", "gen_ai.completion.0.finish_reason": "stop",
         "gen_ai.request.model": "m"},
        scope="opentelemetry.instrumentation.openai",
    ),
    "unknown vocabulary": request({"color": "red", "session.id": "s"}, scope="my.app"),
    "a vector store": request({"db.system": "chroma", "db.operation.name": "query"}),
    "an inferred tool": request({"gen_ai.tool.call.id": "c1"}),
    "an inferred call": request({"gen_ai.usage.input_tokens": 1, "gen_ai.request.model": "m"}),
    "two requests in one": request({"a": 1}) + request({"b": 2}),
    "unknown fields": request({"x": "y"}) + b"\xa0\x06\x01\xa2\x06\x03abc\xa5\x06abcd\xa1\x06abcdefgh",
    "an unknown group": request({"x": "y"}) + b"\xa3\x06\x08\x01\xa4\x06",
    "no request at all": b"",
    "a resource without spans": field(1, b""),
    "a value set twice": span_with(field(1, b"first") + b"\x18\x07"),
    "an overlong varint": span_with(b"\x18\x85\x80\x00"),
    "an overlong length": span_with(b"\x0a\x83\x00abc"),
    "a bool of two": span_with(b"\x10\x02"),
    "an unknown member of a value": span_with(field(1, b"abc") + field(99, b"?")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_odd_requests_read_as_the_slow_reader_does(case: str) -> None:
    """Every value type and odd encoding gives the same fields both ways."""
    assert_as_reference([CASES[case]])


def test_all_odd_requests_together_read_as_one_by_one() -> None:
    """A batch of many dialects and odd encodings gives each span what it gets alone."""
    assert_as_reference(list(CASES.values()))


def test_a_submessage_sent_in_two_parts_is_merged() -> None:
    """Two parts of one resource count as one, as protobuf says."""
    parts = [
        field(1, field(1, field(1, key) + field(2, field(1, value))))
        for key, value in ((b"service.name", b"A"), (b"host.name", b"H"))
    ]
    span = field(2, field(1, b"\1" * 16) + field(2, b"\2" * 8))
    body = field(1, b"".join(parts) + field(2, span))
    assert {"service.name": "A", "host.name": "H"} == json.loads(rows_of(body)[0]["resource"])


BAD = {
    "bad UTF-8 in a value": span_with(field(1, b"\xff\xfe")),
    "bad UTF-8 in a key": span_with(b"", key="x").replace(b"x", b"\xff"),
    "truncated": request({"x": "y"})[:-3],
    "an endless length": b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    "noise": b"\xff" * 50,
    "JSON": b'{"resourceSpans":[]}',
    "HTML": b"<html>",
}


@pytest.mark.parametrize("case", BAD)
def test_a_hostile_body_dies_alone(case: str) -> None:
    """A body that is no request is dead; its neighbours' spans are all there."""
    good = [request({"n": i}) for i in range(3)]
    pivoted = pivot_traces(records([good[0], good[1], BAD[case], good[2]]))
    assert [BAD[case]] == [record.body for record in pivoted.dead]
    assert [0, 1, 2] == [json.loads(text)["n"] for text in pivoted.spans.column("attributes").to_pylist()]
    assert [0, 10, 30] == pivoted.spans.column("journal_position").to_pylist()


def test_values_nested_too_deep_are_kept() -> None:
    """A map deeper than protobuf reads is stored undecoded, and the span is there."""
    value = field(1, b"bottom")
    for _ in range(120):
        value = field(6, field(1, field(1, b"k") + field(2, value)))
    attributes = json.loads(rows_of(span_with(value))[0]["attributes"])
    assert ["undecodable"] == list(attributes["x"])


def test_arrival_comes_from_the_record() -> None:
    """Tenant, time of arrival and position are the journal's, per request."""
    sent = [record._replace(tenant=f"t{i}") for i, record in enumerate(records([request(), request()]))]
    rows = pivot_traces(sent).spans.to_pylist()
    expected = [("t0", RECEIVED_NS, 0), ("t1", RECEIVED_NS + 1, 10)]
    assert expected == [(row["tenant"], row["received_ns"], row["journal_position"]) for row in rows]


DAY_NS = 86_400 * 10**9
TOMORROW_NS = RECEIVED_NS + DAY_NS


@pytest.mark.parametrize(
    ("started", "ended", "expected"),
    [
        (0, 5, (None, 5, None, "2026-11-21", ["no_start"])),
        (STARTED_NS, 0, (STARTED_NS, None, None, "2026-11-20", None)),
        (STARTED_NS, STARTED_NS - 1, (STARTED_NS, STARTED_NS - 1, 0.0, "2026-11-20", ["end_before_start"])),
        (2**64 - 1, 2**64 - 1, (None, None, None, "2026-11-21", ["bad_time", "clock_skew"])),
        (10**9, 2 * 10**9, (10**9, 2 * 10**9, 1000.0, "2026-11-21", ["clock_skew"])),
        (TOMORROW_NS, 0, (TOMORROW_NS, None, None, "2026-11-22", None)),
        (TOMORROW_NS + 1, 0, (TOMORROW_NS + 1, None, None, "2026-11-21", ["clock_skew"])),
    ],
)
def test_absurd_clocks_are_flagged(started: int, ended: int, expected: tuple[object, ...]) -> None:
    """Times out of reason are stored as they are or NULL, filed under the day of arrival, and flagged."""

    def edit(span: Span) -> None:
        span.start_time_unix_nano, span.end_time_unix_nano = started, ended

    (row,) = rows_of(request(edit=edit))
    actual = (row["started_ns"], row["ended_ns"], row["duration_ms"], str(row["date"]), row["quality_flags"])
    assert expected == actual


def test_losses_are_flagged() -> None:
    """Dropped attributes, events and links, doubled keys and bad ids stand in the flags."""

    def edit(span: Span) -> None:
        span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count = 4, 1, 2
        span.trace_id = b"short"

    (row,) = rows_of(request([("a", 1), ("a", 2)], edit=edit))
    flags = ["dropped_attributes", "dropped_events", "dropped_links", "duplicate_attributes", "bad_id"]
    assert (flags, 4) == (row["quality_flags"], row["dropped_attributes"])


def test_an_exception_event_names_the_error() -> None:
    """The last exception event gives type and message; error.type and a status message rank around it."""

    def edit(span: Span) -> None:
        span.status.code, span.status.message = 2, "it broke"
        for message in ("first", "last"):
            event = span.events.add(name="exception", time_unix_nano=7, dropped_attributes_count=1)
            set_attribute(event.attributes, "exception.type", "MailError")
            set_attribute(event.attributes, "exception.message", message)

    plain_row, typed_row = rows_of(request(edit=edit), request({"error.type": "timeout"}, edit=edit))
    assert ("error", "MailError", "last") == tuple(
        plain_row[n] for n in ("status", "error_type", "error_message")
    )
    assert "timeout" == typed_row["error_type"]
    assert 1 == json.loads(plain_row["events"])[0]["dropped_attributes"]


def test_a_status_message_counts_as_error_only_on_errors() -> None:
    """Without an exception the message of an error status is the error's; that of an ok status is not."""

    def edit(code: int) -> Any:
        def set_status(span: Span) -> None:
            span.status.code, span.status.message = code, "said"  # type: ignore[assignment]

        return set_status

    rows = rows_of(request(edit=edit(1)), request(edit=edit(2)))
    assert [(None, "said"), ("said", "said")] == [(r["error_message"], r["status_message"]) for r in rows]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"tool.status": "error"}, True),
        ({"gen_ai.tool.status": "success"}, False),
        ({"gen_ai.tool.status": "odd"}, None),
        ({}, None),
    ],
)
def test_a_tools_own_word_on_its_outcome_counts(attributes: dict[str, str], expected: bool | None) -> None:
    """tool_failed says what the client says beside the status, for tools only."""
    tool, call = ({"gen_ai.operation.name": name, **attributes} for name in ("execute_tool", "chat"))
    assert [expected, None] == [row["tool_failed"] for row in rows_of(request(tool), request(call))]


R, W, T = (
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.total_tokens",
)
RULED = "gen_ai.usage.cache_read.input_tokens"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({}, (None, None)),
        ({"input": 10, "output": 2}, ("inclusive", None)),
        ({"input": 10, "output": 2, R: 4, T: 12}, ("inclusive", None)),
        ({"input": 10, "output": 2, R: 4, W: 1, T: 17}, ("exclusive", None)),
        ({"input": 10, "output": 2, R: 400}, ("exclusive", None)),
        ({"input": 10, "output": 2, RULED: 4}, ("inclusive", None)),
        ({"input": 10, "output": 2, R: 4}, ("inclusive", ["usage_assumed"])),
    ],
)
def test_the_report_tells_whether_input_contains_the_cache(
    usage: dict[str, int], expected: tuple[str | None, list[str] | None]
) -> None:
    """The algorithm of usage_basis, rule by rule."""
    keys = {"input": "gen_ai.usage.input_tokens", "output": "gen_ai.usage.output_tokens"}
    (row,) = rows_of(request({keys.get(key, key): count for key, count in usage.items()}))
    assert expected == (row["usage_basis"], row["quality_flags"])


def test_more_cache_than_input_contradicts_an_inclusive_dialect() -> None:
    """A declared basis that cannot be is overruled and flagged: nothing is lost in the sum."""
    usage = {"llm.token_count.prompt": 5, "llm.token_count.prompt_details.cache_read": 50}
    (row,) = rows_of(request(usage, scope="openinference.instrumentation.x"))
    assert ("exclusive", ["usage_conflict"]) == (row["usage_basis"], row["quality_flags"])


def test_payload_rows_are_only_of_spans_with_content() -> None:
    """A span without content has no payload row."""
    bodies = [request({"a": 1}), request({"gen_ai.input.messages": "[]"}), request({"b": 1})]
    pivoted = pivot_traces(records(bodies))
    assert (3, 1) == (pivoted.spans.num_rows, pivoted.payloads.num_rows)
    assert [10] == pivoted.payloads.column("journal_position").to_pylist()


def test_nothing_gives_empty_tables() -> None:
    """No records, no rows, the right columns."""
    pivoted = pivot_traces([])
    assert (0, 0, []) == (pivoted.spans.num_rows, pivoted.payloads.num_rows, pivoted.dead)
    assert SPANS.schema == pivoted.spans.schema


def test_a_huge_resource_is_not_repeated_for_every_span() -> None:
    """Megabytes of resource beside thousands of spans: the first has it, the others say that they lack it."""
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    set_attribute(resource_spans.resource.attributes, "blob", "x" * (1 << 20))
    set_attribute(resource_spans.resource.attributes, "service.name", "app")
    resource_spans.scope_spans.add().spans.extend(Span(name=str(i)) for i in range(1000))
    spans = pivot_traces(records([message.SerializeToString()])).spans
    assert (999, {"app"}) == (
        spans.column("resource").null_count,
        set(spans.column("service_name").to_pylist()),
    )
    flags = spans.column("quality_flags").to_pylist()
    assert [False, True, True] == ["resource_not_repeated" in flags[i] for i in (0, 1, 999)]
