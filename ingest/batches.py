"""From journal records to the rows of every table."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingest.log_spans import NOTHING, LogSpans
from ingest.logs import pivot_logs
from ingest.metrics import pivot_metrics
from ingest.pivot import Pivoted, pivot_traces
from ingest.rows import NO_ROWS, Rows, read_rows
from ingest.scores import read_scores
from ingest.segments import Record
from ingest.source_counts import Counted, SourceRows, count_plainly, merged, source_rows
from spotlight.lake import Stretch
from spotlight.model import LOGS, METRICS, PAYLOADS, RECEIPTS, SPANS

_log = logging.getLogger(__name__)

# Requests whose digests are remembered, to find a resent log or metric request: 16 bytes and a slot each.
_REMEMBERED: Final = 100_000
# Request bytes pivoted at once. Smaller chunks pay a fixed 5 ms each too often, larger ones need more memory.
_CHUNK_BYTES: Final = 6 << 20


class Receipt(NamedTuple):
    """What became of some requests of one signal and tenant."""

    tenant: str
    signal: str
    outcome: str
    reason: str | None
    requests: int
    items: int
    bytes: int
    received_ns: int
    journal_position: int


class Made(NamedTuple):
    """The rows made from one stretch of the journal, not yet freed of resent spans."""

    batch: Stretch
    spans: pa.Table
    payloads: pa.Table
    logs: pa.Table
    metrics: pa.Table
    receipts: list[Receipt]
    records: int
    counts: SourceRows
    scores: pa.Table
    restored: Rows = NO_ROWS  # of case files; spans and payloads are among the others already


class SeenRequests:
    """Digests of the newest log and metric requests, whose records have no ids of their own."""

    def __init__(self) -> None:
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def is_new(self, record: Record) -> bool:
        """Remember a request; False where the very same bytes came before."""
        digest = hashlib.blake2b(
            record.body, digest_size=16, key=f"{record.signal} {record.tenant}".encode()[:64]
        ).digest()
        if digest in self._digests:
            return False
        self._digests[digest] = None
        if len(self._digests) > _REMEMBERED:
            self._digests.popitem(last=False)
        return True


def make_batch(batch: Stretch, records: Sequence[Record], seen: SeenRequests, dead_folder: Path) -> Made:
    """Return the rows of a stretch of the journal; bodies that nothing can read go to `dead_folder`."""
    by_signal: dict[str, list[Record]] = {"traces": [], "logs": [], "metrics": [], "receipt": [], "rows": []}
    for record in records:
        by_signal[record.signal].append(record)
    receipts = [_own_receipt(record) for record in by_signal["receipt"]]
    logs, log_twins = _split_twins(by_signal["logs"], seen)
    metrics, metric_twins = _split_twins(by_signal["metrics"], seen)
    for twin in (*log_twins, *metric_twins):
        receipts.append(_receipt([twin], "duplicate", "same request again", None))
    living = [*by_signal["traces"], *logs, *metrics, *by_signal["rows"]]
    try:
        found = _read(living)
    except Exception:  # one request that a fault of ours cannot stand must not stop everyone's
        _log.exception("a request cannot be read into rows; looking for it among %d", len(living))
        poison = {record.position for record in _poisonous(living)}
        found = _read([record for record in living if record.position not in poison])
        found.dead.extend(record for record in living if record.position in poison)
    lost = {record.position for record in found.dead}
    for signal, rows in (("traces", found.spans), ("logs", found.logs), ("metrics", found.metrics)):
        kept = [r for r in living if r.signal == signal and r.position not in lost]
        receipts.extend(_accepted(kept, rows))
    receipts.extend(
        _receipt([r], "accepted", None, _items(found.rows, r))
        for r in living
        if r.signal == "rows" and r.position not in lost
    )
    for record in found.dead:
        _bury(dead_folder, record)
        receipts.append(_receipt([record], "dead", "cannot be read again", None))
    spans = pa.concat_tables([found.spans, found.steps.spans, found.rows.spans])
    if found.rows.spans.num_rows:  # what came again is judged in the order of arrival
        spans = spans.sort_by("journal_position")
    payloads = pa.concat_tables([found.payloads, found.steps.payloads, found.rows.payloads])
    scores = read_scores(found.spans, found.logs)
    counts = source_rows(merged([*found.counts, count_plainly(found.metrics, "metrics"), *_restored(found)]))
    return Made(
        batch, spans, payloads, found.logs, found.metrics, receipts, len(records), counts, scores, found.rows
    )


def _items(rows: Rows, record: Record) -> int:
    """Return how many rows of a request were read; what a span carries is not counted apart."""
    tables = (rows.spans, rows.logs, rows.metrics, rows.scores)
    return sum(pc.sum(pc.equal(t.column("journal_position"), record.position)).as_py() or 0 for t in tables)


def _restored(found: _Found) -> list[Counted]:
    """Return what sources sent, as recorded rows tell it; steps made from log records are no one's."""
    sent = found.rows.spans.filter(pc.equal(found.rows.spans.column("signal"), "span"))
    told = ((sent, "traces"), (found.rows.logs, "logs"), (found.rows.metrics, "metrics"))
    return [count_plainly(rows, signal) for rows, signal in told]


