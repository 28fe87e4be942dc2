"""OTLP/JSON becomes the protobuf bytes it means, or is refused with the place that is wrong."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from ingest.otlp_json import to_protobuf
from ingest.requests import SIGNALS
from spotlight.errors import BadRequest, TooLarge

TRACE_ID, SPAN_ID = "5B8EFFF798038103D269B633813FC60C", "EEE19B7EC3C1B174"
MANY = 1 << 20


def convert(signal: str, document: Any) -> Any:
    """The request message that a JSON document means."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    message = SIGNALS[signal].request()
    message.ParseFromString(to_protobuf(signal, body, MANY))
    return message


def span_request(**fields: Any) -> dict[str, Any]:
    """A JSON request of one span with the given fields."""
    span = {"traceId": TRACE_ID, "spanId": SPAN_ID, "name": "s", **fields}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def span_of(**fields: Any) -> Any:
    """The protobuf span of a JSON span with the given fields."""
    return convert("traces", span_request(**fields)).resource_spans[0].scope_spans[0].spans[0]


def value_of(value: Any) -> Any:
    """The protobuf AnyValue of a JSON one."""
    return span_of(attributes=[{"key": "k", "value": value}]).attributes[0].value


def refusal(document: Any, signal: str = "traces") -> str:
    """The message with which a document is refused."""
    with pytest.raises(BadRequest) as caught:
        convert(signal, document)
    return caught.value.message


def as_otlp_json(message: Any) -> Any:
    """A message as OTLP/JSON: protobuf's own JSON with hex ids and integer enums."""
    document = json_format.MessageToDict(message, use_integers_for_enums=True)

    def hexed(node: Any) -> Any:
        if isinstance(node, list):
            return [hexed(item) for item in node]
        if not isinstance(node, dict):
            return node
        ids = ("traceId", "spanId", "parentSpanId")
        return {k: _hex(v) if k in ids else hexed(v) for k, v in node.items()}

    return hexed(document)


def _hex(base64_text: str) -> str:
    return base64.b64decode(base64_text).hex()


@pytest.mark.parametrize(
    ("file", "signal"),
    [("trace.json", "traces"), ("logs.json", "logs"), ("metrics.json", "metrics"), ("events.json", "logs")],
)
def test_the_official_examples_come_through_whole(test_data: Path, file: str, signal: str) -> None:
    """Each example of opentelemetry-proto, turned into protobuf and back, is the same document."""
    document = json.loads((test_data / "captures" / "_opentelemetry-proto-examples" / file).read_text())
    again = as_otlp_json(convert(signal, document))
    assert normal(document) == normal(again)


def normal(node: Any) -> Any:
    """A document without what JSON writes in several ways: case of ids, numbers as text, defaults."""
    if isinstance(node, list):
        return [normal(item) for item in node]
    if isinstance(node, dict):
        out = {k: normal(v) for k, v in node.items()}
        return {k: v for k, v in out.items() if v not in ("", False, [], "0.0") or k.endswith("Value")}
    if isinstance(node, bool):
        return node
    if isinstance(node, (int, float)):
        return str(float(node)) if abs(node) < 2**53 else str(node)
    try:
        return normal(int(node))
    except ValueError:
        return node.lower() if len(node) in (16, 32) else node


@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.title])
def test_ids_are_hex_in_any_case(spelling: Any) -> None:
    """Upper- and lower-case ids are the same bytes."""
    span = span_of(traceId=spelling(TRACE_ID), spanId=spelling(SPAN_ID), parentSpanId=spelling(SPAN_ID))
    assert (TRACE_ID.lower(), SPAN_ID.lower()) == (span.trace_id.hex(), span.span_id.hex())
    assert span.span_id == span.parent_span_id


