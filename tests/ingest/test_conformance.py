"""OTLP conformance of a running collector: what is taken, what is refused, and what is stored.

Cases of the specification, numbered, over HTTP with both encodings and over gRPC; sent
over real sockets, read back from what the journal holds. Cases about resends and updated
spans belong to the writer's tests. Source: opentelemetry-proto docs/specification.md, 1.11.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import grpc
import pytest

from ingest.requests import SIGNALS
from tests.ingest.otlp_client import (
    JSON,
    PB,
    SPAN_ID,
    TRACE_ID,
    TRANSPORTS,
    a_span,
    as_protobuf,
    call,
    field,
    is_bad_request,
    of_spans,
    post,
    send,
    spans,
    varint,
)

MIB = 1 << 20


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_01_one_span_is_taken(collector: Any, stored: Any, transport: str) -> None:
    """Success leaves partial_success unset, and the answer names the durable position."""
    answer = send(collector, transport, of_spans(a_span()))
    assert (200, False) == (answer.code, answer.message.HasField("partial_success"))
    assert ["s"] == [span.name for span in spans(stored())]
    assert collector.records()[-1].end <= int(answer.headers["x-spotlight-position"]) <= collector.end()
    if transport != "grpc":
        assert (JSON if transport == "http-json" else PB) == answer.headers["content-type"]


@pytest.mark.parametrize("signal", list(SIGNALS))
def test_02_and_03_empty_requests_succeed_and_store_nothing(collector: Any, stored: Any, signal: str) -> None:
    """No bytes, an empty object, and envelopes without content."""
    key = {"traces": "Spans", "logs": "Logs", "metrics": "Metrics"}[signal]
    hollow = {f"resource{key}": [{}, {f"scope{key}": [{}, {}]}]}
    answers = [
        post(collector, b"", PB, signal), post(collector, b"{}", JSON, signal), call(collector, b"", signal),
        *[send(collector, transport, hollow, signal) for transport in TRANSPORTS],
    ]  # fmt: skip
    assert [200] * 6 == [answer.code for answer in answers]
    assert [] == stored()


def test_04_gzip_is_understood_everywhere(collector: Any, stored: Any) -> None:
    """Over HTTP in both encodings, in several members, and over gRPC."""
    body, text = as_protobuf(of_spans(a_span())), json.dumps(of_spans(a_span())).encode()
    members = gzip.compress(body[:20]) + gzip.compress(body[20:])
    answers = [
        post(collector, gzip.compress(body), content_encoding="gzip"),
        post(collector, members, content_encoding="GZIP"),
        post(collector, gzip.compress(text), JSON, content_encoding="gzip"),
        post(collector, body, content_encoding="identity"),
        call(collector, body, gzipped=True),
    ]
    assert [200] * 5 == [answer.code for answer in answers]
    assert 5 == len(spans(stored()))


@pytest.mark.parametrize("coding", ["zstd", "deflate", "br", "gzip, gzip"])
def test_05_other_encodings_are_refused_by_name(collector: Any, stored: Any, coding: str) -> None:
    """415 names what is understood."""
    answer = post(collector, b"\x28\xb5\x2f\xfd", content_encoding=coding)
    assert (415, True) == (answer.code, "send identity or gzip" in answer.message.message)
    assert [] == stored()


@pytest.mark.parametrize("media", [PB, JSON])
@pytest.mark.parametrize("damage", ["plain", "cut", "crc"])
def test_06_broken_gzip_is_a_bad_request(collector: Any, stored: Any, media: str, damage: str) -> None:
    """Plain bytes under a gzip header, a cut stream and a wrong checksum."""
    whole = gzip.compress(as_protobuf(of_spans(a_span())))
    body = {"plain": b"plain", "cut": whole[:-4], "crc": whole[:-8] + b"12345678"}[damage]
    answer = post(collector, body, media, content_encoding="gzip")
    assert (400, media, True) == (answer.code, answer.headers["content-type"], is_bad_request(answer))
    assert [] == stored()


@pytest.mark.parametrize("signal", list(SIGNALS))
def test_07_malformed_protobuf_is_a_bad_request(collector: Any, stored: Any, signal: str) -> None:
    """400 or INVALID_ARGUMENT with details, never INTERNAL."""
    answers = post(collector, b"\xff" * 9, PB, signal), call(collector, b"\xff" * 9, signal)
    assert [400, "INVALID_ARGUMENT"] == [answer.code for answer in answers]
    assert all(is_bad_request(answer) for answer in answers)
    assert [] == stored()


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"{} x", b"[]", b'{"resourceSpans": 5}', b"\xff"]
)
def test_08_malformed_json_is_a_bad_request(collector: Any, stored: Any, body: bytes) -> None:
    """The Status comes as JSON and says where."""
    answer = post(collector, body, JSON)
    assert (400, JSON, True) == (answer.code, answer.headers["content-type"], is_bad_request(answer))
    assert [] == stored()


@pytest.mark.parametrize(
    ("media", "code"),
    [
        (None, 415),
        ("text/plain", 415),
        ("application/grpc", 415),
        (f"{JSON}; charset=utf-8", 200),
        ("Application/JSON", 200),
    ],
)
def test_09_content_types(collector: Any, media: str | None, code: int) -> None:
    """Only OTLP's two, in any case and with parameters."""
    assert code == post(collector, b"{}", media).code


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_10_other_methods(collector: Any, method: str) -> None:
    """405 with what is allowed."""
    answer = collector.client.request(method, "/v1/traces")
    assert (405, "POST") == (answer.status_code, answer.headers["allow"])


