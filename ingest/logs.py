"""Log requests -> rows of `logs`, kept as sent, vectorised like spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ingest import convert, envelope
from ingest.anyvalue import NOTHING, NonCanonical, Values
from ingest.arrow import Array, array
from ingest.arrow import compute as pc
from ingest.attributes import Attributes
from ingest.columns import Part, Resolver
from ingest.decode import decode
from ingest.envelope import Level
from ingest.held import held_by_logs
from ingest.log_identity import identity_columns
from ingest.log_spans import LogSpans, spans_from_logs
from ingest.pivot import dialect_names, find_dialects
from ingest.segments import Record
from ingest.source_counts import Counted, count_items
from spotlight.model import LOGS
from spotlight.semconv import EVENT_NAME


class PivotedLogs(NamedTuple):
    """Rows in the order sent, the steps of runs among them, and the requests nobody can read."""

    rows: pa.Table
    steps: LogSpans
    dead: list[Record]
    counts: Counted


def pivot_logs(records: Sequence[Record]) -> PivotedLogs:
    """Return the rows of log requests: time is the event's, else the observer's, else the arrival's."""
    try:
        return _pivot(records, canonical=False)
    except (NonCanonical, pa.ArrowInvalid, UnicodeDecodeError):
        # Odd encodings or bad UTF-8 somewhere: the official class rewrites or refuses each request.
        return _pivot(records, canonical=True)


def _pivot(records: Sequence[Record], *, canonical: bool) -> PivotedLogs:
    decoded = decode("logs", [record.body for record in records], canonical=canonical)
    level = envelope.flatten(decoded.batch)
    lost = set(decoded.dead)
    columns = envelope.arrival_columns(level, [record for i, record in enumerate(records) if i not in lost])
    columns |= envelope.scope_columns(level, lenient=canonical)
    columns |= envelope.resource_columns(level, lenient=canonical)
    _read_times(level, columns)
    attributes = _read_content(level, columns, lenient=canonical)
    parts = find_dialects(level, attributes)
    columns |= identity_columns(attributes, parts)
    columns["held"] = held_by_logs(columns)
    rows = pa.table([columns[name] for name in LOGS.schema.names], schema=LOGS.schema)
    steps = spans_from_logs(level, columns, lenient=canonical)
    columns["dialect"] = dialect_names(parts, attributes.rows)
    counts = count_items(columns, attributes, level, parts, "logs")
    return PivotedLogs(rows, steps, [records[i] for i in decoded.dead], counts)


def _read_times(level: Level, columns: dict[str, Array]) -> None:
    time = level.items.field("time_ns").to_numpy()
    observed = level.items.field("observed_ns").to_numpy()
    received = columns["received_ns"].to_numpy()
    columns["observed_ns"] = envelope.nanoseconds(observed)
    sent = pc.coalesce(envelope.nanoseconds(time), columns["observed_ns"])
    columns["time_ns"] = pc.coalesce(sent, columns["received_ns"])
    columns["date"] = envelope.partition_days(np.where(time == 0, observed, time), received).dates


def _read_content(level: Level, columns: dict[str, Array], *, lenient: bool) -> Attributes:
    """Add what the records say; returns their attributes."""
    items = level.items
    attributes = Attributes(items.field("attributes"), lenient=lenient)
    columns["attributes"] = attributes.leftovers()  # before event.name is read: it stays there too
    resolver = Resolver(attributes, [Part("", None)])
    named = resolver.read(resolver.resolve([(EVENT_NAME,)]), convert.TEXT)
    columns["event_name"] = pc.coalesce(envelope.none_if_empty(items.field("event_name")), named)
    body = Values(items.field("body"), lenient=lenient)
    columns["body"] = envelope.null_where(body.json(np.arange(len(items))), body.tags == NOTHING)
    severity = items.field("severity").to_numpy()
    columns["severity"] = array(severity, mask=severity == 0)  # 0 is protobuf for not sent
    columns["severity_text"] = envelope.none_if_empty(items.field("severity_text"))
    columns["dropped_attributes"] = envelope.none_if_zero(items.field("dropped_attributes"))
    columns["trace_flags"] = items.field("flags").cast(pa.int64())
    columns["trace_id"] = envelope.hex_ids(items.field("trace_id"), 16)
    columns["span_id"] = envelope.hex_ids(items.field("span_id"), 8)
    return attributes
