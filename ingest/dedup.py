"""Exporters resend what they are not sure was taken: each span is kept once.

OTLP makes duplicates part of the protocol (a response can be lost), so the rule is ours: the same
ids with the same content is a duplicate and is dropped; the same ids with other content is a newer
version, and both are kept, the newer one counting. A span that was announced while it was open (it has
no end) gives way to the ended one, whichever comes first.
Source: OpenTelemetry protocol specification, "Duplicate Data".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.keys import SeenSpans, span_keys
from spotlight.model import PAYLOADS, REPLACED, SPANS

_ARRIVAL: Final = frozenset(["tenant", "date", "received_ns", "journal_position", "quality_flags"])
_SPAN_CONTENT: Final = tuple(c.name for c in SPANS.columns if c.name not in _ARRIVAL)
_PAYLOAD_CONTENT: Final = tuple(c.name for c in PAYLOADS.columns if c.name not in _ARRIVAL)

Ids = tuple[str, str]
# Given trace ids and span ids, returns the stored (spans, payloads) that have one of each.
FetchStored = Callable[[list[str], list[str]], tuple[pa.Table, pa.Table]]


class Settled(NamedTuple):
    """What is left of a batch to store."""

    spans: pa.Table
    payloads: pa.Table
    replaced: pa.Table  # model.REPLACED: spans that came again with other content
    duplicates: int
    resent: pa.Table  # spans that came again with the same content
    newer: pa.Table  # spans that came again with other content, though they had ended
    late: int  # announcements of open spans that had ended by then


def unchanged(spans: pa.Table, payloads: pa.Table) -> Settled:
    """Return a batch of which nothing came before."""
    return Settled(spans, payloads, REPLACED.schema.empty_table(), 0, spans.slice(0, 0), spans.slice(0, 0), 0)


def settle(spans: pa.Table, payloads: pa.Table, known: SeenSpans, fetch: FetchStored) -> Settled:
    """Drop the spans of a batch that are already stored, or twice in it, with the same content.

    `known` is not changed. Costs a look-up a row; contents are compared only for spans that may
    be stored already.
    """
    seen = known.may_hold(spans)
    suspects = np.flatnonzero(seen | _repeated(span_keys(spans)))
    if not len(suspects):
        return unchanged(spans, payloads)
    maybe_stored = spans.select(["trace_id", "span_id"]).filter(pa.array(seen))
    stored_spans, stored_payloads = fetch(*(pc.unique(column).to_pylist() for column in maybe_stored.columns))
    versions = _versions(stored_spans, stored_payloads)
    picked = spans.take(pa.array(suspects))
    verdict = _judge(suspects, picked, _contents(picked, payloads), versions, _ended(stored_spans))
    keep = np.ones(spans.num_rows, bool)
    keep[verdict.drop] = False
    kept = spans.filter(pa.array(keep))
    return Settled(
        kept,
        _payloads_of(payloads, kept),
        _replaced_rows(spans.take(pa.array(sorted(verdict.newer + verdict.closing), pa.int64()))),
        len(verdict.duplicates),
        spans.take(pa.array(verdict.duplicates, pa.int64())),
        spans.take(pa.array(verdict.newer, pa.int64())),
        len(verdict.late),
    )


class _Verdict(NamedTuple):
    """Rows of a batch; `drop` are those that are not stored."""

    drop: list[int]
    duplicates: list[int]
    newer: list[int]
    closing: list[int]  # they end what was announced
    late: list[int]


def _judge(
    rows: np.ndarray, picked: pa.Table, contents: list[str], versions: dict[Ids, set[str]], ended: set[Ids]
) -> _Verdict:
    """Go through the suspect rows in order of arrival; `versions` gains what is kept, `ended` what ends."""
    verdict = _Verdict([], [], [], [], [])
    last_kept: dict[tuple[Ids, int], int] = {}
    ends_here = ended | _ended(picked)
    positions = picked.column("journal_position").to_pylist()
    for row, key, position, content, is_end in zip(
        rows.tolist(), _ids(picked), positions, contents, _is_end(picked).to_pylist(), strict=True
    ):
        known = versions.setdefault(key, set())
        if content in known:
            verdict.duplicates.append(row)
            continue
        if not is_end and key in ends_here:
            verdict.late.append(row)
            continue
        if known:
            (verdict.newer if key in ended or not is_end else verdict.closing).append(row)
        known.add(content)
        if is_end:
            ended.add(key)
        # Of two versions in one request only the later can be told apart from the earlier: keep it.
        earlier = last_kept.get((key, position))
        if earlier is not None:
            verdict.drop.append(earlier)
        last_kept[key, position] = row
    verdict.drop.extend(verdict.duplicates + verdict.late)
    return verdict


def _ids(spans: pa.Table) -> Iterable[Ids]:
    return zip(spans.column("trace_id").to_pylist(), spans.column("span_id").to_pylist(), strict=True)


def _ended(spans: pa.Table) -> set[Ids]:
    return set(_ids(spans.filter(_is_end(spans))))


def _is_end(spans: pa.Table) -> pa.ChunkedArray:
    """Return whether a row is no announcement of an open span; log records announce nothing."""
    return pc.or_(pc.is_valid(spans.column("ended_ns")), pc.equal(spans.column("signal"), "log"))


def _repeated(keys: np.ndarray) -> np.ndarray:
    """Mark every row whose key another row of the batch has too."""
    order = np.argsort(keys, kind="stable")
    same = np.append(keys[order][1:] == keys[order][:-1], False)
    marked = np.zeros(len(keys), bool)
    marked[order] = same | np.append(False, same[:-1])
    return np.asarray(marked & (keys != 0))


def _versions(spans: pa.Table, payloads: pa.Table) -> dict[Ids, set[str]]:
    versions: dict[Ids, set[str]] = {}
    for key, content in zip(_ids(spans), _contents(spans, payloads), strict=True):
        versions.setdefault(key, set()).add(content)
    return versions


def _contents(spans: pa.Table, payloads: pa.Table) -> list[str]:
    """Return a text per span that is equal for equal content, what it carries included."""
    wanted = set(zip(*_identity(spans), strict=True))
    carried = {
        key: repr(values)
        for key, values in zip(
            zip(*_identity(payloads), strict=True), _tuples(payloads, _PAYLOAD_CONTENT), strict=True
        )
        if key in wanted
    }
    texts = zip(zip(*_identity(spans), strict=True), _tuples(spans, _SPAN_CONTENT), strict=True)
    return [repr(values) + carried.get(key, "") for key, values in texts]


def _identity(rows: pa.Table) -> Iterable[list[object]]:
    return (rows.column(c).to_pylist() for c in ("trace_id", "span_id", "journal_position"))


def _tuples(rows: pa.Table, columns: tuple[str, ...]) -> Iterable[tuple[object, ...]]:
    return zip(*(rows.column(c).to_pylist() for c in columns), strict=True)


def _payloads_of(payloads: pa.Table, kept: pa.Table) -> pa.Table:
    """Return the payload rows of the kept spans; of two versions in one request, the later one's."""
    wanted = set(zip(*_identity(kept), strict=True))
    rows = {key: row for row, key in enumerate(zip(*_identity(payloads), strict=True)) if key in wanted}
    return payloads.take(pa.array(sorted(rows.values()), pa.int64()))


def _replaced_rows(spans: pa.Table) -> pa.Table:
    names = {"newest_position": "journal_position"}
    return pa.table([spans.column(names.get(c.name, c.name)) for c in REPLACED.columns], REPLACED.schema)
