"""Recorded rows as a request of their own: how a case file comes back into a lake.

A stored row holds more than an OTLP request can say (when it came in first, which of several keys gave a
value, what was odd about it), so rows that were recorded once are not read anew but stored as they are. They
take the one way of all data all the same: collector, journal, writer, duplicates told, runs assembled.

The body is an Arrow IPC stream of one batch with one row: a list of rows per table (`BODY`). Tenant, day and
journal position are not in it: they are the receiving folder's. See docs/adr/006.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from ingest import envelope
from ingest.arrow import array
from ingest.arrow import compute as pc
from ingest.segments import Record
from spotlight.dialects import UNKNOWN, dialects
from spotlight.errors import BadRequest
from spotlight.model import KINDS, LOGS, METRICS, PAYLOADS, SCORES, SPANS, Table

TABLES: Final = (SPANS, PAYLOADS, LOGS, METRICS, SCORES)
# What a folder decides by itself when rows come in.
OWN: Final = ("tenant", "date", "journal_position")
_HINT: Final = "the case file is damaged, or was made by hand"
_EARLIEST_NS: Final = 1_420_070_400 * 10**9  # 2015-01-01, as of spans: see ingest.envelope
_TIME: Final = {"spans": "started_ns", "payloads": "started_ns"}
_OBJECTS: Final = {
    "spans": ("attributes", "resource", "scope", "usage_keys"),
    "logs": ("attributes", "resource"), "metrics": ("attributes", "resource"),
}  # fmt: skip
_LISTS: Final = {"spans": ("events", "links")}
_ANY_JSON: Final = {"logs": ("body",), "metrics": ("buckets",), "scores": ("metadata",)}
_WORDS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "spans": {
        "kind": frozenset(KINDS), "signal": frozenset(("span", "log")),
        "status": frozenset(("unset", "ok", "error")), "dialect": frozenset((*dialects(), UNKNOWN)),
    },
    "payloads": {"dialect": frozenset((*dialects(), UNKNOWN))},
}  # fmt: skip
_IDS: Final = {"trace_id": r"^[0-9a-f]{32}$", "span_id": r"^[0-9a-f]{16}$",
               "parent_span_id": r"^[0-9a-f]{16}$"}  # fmt: skip
_NEEDED: Final = {
    "spans": ("trace_id", "span_id", "signal", "dialect", "name", "kind", "status", "attributes"),
    "payloads": ("trace_id", "span_id", "dialect"),
    "logs": ("attributes",), "metrics": ("name", "attributes"), "scores": ("score_id",),
}  # fmt: skip


def carried(table: Table) -> pa.Schema:
    """Return the columns of a table that travel: all but those in `OWN`."""
    return pa.schema([field for field in table.schema if field.name not in OWN])


BODY: Final = pa.schema([pa.field(t.name, pa.list_(pa.struct(list(carried(t))))) for t in TABLES])


class Rows(NamedTuple):
    """Recorded rows, with the columns of their tables; of spans, each with its payload."""

    spans: pa.Table
    payloads: pa.Table
    logs: pa.Table
    metrics: pa.Table
    scores: pa.Table


NO_ROWS: Final = Rows(*(table.schema.empty_table() for table in TABLES))


def encode_rows(rows: Mapping[str, pa.Table]) -> bytes:
    """Return the request that holds these rows by table; tables that are left out hold none."""
    columns = []
    for table in TABLES:
        schema = carried(table)
        found = rows.get(table.name, schema.empty_table()).select(schema.names).cast(schema).combine_chunks()
        structs = found.to_struct_array().combine_chunks() if found.num_rows else _no_structs(schema)
        columns.append(pa.ListArray.from_arrays(array([0, found.num_rows], pa.int32()), structs))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, BODY) as writer:
        writer.write_batch(pa.record_batch(columns, schema=BODY))
    body: bytes = sink.getvalue().to_pybytes()
    return body


def _no_structs(schema: pa.Schema) -> pa.Array:
    return array([], pa.struct(list(schema)))


def count_rows(body: bytes, *, most: int) -> int:
    """Return how many spans, log records, metric points and scores a request holds, once it is found good.

    Raises: BadRequest with the first value that the pipeline itself could not have made.
    """
    tables = _decode(body)
    count = sum(int(rows.num_rows) for name, rows in tables.items() if name != PAYLOADS.name)
    if count > most:
        raise BadRequest(f"the request holds {count} rows, more than {most}", hint="send smaller batches")
    for name, rows in tables.items():
        _check(name, rows)
    return count


def read_rows(records: Sequence[Record]) -> Rows:
    """Return the rows of requests, as rows of the receiving folder: its tenant, its journal's positions."""
    if not records:
        return NO_ROWS
    parts = [_received(record) for record in records]
    return Rows(*(pa.concat_tables(tables) for tables in zip(*parts, strict=True)))


