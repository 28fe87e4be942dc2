"""Recorded requests as plain spans and log records, and payload columns made of them by key."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spotlight.messages import Conversation, read_conversation

KEYS: dict[str, tuple[str, ...]] = {
    "input_messages": (
        "llm.input_messages.",
        "gen_ai.prompt.",
        "gen_ai.input.messages",
        "langfuse.observation.input",
        "ai.prompt.messages",
        "ai.prompt",
        "pydantic_ai.all_messages",
        "mlflow.spanInputs",
    ),
    "output_messages": (
        "llm.output_messages.",
        "gen_ai.completion.",
        "ai.response.",
        "gen_ai.output.messages",
        "langfuse.observation.output",
        "mlflow.spanOutputs",
    ),
    "system_instructions": ("gen_ai.system_instructions",),
    "tool_definitions": ("llm.tools.", "gen_ai.tool.definitions", "ai.prompt.tools"),
    "tool_arguments": ("gen_ai.tool.call.arguments", "ai.toolCall.args", "tool_arguments"),
    "tool_result": ("gen_ai.tool.call.result", "ai.toolCall.result", "tool_response"),
    "input_value": ("input.value", "traceloop.entity.input"),
    "output_value": ("output.value", "traceloop.entity.output"),
}


class Recorded(NamedTuple):
    """One span with the log records that name it."""

    name: str
    kind: str
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    logs: list[dict[str, Any]]

    def payload(self) -> dict[str, str | None]:
        """Return the content columns as the pivot fills them: indexed keys as one JSON object."""
        return {column: _column(self.attributes, keys) for column, keys in KEYS.items()}

    def conversation(self) -> Conversation:
        """Return what the span says."""
        return read_conversation(
            self.payload(), dialect="test", attributes=self.attributes, events=self.events, logs=self.logs
        )


def _column(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        found = {k: v for k, v in attributes.items() if k.startswith(key)} if key.endswith(".") else None
        value = found or (attributes.get(key) if found is None else None)
        if value is not None:
            return value if isinstance(value, str) else json.dumps(value)
    return None


def read_capture(folder: Path) -> list[Recorded]:
    """Return the spans of a recorded scenario, in the order they were sent."""
    spans, logs = [], {}
    for signal, request in _requests(folder):
        if signal == "traces":
            spans += [s for r in request.resource_spans for p in r.scope_spans for s in p.spans]
            continue
        for record in (x for r in request.resource_logs for p in r.scope_logs for x in p.log_records):
            row = {"event_name": record.event_name, "body": plain(record.body), "attributes": fields(record)}
            logs.setdefault((record.trace_id, record.span_id), []).append(row)
    return [_recorded(span, logs.get((span.trace_id, span.span_id), [])) for span in spans]


def _recorded(span: Any, logs: list[dict[str, Any]]) -> Recorded:
    attributes = fields(span)
    events = [{"name": e.name, "time_ns": e.time_unix_nano, "attributes": fields(e)} for e in span.events]
    kind = str(attributes.get("openinference.span.kind") or attributes.get("gen_ai.operation.name") or "")
    return Recorded(span.name, kind.lower(), attributes, events, logs)


def _requests(folder: Path) -> Iterator[tuple[str, Any]]:
    for line in (folder / "index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["signal"] not in ("traces", "logs"):
            continue
        body = (folder / entry["file"]).read_bytes()
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        request = ExportTraceServiceRequest() if entry["signal"] == "traces" else ExportLogsServiceRequest()
        if body[:1] == b"{":
            json_format.Parse(_hex_to_base64(body), request)
        else:
            request.ParseFromString(body)
        yield entry["signal"], request


def _hex_to_base64(body: bytes) -> str:
    """Return OTLP/JSON with its hex ids as base64, as protobuf's own JSON wants them."""

    def ids(found: dict[str, Any]) -> dict[str, Any]:
        for key in ("traceId", "spanId", "parentSpanId"):
            if isinstance(found.get(key), str):
                raw = bytes.fromhex(found[key])
                found[key] = base64.b64encode(raw).decode()
        return found

    return json.dumps(json.loads(body, object_hook=ids))


def fields(holder: Any) -> dict[str, Any]:
    """Return the attributes of a span, event or log record."""
    return {a.key: plain(a.value) for a in holder.attributes}


def plain(value: Any) -> Any:
    """Return an AnyValue as a Python value."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [plain(v) for v in value.array_value.values]
    if kind == "kvlist_value":
        return {v.key: plain(v.value) for v in value.kvlist_value.values}
    return getattr(value, kind)
