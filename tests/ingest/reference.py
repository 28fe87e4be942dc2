"""A slow reader of trace requests: official protobuf classes, plain loops, the rules as written.

What the vectorised pivot must agree with, field by field. It shares the dialect tables with
it, and nothing else.
"""

from __future__ import annotations

import base64
import json
import math
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spotlight.dialects import (
    dialects,
    effective_failed_results,
    effective_fields,
    effective_kinds,
    effective_names,
    effective_pseudo,
    joins_by_links,
    recognise_scope,
    recognise_service,
)
from spotlight.dialects.table import (
    ANY,
    FIRST_TOKEN_AT,
    SIGNS,
    TOOL_ERROR,
    TOOL_OUTCOME,
    TOTAL_TOKENS,
    InName,
    JsonPath,
    Key,
    Prefix,
    Source,
)
from spotlight.model import PAYLOADS, SPANS
from tests.ingest.reference_members import member
from tests.ingest.reference_usage import meaning

FIELDS = tuple(
    dict.fromkeys(column for name in (*dialects(), "unknown") for column in effective_fields(name))
)
CONTENT = tuple(column for column in PAYLOADS.schema.names if column in FIELDS)
JSON_FIELDS = ("finish_reasons", "model_params")
NAMES = ("session_id", "user_id", "turn_id", "agent_name", "agent_id", "pack_name", "pack_version",
         "prompt_name", "prompt_version", "feature")  # fmt: skip
TYPES = {field.name: str(field.type) for field in (*SPANS.schema, *PAYLOADS.schema)} | {
    TOTAL_TOKENS: "int64", TOOL_OUTCOME: "string", TOOL_ERROR: "string", FIRST_TOKEN_AT: "string"
}  # fmt: skip


class Attribute(NamedTuple):
    """One attribute: which member of AnyValue was set, and its value as JSON-able Python."""

    which: str | None
    value: Any


def plain(value: Any) -> Any:
    """Return an AnyValue as JSON-able Python: bytes as base64, NaN and Infinity by name."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        return [plain(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return {member.key: plain(member.value) for member in value.kvlist_value.values}
    found = getattr(value, which)
    if isinstance(found, bytes):
        return base64.b64encode(found).decode()
    if isinstance(found, float) and not math.isfinite(found):
        return "NaN" if math.isnan(found) else "Infinity" if found > 0 else "-Infinity"
    return found


def plain_all(holder: Any) -> dict[str, Any]:
    """Return a holder's attributes; the last of equal keys wins."""
    return {attribute.key: plain(attribute.value) for attribute in holder.attributes}