def _received(record: Record) -> list[pa.Table]:
    tables = _decode(record.body)
    return [_placed(table, tables[table.name], record) for table in TABLES]


def _placed(table: Table, rows: pa.Table, record: Record) -> pa.Table:
    times = pc.fill_null(rows.column(_TIME.get(table.name, "time_ns")), 0).to_numpy().astype(np.uint64)
    received = rows.column("received_ns").to_numpy()
    own = {
        "tenant": pa.repeat(pa.scalar(record.tenant), rows.num_rows),
        "date": envelope.partition_days(times, received).dates,
        "journal_position": pa.repeat(pa.scalar(record.position, pa.int64()), rows.num_rows),
    }
    columns = [own[name] if name in own else rows.column(name) for name in table.schema.names]
    return pa.table(columns, schema=table.schema)


def _decode(body: bytes) -> dict[str, pa.Table]:
    """Return the tables of a request. Raises: BadRequest where the bytes are no such request."""
    try:
        with pa.ipc.open_stream(body) as reader:
            if not reader.schema.equals(BODY):
                raise BadRequest("the rows do not have this version's columns", hint=_HINT)
            batch = reader.read_next_batch()
            batch.validate(full=True)
    except (pa.ArrowException, StopIteration, OSError, EOFError) as exc:
        raise BadRequest(f"the body is no Arrow stream of rows: {exc}", hint=_HINT) from exc
    if batch.num_rows != 1 or any(column.null_count for column in batch.columns):
        raise BadRequest("the body is not one list of rows per table", hint=_HINT)
    found = {}
    for table, column in zip(TABLES, batch.columns, strict=True):
        structs = column.flatten()
        if structs.null_count:
            raise BadRequest(f"a row of {table.name} is NULL", hint=_HINT)
        found[table.name] = pa.Table.from_arrays(structs.flatten(), schema=carried(table))
    return found


def _check(name: str, rows: pa.Table) -> None:
    for column in _NEEDED[name]:
        if rows.column(column).null_count:
            raise BadRequest(f"a row of {name} has no {column}", hint=_HINT)
    for column, pattern in _IDS.items():
        if column in rows.column_names:
            fits = pc.match_substring_regex(rows.column(column), pattern)
            _refuse(name, column, rows.column(column), fits)
    for column, words in _WORDS.get(name, {}).items():
        _refuse(name, column, rows.column(column), pc.is_in(rows.column(column), array(sorted(words))))
    received = rows.column("received_ns")
    if received.null_count:
        raise BadRequest(f"a row of {name} has no received_ns", hint=_HINT)
    _refuse(name, "received_ns", received, pc.greater(received, _EARLIEST_NS))
    for field in rows.schema:
        if field.type == pa.float64():
            _refuse(name, field.name, rows.column(field.name), pc.is_finite(rows.column(field.name)))
    for kind, columns in ((dict, _OBJECTS), (list, _LISTS), (object, _ANY_JSON)):
        for column in columns.get(name, ()):
            _check_json(name, column, rows.column(column), kind)


def _refuse(name: str, column: str, values: pa.ChunkedArray, fits: pa.ChunkedArray) -> None:
    """Raise BadRequest with the first value that does not fit; NULL is no value."""
    bad = values.filter(pc.invert(pc.fill_null(fits, True)))
    if len(bad):
        raise BadRequest(f"{name}.{column} cannot be {str(bad[0].as_py())[:100]!r}", hint=_HINT)


def _check_json(name: str, column: str, texts: pa.ChunkedArray, kind: type) -> None:
    for text in pc.unique(texts).to_pylist():
        if text is None:
            continue
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as exc:
            raise BadRequest(f"{name}.{column} is not JSON: {text[:100]!r}", hint=_HINT) from exc
        if not isinstance(value, kind):
            raise BadRequest(f"{name}.{column} is no JSON {kind.__name__}: {text[:100]!r}", hint=_HINT)
        if isinstance(value, list) and kind is list and not all(isinstance(item, dict) for item in value):
            raise BadRequest(f"{name}.{column} is no list of objects: {text[:100]!r}", hint=_HINT)