class _Found(NamedTuple):
    """Rows of some requests by table, steps made from log records apart, and requests nobody can read."""

    spans: pa.Table
    payloads: pa.Table
    logs: pa.Table
    steps: LogSpans
    metrics: pa.Table
    counts: list[Counted]
    dead: list[Record]
    rows: Rows


def _read(records: Sequence[Record]) -> _Found:
    """Return the rows of requests of any signal."""
    signals = ("traces", "logs", "metrics")
    by_signal = {signal: [record for record in records if record.signal == signal] for signal in signals}
    traces = _pivot_in_chunks(by_signal["traces"]) if by_signal["traces"] else None
    logs = pivot_logs(by_signal["logs"]) if by_signal["logs"] else None
    metrics = pivot_metrics(by_signal["metrics"]) if by_signal["metrics"] else None
    found = _Found(
        traces.spans if traces else SPANS.schema.empty_table(),
        traces.payloads if traces else PAYLOADS.schema.empty_table(),
        logs.rows if logs else LOGS.schema.empty_table(),
        logs.steps if logs else NOTHING,
        metrics.rows if metrics else METRICS.schema.empty_table(),
        [out.counts for out in (traces, logs) if out],
        [record for out in (traces, logs, metrics) if out for record in out.dead],
        read_rows([record for record in records if record.signal == "rows"]),
    )
    read_scores(found.spans, found.logs)  # what they cannot stand is found here, request by request
    return found


def _poisonous(records: Sequence[Record]) -> list[Record]:
    """Return the requests whose reading fails, found by halving."""
    try:
        _read(records)
    except Exception:
        if len(records) == 1:
            return list(records)
        half = len(records) // 2
        return _poisonous(records[:half]) + _poisonous(records[half:])
    return []


def _pivot_in_chunks(records: Sequence[Record]) -> Pivoted:
    """Pivot some requests at a time: decoding needs several times their size for a moment."""
    chunks: list[list[Record]] = [[]]
    size = 0
    for record in records:
        if size > _CHUNK_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(record)
        size += len(record.body)
    parts = [pivot_traces(chunk) for chunk in chunks]
    spans, payloads = (
        pa.concat_tables(tables) for tables in zip(*((p.spans, p.payloads) for p in parts), strict=True)
    )
    dead = [record for part in parts for record in part.dead]
    return Pivoted(spans, payloads, dead, merged([part.counts for part in parts]))


def receipt_rows(receipts: Iterable[Receipt]) -> pa.Table:
    """Return receipts as rows of the receipts table."""
    columns = [list(column) for column in zip(*receipts, strict=True)] or [[] for _ in Receipt._fields]
    by_name = dict(zip(Receipt._fields, columns, strict=True))
    received = pa.array(by_name["received_ns"], pa.int64())
    dates = pc.cast(pc.cast(received, pa.timestamp("ns")), pa.date32())
    by_name["date"] = dates
    return pa.table([pa.array(by_name[c.name], c.type) for c in RECEIPTS.columns], RECEIPTS.schema)


def _split_twins(records: Sequence[Record], seen: SeenRequests) -> tuple[list[Record], list[Record]]:
    fresh: list[Record] = []
    twins: list[Record] = []
    for record in records:
        (fresh if seen.is_new(record) else twins).append(record)
    return fresh, twins


def _accepted(records: Sequence[Record], rows: pa.Table) -> list[Receipt]:
    """One receipt per tenant for the requests that were taken in, with the rows they made."""
    receipts = []
    for tenant in {record.tenant for record in records}:
        own = [record for record in records if record.tenant == tenant]
        items = pc.sum(pc.equal(rows.column("tenant"), tenant)).as_py() or 0
        receipts.append(_receipt(own, "accepted", None, items))
    return receipts


def _receipt(records: Sequence[Record], outcome: str, reason: str | None, items: int | None) -> Receipt:
    last = records[-1]
    size = sum(len(record.body) for record in records)
    return Receipt(
        last.tenant,
        last.signal,
        outcome,
        reason,
        len(records),
        items or 0,
        size,
        last.received_ns,
        last.position,
    )


def _own_receipt(record: Record) -> Receipt:
    """A receipt that the collector wrote: what it refused, and why."""
    said = orjson.loads(record.body)
    return Receipt(
        record.tenant, said["signal"], said["outcome"], said["reason"], said["requests"], said["items"],
        said["bytes"], record.received_ns, record.position,
    )  # fmt: skip


def _bury(folder: Path, record: Record) -> None:
    """Keep a body that cannot be read; the name is its journal position, so a repeat changes nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{record.position:020d}.{record.signal}.binpb").write_bytes(record.body)
