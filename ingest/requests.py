"""Checking one OTLP request: what is acknowledged parses, and its spans have usable ids.

A request that cannot be parsed is refused whole. Spans with bad ids or absurdly many
attributes are rejected one by one, and their siblings are kept (OTLP partial success).
Log records and metric points are never rejected: their ids are optional, and an
invalid one means "belongs to no trace" (opentelemetry-proto logs.proto).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from ingest.limits import Limits
from ingest.otlp_json import to_protobuf
from ingest.wire import TooManyItems, guard_counts
from spotlight.errors import BadRequest

Encoding = Literal["protobuf", "json", "arrow"]
ROWS: Final = "rows"  # recorded rows, beside the signals of OTLP: see ingest.rows
_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)
_REASONS: Final = {
    "bad_id": "an id that is not 16 bytes (trace) or 8 bytes (span, parent), or is all zero",
    "too_many_attributes": "more attributes than the limit of {limit}",
}

_PARSE_ERRORS: Final = (  # words of the parser's message, what we say, what to do about it
    ("UTF-8", "a text field is not UTF-8", "send text as UTF-8, and other bytes as bytes_value"),
    ("MaxDepth", "messages nest more than 100 deep", "send deep values as JSON text"),
    ("", "the protobuf bytes are malformed or cut off", "check what encodes and transports them"),
)


class Signal(NamedTuple):
    """What the receivers need to know about one OTLP signal."""

    request: type[Message]
    response: type[Message]
    rejected_field: str
    service: str


SIGNALS: Final[Mapping[str, Signal]] = {
    "traces": Signal(
        ExportTraceServiceRequest, ExportTraceServiceResponse, "rejected_spans",
        "opentelemetry.proto.collector.trace.v1.TraceService",
    ),
    "logs": Signal(
        ExportLogsServiceRequest, ExportLogsServiceResponse, "rejected_log_records",
        "opentelemetry.proto.collector.logs.v1.LogsService",
    ),
    "metrics": Signal(
        ExportMetricsServiceRequest, ExportMetricsServiceResponse, "rejected_data_points",
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
    ),
}  # fmt: skip


class Accepted(NamedTuple):
    """A checked request: `body` is protobuf, `items` counts what it holds, `rejected` what was taken out."""

    body: bytes
    items: int
    rejected: int = 0
    message: str = ""
    reasons: Mapping[str, int] = {}


def accept(signal: str, body: bytes, encoding: Encoding, limits: Limits) -> Accepted:
    """Return the request as it will be journaled, with its items counted.

    Items are spans, log records or metric data points. The bytes of a protobuf request
    are kept as they came unless spans had to be taken out.

    Raises: BadRequest for what cannot be parsed, TooLarge for more items than `limits` allow.
    """
    if signal == ROWS:
        from ingest.rows import count_rows  # Arrow, which a collector of OTLP alone never needs

        return Accepted(body, count_rows(body, most=limits.items))
    if encoding == "json":
        body = to_protobuf(signal, body, limits.json_values)
    guard_counts(signal, body, limits.items, 64 * limits.span_attributes)
    request = SIGNALS[signal].request()
    try:
        request.ParseFromString(body)
    except DecodeError as exc:
        said = str(exc)
        why, hint = next(known for words, *known in _PARSE_ERRORS if words in said)
        raise BadRequest(f"the body is not a valid {request.DESCRIPTOR.name}: {why}", hint=hint) from exc
    accepted = _CHECKS[signal](request, body, limits)
    if accepted.items + accepted.rejected > limits.items:
        raise TooManyItems(f"the request holds more than {limits.items} items", hint="send smaller batches")
    return accepted


def _check_spans(request: Any, body: bytes, limits: Limits) -> Accepted:
    most = limits.span_attributes
    items = 0
    rejected: Counter[str] = Counter()
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            bad: dict[int, str] = {}
            for index, span in enumerate(scope.spans):
                trace_id, span_id = span.trace_id, span.span_id
                if (
                    len(trace_id) != 16 or len(span_id) != 8 or trace_id == _NO_TRACE or span_id == _NO_SPAN
                    or len(span.parent_span_id) not in (0, 8)
                ):  # fmt: skip
                    bad[index] = "bad_id"
                elif len(span.attributes) > most:
                    bad[index] = "too_many_attributes"
            if bad:
                rejected.update(bad.values())
                kept = [span for index, span in enumerate(scope.spans) if index not in bad]
                del scope.spans[:]
                scope.spans.extend(kept)
            items += len(scope.spans)
    if not rejected:
        return Accepted(body, items)
    said = [f"{n} with {_REASONS[reason].format(limit=most)}" for reason, n in sorted(rejected.items())]
    message = f"rejected spans: {'; '.join(said)}"
    return Accepted(request.SerializeToString(), items, rejected.total(), message, rejected)


def _check_logs(request: Any, body: bytes, limits: Limits) -> Accepted:
    return Accepted(body, sum(len(s.log_records) for r in request.resource_logs for s in r.scope_logs))


def _check_metrics(request: Any, body: bytes, limits: Limits) -> Accepted:
    items = 0
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                items += len(getattr(metric, kind).data_points) if kind else 0
    return Accepted(body, items)


_CHECKS: Final[Mapping[str, Callable[[Any, bytes, Limits], Accepted]]] = {
    "traces": _check_spans,
    "logs": _check_logs,
    "metrics": _check_metrics,
}
