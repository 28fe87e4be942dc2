"""Keeping the runs of one tenant up to date while spans arrive in any order."""

from __future__ import annotations

import logging
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.families import Families
from ingest.keys import KeySet, trace_keys
from ingest.log_identity import LogIdentity
from ingest.run_versions import TRACE_DIGITS, RunVersions
from spotlight.assembly import ASSEMBLY_COLUMNS, Accounts, accounts, assemble
from spotlight.assembly.membership import Ties, lone_calls, stated_ties, thread_dialects, ties
from spotlight.lake import Reader, sql_text
from spotlight.model import RUNS, SPANS, STEPS
from spotlight.pricing import Book

# Spans kept in memory so that a trace which goes on is assembled without reading the lake.
RECENT_ROWS: Final = 50_000


class RunKeeper:
    """Assembles the runs whose spans arrived since the last time.

    A trace is assembled with all traces of its family, from all their spans: those just noted,
    those still in memory, and, where older ones were let go of, those in the lake.
    """

    def __init__(self, reader: Reader, book: Book) -> None:
        self._reader = reader
        self._book = book
        self._versions = RunVersions(reader)
        self._stored = KeySet()
        self._log_identity = LogIdentity(reader)
        self._stored.add(trace_keys(reader.query(sql_text("ingest", "assembled_traces"))))
        self._pending: list[pa.Table] = [
            reader.query(sql_text("ingest", "unassembled_spans")).select(ASSEMBLY_COLUMNS)
        ]
        self._recent: list[pa.Table] = []
        self._recent_lone: list[bool] = []  # of each recent table: calls that stand alone in their trace
        self._families = Families()
        self._published: dict[str, set[str]] = {}  # trace of a run's root -> ids of runs of families
        self._taken_over: dict[str, str] = {}  # run that is one no longer -> the run that has it, as written
        unfinished = reader.query(sql_text("ingest", "runs_without_steps"))
        self._unfinished: pa.Array = unfinished.column("trace_id").combine_chunks()
        self._recall_families()

    def _recall_families(self) -> None:
        threads = {"threads": list(thread_dialects())}
        self._families.add(stated_ties(self._reader.query(sql_text("ingest", "tied_spans"), threads)))
        for row in self._reader.query(sql_text("ingest", "published_runs")).to_pylist():
            self._publish(row["run_id"])
            traces = row["trace_ids"]
            self._families.add(Ties(traces, [f"trace {trace}" for trace in traces[:1]] * len(traces)))

    def _publish(self, run_id: str) -> None:
        self._published.setdefault(run_id[:TRACE_DIGITS], set()).add(run_id)

    def note(self, spans: pa.Table) -> None:
        """Take notice of spans that have just been committed."""
        self._pending.append(spans.select(ASSEMBLY_COLUMNS))

    def note_logs(self, logs: pa.Table) -> None:
        """Take notice of log records that have just been committed: they may say whose a run is."""
        self._log_identity.note(logs)

    def assemble(self) -> Accounts:
        """Return the runs that the noted spans belong to, and their steps, as rows of the tables.

        Runs that another run has taken over are among them, with `merged_into` set.
        """
        fresh = pa.concat_tables([_SCHEMA.empty_table(), *(t.cast(_SCHEMA) for t in self._pending)])
        self._pending.clear()
        told = pa.concat_arrays([pa.array(self._log_identity.take_news(), pa.string()), self._unfinished])
        self._unfinished = told[:0]
        if fresh.num_rows == 0 and not len(told):
            return NOTHING
        self._families.add(self._ties(fresh))
        touched = pc.unique(pa.chunked_array([*fresh.column("trace_id").chunks, told]))
        family = self._families.of(touched.to_pylist())
        if family:
            touched = pc.unique(pa.concat_arrays([touched, pa.array(sorted(family), pa.string())]))
        known = self._known(touched)
        spans = pa.concat_tables([self._from_lake(known), *self._from_memory(touched), fresh])
        if spans.num_rows == 0:  # log records came before all spans of their traces
            return NOTHING
        runs, steps = self._assemble_apart(spans, self._log_identity.of(touched))
        if family and runs.num_rows:
            runs = self._settle_family(runs, family, set(known))
        numbered = self._versions.number(runs, steps, set(known))
        self._stored.add(trace_keys(pa.table({"trace_id": pa.array(numbered.forgotten, pa.string())})))
        self._remember(fresh)
        return Accounts(numbered.runs, numbered.steps)

    def _assemble_apart(self, spans: pa.Table, said: pa.Table) -> Accounts:
        """Return the runs of these spans; a trace that cannot be assembled costs its own run alone.

        Its spans are stored and can be queried; the log names the trace. Where only its steps or prices
        fail, the run is shown without them, and the next writer tries again.
        """
        try:
            return accounts(assemble(spans, said), self._book)
        except _BROKEN:
            traces = pc.unique(spans.column("trace_id")).to_pylist()
            half: set[str] = set()
            for trace in traces:  # a family stays whole
                if len(half) < len(traces) / 2:
                    half |= self._families.of([trace]) or {trace}
            if half.issuperset(traces):
                _log.exception("trace %s cannot be accounted for", traces[0])
                return _without_steps(spans, said)
        first = pc.is_in(spans.column("trace_id"), value_set=pa.array(sorted(half)))
        halves = spans.filter(first), spans.filter(pc.invert(first))
        parts = [self._assemble_apart(half, said) for half in halves]
        return Accounts(*(pa.concat_tables(tables) for tables in zip(*parts, strict=True)))

    def _known(self, traces: pa.Array) -> list[str]:
        """Return which of these traces have spans that are no longer in memory."""
        keys = trace_keys(pa.table({"trace_id": traces}))
        found: list[str] = traces.filter(pa.array(self._stored.contains(keys))).to_pylist()
        return found

    def _from_lake(self, traces: list[str]) -> pa.Table:
        if not traces:
            return _SCHEMA.empty_table()
        stored = sql_text("ingest", "spans_to_assemble")
        found = self._reader.query(stored, {"traces": traces})
        return found.select(ASSEMBLY_COLUMNS).cast(_SCHEMA)

    def _from_memory(self, touched: pa.Array) -> list[pa.Table]:
        wanted = pa.array(touched)
        return [t.filter(pc.is_in(t.column("trace_id"), value_set=wanted)) for t in self._recent]

    def _settle_family(self, runs: pa.Table, family: set[str], known: set[str]) -> pa.Table:
        """Give the runs of families one position, and add rows for runs that are runs no longer."""
        earlier = known | {
            trace for table in self._recent for trace in pc.unique(table.column("trace_id")).to_pylist()
        }
        once = {run for trace in family for run in self._published.get(trace, ())} | (family & earlier)
        rows = runs.to_pylist()
        owners = {trace: row["run_id"] for row in rows for trace in row["trace_ids"] if trace in family}
        current = {row["run_id"]: row for row in rows}
        position = max(row["assembled_position"] for row in rows)
        for row in rows:
            if not family.isdisjoint(row["trace_ids"]):
                row["assembled_position"] = position
                self._publish(row["run_id"])
                self._taken_over.pop(row["run_id"], None)
        for gone in sorted(once - current.keys()):
            owner = owners.get(gone[:TRACE_DIGITS])
            # Once is enough: a thread of many traces would write all of them again with every batch.
            if owner is not None and self._taken_over.get(gone) != owner:
                self._taken_over[gone] = owner
                rows.append(_merged(gone, owner, current[owner]))
        return pa.Table.from_pylist(rows, RUNS.schema)

    def _ties(self, fresh: pa.Table) -> Ties:
        """Return what new spans say of families; where calls stand alone, earlier spans are looked at too."""
        if any(self._recent_lone) or lone_calls(fresh).any():
            return ties(pa.concat_tables([*self._recent, fresh]))
        return stated_ties(fresh)

    def _remember(self, fresh: pa.Table) -> None:
        """Keep these rows, and let the oldest go: their traces must be read from the lake from now on."""
        self._recent.append(fresh)
        self._recent_lone.append(bool(lone_calls(fresh).any()))
        while sum(t.num_rows for t in self._recent) > RECENT_ROWS:
            self._stored.add(trace_keys(self._recent.pop(0)))
            self._recent_lone.pop(0)


def _without_steps(spans: pa.Table, said: pa.Table) -> Accounts:
    """Return the runs of spans whose steps cannot be told; nothing where the runs cannot be either."""
    try:
        return Accounts(assemble(spans, said).runs, NOTHING.steps)
    except _BROKEN:
        _log.exception("trace %s has no run: it cannot be assembled", spans.column("trace_id")[0])
        return NOTHING


def _merged(run_id: str, owner: str, row: dict[str, object]) -> dict[str, object]:
    """Return the row that says a run is now part of another."""
    kept = {name: row[name] for name in ("tenant", "date", "assembled_position")}
    return kept | {"run_id": run_id, "merged_into": owner, "is_agent_run": False, "trace_ids": []}


_log = logging.getLogger(__name__)
# What a fault of ours in reading one odd trace raises; anything else stops the writer.
_BROKEN: Final = (pa.ArrowException, ArithmeticError, LookupError, TypeError, ValueError)
NOTHING: Final = Accounts(RUNS.schema.empty_table(), STEPS.schema.empty_table())
_SCHEMA: Final = pa.schema([SPANS.schema.field(c) for c in ASSEMBLY_COLUMNS])