def test_11_unknown_paths_and_methods(collector: Any) -> None:
    """404 over HTTP, UNIMPLEMENTED over gRPC."""
    assert 404 == collector.client.post("/v1/profiles", content=b"").status_code
    with grpc.insecure_channel(collector.addresses.grpc) as channel:
        export = channel.unary_unary(
            "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"
        )
        with pytest.raises(grpc.RpcError) as caught:
            export(b"", timeout=60)
    assert grpc.StatusCode.UNIMPLEMENTED == caught.value.code()


def test_12_ids_in_either_case(collector: Any, stored: Any) -> None:
    """Both spellings are stored as the same bytes."""
    for spelling in (str.upper, str.lower):
        send(collector, "http-json", of_spans(a_span(traceId=spelling(TRACE_ID), spanId=spelling(SPAN_ID))))
    assert {(TRACE_ID, SPAN_ID)} == {(s.trace_id.hex(), s.span_id.hex()) for s in spans(stored())}


def test_13_base64_ids_are_rejected(collector: Any, stored: Any) -> None:
    """They are not guessed; the sibling is stored."""
    answer = send(
        collector, "http-json", of_spans(a_span(traceId="W47/95gDgQPSabYzgT/GDA=="), a_span(name="good"))
    )
    assert (200, 1) == (answer.code, answer.message.partial_success.rejected_spans)
    assert ["good"] == [span.name for span in spans(stored())]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "bad",
    [
        {"traceId": TRACE_ID[2:]},
        {"traceId": ""},
        {"traceId": "00" * 16},
        {"spanId": SPAN_ID[2:]},
        {"spanId": "00" * 8},
    ],
)
def test_14_invalid_ids_reject_one_span(
    collector: Any, stored: Any, transport: str, bad: dict[str, str]
) -> None:
    """Partial success counts it and says why; its sibling is stored."""
    answer = send(collector, transport, of_spans(a_span(**bad), a_span(name="good")))
    partial = answer.message.partial_success
    assert (200, 1, True) == (answer.code, partial.rejected_spans, "not 16 bytes" in partial.error_message)
    assert ["good"] == [span.name for span in spans(stored())]


def test_15_and_16_enums(collector: Any, stored: Any) -> None:
    """A name is refused; an unknown number is kept."""
    assert 400 == send(collector, "http-json", of_spans(a_span(kind="SPAN_KIND_SERVER"))).code
    for transport in TRANSPORTS:
        assert 200 == send(collector, transport, of_spans(a_span(kind=99))).code
    assert [99, 99, 99] == [span.kind for span in spans(stored())]


def test_17_unknown_fields(collector: Any, stored: Any) -> None:
    """Ignored in JSON; kept byte for byte in protobuf."""
    body = as_protobuf(of_spans(a_span())) + b"\x7a\x06future"
    assert 200 == post(collector, body).code == call(collector, body).code
    assert 200 == send(collector, "http-json", {"future": {}, **of_spans(a_span(future=[1]))}).code
    assert [body, body, as_protobuf(of_spans(a_span()))] == [q.SerializeToString() for q in stored()]


def test_18_snake_case_is_unknown(collector: Any, stored: Any) -> None:
    """Keys are lowerCamelCase only."""
    assert 200 == send(collector, "http-json", of_spans(a_span(parent_span_id=SPAN_ID))).code
    assert b"" == spans(stored())[0].parent_span_id


