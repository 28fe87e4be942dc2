"""Committing batches to the lake exactly once, and keeping the runs up to date."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.added_up import add_up
from ingest.batches import Made, Receipt, receipt_rows
from ingest.dedup import Settled, settle, unchanged
from ingest.keys import SeenSpans
from ingest.restored import not_stored
from ingest.run_keeper import RunKeeper
from ingest.source_counts import count_again
from spotlight.assembly import usage_rows
from spotlight.lake import Lake, Reader, Scope, sql_text
from spotlight.model import DEFAULT_TENANT, PAYLOADS, SPANS
from spotlight.pricing import Book

# Spans known by their own key per tenant, 8 bytes each. Of older ones the trace is known, and a new
# span of such a trace costs a look into the lake.
REMEMBERED_SPANS: Final = 4_000_000


class _Tenant:
    """What the writer remembers of one tenant."""

    def __init__(self, lake: Path, tenant: str, book: Book) -> None:
        self.reader = Reader(lake, Scope(tenant))
        limit = {"limit": REMEMBERED_SPANS}
        self.known = SeenSpans(REMEMBERED_SPANS)
        self.known.add_older(self.reader.query(sql_text("ingest", "older_traces"), limit))
        self.known.add(self.reader.query(sql_text("ingest", "newest_span_ids"), limit))
        self.keeper = RunKeeper(self.reader, book)

    def stored(self, traces: list[str], spans: list[str]) -> tuple[pa.Table, pa.Table]:
        """Return what the lake holds of some spans: (spans, payloads)."""
        if not traces:
            return SPANS.schema.empty_table(), PAYLOADS.schema.empty_table()
        ids = {"traces": traces, "spans": spans}
        found = [self.reader.query(sql_text("ingest", t), ids) for t in ("stored_spans", "stored_payloads")]
        return found[0], found[1]


class Committer:
    """Writes made batches to the lake and assembles the runs they touch."""

    def __init__(self, lake: Lake, book: Book) -> None:
        self._lake, self._book = lake, book
        names = lake.tenants() or [DEFAULT_TENANT]
        self._tenants = {name: _Tenant(lake.folder, name, book) for name in names}
        add_up(lake, (state.reader for state in self._tenants.values()))
        # Each commit mostly waits for the disk: tables that need no order are committed side by side.
        self._side = ThreadPoolExecutor(6, "table")

    def commit(self, made: Made) -> None:
        """Commit every table's rows of a batch; tables that hold the batch already are left alone.

        The spans come last: where they are committed, everything else is.
        """
        settled = self._settle(made)
        made = self._with_restored(made)
        outcome = made.receipts + _duplicates(made, settled)
        rows = {
            "logs": made.logs,
            "metrics": made.metrics,
            "payloads": pa.concat_tables([s.payloads for s in settled.values()]),
            "replaced": pa.concat_tables([s.replaced for s in settled.values()]),
            "receipts": receipt_rows(outcome),
            "sources": pa.concat_tables(
                [made.counts.sources, *(count_again(s.resent, s.newer) for s in settled.values())]
            ),
            "source_keys": made.counts.keys,
            "spans": pa.concat_tables([s.spans for s in settled.values()]),
        }
        if made.scores.num_rows:  # seldom: an empty commit would cost every batch one more
            rows["scores"] = made.scores
        missing = [table for table in rows if not self._lake.is_committed(table, made.batch)]
        first = [
            self._side.submit(self._lake.append, t, rows[t], made.batch) for t in missing if t != "spans"
        ]
        for commit in first:
            commit.result()
        if "spans" in missing:
            self._lake.append("spans", rows["spans"], made.batch)
        for tenant, left in settled.items():
            state = self._tenant(tenant)
            state.known.add(left.spans)
            state.keeper.note(left.spans)
        for tenant in pc.unique(made.logs.column("tenant")).to_pylist():
            self._tenant(tenant).keeper.note_logs(_of_tenant(made.logs, tenant))

    def assemble(self) -> int:
        """Assemble the runs that new spans touch, commit them and return how many there were.

        The runs come first: steps without their run would be counted beside those they replace. Then their
        sums: a run with steps has them, see `add_up`.
        A writer that is killed in between finds runs without steps when it starts again.
        """
        count = 0
        for state in self._tenants.values():
            runs, steps = state.keeper.assemble()
            self._lake.append("runs", runs)
            self._lake.append("run_usage", usage_rows(steps))
            self._lake.append("steps", steps)
            count += runs.num_rows
        return count

    def _with_restored(self, made: Made) -> Made:
        """Return the batch with what case files brought of tables whose rows have no ids, each row once."""
        tenants = pc.unique(
            pa.chunked_array([c for t in made.restored for c in t.column("tenant").chunks], pa.string())
        )
        for tenant in tenants.to_pylist():
            for name in ("logs", "metrics", "scores"):
                rows = _of_tenant(getattr(made.restored, name), tenant)
                fresh = not_stored(name, rows, self._tenant(tenant).reader)
                made = made._replace(**{name: pa.concat_tables([getattr(made, name), fresh])})
        return made

    def _settle(self, made: Made) -> dict[str, Settled]:
        tenants = pc.unique(made.spans.column("tenant")).to_pylist()
        if not tenants:
            return {DEFAULT_TENANT: unchanged(made.spans, made.payloads)}
        settled = {}
        for tenant in tenants:
            state = self._tenant(tenant)
            own = _of_tenant(made.spans, tenant), _of_tenant(made.payloads, tenant)
            settled[tenant] = settle(*own, state.known, state.stored)
        return settled

    def _tenant(self, name: str) -> _Tenant:
        if name not in self._tenants:
            self._tenants[name] = _Tenant(self._lake.folder, name, self._book)
        return self._tenants[name]


def _of_tenant(rows: pa.Table, tenant: str) -> pa.Table:
    mask = pc.equal(rows.column("tenant"), tenant)
    return rows if pc.all(mask).as_py() else rows.filter(mask)


def _duplicates(made: Made, settled: dict[str, Settled]) -> list[Receipt]:
    """Receipts for spans that were dropped, as resent or announced too late, or kept as a newer version."""
    found = []
    last = max((r.journal_position for r in made.receipts), default=made.batch.start)
    received = max((r.received_ns for r in made.receipts), default=0)
    for tenant, left in settled.items():
        counts = Counter(duplicate=left.duplicates, replaced=left.newer.num_rows, late=left.late)
        for count, items in counts.items():
            if items:
                outcome, reason = _REASONS[count]
                found.append(Receipt(tenant, "traces", outcome, reason, 0, items, 0, received, last))
    return found


_REASONS: Final = {
    "duplicate": ("duplicate", "same span again"),
    "replaced": ("replaced", "same span with other content"),
    "late": ("duplicate", "open span that had ended"),
}
