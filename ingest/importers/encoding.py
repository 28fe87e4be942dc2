"""Items -> OTLP requests, the same bytes at every load of the same file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from ingest.importers.items import Item, Leftover, Request, Score, Span, plain_json, span_bytes, trace_bytes
from ingest.requests import Encoding
from spotlight import semconv as sc

# Requests are cut at whichever comes first; the collector takes 50,000 items and 64 MiB.
_MAX_ITEMS: Final = 2_000
_MAX_BYTES: Final = 8 << 20
_MAX_REASONS: Final = 50
_REASON_LENGTH: Final = 80
_INT64: Final = range(-(2**63), 2**63)
_STATUS: Final = {"ok": 1, "error": 2}


class Encoded(NamedTuple):
    """One OTLP request."""

    signal: str
    body: bytes
    encoding: Encoding = "protobuf"


class _Batch:
    """Requests being filled: one of traces, one of logs; `kept` counts leftovers by reason."""

    def __init__(self, source: str, path: Path, kept: Counter[str]) -> None:
        self._source, self._kept = source, kept
        self._resource = {sc.SPOTLIGHT_IMPORT_FORMAT: source, sc.SPOTLIGHT_IMPORT_FILE: path.name}
        self._clear("traces")
        self._clear("logs")

    def _clear(self, signal: str) -> None:
        if signal == "traces":
            self._traces, self._trace_size = ExportTraceServiceRequest(), [0, 0]
            self._span_lists: dict[tuple[str, bytes], Any] = {}
        else:
            self._logs, self._log_size = ExportLogsServiceRequest(), [0, 0]
            resource = self._logs.resource_logs.add()
            _add_attributes(resource.resource.attributes, self._resource)
            records = resource.scope_logs.add()
            records.scope.name = f"{sc.SPOTLIGHT_IMPORT}.{self._source}"
            self._records = records.log_records

    def add(self, item: Item) -> Iterator[Encoded]:
        """Take an item in; yield the request that it completes."""
        if isinstance(item, Request):
            yield Encoded(item.signal, self._named(item.value), "json")
            return
        if isinstance(item, Span):
            size, added = self._trace_size, self._add_span(item)
        elif isinstance(item, Score):
            size, added = self._log_size, self._add_score(item)
        else:
            size, added = self._log_size, self._add_leftover(item)
        size[0] += 1
        size[1] += added
        if size[0] >= _MAX_ITEMS or size[1] >= _MAX_BYTES:
            yield from self.flush("traces" if size is self._trace_size else "logs")

    def flush(self, signal: str) -> Iterator[Encoded]:
        """Yield the request of a signal where it holds anything."""
        request, size = (
            (self._traces, self._trace_size) if signal == "traces" else (self._logs, self._log_size)
        )
        if size[0]:
            yield Encoded(signal, request.SerializeToString(deterministic=True))
            self._clear(signal)

    def _named(self, request: dict[str, Any]) -> bytes:
        """Return an OTLP JSON request whose resources say where it came from."""
        said = [{"key": key, "value": {"stringValue": clean(text)}} for key, text in self._resource.items()]
        for key in ("resourceSpans", "resourceLogs", "resourceMetrics"):
            sent = request.get(key)
            for part in sent if isinstance(sent, list) else ():
                if isinstance(part, dict):
                    found = part.get("resource")
                    resource = found if isinstance(found, dict) else {}
                    attributes = resource.get("attributes")
                    listed = attributes if isinstance(attributes, list) else []
                    part["resource"] = {**resource, "attributes": [*listed, *said]}
        return json_text(request).encode("utf-8", "replace")

    def _add_span(self, span: Span) -> int:
        scope = f"{sc.SPOTLIGHT_IMPORT}.{self._source}" if span.scope is None else span.scope
        resource = self._resource | dict(span.resource)
        key = (scope, orjson.dumps(resource, default=str, option=orjson.OPT_SORT_KEYS))
        if key not in self._span_lists:
            sent = self._traces.resource_spans.add()
            _add_attributes(sent.resource.attributes, resource)
            of_scope = sent.scope_spans.add()
            of_scope.scope.name = clean(scope)
            self._span_lists[key] = of_scope.spans
        trace_id, span_id = self._ids(span.trace, span.id)
        made = self._span_lists[key].add(
            trace_id=trace_id, span_id=span_id, name=clean(span.name),
            start_time_unix_nano=_time(span.started_ns), end_time_unix_nano=_time(span.ended_ns),
        )  # fmt: skip
        if span.parent is not None:
            made.parent_span_id = span_bytes(self._source, span.trace, span.parent)
        _add_attributes(made.attributes, span.attributes)
        own = {sc.IMPORT_TRACE_ID: (span.trace, trace_id), sc.IMPORT_SPAN_ID: (span.id, span_id)}
        _add_attributes(made.attributes, {k: said for k, (said, used) in own.items() if said != used.hex()})
        made.status.code = _STATUS.get(span.status, 0)
        made.status.message = clean(span.message)
        for event in span.events:
            at = made.events.add(name=clean(event.name), time_unix_nano=_time(event.time_ns))
            _add_attributes(at.attributes, event.attributes)
        return int(made.ByteSize())

    def _add_score(self, score: Score) -> int:
        record = self._records.add(event_name=sc.GEN_AI_EVALUATION_RESULT, severity_number=9)
        self._place(record, score.trace, score.span, score.time_ns)
        said = {
            sc.GEN_AI_EVALUATION_NAME: score.name,
            sc.GEN_AI_EVALUATION_VALUE: score.value,
            sc.GEN_AI_EVALUATION_LABEL: score.label,
            sc.GEN_AI_EVALUATION_EXPLANATION: score.explanation,
            sc.SPOTLIGHT_SESSION_ID: score.session,
            sc.SPOTLIGHT_SCORE_TARGET: score.target,
            sc.SPOTLIGHT_SCORE_ANNOTATOR: score.annotator,
            sc.SPOTLIGHT_SCORE_EVALUATOR: score.evaluator,
            sc.SPOTLIGHT_SCORE_ID: f"{self._source}:{score.id}" if score.id else None,
            sc.SPOTLIGHT_SCORE_METADATA: json_text(score.metadata) if score.metadata else None,
        }
        _add_attributes(record.attributes, said)
        return int(record.ByteSize())

    def _add_leftover(self, leftover: Leftover) -> int:
        reason = clean(leftover.reason)[:_REASON_LENGTH]
        known = reason in self._kept or len(self._kept) < _MAX_REASONS
        self._kept[reason if known else "other"] += 1
        record = self._records.add(event_name=sc.SPOTLIGHT_IMPORT_KEPT, severity_number=9)
        self._place(record, leftover.trace, leftover.span, leftover.time_ns)
        record.body.string_value = clean(json_text(leftover.value))
        place = leftover.place or None
        _add_attributes(
            record.attributes, {sc.SPOTLIGHT_IMPORT_REASON: reason, sc.SPOTLIGHT_IMPORT_PLACE: place}
        )
        return int(record.ByteSize())

    def _place(self, record: Any, trace: str | None, span: str | None, time_ns: int) -> None:
        record.time_unix_nano = _time(time_ns)
        if trace is not None:
            record.trace_id = trace_bytes(self._source, trace)
        if span is not None:  # alone it says enough where it is an id of OpenTelemetry
            record.span_id = span_bytes(self._source, trace or "", span)

    def _ids(self, trace: str, span: str) -> tuple[bytes, bytes]:
        return trace_bytes(self._source, trace), span_bytes(self._source, trace, span)


def encode(source: str, path: Path, items: Iterable[Item], kept: Counter[str]) -> Iterator[Encoded]:
    """Yield OTLP requests that hold the items in their order; leftovers are counted in `kept`."""
    batch = _Batch(source, path, kept)
    for item in items:
        yield from batch.add(item)
    yield from batch.flush("traces")
    yield from batch.flush("logs")


def json_text(value: object) -> str:
    """Return a value as JSON text; a text stays as it is."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, orjson.JSONEncodeError):  # integers beyond 64 bits, lone surrogates, deep nesting
        return plain_json(value)


def clean(text: str) -> str:
    """Return the text as protobuf takes it: lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _time(time_ns: int) -> int:
    return time_ns if 0 < time_ns < 2**64 else 0


def _add_attributes(to: Any, attributes: Mapping[str, Any]) -> None:
    """Append what is known; None is not sent."""
    for key, value in attributes.items():
        if value is not None:
            to.append(KeyValue(key=clean(str(key)), value=_any_value(value)))


def _any_value(value: object) -> AnyValue:
    """Return a scalar or a list of texts as such, anything nested as JSON text."""
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int) and value in _INT64:
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list) and value and all(isinstance(text, str) for text in value):
        made = AnyValue()
        made.array_value.values.extend(AnyValue(string_value=clean(text)) for text in value)
        return made
    return AnyValue(string_value=clean(json_text(value)))
