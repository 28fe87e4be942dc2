"""Rows of the pivot beside those of the slow reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ingest.pivot import CONTENT_COLUMNS, pivot_traces
from spotlight.model import PAYLOADS, SPANS
from tests.ingest.otlp import records
from tests.ingest.reference import JSON_FIELDS, read_spans, typed


def rows_of(*bodies: bytes) -> list[dict[str, Any]]:
    """Return span rows, each with its content columns."""
    pivoted = pivot_traces(records(bodies))
    assert SPANS.schema == pivoted.spans.schema
    assert PAYLOADS.schema == pivoted.payloads.schema
    payloads = iter(pivoted.payloads.to_pylist())
    content = next(payloads, None)
    rows = []
    for row in pivoted.spans.to_pylist():
        own = dict.fromkeys(CONTENT_COLUMNS)
        identity = ("trace_id", "span_id", "started_ns", "journal_position")
        if content and all(content[name] == row[name] for name in identity):
            own = {name: content[name] for name in CONTENT_COLUMNS}
            content = next(payloads, None)
        rows.append({**row, **own})
    assert content is None, "a payload row that belongs to no span"
    return rows


def assert_as_reference(bodies: Sequence[bytes]) -> None:
    """Compare every row with the slow reader's."""
    expected = [row for body in bodies for row in read_spans(body)]
    actual = rows_of(*bodies)
    assert len(expected) == len(actual)
    for want, got in zip(expected, actual, strict=True):
        for name, value in want.items():
            assert value == _comparable(name, got[name], value), f"{name} of {got['name']!r}"


def _comparable(name: str, value: Any, wanted: Any) -> Any:
    if value is None or name not in (
        "attributes",
        "resource",
        "events",
        "links",
        *JSON_FIELDS,
        *CONTENT_COLUMNS,
    ):
        return value
    if name in ("events", "links"):
        return [{**item, "attributes": typed(item["attributes"])} for item in json.loads(value)]
    if name in CONTENT_COLUMNS and not isinstance(wanted, dict):
        return value
    return typed(json.loads(value))