def typed(value: Any) -> Any:
    """Return a value in which 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(member) for key, member in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return (type(value).__name__, value)


def read_spans(body: bytes) -> list[dict[str, Any]]:
    """Return the rows of one request: the columns named here, JSON columns parsed."""
    rows = []
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = plain_all(resource_spans.resource)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                dialect = recognise_scope(scope_spans.scope.name) or _by_service(resource)
                row = {**_envelope(span, resource, scope_spans.scope), **_fields(span, dialect)}
                row["linked_traces"] = _linked_traces(span, row)
                row["environment"] = row["environment"] or resource.get("deployment.environment.name")
                rows.append(row | _error(span, row))
    return rows


def _envelope(span: Any, resource: dict[str, Any], scope: Any) -> dict[str, Any]:
    started, ended = span.start_time_unix_nano, span.end_time_unix_nano
    events = [
        {"name": e.name, "time_ns": e.time_unix_nano, "attributes": typed(plain_all(e))} for e in span.events
    ]
    links = [
        {
            "trace_id": link.trace_id.hex() if len(link.trace_id) == 16 else None,
            "span_id": link.span_id.hex() if len(link.span_id) == 8 else None,
            "attributes": typed(plain_all(link)),
        }
        for link in span.links
    ]
    return {
        "trace_id": span.trace_id.hex() if len(span.trace_id) == 16 else None,
        "span_id": span.span_id.hex() if len(span.span_id) == 8 else None,
        "parent_span_id": span.parent_span_id.hex() if len(span.parent_span_id) == 8 else None,
        "name": span.name,
        "otel_kind": span.kind,
        "started_ns": started or None,
        "ended_ns": ended or None,
        "duration_ms": max(ended - started, 0) / 1e6 if started and ended else None,
        "status": ("unset", "ok", "error")[span.status.code],
        "status_message": span.status.message or None,
        "trace_flags": span.flags,
        "resource": typed(resource),
        "service_name": resource.get("service.name"),
        "scope_name": scope.name or None,
        "events": events or None,
        "links": links or None,
    }


def _error(span: Any, row: dict[str, Any]) -> dict[str, Any]:
    exceptions = [plain_all(event) for event in span.events if event.name == "exception"]
    last = exceptions[-1] if exceptions else {}
    of_status = row["status_message"] if row["status"] == "error" else None
    message = row["error_message"] or last.get("exception.message") or of_status
    return {"error_type": row["error_type"] or last.get("exception.type"), "error_message": message}


def _linked_traces(span: Any, row: dict[str, Any]) -> list[str] | None:
    if not joins_by_links(row["dialect"]):
        return None
    named = {link.trace_id.hex() for link in span.links if len(link.trace_id) == 16}
    return sorted(named - {row["trace_id"]}) or None


def _by_service(resource: dict[str, Any]) -> str | None:
    name = resource.get("service.name")
    return recognise_service(name) if isinstance(name, str) else None


def _fields(span: Any, dialect: str | None) -> dict[str, Any]:
    attributes = {a.key: Attribute(a.value.WhichOneof("value"), plain(a.value)) for a in span.attributes}
    dialect = dialect or _by_keys(attributes)
    kind, kind_source = _kind(span.name, attributes, dialect)
    row: dict[str, Any] = {"dialect": dialect, "kind": kind, "kind_source": kind_source}
    taken: set[str] = set()
    table = effective_fields(dialect)
    order = [name for name in SPANS.schema.names if name in FIELDS] + list(CONTENT)
    keys: dict[str, str] = {}
    for column in order:
        row[column] = None
        for source in table.get(column, ()):
            used = set(taken)
            value = _read(source, column, attributes, span.name, kind, used)
            if value is not None and not (column in NAMES and _is_redacted(value)):
                taken |= used
                row[column] = value
                keys[column] = _name(source)
                break
    signs = {sign: _sign(sign, table, attributes, kind) for sign in SIGNS}
    row["pack_version_source"] = keys.get("pack_version")
    sent = {key: a.value for key, a in attributes.items()}
    means = meaning(row, keys, sent, signs[TOTAL_TOKENS])
    if means["output_tokens"] != row["output_tokens"]:
        taken.discard(keys["output_tokens"])
    row |= means
    row["tool_failed"] = _failed(row, signs[TOOL_OUTCOME], signs[TOOL_ERROR])
    if row["ttft_ms"] is None:
        row["ttft_ms"] = _since(span.start_time_unix_nano, signs[FIRST_TOKEN_AT])
    row["attributes"] = typed({key: a.value for key, a in attributes.items() if key not in taken})
    return row


def _is_redacted(value: str) -> bool:
    return value in ("<REDACTED>", "[REDACTED]", "__REDACTED__") or value.startswith("[Scrubbed due to ")


def _sign(sign: str, table: Any, attributes: dict[str, Attribute], kind: str) -> Any:
    values = (_read(source, sign, attributes, "", kind, set()) for source in table.get(sign, ()))
    return next((value for value in values if value is not None), None)


def _failed(row: dict[str, Any], word: str | None, error: str | None) -> bool | None:
    if row["kind"] != "tool":
        return None
    if any(re.search(p, row["tool_result"] or "") for p in effective_failed_results(row["dialect"])):
        return True
    word = (word or "").strip().lower()
    if word in ("success", "ok", "succeeded", "completed", "true"):
        return False
    if word in ("error", "failure", "failed", "false"):
        return True
    return {"true": True, "false": False}.get((error or "").strip().lower())


def _since(started_ns: int, moment: str | None) -> float | None:
    try:
        found = datetime.fromisoformat((moment or "").strip('"'))
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    took = (int(found.timestamp() * 1e6) * 1000 - started_ns) / 1e6
    return took if started_ns and took >= 0 else None


def _name(source: Source) -> str:
    if isinstance(source, InName):
        return "name"
    if isinstance(source, JsonPath):
        return ".".join((source.name, *source.path))
    return source if isinstance(source, str) else getattr(source, "name", "")


def _by_keys(attributes: dict[str, Attribute]) -> str:
    for name, dialect in dialects().items():
        for wanted in dialect.keys:
            if any(key == wanted or (wanted.endswith(".") and key.startswith(wanted)) for key in attributes):
                return name
    return "unknown"


def _kind(name: str, attributes: dict[str, Attribute], dialect: str) -> tuple[str, str | None]:
    kind, source = _kind_of_attributes(attributes, dialect)
    if source != "spotlight.kind":
        for pseudo in effective_pseudo(dialect):
            if name == pseudo or (pseudo.endswith("*") and name.startswith(pseudo[:-1])):
                return "other", "pseudo"
    for rule in effective_names(dialect):
        if kind in rule.instead_of and name.startswith(rule.beginning):
            return rule.kind, "name"
    return kind, source


def _kind_of_attributes(attributes: dict[str, Attribute], dialect: str) -> tuple[str, str | None]:
    for rule in effective_kinds(dialect):
        if any(attributes.get(key, Attribute(None, None)).value not in (None, "") for key in rule.lacking):
            continue
        value = attributes.get(rule.key, Attribute(None, None)).value
        if isinstance(value, str) and value.strip().strip('"').lower() in rule.kinds:
            return rule.kinds[value.strip().strip('"').lower()], rule.key
        if ANY in rule.kinds and value not in (None, ""):
            return rule.kinds[ANY], rule.key
    table = effective_fields(dialect)

    def carries(*columns: str) -> bool:
        sources = [s for c in columns for s in table.get(c, ()) if not getattr(s, "kinds", ())]
        return any(_says(source, attributes) for source in sources)

    if carries("tool_name", "tool_call_id"):
        return "tool", "inferred"
    used = carries("input_tokens", "output_tokens", "input_messages", "output_messages")
    if used and carries("request_model", "response_model"):
        return "llm", "inferred"
    return "other", None


def _says(source: Source, attributes: dict[str, Attribute]) -> bool:
    if isinstance(source, InName):
        return False
    if isinstance(source, Prefix):
        return any(source.covers(key) for key in attributes)
    name = source if isinstance(source, str) else source.name
    found = attributes.get(name)
    if isinstance(source, JsonPath):
        return found is not None and member(found.value, source) is not None
    return found is not None and found.value not in (None, "")


def _read(
    source: Source, column: str, attributes: dict[str, Attribute], span: str, kind: str, taken: set[str]
) -> Any:
    """Return the column's value from this source, None where it has none; notes what was taken."""
    kinds = getattr(source, "kinds", ())
    if kinds and kind not in kinds:
        return None
    if isinstance(source, InName):
        found = re.fullmatch(source.pattern, span)
        return (found.group(1) or None) if found else None
    if not _says(source, attributes):
        return None
    if isinstance(source, Prefix):
        below = {key: a.value for key, a in attributes.items() if source.covers(key) and key not in taken}
        taken.update(below)
        return typed(below)
    if isinstance(source, JsonPath):
        found = member(attributes[source.name].value, source)
        is_number = isinstance(found, int | float)
        if not source.path and is_number and isinstance(attributes[source.name].value, str) and (
            TYPES[column] == "string"
        ):  # fmt: skip
            return None
        return convert(column, found)
    key = source if isinstance(source, Key) else Key(source)
    if column in CONTENT and key.name in taken:
        return None
    which, value = attributes[key.name]
    if key.scale != 1:
        number = convert(column, value)
        return None if number is None else number * key.scale
    if _unchanged(column, which, value):
        taken.add(key.name)
    return convert(column, value)


def _unchanged(column: str, which: str | None, value: Any) -> bool:
    kind = TYPES[column]
    if kind == "int64":
        return which == "int_value"
    if kind == "double":
        return which == "double_value" and not isinstance(value, str)
    if column in JSON_FIELDS:
        return which in ("array_value", "kvlist_value") or (which == "string_value" and _is_nested(value))
    return which == "string_value" or (column in CONTENT and which in ("array_value", "kvlist_value"))


def _is_nested(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list | dict)
    except ValueError:
        return False


def convert(column: str, value: Any) -> Any:
    """Return a JSON-able value in the column's type; JSON columns as typed values."""
    kind = TYPES[column]
    if kind in ("int64", "double"):
        if isinstance(value, bool):
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        if not math.isfinite(number):
            return None
        if kind == "double":
            return number
        if not number.is_integer() or not -(2**63) <= int(value) < 2**63:
            return None
        return int(value)
    if column in JSON_FIELDS:
        return typed(json.loads(value)) if isinstance(value, str) and _is_nested(value) else typed(value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()