VALUES = [
    *[{"intValue": text} for text in ("9223372036854775807", "-1")],
    *[{"doubleValue": value} for value in ("NaN", "-Infinity", -0.0)],
    *[{}, {"stringValue": ""}, {"bytesValue": "/+4="}],
    {"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [{"intValue": "1"}, {}]}}}]}},
]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_19_21_and_22_values_are_exact(collector: Any, stored: Any, transport: str) -> None:
    """Integers, doubles, bytes, empty and nested values are stored as protobuf means them."""
    document = of_spans(a_span(attributes=[{"key": str(i), "value": v} for i, v in enumerate(VALUES)]))
    assert 200 == send(collector, transport, document).code
    assert as_protobuf(document) == stored()[0].SerializeToString()


def test_19_a_number_beyond_53_bits(collector: Any, stored: Any) -> None:
    """An integer written as a number loses nothing."""
    text = json.dumps(of_spans(a_span(attributes=[{"key": "k", "value": {"intValue": 9007199254740993}}])))
    assert 200 == post(collector, text.encode(), JSON).code
    assert 9007199254740993 == spans(stored())[0].attributes[0].value.int_value


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_20_odd_times_are_kept(collector: Any, stored: Any, transport: str) -> None:
    """No start, an end before the start, and the end of 64 bits are facts about the client."""
    times = [("0", "5"), ("9", "5"), ("18446744073709551615", "18446744073709551615")]
    document = of_spans(*[a_span(startTimeUnixNano=a, endTimeUnixNano=b) for a, b in times])
    assert 200 == send(collector, transport, document).code
    assert times == [(str(s.start_time_unix_nano), str(s.end_time_unix_nano)) for s in spans(stored())]


def nested(levels: int) -> dict[str, Any]:
    """A request with an attribute of arrays in arrays."""
    value: dict[str, Any] = {"intValue": "1"}
    for _ in range(levels):
        value = {"arrayValue": {"values": [value]}}
    return of_spans(a_span(attributes=[{"key": "k", "value": value}]))


def test_23_depth(collector: Any, stored: Any) -> None:
    """47 levels pass by every transport, deeper ones are refused and nothing crashes."""
    assert [200] * 3 == [send(collector, transport, nested(47)).code for transport in TRANSPORTS]
    assert 3 == len(stored())
    deep = b"\x0a\x01x"
    for _ in range(60):
        deep = b"".join((b"\x2a", varint(len(b := b"\x0a" + varint(len(deep)) + deep)), b))
    body = field(1, field(2, field(2, field(9, field(2, deep)))))
    assert [400, "INVALID_ARGUMENT"] == [post(collector, body).code, call(collector, body).code]
    assert [400] * 3 == [post(collector, json.dumps(nested(n)).encode(), JSON).code for n in (48, 60, 250)]
    assert 400 == post(collector, b'{"x":' * 20_000, JSON).code


def test_24_text_that_is_not_utf8(collector: Any, stored: Any) -> None:
    """Refused with a message that says so."""
    body = field(1, field(2, field(2, field(5, b"\xff"))))
    answers = [post(collector, body), call(collector, body), post(collector, b'{"a": "\xff"}', JSON)]
    assert [400, "INVALID_ARGUMENT", 400] == [answer.code for answer in answers]
    assert all("UTF-8" in answer.message.message for answer in answers)
    assert [] == stored()


def test_25_and_26_odd_attributes_keep_the_span(collector: Any, stored: Any) -> None:
    """Profile-only string indexes and repeated attribute keys are stored for the reader to judge."""
    body = field(1, field(2, field(2, b"".join([
        field(1, bytes.fromhex(TRACE_ID)), field(2, bytes.fromhex(SPAN_ID)),
        field(9, b"\x18\x05" + field(2, b"\x40\x07")), *[field(9, field(1, b"k"))] * 2,
    ]))))  # fmt: skip
    assert 200 == post(collector, body).code
    assert ["", "k", "k"] == [attribute.key for attribute in spans(stored())[0].attributes]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_38_metrics_and_logs_are_stored(collector: Any, stored: Any, transport: str) -> None:
    """They are taken like spans."""
    logs = {
        "resourceLogs": [
            {"scopeLogs": [{"logRecords": [{"body": {"stringValue": "hello"}, "traceId": TRACE_ID}]}]}
        ]
    }
    points = {"dataPoints": [{"asInt": "5", "timeUnixNano": "1"}]}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "sum": points}]}]}]}
    assert (
        200
        == send(collector, transport, logs, "logs").code
        == send(collector, transport, metrics, "metrics").code
    )
    assert [as_protobuf(logs, "logs"), as_protobuf(metrics, "metrics")] == [
        q.SerializeToString() for q in stored()
    ]


@pytest.mark.parametrize(
    ("file", "signal"), [("trace", "traces"), ("logs", "logs"), ("metrics", "metrics"), ("events", "logs")]
)
def test_40_official_examples(collector: Any, stored: Any, test_data: Any, file: str, signal: str) -> None:
    """Sent as JSON, as protobuf and over gRPC, each example is stored as the same message."""
    document = json.loads(
        (test_data / "captures" / "_opentelemetry-proto-examples" / f"{file}.json").read_text()
    )
    assert [200] * 3 == [send(collector, transport, document, signal).code for transport in TRANSPORTS]
    first, second, third = stored()
    assert first == second == third