@pytest.mark.parametrize(
    "bad",
    ["W47/95gDgQPSabYzgT/GDA==", "5b8e", TRACE_ID[:-1] + "g", TRACE_ID + "00", "é" * 32, "5b8e-" * 6 + "00"],
)
def test_what_is_not_hex_is_never_guessed(bad: str) -> None:
    """base64, a wrong length or other letters give an id that is invalid on the wire, as a parent too."""
    assert b"\x00" == span_of(traceId=bad).trace_id
    assert b"\x00" == span_of(parentSpanId=bad).parent_span_id
    assert b"" == span_of(links=[{"traceId": bad}]).links[0].trace_id


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("9223372036854775807", 2**63 - 1),
        (9007199254740993, 2**53 + 1),
        ("-1", -1),
        (-(2**63), -(2**63)),
        (3.0, 3),
    ],
)
def test_integers_are_exact(sent: Any, meant: int) -> None:
    """64-bit integers come as text or number and lose nothing."""
    assert meant == value_of({"intValue": sent}).int_value


@pytest.mark.parametrize("sent", ["18446744073709551615", 18446744073709551615, 0, "0"])
def test_times_use_all_64_bits(sent: Any) -> None:
    """Nanoseconds reach to the end of unsigned 64 bits."""
    assert int(sent) == span_of(startTimeUnixNano=sent).start_time_unix_nano


@pytest.mark.parametrize("sent", ["NaN", "Infinity", "-Infinity", -0.0, 1.5, "2.5e3", 7])
def test_doubles_have_words_for_what_json_lacks(sent: Any) -> None:
    """NaN and the infinities come as words, minus zero keeps its sign."""
    found, meant = value_of({"doubleValue": sent}).double_value, float(sent)
    assert (
        math.isnan(found)
        if math.isnan(meant)
        else (meant, math.copysign(1, meant)) == (found, math.copysign(1, found))
    )


def test_values_of_every_kind() -> None:
    """Empty, nested and mixed values come through as sent."""
    assert value_of({}).WhichOneof("value") is None
    assert "string_value" == value_of({"stringValue": ""}).WhichOneof("value")
    assert (
        b"\xff\xee"
        == value_of({"bytesValue": "/+4="}).bytes_value
        == value_of({"bytesValue": "_-4"}).bytes_value
    )
    nested = {
        "arrayValue": {
            "values": [{"intValue": 1}, {}, {"kvlistValue": {"values": [{"key": "a", "value": {}}]}}]
        }
    }
    assert nested == normal_value(value_of(nested))
    long = "x" * 300
    assert long == value_of({"stringValue": long}).string_value


def normal_value(value: Any) -> Any:
    """An AnyValue as JSON, with integers as numbers."""
    text = json_format.MessageToJson(value)
    return json.loads(text.replace('"1"', "1"))


def test_unknown_and_snake_case_keys_are_ignored_and_null_is_absent() -> None:
    """What the schema does not name is skipped whatever it holds; null means not sent."""
    span = span_of(
        future={"deep": [1, {"x": None}]}, start_time_unix_nano="5", kind=None, attributes=None, flags=99
    )
    assert (0, 0, 0, 99) == (span.start_time_unix_nano, span.kind, len(span.attributes), span.flags)


