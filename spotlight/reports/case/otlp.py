"""Recorded rows -> OTLP requests as JSON objects, as spans, log records and metric points were sent.

What Spotlight does not keep cannot be sent again: how many events or links a client dropped (one is said
where some were), a key that came twice, and whether content was sent as text or as a list.
Source: opentelemetry-proto 1.9, "JSON Protobuf Encoding" of docs/specification.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.model import PAYLOADS
from spotlight.reports.case.attributes import sent_attributes
from spotlight.reports.case.otlp_metrics import metrics_of
from spotlight.reports.case.selection import CaseRows
from spotlight.reports.questions import Reports

AT_ONCE: Final = 2_000  # spans, or log records, of one request
_STATUS: Final = {"unset": 0, "ok": 1, "error": 2}
_CONTENT: Final = [
    c.name for c in PAYLOADS.columns if c.name.startswith(("input_", "output_", "system_", "tool_"))
]
_VERSION: Final = ("trace_id", "span_id", "journal_position")
_INT64: Final = range(-(2**63), 2**63)

Request = dict[str, Any]
Source = tuple[str | None, str | None]


def otlp_requests(
    recorded: Mapping[str, pa.Table], keys: Mapping[Source, frozenset[str]]
) -> Iterator[Request]:
    """Yield trace, then log, then metric requests; of a span that came in several versions the newest.

    Steps that were made from log records are not sent: their log records are. `keys` are those that a
    source, (service, scope), is known to have sent.
    """
    for rows in _slices(_newest(recorded["spans"])):
        spans = _with_content(rows, recorded["payloads"])
        yield {"resourceSpans": _grouped(spans, lambda row: _span(row, keys), "scopeSpans", "spans")}
    for rows in _slices(recorded["logs"]):
        yield {"resourceLogs": _grouped(rows.to_pylist(), _record, "scopeLogs", "logRecords")}
    for rows in _slices(recorded["metrics"]):
        yield {"resourceMetrics": _metrics(rows)}


def _metrics(rows: pa.Table) -> list[dict[str, Any]]:
    def told(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"attributes": key_values(orjson.loads(row["attributes"] or "{}"))}

    found = _grouped(rows.to_pylist(), told, "scopeMetrics", "metrics")
    for scope in (scope for resource in found for scope in resource["scopeMetrics"]):
        scope["metrics"] = metrics_of(scope["metrics"])
    return found


def known_keys(reports: Reports, rows: CaseRows) -> dict[Source, frozenset[str]]:
    """Return the attribute keys that each source of some spans, (service, scope), is known to have sent."""
    traces = {"traces": pc.unique(rows.recorded["spans"].column("trace_id")).to_pylist()}
    found: dict[Source, set[str | None]] = defaultdict(set)
    for row in reports.ask("case_keys", traces).to_pylist():
        found[row["service_name"], row["scope_name"]].add(row["key"])
    # Of a source with very many keys the rarest are not told: then what is missing says nothing.
    return {s: frozenset(k for k in keys if k) for s, keys in found.items() if None not in keys}


def _slices(rows: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, rows.num_rows, AT_ONCE):
        yield rows.slice(start, AT_ONCE)


def _newest(spans: pa.Table) -> pa.Table:
    """Return the newest version of every span that was sent as one, in the order of arrival."""
    ids = zip(*(spans.column(name).to_pylist() for name in ("trace_id", "span_id", "signal")), strict=True)
    last = {key: row for row, key in enumerate(ids) if key[2] == "span"}
    return spans.take(pa.array(sorted(last.values()), pa.int64()))


def _with_content(spans: pa.Table, payloads: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = spans.to_pylist()
    wanted = {tuple(row[name] for name in _VERSION): row for row in rows}
    keys = zip(*(payloads.column(name).to_pylist() for name in _VERSION), strict=True)
    mine = [place for place, key in enumerate(keys) if key in wanted]
    for payload in payloads.take(pa.array(mine, pa.int64())).to_pylist():
        row = wanted[tuple(payload[name] for name in _VERSION)]
        row.update({name: payload[name] for name in _CONTENT})
    return rows


def _grouped(rows: Iterable[dict[str, Any]], made: Any, scopes: str, items: str) -> list[dict[str, Any]]:
    """Return the items under their resource and scope, in the order in which each came first."""
    by_resource: dict[str, dict[tuple[Any, ...], list[Any]]] = defaultdict(dict)
    for row in rows:
        scope = (row["scope_name"], row.get("scope_version"), row.get("scope"))
        by_resource[row["resource"] or "{}"].setdefault(scope, []).append(made(row))
    groups: list[dict[str, Any]] = [
        {
            "resource": {"attributes": key_values(orjson.loads(resource))},
            scopes: [{"scope": _scope(*scope), items: made_items} for scope, made_items in by_scope.items()],
        }
        for resource, by_scope in by_resource.items()
    ]
    return groups


def _scope(name: str | None, version: str | None, attributes: str | None) -> dict[str, Any]:
    said = {"name": name, "version": version, "attributes": key_values(orjson.loads(attributes or "{}"))}
    return {key: value for key, value in said.items() if value}


def _span(row: Mapping[str, Any], keys: Mapping[Source, frozenset[str]]) -> dict[str, Any]:
    known = keys.get((row["service_name"], row["scope_name"]), frozenset())
    flags = row["quality_flags"] or ()
    said = {
        "traceId": row["trace_id"],
        "spanId": row["span_id"],
        "parentSpanId": row["parent_span_id"],
        "traceState": row["trace_state"],
        "flags": row["trace_flags"],
        "name": row["name"],
        "kind": row["otel_kind"],
        "startTimeUnixNano": _time(row["started_ns"]),
        "endTimeUnixNano": _time(row["ended_ns"]),
        "attributes": key_values(sent_attributes(row, known)),
        "droppedAttributesCount": row["dropped_attributes"],
        "events": [_event(event) for event in orjson.loads(row["events"] or "[]")],
        "droppedEventsCount": int("dropped_events" in flags),
        "links": [_link(link) for link in orjson.loads(row["links"] or "[]")],
        "droppedLinksCount": int("dropped_links" in flags),
        "status": {"code": _STATUS.get(row["status"], 0), "message": row["status_message"] or ""},
    }
    return {key: value for key, value in said.items() if value or key == "name"}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    said = {
        "name": event["name"],
        "timeUnixNano": _time(event["time_ns"]),
        "attributes": key_values(event["attributes"]),
        "droppedAttributesCount": event.get("dropped_attributes"),
    }
    return {key: value for key, value in said.items() if value}


def _link(link: Mapping[str, Any]) -> dict[str, Any]:
    said = {
        "traceId": link["trace_id"],
        "spanId": link["span_id"],
        "traceState": link.get("trace_state"),
        "attributes": key_values(link["attributes"]),
        "droppedAttributesCount": link.get("dropped_attributes"),
    }
    return {key: value for key, value in said.items() if value}


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = orjson.loads(row["attributes"] or "{}")
    named = attributes.get("event.name")
    said = {
        "timeUnixNano": _time(row["time_ns"]),
        "observedTimeUnixNano": _time(row["observed_ns"]),
        "severityNumber": row["severity"],
        "severityText": row["severity_text"],
        "eventName": None if named == row["event_name"] else row["event_name"],
        "body": None if row["body"] is None else any_value(orjson.loads(row["body"])),
        "attributes": key_values(attributes),
        "droppedAttributesCount": row["dropped_attributes"],
        "flags": row["trace_flags"],
        "traceId": row["trace_id"],
        "spanId": row["span_id"],
    }
    return {key: value for key, value in said.items() if value}


def _time(time_ns: int | None) -> str | None:
    return str(time_ns) if time_ns else None


def key_values(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return attributes as OTLP's list of keys and values."""
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def any_value(value: Any) -> dict[str, Any]:
    """Return a JSON value as an AnyValue; an integer beyond 64 bits becomes a double, null holds nothing."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and value in _INT64:
        return {"intValue": str(value)}
    if isinstance(value, int | float):
        return {"doubleValue": float(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": key_values(value)}}
    return {"stringValue": str(value)}
