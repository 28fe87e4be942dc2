"""AgentHippo's trace files: OTLP JSON, one request a line, as LiteLLM's proxy reports model calls.

Two things keep such a file from being plain OTLP. Ids may be no hex (`trace-001`): they become digests,
and the ids as written stay beside them. And a failed call says so by `exception.type` alone, its status
unset. Who asked stands in one attribute as the text of a Python dictionary; the dialect reads it.
Anything else in the requests stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.importers.content import Broken, Content
from ingest.importers.items import Event, Item, Leftover, Span
from ingest.importers.values import as_int
from spotlight import semconv as sc

FORMAT: Final = "agenthippo"

_SIGNS: Final = (b"metadata.requester_metadata", b"metadata.requester_custom_headers",
                 b"Received Proxy Server Request", b"Failed Proxy Server Request")  # fmt: skip
_STATUS: Final = {1: "ok", 2: "error", "STATUS_CODE_OK": "ok", "STATUS_CODE_ERROR": "error"}
_SPAN: Final = frozenset(["traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "endTimeUnixNano",
                          "attributes", "events", "status", "kind", "flags"])  # fmt: skip


def recognises(content: Content) -> bool:
    """Return whether it is OTLP JSON with spans of LiteLLM's proxy."""
    return (
        content.form in ("json", "lines")
        and any(sign in content.body for sign in _SIGNS)
        and "resourceSpans" in content.first
    )


def read(content: Content) -> Iterator[Item]:
    """Yield every span of every request; lines that are no traces are kept."""
    for record in content.records():
        if isinstance(record, Broken):
            yield Leftover("line that is no JSON object", record.text, place=record.place)
            continue
        if "resourceSpans" not in record.value:
            yield Leftover("line without spans", record.value, place=record.place)
        for resource in _dicts(record.value.get("resourceSpans")):
            sent = _attributes(_dict(resource.get("resource")).get("attributes"))
            for scope in _dicts(resource.get("scopeSpans")):
                for span in _dicts(scope.get("spans")):
                    yield _span(span, sent, _dict(scope.get("scope")), record.place)


def _span(span: Mapping[str, Any], resource: dict[str, Any], scope: Mapping[str, Any], place: int) -> Item:
    trace, own = span.get("traceId"), span.get("spanId")
    if not isinstance(trace, str) or not isinstance(own, str) or not trace or not own:
        return Leftover("span without ids", span, place=place)
    attributes = _attributes(span.get("attributes"))
    status = _dict(span.get("status"))
    outcome = _STATUS.get(status.get("code", 0), "unset")
    if outcome == "unset" and attributes.get(sc.EXCEPTION_TYPE):
        outcome = "error"
    parent = span.get("parentSpanId")
    more = {f"import.{key}": value for key, value in span.items() if key not in _SPAN and value}
    return Span(
        trace=trace, id=own, parent=parent if isinstance(parent, str) and parent else None,
        name=str(span.get("name", "")),
        started_ns=as_int(span.get("startTimeUnixNano")) or 0,
        ended_ns=as_int(span.get("endTimeUnixNano")) or 0,
        attributes=attributes | more | {"import.scope.name": scope.get("name") or None},
        status=outcome, message=str(status.get("message") or ""),
        events=tuple(_event(event) for event in _dicts(span.get("events"))),
        resource=resource,
    )  # fmt: skip


def _event(event: Mapping[str, Any]) -> Event:
    at = as_int(event.get("timeUnixNano")) or 0
    return Event(str(event.get("name", "")), at, _attributes(event.get("attributes")))


def _attributes(sent: object) -> dict[str, Any]:
    """Return OTLP JSON key values as a mapping; nested values as lists and mappings."""
    return {str(kv.get("key")): _value(kv.get("value")) for kv in _dicts(sent)}


def _value(sent: object) -> Any:
    for kind, value in _dict(sent).items():
        if kind == "intValue":
            return as_int(value) if not str(value).startswith("-") else int(value)
        if kind == "arrayValue":
            return [_value(v) for v in _dict(value).get("values") or ()]
        if kind == "kvlistValue":
            return _attributes(_dict(value).get("values"))
        return value
    return None


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _dicts(value: object) -> Iterator[Mapping[str, Any]]:
    return (v for v in value if isinstance(v, Mapping)) if isinstance(value, list) else iter(())