def test_enums_are_integers_even_unknown_ones() -> None:
    """99 is stored as 99; a name is refused rather than read as 0."""
    assert 99 == span_of(kind=99).kind
    assert "resourceSpans[0].scopeSpans[0].spans[0].kind: expected an enum's integer" in refusal(
        span_request(kind="SPAN_KIND_SERVER")
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not valid JSON"),
        (b"{", "line 1 column"),
        (b'{"resourceSpans": []} x', "line 1 column 23"),
        (b'{"resourceSpans": NaN}', "line 1 column 19"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"resourceSpans": [], "resourceSpans": []}', "names a key twice"),
        (b'{"x": {"a": 1, "a" : ":"}}', "names a key twice"),
        (rb'{"a\\":1,"a\\":2}', "names a key twice"),
        (rb'{"a":1,"a":"\u003a"}', "names a key twice"),
        (b"[]", "the body: expected an object, found an array"),
        (b'{"resourceSpans": {}}', "resourceSpans: expected an array, found an object"),
        (b'{"resourceSpans": [null]}', "resourceSpans[0]: expected an object, found null"),
        (b"[" * 5000, "not valid JSON"),
    ],
)
def test_what_is_malformed_is_refused_with_the_place(body: bytes, said: str) -> None:
    """The message says where, in the document's own terms."""
    assert said in refusal(body)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": 5}, {"kind": True}, {"kind": 2**31}, {"flags": -1}, {"flags": 2**32},
        *[{"startTimeUnixNano": wrong} for wrong in ("1_0", 2**64, "٣", 1.5)], {"traceId": 5},
        {"attributes": [{"key": "k", "value": {"boolValue": 1}}]},
        {"attributes": [{"key": "k", "value": {"doubleValue": "nan"}}]},
        {"attributes": [{"key": "k", "value": {"bytesValue": "*"}}]},
        {"attributes": [{"key": "k", "value": "text"}]},
    ],
)  # fmt: skip
def test_a_value_that_its_field_cannot_hold_is_refused(fields: dict[str, Any]) -> None:
    """No value is coerced into something that was not sent, and the text itself is not quoted."""
    message = refusal(span_request(**fields))
    assert "resourceSpans[0].scopeSpans[0].spans[0]." in message
    assert "expected" in message


@pytest.mark.parametrize("text", ['": not a key', '{"a": 1, "a": 2}', "back\\", 'x":y', '\\":'])
def test_text_that_looks_like_keys_is_no_duplicate(text: str) -> None:
    """The check for duplicate keys is not misled by what stands in strings."""
    assert text == value_of({"stringValue": text}).string_value


def test_depth_is_bounded() -> None:
    """Values nested as deep as protobuf allows pass, deeper ones are refused without a crash."""

    def nested(levels: int) -> dict[str, Any]:
        value: dict[str, Any] = {"intValue": 1}
        for _ in range(levels):
            value = {"arrayValue": {"values": [value]}}
        return span_request(attributes=[{"key": "k", "value": value}])

    assert "int_value" in str(convert("traces", nested(47)))
    assert "at most 100 nested messages" in refusal(nested(49))
    assert "nests too deep" in refusal(nested(200))
    assert "nests too deep" in refusal(b'{"unknown":' + b"[" * 500 + b"]" * 500 + b"}")


def test_the_number_of_values_is_bounded() -> None:
    """A body of nothing but empty objects is refused before it is parsed."""
    with pytest.raises(TooLarge, match="more than 100 JSON values"):
        to_protobuf("traces", b'{"resourceSpans":[' + b"{}," * 200 + b"{}]}", 100)


def _array(values: list[AnyValue]) -> AnyValue:
    value = AnyValue()
    value.array_value.values.extend(values)
    return value


VALUES = st.recursive(
    st.one_of(
        st.builds(lambda x: AnyValue(string_value=x), st.text()),
        st.builds(lambda x: AnyValue(int_value=x), st.integers(-(2**63), 2**63 - 1)),
        st.builds(lambda x: AnyValue(double_value=x), st.floats(allow_nan=False)),
        st.builds(lambda x: AnyValue(bool_value=x), st.booleans()),
        st.builds(lambda x: AnyValue(bytes_value=x), st.binary()),
        st.just(AnyValue()),
    ),
    lambda inner: st.builds(_array, st.lists(inner, max_size=4)),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(values=st.dictionaries(st.text(), VALUES, max_size=5), name=st.text(), start=st.integers(0, 2**64 - 1))
def test_json_and_protobuf_mean_the_same(values: dict[str, AnyValue], name: str, start: int) -> None:
    """Any request, written as OTLP/JSON and converted, equals the request."""
    request: Any = SIGNALS["traces"].request()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = bytes.fromhex(TRACE_ID), bytes.fromhex(SPAN_ID), name
    span.start_time_unix_nano, span.kind = start, 3
    for key, value in values.items():
        span.attributes.add(key=key).value.CopyFrom(value)
    assert request == convert("traces", as_otlp_json(request))
