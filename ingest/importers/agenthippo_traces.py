"""AgentHippo's trace files: OTLP JSON, one request a line, as LiteLLM's proxy reports model calls.

Two things keep such a file from being plain OTLP. Ids may be no hex (`trace-001`): they become digests,
and the ids as written stay beside them. And a failed call says so by `exception.type` alone, its status
unset. Who asked stands in one attribute as the text of a Python dictionary; the dialect, which is told
by the scope, reads it. Anything else in the requests stays as it is, and so do logs and metrics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ingest.importers.content import Broken, Content
from ingest.importers.items import Item, Leftover, Request, span_bytes, trace_bytes
from spotlight import semconv as sc

FORMAT: Final = "agenthippo"

_SIGNS: Final = (b"metadata.requester_metadata", b"metadata.requester_custom_headers",
                 b"Received Proxy Server Request", b"Failed Proxy Server Request")  # fmt: skip
_SCOPES: Final = (None, "", "litellm")
_SIGNALS: Final = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
_UNSET: Final = (None, 0, "STATUS_CODE_UNSET")
_ERROR: Final = 2


def recognises(content: Content) -> bool:
    """Return whether it is OTLP JSON with spans of LiteLLM's proxy."""
    return (
        content.form in ("json", "lines")
        and any(sign in content.body for sign in _SIGNS)
        and "resourceSpans" in content.first
    )


def read(content: Content) -> Iterator[Item]:
    """Yield every request, its ids made whole; lines that are no requests are kept."""
    for record in content.records():
        if isinstance(record, Broken):
            yield Leftover("line that is no JSON object", record.text, place=record.place)
            continue
        signal = next((signal for key, signal in _SIGNALS.items() if key in record.value), None)
        if signal is None:
            yield Leftover("line that is no OTLP request", record.value, place=record.place)
            continue
        for resource in _dicts(record.value.get("resourceSpans")):
            for scope in _dicts(resource.get("scopeSpans")):
                _mend_scope(scope)
                for span in _dicts(scope.get("spans")):
                    _mend_span(span)
        for resource in _dicts(record.value.get("resourceLogs")):
            for scope in _dicts(resource.get("scopeLogs")):
                for log in _dicts(scope.get("logRecords")):
                    _mend_ids(log)
        yield Request(signal, record.value)


def _mend_scope(scope: dict[str, Any]) -> None:
    """Let the scope name the dialect, where it is LiteLLM's or none."""
    found = scope.get("scope")
    named = found if isinstance(found, dict) else {}
    if any(_is_hippos(span) for span in _dicts(scope.get("spans"))) and named.get("name") in _SCOPES:
        if named.get("name"):
            _put(named, "import.scope.name", named["name"])
        scope["scope"] = {**named, "name": f"{sc.SPOTLIGHT_IMPORT}.{FORMAT}"}


def _is_hippos(span: dict[str, Any]) -> bool:
    keys = {str(kv.get("key")) for kv in _dicts(span.get("attributes"))}
    return str(span.get("name")).endswith("Proxy Server Request") or not keys.isdisjoint(
        ("metadata.requester_metadata", "metadata.requester_custom_headers")
    )


def _mend_span(span: dict[str, Any]) -> None:
    written = {sc.IMPORT_TRACE_ID: span.get("traceId"), sc.IMPORT_SPAN_ID: span.get("spanId")}
    _mend_ids(span)
    for link in _dicts(span.get("links")):
        _mend_ids(link)
    now = (span.get("traceId"), span.get("spanId"))
    for (key, before), after in zip(written.items(), now, strict=True):
        if isinstance(before, str) and before.lower() != after:
            _put(span, key, before)
    found = span.get("status")
    status = found if isinstance(found, dict) else {}
    failed = any(kv.get("key") == sc.EXCEPTION_TYPE for kv in _dicts(span.get("attributes")))
    if failed and status.get("code") in _UNSET:
        span["status"] = {**status, "code": _ERROR}


def _mend_ids(item: dict[str, Any]) -> None:
    """Make ids that are no hex of the right length digests of themselves; none stays none."""
    trace = item.get("traceId")
    if not isinstance(trace, str):
        return
    for key in ("spanId", "parentSpanId"):
        if isinstance(item.get(key), str) and item[key]:
            item[key] = span_bytes(FORMAT, trace, item[key]).hex()
    if trace:
        item["traceId"] = trace_bytes(FORMAT, trace).hex()


def _put(item: dict[str, Any], key: str, value: str) -> None:
    attributes = item.get("attributes")
    item["attributes"] = [
        *(attributes if isinstance(attributes, list) else ()),
        {"key": key, "value": {"stringValue": value}},
    ]


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (v for v in value if isinstance(v, dict)) if isinstance(value, list) else iter(())
