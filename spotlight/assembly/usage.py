"""Which reported tokens count: every model call once.

Agent and workflow spans repeat what their children report, two instrumentations report one call
twice. Each span gets a role, and only `leaf` is summed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import Links, mark_ancestors, value_codes

NONE: Final = 0
LEAF: Final = 1
ROLLUP: Final = 2
DUPLICATE: Final = 3
ROLE_NAMES: Final = ("none", "leaf", "rollup", "duplicate")

TOKEN_COLUMNS: Final = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
)  # fmt: skip
# Parts of them that have a price of their own.
PART_COLUMNS: Final = ("cache_write_1h_tokens", "audio_input_tokens", "audio_output_tokens")
_TWIN_COLUMNS: Final = (
    "started_ns",
    "ended_ns",
    "response_id",
    "input_tokens",
    "output_tokens",
    "scope_name",
)
# More tokens than any model call can have: a client's mistake, or an attempt to break sums.
MOST_TOKENS: Final = 10**12
# Two reports of one call by two instrumentations overlap almost wholly; two calls in a row do not.
_SAME_CALL_OVERLAP = 0.9


class UsageRoles(NamedTuple):
    """One entry per span."""

    role: np.ndarray  # int8: NONE, LEAF, ROLLUP or DUPLICATE
    is_generation: np.ndarray  # bool: a model call, counted once
    twin: np.ndarray  # int64: row that reports the same call and counts instead, -1 for none
    twin_by_id: np.ndarray  # bool: the same response id told so; else the same usage at the same time


def plausible_usage(spans: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """Return the spans with impossible token counts made unknown, and which rows had one.

    Impossible is negative, or beyond MOST_TOKENS. What was sent stays in the spans table.
    """
    odd = np.zeros(spans.num_rows, bool)
    for name in (*TOKEN_COLUMNS, *PART_COLUMNS):
        column = spans.column(name)
        bad = pc.or_(pc.less(column, 0), pc.greater(column, MOST_TOKENS))
        if pc.any(bad).as_py():
            odd |= pc.fill_null(bad, False).to_numpy()
            kept = pc.if_else(bad, pa.scalar(None, column.type), column)
            spans = spans.set_column(spans.schema.get_field_index(name), name, kept)
    return spans, odd


def usage_roles(spans: pa.Table, links: Links) -> UsageRoles:
    """Return the usage role of every span and which spans are the model calls.

    The inner of two nested reports counts. Of two reports side by side, the same response id, or
    the same usage over almost the same time below one parent, mean one call; the one that names
    its response counts, then the earlier.
    """
    kind = spans.column("kind")
    is_llm = pc.fill_null(pc.equal(kind, "llm"), False).to_numpy()
    has_usage = _valid(spans, "input_tokens") | _valid(spans, "output_tokens")
    usage_below = mark_ancestors(links.parent, has_usage)
    llm_below = mark_ancestors(links.parent, is_llm)
    role = np.where(has_usage, np.where(usage_below, ROLLUP, LEAF), NONE).astype(np.int8)
    twin, by_id = _twins(spans, links, np.flatnonzero(role == LEAF))
    further = (twin >= 0) & (twin[twin] >= 0)
    twin[further] = twin[twin[further]]  # the report that counts, not another duplicate
    role[twin >= 0] = DUPLICATE
    is_generation = is_llm & ~llm_below
    is_generation[twin >= 0] = False
    return UsageRoles(role, is_generation, twin, by_id)


def inclusive_input(spans: pa.Table) -> pa.ChunkedArray:
    """Return input tokens with the cache counted in, whatever the client's basis; NULL for unknown."""
    reported = spans.column("input_tokens")
    exclusive = pc.fill_null(pc.equal(spans.column("usage_basis"), "exclusive"), False)
    cached = pc.add(
        pc.fill_null(spans.column("cache_read_tokens"), 0),
        pc.fill_null(spans.column("cache_write_tokens"), 0),
    )
    return pc.if_else(exclusive, pc.add(reported, cached), reported)


def _valid(spans: pa.Table, column: str) -> np.ndarray:
    return np.asarray(pc.is_valid(spans.column(column)))


def _twins(spans: pa.Table, links: Links, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return per span the row, of those given, that reports the same call, and whether its id says so."""
    twin = np.full(spans.num_rows, -1, np.int64)
    told_by_id = np.zeros(spans.num_rows, bool)
    if len(rows) < 2:
        return twin, told_by_id
    picked = spans.select(_TWIN_COLUMNS).take(pa.array(rows))
    start, end = _times(picked)
    named = pc.is_valid(picked.column("response_id")).to_numpy()
    # The report to keep comes first in its group: the one with a response id, then the earlier.
    preference = np.lexsort((start, ~named))
    scope = value_codes(picked.column("scope_name"))
    by_id = _same_response(
        [links.run[rows], value_codes(picked.column("response_id"))], named, preference, scope, (start, end)
    )
    usage = [picked.column(c).fill_null(-1).to_numpy() for c in ("input_tokens", "output_tokens")]
    group = [links.run[rows], links.parent[rows], *usage]
    by_time = _same_time_in_group(group, start, end, named, scope)
    told_by_id[rows] = by_id >= 0
    kept = np.where(by_id >= 0, by_id, by_time)
    twin[rows] = np.where(kept >= 0, rows[kept], -1)
    return twin, told_by_id


def _times(spans: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    start = spans.column("started_ns").fill_null(0).to_numpy()
    end = pc.coalesce(spans.column("ended_ns"), spans.column("started_ns")).fill_null(0).to_numpy()
    return start, end


def _same_response(
    keys: list[np.ndarray],
    named: np.ndarray,
    preference: np.ndarray,
    scope: np.ndarray,
    times: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Return for every named entry the one of higher preference that reports the same response, else -1.

    The id alone is not enough: local servers give every response the same one. Another scope, or
    the same time, must say so as well.
    """
    start, end = times
    rank = np.empty(len(named), np.int64)
    rank[preference] = np.arange(len(named))
    order = np.lexsort((rank, *keys))
    order = order[named[order]]
    first, second = order[:-1], order[1:]
    same = (scope[first] != scope[second]) | (
        np.minimum(end[first], end[second]) > np.maximum(start[first], start[second])
    )
    for key in keys:
        same &= key[first] == key[second]
    kept = np.full(len(named), -1, np.int64)
    kept[second[same]] = first[same]
    return kept


def _same_time_in_group(
    keys: list[np.ndarray], start: np.ndarray, end: np.ndarray, named: np.ndarray, scope: np.ndarray
) -> np.ndarray:
    """Return for one of two neighbours of a group that two instrumentations report of one time the other."""
    order = np.lexsort((start, *keys))
    first, second = order[:-1], order[1:]
    same = (scope[first] != scope[second]) & ~(named[first] & named[second])
    for key in keys:
        same &= key[first] == key[second]
    overlap = np.minimum(end[first], end[second]) - np.maximum(start[first], start[second])
    shorter = np.minimum(end[first] - start[first], end[second] - start[second])
    same &= (shorter > 0) & (overlap >= _SAME_CALL_OVERLAP * shorter)
    kept = np.full(len(start), -1, np.int64)
    paired = -1
    for pair in np.flatnonzero(same):
        if first[pair] == paired:
            continue  # already the twin of the entry before it
        paired = second[pair]
        one, other = int(first[pair]), int(second[pair])
        if named[other]:
            one, other = other, one
        kept[other] = one
    return kept
