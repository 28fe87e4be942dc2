"""An OTLP client for tests: requests from JSON, sent by each transport, answers as the client sees them."""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from ingest.requests import SIGNALS

TRACE_ID, SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
PB, JSON = "application/x-protobuf", "application/json"
TRANSPORTS = ("http-protobuf", "http-json", "grpc")


class Answer(NamedTuple):
    """What a client sees: `code` is an HTTP number or a gRPC name, `message` the response or the Status."""

    code: int | str
    message: Any
    headers: dict[str, str]


def a_span(**fields: Any) -> dict[str, Any]:
    """A JSON span, valid but for the given fields."""
    return {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "name": "s",
        "kind": 1,
        "startTimeUnixNano": "1",
        **fields,
    }


def of_spans(*spans: dict[str, Any]) -> dict[str, Any]:
    """A JSON request of spans."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def as_protobuf(document: dict[str, Any], signal: str = "traces") -> bytes:
    """The protobuf bytes of a JSON request, by protobuf's own JSON reader; ids are put in as bytes."""

    def based(node: Any) -> Any:
        if isinstance(node, list):
            return [based(item) for item in node]
        if not isinstance(node, dict):
            return node
        ids = ("traceId", "spanId", "parentSpanId")
        return {k: _base64(bytes.fromhex(v)) if k in ids else based(v) for k, v in node.items()}

    message = SIGNALS[signal].request()
    return json_format.ParseDict(based(document), message, ignore_unknown_fields=True).SerializeToString()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def post(
    collector: Any, body: bytes, media: str | None = PB, signal: str = "traces", **headers: str
) -> Answer:
    """Send bytes over HTTP; the answer is parsed as what its content type says."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if media:
        given["content-type"] = media
    answer = collector.client.post(f"/v1/{signal}", content=body, headers=given)
    message: Any = SIGNALS[signal].response() if answer.status_code == 200 else Status()
    if answer.headers.get("content-type") == PB:
        message.ParseFromString(answer.content)
    elif answer.headers.get("content-type") == JSON:
        json_format.Parse(answer.content, message)
    return Answer(answer.status_code, message, dict(answer.headers))


def call(collector: Any, body: bytes, signal: str = "traces", gzipped: bool = False) -> Answer:
    """Send bytes over gRPC; for errors the message is the Status in the trailing metadata, if any."""
    with grpc.insecure_channel(collector.addresses.grpc) as channel:
        export = channel.unary_unary(f"/{SIGNALS[signal].service}/Export")
        compression = grpc.Compression.Gzip if gzipped else None
        try:
            reply, done = export.with_call(body, timeout=60, compression=compression)
        except grpc.RpcError as error:
            trailing = dict(error.trailing_metadata() or ())
            details = trailing.get("grpc-status-details-bin")
            return Answer(error.code().name, Status.FromString(details) if details else None, trailing)
        response: Any = SIGNALS[signal].response()
        response.ParseFromString(reply)
        return Answer(200, response, dict(done.trailing_metadata()))


def send(collector: Any, transport: str, document: dict[str, Any], signal: str = "traces") -> Answer:
    """Send one JSON request by the transport's own encoding."""
    if transport == "http-json":
        return post(collector, json.dumps(document).encode(), JSON, signal)
    body = as_protobuf(document, signal)
    return call(collector, body, signal) if transport == "grpc" else post(collector, body, PB, signal)


def varint(size: int) -> bytes:
    return bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def spans(requests: list[Any]) -> list[Any]:
    """All spans of some requests."""
    return [s for q in requests for r in q.resource_spans for c in r.scope_spans for s in c.spans]


def is_bad_request(answer: Answer) -> bool:
    """Whether a Status says INVALID_ARGUMENT with BadRequest details and a message."""
    details = error_details_pb2.BadRequest()
    packed = bool(answer.message.details) and answer.message.details[0].Unpack(details)
    return bool(packed and answer.message.code == 3 and answer.message.message and details.field_violations)
