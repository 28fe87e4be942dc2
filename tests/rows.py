"""Rows of the lake's tables with only what a test cares about filled in."""

from __future__ import annotations

import datetime as dt
import hashlib

import pyarrow as pa

from spotlight.model import PAYLOADS, SPANS, Table

DAY = dt.date(2026, 11, 20)
START = 1_795_000_000_000_000_000  # within DAY + 3, ns UTC
MS = 1_000_000


def trace_id(name: str) -> str:
    """Return a trace id that is always the same for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def span_id(name: str) -> str:
    """Return a span id that is always the same for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def span(name: str, parent: str | None = None, trace: str = "t", **columns: object) -> dict[str, object]:
    """Return a span row; ids come from names, everything else from `columns`."""
    row: dict[str, object] = {
        "tenant": "default", "date": DAY, "trace_id": trace_id(trace), "span_id": span_id(name),
        "parent_span_id": span_id(parent) if parent else None, "signal": "span", "dialect": "otel_genai",
        "name": name, "kind": "step", "started_ns": START, "ended_ns": START + 10 * MS, "duration_ms": 10.0,
        "received_ns": START, "journal_position": 1, "status": "unset", "attributes": "{}", "resource": "{}",
    }  # fmt: skip
    return row | columns


def llm(name: str, parent: str | None = None, **columns: object) -> dict[str, object]:
    """Return a model call's span row."""
    return span(name, parent, **{"kind": "llm", "usage_basis": "inclusive", **columns})


def tool(name: str, parent: str | None = None, **columns: object) -> dict[str, object]:
    """Return a tool call's span row."""
    return span(name, parent, **{"kind": "tool", "tool_name": name.split("#")[0], **columns})


def table(rows: list[dict[str, object]], of: Table = SPANS) -> pa.Table:
    """Return rows as a table of the lake; columns that a row lacks are NULL."""
    columns = [pa.array([row.get(c.name) for row in rows], c.type) for c in of.columns]
    return pa.table(columns, of.schema)


def payload(of: dict[str, object], **content: str) -> dict[str, object]:
    """Return the payload row of a span row."""
    shared = {c.name: of[c.name] for c in PAYLOADS.columns if c.name in of}
    return shared | content
