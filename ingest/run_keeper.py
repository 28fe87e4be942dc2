"""Keeping the runs of one tenant up to date while spans arrive in any order."""

from __future__ import annotations

import logging
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.keys import KeySet, trace_keys
from spotlight.assembly import ASSEMBLY_COLUMNS, assemble
from spotlight.lake import Reader, sql_text
from spotlight.model import RUNS, SPANS

# Spans kept in memory so that a trace which goes on is assembled without reading the lake.
RECENT_ROWS: Final = 50_000


class RunKeeper:
    """Assembles the runs whose spans arrived since the last time.

    A trace is assembled from all its spans: those just noted, those still in memory, and, where
    older ones were let go of, those in the lake.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._stored = KeySet()
        self._stored.add(trace_keys(reader.query(sql_text("ingest", "assembled_traces"))))
        self._pending: list[pa.Table] = [
            reader.query(sql_text("ingest", "unassembled_spans")).select(ASSEMBLY_COLUMNS)
        ]
        self._recent: list[pa.Table] = []

    def note(self, spans: pa.Table) -> None:
        """Take notice of spans that have just been committed."""
        self._pending.append(spans.select(ASSEMBLY_COLUMNS))

    def assemble(self) -> pa.Table:
        """Return the runs that the noted spans belong to, as rows of the runs table."""
        fresh = pa.concat_tables([_SCHEMA.empty_table(), *(t.cast(_SCHEMA) for t in self._pending)])
        self._pending.clear()
        if fresh.num_rows == 0:
            return RUNS.schema.empty_table()
        touched = pc.unique(fresh.column("trace_id"))
        parts = [self._from_lake(touched), *self._from_memory(touched), fresh]
        runs = _assemble_apart(pa.concat_tables(parts))
        self._remember(fresh)
        return runs

    def _from_lake(self, touched: pa.Array) -> pa.Table:
        keys = trace_keys(pa.table({"trace_id": touched}))
        traces = touched.filter(pa.array(self._stored.contains(keys))).to_pylist()
        if not traces:
            return _SCHEMA.empty_table()
        stored = sql_text("ingest", "spans_to_assemble")
        found = self._reader.query(stored, {"traces": traces})
        return found.select(ASSEMBLY_COLUMNS).cast(_SCHEMA)

    def _from_memory(self, touched: pa.Array) -> list[pa.Table]:
        wanted = pa.array(touched)
        return [t.filter(pc.is_in(t.column("trace_id"), value_set=wanted)) for t in self._recent]

    def _remember(self, fresh: pa.Table) -> None:
        """Keep these rows, and let the oldest go: their traces must be read from the lake from now on."""
        self._recent.append(fresh)
        while sum(t.num_rows for t in self._recent) > RECENT_ROWS:
            self._stored.add(trace_keys(self._recent.pop(0)))


def _assemble_apart(spans: pa.Table) -> pa.Table:
    """Return the runs of these spans; a trace that cannot be assembled costs its own run, not the others'.

    Its spans are stored and can be queried; the log names the trace.
    """
    try:
        return assemble(spans).runs
    except (pa.ArrowException, ArithmeticError, LookupError, TypeError, ValueError):
        traces = pc.unique(spans.column("trace_id"))
        if len(traces) == 1:
            _log.exception("trace %s has no run: it cannot be assembled", traces[0])
            return RUNS.schema.empty_table()
    first = pc.is_in(spans.column("trace_id"), value_set=traces.slice(0, len(traces) // 2))
    halves = spans.filter(first), spans.filter(pc.invert(first))
    return pa.concat_tables([_assemble_apart(half) for half in halves])


_log = logging.getLogger(__name__)
_SCHEMA: Final = pa.schema([SPANS.schema.field(c) for c in ASSEMBLY_COLUMNS])
