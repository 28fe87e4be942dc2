"""The steps of some runs: which run each belongs to, what stands above it, each told once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.evidence import merge, repeated
from spotlight.assembly.link import Links, mark_ancestors, parents, value_codes
from spotlight.assembly.membership import group, shadow_rows, stated_ties, turn_roots, with_shadows

_HEADS = ("agent", "workflow")


class Steps(NamedTuple):
    """The steps, how they hang together, and what was told twice."""

    spans: pa.Table
    links: Links
    told: pa.Table  # trace_id, span_id of a log record's row, and step: the row of `spans` that it repeats


def steps(spans: pa.Table) -> Steps:
    """Return the steps that these spans and log records make; every version must be there once.

    A log record that repeats a span gives it its facts and is dropped. What has no parent in a
    run of several traces, or comes from a log record, hangs below the run's root.
    """
    stated = stated_ties(spans)
    if stated.traces:
        # Steps that begin at the same moment would else make other runs when they are read again.
        spans = spans.sort_by([(name, "ascending") for name in ("started_ns", "trace_id", "span_id")])
    shadows = shadow_rows(spans)
    found = parents(spans)
    parent, missing = found.row.copy(), found.missing
    run = group(spans, parent, with_shadows(stated, spans, shadows))
    parent[(parent >= 0) & (run[parent] != run)] = -1
    parent[shadows.guests] = parent[shadows.hosts]
    of = repeated(spans, run, parent)
    merged = merge(spans, of)
    kept = np.flatnonzero(of < 0)
    place = np.full(spans.num_rows, -1, np.int64)
    place[kept] = np.arange(len(kept))
    target = np.where(of >= 0, of, np.arange(spans.num_rows))  # a dropped row stands for its step
    above = np.where(parent >= 0, place[target[parent]], -1)[kept]
    told = spans.select(["trace_id", "span_id"]).filter(pa.array(of >= 0))
    told = told.append_column("step", pa.array(place[of[of >= 0]]))
    if len(kept) < spans.num_rows:
        merged = merged.take(pa.array(kept))
    # The user's request opens its run, whatever span was active when the record was written.
    is_log = np.asarray(pc.equal(merged.column("signal"), "log"))
    missing = missing[kept] & ~(is_log & turn_roots(merged))
    links = Links(run[kept], above, missing, int(run.max()) + 1 if len(run) else 0)
    return Steps(merged, _gathered(merged, links), told)


def _gathered(spans: pa.Table, links: Links) -> Links:
    """Hang every top of a gathered run below the run's root, if it has one."""
    traces = value_codes(spans.column("trace_id"))
    is_log = np.asarray(pc.equal(spans.column("signal"), "log"))
    several = _extremes(links.run, traces, links.runs)
    gathered = several | (np.bincount(links.run[is_log], minlength=links.runs) > 0)
    tops = np.flatnonzero((links.parent < 0) & gathered[links.run])
    if not len(tops):
        return links
    is_head = np.asarray(pc.is_in(spans.column("kind"), value_set=pa.array(_HEADS)))
    leads = is_head | mark_ancestors(links.parent, is_head)
    lost = links.orphan & ~turn_roots(spans)
    start = spans.column("started_ns").fill_null(0).to_numpy()
    best = tops[np.lexsort((start[tops], is_log[tops], ~leads[tops], lost[tops]))[::-1]]
    root = np.full(links.runs, -1, np.int64)
    root[links.run[best]] = best  # the last assignment wins: the best
    rooted = tops[(root[links.run[tops]] != tops) & ~lost[root[links.run[tops]]]]
    rooted = rooted[~links.orphan[rooted] | is_log[rooted]]
    parent, orphan = links.parent.copy(), links.orphan.copy()
    parent[rooted] = root[links.run[rooted]]
    orphan[rooted] = False
    return Links(links.run, parent, orphan, links.runs)


def _extremes(run: np.ndarray, traces: np.ndarray, runs: int) -> np.ndarray:
    """Return which runs have spans of more than one trace."""
    low = np.full(runs, np.iinfo(np.int64).max)
    high = np.full(runs, -1)
    np.minimum.at(low, run, traces)
    np.maximum.at(high, run, traces)
    return np.asarray(low < high)
