"""Trace requests -> rows of `spans` and `payloads`, vectorised over a whole batch.

    decode      bytes -> nested Arrow, values still encoded          (ingest.decode)
    flatten     one row per span; resource, scope, request by index  (ingest.envelope)
    dialect     by scope, else by keys                               (spotlight.dialects)
    kind        rules of the dialect, then signs                     (ingest.kinds)
    fields      one column per field of the dialects' tables         (ingest.columns)
    leftovers   what no column took, as JSON text                    (ingest.attributes)

Never call it per request: a call has fixed costs of several milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from ingest import convert, envelope, moments, span_events, usage
from ingest.anyvalue import Flags, NonCanonical
from ingest.arrow import Array, array
from ingest.arrow import compute as pc
from ingest.attributes import Attributes
from ingest.columns import Part, Resolver, Winners
from ingest.decode import decode
from ingest.digests import content_digests
from ingest.envelope import Level
from ingest.held import held_by_spans
from ingest.kinds import decide_kinds
from ingest.outcomes import Claims, failed_tools
from ingest.segments import Record
from ingest.source_counts import Counted, count_items
from ingest.usage_keys import USAGE_COLUMNS, usage_keys
from spotlight.dialects import (
    UNKNOWN,
    dialects,
    effective_fields,
    joins_by_links,
    recognise_scope,
    recognise_service,
)
from spotlight.dialects.table import FIRST_TOKEN_AT, TOOL_ERROR, TOOL_OUTCOME, TOTAL_TOKENS, Source
from spotlight.model import PAYLOADS, SPANS

CONTENT_COLUMNS: Final = (
    "input_messages", "output_messages", "system_instructions", "tool_definitions", "tool_arguments",
    "tool_result", "input_value", "output_value",
)  # fmt: skip
_JSON_COLUMNS: Final = frozenset(("finish_reasons", "model_params"))
# Columns whose value names something: a marker of a withheld value names nothing.
_NAMES: Final = frozenset(
    ("session_id", "user_id", "turn_id", "agent_name", "agent_id", "pack_name", "pack_version",
     "prompt_name", "prompt_version", "feature", "replay_of", "variant", "experiment_id")
)  # fmt: skip
_SPAN_TYPES: Final = {column.name: column.type for column in SPANS.columns}
_ERROR_STATUS: Final = 2
_STATUSES: Final = array(("unset", "ok", "error"), pa.string())
_NO_TEXT: Final = pa.scalar(None, pa.string())

Columns = dict[str, Array]


class Pivoted(NamedTuple):
    """Rows of `spans` and `payloads` in the order sent, and the records nobody can read."""

    spans: pa.Table
    payloads: pa.Table
    dead: list[Record]
    counts: Counted


def pivot_traces(records: Sequence[Record]) -> Pivoted:
    """Return the rows of trace requests; payload rows only where a span carries content."""
    try:
        return _pivot(records, canonical=False)
    except (NonCanonical, pa.ArrowInvalid, UnicodeDecodeError):
        # Odd encodings or bad UTF-8 somewhere: the official class rewrites or refuses each request.
        return _pivot(records, canonical=True)


def _pivot(records: Sequence[Record], *, canonical: bool) -> Pivoted:
    decoded = decode("traces", [record.body for record in records], canonical=canonical)
    level = envelope.flatten(decoded.batch)
    lost = set(decoded.dead)
    living = [record for i, record in enumerate(records) if i not in lost]
    read = _read_spans(level, living, lenient=canonical)
    columns = read.columns
    spans = pa.table([columns[name] for name in SPANS.schema.names], schema=SPANS.schema)
    has_content = ~np.logical_and.reduce([_nulls(columns[name]) for name in CONTENT_COLUMNS])
    payloads = pa.table([columns[name] for name in PAYLOADS.schema.names], schema=PAYLOADS.schema)
    if not has_content.all():
        payloads = payloads.filter(array(has_content))
    return Pivoted(spans, payloads, [records[i] for i in decoded.dead], read.counts)


class _Read(NamedTuple):
    columns: Columns
    counts: Counted


def _read_spans(level: Level, records: Sequence[Record], *, lenient: bool) -> _Read:
    """Return every column of `spans` and `payloads`, one row per span, and what each source sent."""
    attributes = Attributes(level.items.field("attributes"), lenient=lenient)
    parts = find_dialects(level, attributes)
    columns = {
        "dialect": dialect_names(parts, attributes.rows),
        "name": level.items.field("name"),
        **envelope.arrival_columns(level, records),
        **envelope.scope_columns(level, lenient=lenient),
    }
    resource = envelope.resource_columns(level, lenient=lenient)
    kinds = decide_kinds(attributes, parts, columns["name"])
    columns |= {"kind": kinds.texts(), "kind_source": kinds.source}
    resolver = Resolver(attributes, parts, kinds.codes, columns["name"])
    flags = read_fields(resolver, [effective_fields(part.dialect) for part in parts], columns)
    columns["environment"] = pc.coalesce(columns["environment"], resource.pop("environment"))
    columns |= resource
    columns |= _identity(level)
    flags |= _read_times(level, columns)
    columns["ttft_ms"] = pc.coalesce(
        columns["ttft_ms"], moments.since(columns["started_ns"], columns[FIRST_TOKEN_AT])
    )
    _read_outcome(level, columns, lenient=lenient)
    columns["links"] = span_events.read_links(level.items.field("links"), lenient=lenient)
    columns["linked_traces"] = span_events.linked_traces(
        columns["links"], columns["trace_id"], [part for part in parts if joins_by_links(part.dialect)]
    )
    columns["attributes"] = attributes.leftovers()
    columns["content_digest"] = content_digests(columns)
    columns["held"] = held_by_spans(columns, attributes)
    flags |= _losses(level, columns, attributes)
    columns["quality_flags"] = envelope.quality_flags(attributes.rows, flags)
    return _Read(columns, count_items(columns, attributes, level, parts, "traces"))


def find_dialects(level: Level, attributes: Attributes) -> list[Part]:
    """Return the rows of each dialect: by scope, else by service, else by the first that knows a key."""
    names = level.scopes.field("name").to_pylist()
    scope_dialects = [recognise_scope(name or "") for name in names]
    known = [*dialects(), UNKNOWN]
    codes = np.array([known.index(name) if name else -1 for name in scope_dialects], np.int16)[level.scope_of]
    if (codes < 0).any():
        by_keys = np.full(len(codes), known.index(UNKNOWN), np.int16)
        for code, dialect in reversed(list(enumerate(dialects().values()))):
            exact = frozenset(dialect.keys)
            below = tuple(key for key in dialect.keys if key.endswith("."))
            for key in attributes.codes_where(lambda k, e=exact, b=below: k in e or k.startswith(b)):  # type: ignore[misc]
                by_keys[attributes.find_code(key).rows] = code
        services = [recognise_service(name) if name else None for name in envelope.service_names(level)]
        by_service = np.array([known.index(name) if name else -1 for name in services], np.int16)
        by_service = by_service[level.resource_of.to_numpy()]
        codes = np.where(codes < 0, np.where(by_service < 0, by_keys, by_service), codes)
    present: list[int] = np.unique(codes).tolist()
    if len(present) == 1:
        return [Part(known[present[0]], None)]
    return [Part(known[code], codes == code) for code in present]


def dialect_names(parts: Sequence[Part], rows: int) -> Array:
    """Return the dialect of every row."""
    code_of = np.zeros(rows, np.int8)
    for code, part in enumerate(parts):
        if part.rows is not None:
            code_of[part.rows] = code
    return array([part.dialect for part in parts], pa.string()).take(array(code_of))


def read_fields(
    resolver: Resolver, tables: Sequence[Mapping[str, Sequence[Source]]], columns: Columns
) -> dict[str, Flags]:
    """Add every field of the tables, one per part, to `columns`; returns flags on usage.

    FIRST_TOKEN_AT is added too: it becomes a length once the spans' start is known.
    """

    def resolve(field: str, to: convert.Target, *, content: bool = False) -> Winners | None:
        return resolver.resolve([table.get(field, ()) for table in tables], to=to, content=content)

    signs = {sign: resolver.peek(resolve(sign, to), to) for sign, to in _SIGN_TARGETS.items()}
    usage_winners: dict[str, Winners | None] = {}
    for name in _field_columns(columns):
        winners = resolve(name, _target(name))
        if name in USAGE_COLUMNS:
            usage_winners[name] = winners
        if name == "pack_version":
            columns["pack_version_source"] = resolver.names(winners)
        columns[name] = resolver.read(winners, _target(name))
    for name in CONTENT_COLUMNS:
        columns[name] = resolver.read(resolve(name, convert.CONTENT, content=True), convert.CONTENT)
    claims = Claims(signs[TOOL_OUTCOME], signs[TOOL_ERROR])
    columns["tool_failed"] = failed_tools(resolver.parts, columns["kind"], claims, columns["tool_result"])
    meaning = usage.read_meaning(resolver, usage_winners, columns, signs[TOTAL_TOKENS])
    columns |= {"usage_basis": meaning.basis, "output_tokens": meaning.output_tokens}
    columns["usage_keys"] = usage_keys(resolver, usage_winners)
    columns[FIRST_TOKEN_AT] = signs[FIRST_TOKEN_AT]
    return {"usage_assumed": meaning.is_assumed, "usage_conflict": meaning.is_conflict}


_SIGN_TARGETS: Final = {
    TOTAL_TOKENS: convert.WHOLE, TOOL_OUTCOME: convert.TEXT, TOOL_ERROR: convert.TEXT,
    FIRST_TOKEN_AT: convert.TEXT,
}  # fmt: skip
# Columns of `spans` that come from somewhere else than a dialect's table.
_DERIVED: Final = frozenset(
    ("tenant", "date", "trace_id", "span_id", "parent_span_id", "signal", "dialect", "name", "kind",
     "kind_source", "otel_kind", "started_ns", "ended_ns", "duration_ms", "received_ns",
     "journal_position", "service_name", "service_version", "scope_name", "scope_version",
     "pack_version_source", "usage_basis", "status", "status_message", "tool_failed",
     "dropped_attributes", "trace_state", "trace_flags", "quality_flags", "attributes", "events",
     "links", "resource", "scope", "content_digest", "held", "linked_traces",
     "usage_keys")
)  # fmt: skip


def _field_columns(columns: Columns) -> list[str]:
    return [name for name in _SPAN_TYPES if name not in _DERIVED and name not in columns]


def _target(column: str) -> convert.Target:
    if column in _JSON_COLUMNS:
        return convert.JSON
    if column in _NAMES:
        return convert.NAME
    return {pa.int64(): convert.WHOLE, pa.float64(): convert.REAL}.get(_SPAN_TYPES[column], convert.TEXT)


def _identity(level: Level) -> Columns:
    items = level.items
    return {
        "trace_id": envelope.hex_ids(items.field("trace_id"), 16),
        "span_id": envelope.hex_ids(items.field("span_id"), 8),
        "parent_span_id": envelope.hex_ids(items.field("parent_span_id"), 8),
        "signal": pa.repeat(pa.scalar("span"), len(items)),
        "otel_kind": items.field("kind"),
        "trace_state": envelope.none_if_empty(items.field("trace_state")),
        "trace_flags": items.field("flags").cast(pa.int64()),
        "dropped_attributes": envelope.none_if_zero(items.field("dropped_attributes")),
    }


def _read_times(level: Level, columns: Columns) -> dict[str, Flags]:
    """Add start, end, duration and partition date; returns what is odd about the clock."""
    started = level.items.field("started_ns").to_numpy()
    ended = level.items.field("ended_ns").to_numpy()
    columns["started_ns"] = envelope.nanoseconds(started)
    columns["ended_ns"] = envelope.nanoseconds(ended)
    has_both = ~_nulls(columns["started_ns"]) & ~_nulls(columns["ended_ns"])
    backwards = has_both & (ended < started)
    took = np.where(backwards, 0, (ended - started).astype(np.int64))
    columns["duration_ms"] = array(took / 1e6, mask=~has_both)
    received = columns["received_ns"].to_numpy()
    days = envelope.partition_days(started, received)
    columns["date"] = days.dates
    return {
        "no_start": started == 0,
        "end_before_start": backwards,
        "bad_time": envelope.beyond_reach(started) | envelope.beyond_reach(ended),
        "clock_skew": days.is_skewed,
    }


def _read_outcome(level: Level, columns: Columns, *, lenient: bool) -> None:
    """Add status, its message, events, and the error's type and message from wherever they stand."""
    status = level.items.field("status")
    codes = status.field("code").to_numpy(zero_copy_only=False)
    known = (codes >= 0) & (codes < len(_STATUSES))
    columns["status"] = _STATUSES.take(array(np.where(known, codes, 0)))
    columns["status_message"] = envelope.none_if_empty(status.field("message"))
    events = span_events.read_events(level.items.field("events"), lenient=lenient)
    columns["events"] = events.text
    columns["error_type"] = pc.coalesce(columns["error_type"], events.exception_type)
    of_error = pc.if_else(array(codes == _ERROR_STATUS), columns["status_message"], _NO_TEXT)
    columns["error_message"] = pc.coalesce(columns["error_message"], events.exception_message, of_error)


def _losses(level: Level, columns: Columns, attributes: Attributes) -> dict[str, Flags]:
    """Return flags for what the client dropped or sent in a way that hides something."""
    duplicates = np.zeros(attributes.rows, bool)
    duplicates[attributes.rows_with_duplicates] = True
    items = level.items
    return {
        "dropped_attributes": ~_nulls(columns["dropped_attributes"]),
        "dropped_events": items.field("dropped_events").to_numpy(zero_copy_only=False) > 0,
        "dropped_links": items.field("dropped_links").to_numpy(zero_copy_only=False) > 0,
        "duplicate_attributes": duplicates,
        "bad_id": _nulls(columns["trace_id"]) | _nulls(columns["span_id"]),
        "resource_not_repeated": _nulls(columns["resource"]),
    }


def _nulls(column: Array) -> Flags:
    if not column.null_count:
        return np.zeros(len(column), bool)
    nulls_of: Flags = column.is_null().to_numpy(zero_copy_only=False)
    return nulls_of
