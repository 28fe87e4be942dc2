"""Making OTLP requests for tests: spans from Python values, and single fields byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from benchmarks.spans import set_attribute
from ingest.segments import Record

RECEIVED_NS = 1_795_300_000 * 10**9
STARTED_NS = 1_795_218_690 * 10**9


def request(
    attributes: dict[str, Any] | Sequence[tuple[str, Any]] = (),
    *,
    scope: str = "",
    name: str = "span",
    resource: dict[str, Any] | None = None,
    edit: Callable[[Span], None] | None = None,
) -> bytes:
    """Return a request of one span; `edit` may change it further."""
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    for key, value in (resource or {}).items():
        set_attribute(resource_spans.resource.attributes, key, value)
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = scope
    span = scope_spans.spans.add(trace_id=b"\1" * 16, span_id=b"\2" * 8, name=name)
    span.start_time_unix_nano, span.end_time_unix_nano = STARTED_NS, STARTED_NS + 1_500_000
    for key, value in attributes.items() if isinstance(attributes, dict) else attributes:
        if value is None:
            span.attributes.add(key=key)
        else:
            set_attribute(span.attributes, key, value)
    if edit:
        edit(span)
    return message.SerializeToString()


def records(bodies: Sequence[bytes], signal: str = "traces") -> list[Record]:
    """Return bodies as journal records at positions 0, 10, 20, ..."""
    return [
        Record(10 * i, 10 * i + 10, RECEIVED_NS + i, signal, "default", body) for i, body in enumerate(bodies)
    ]


def field(number: int, content: bytes) -> bytes:
    """Return one length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    """Return a protobuf varint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def span_with(value: bytes, key: str = "x") -> bytes:
    """Return a request of one span with one attribute whose AnyValue is these bytes."""
    attribute = field(9, field(1, key.encode()) + field(2, value))
    span = field(2, field(1, b"\1" * 16) + field(2, b"\2" * 8) + attribute)
    return field(1, field(2, span))
