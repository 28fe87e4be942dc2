"""How a run ended, and which span decided it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import Links, mark_ancestors, value_codes

OK: Final = 0
ERROR: Final = 1
INCOMPLETE: Final = 2
STATUS_NAMES: Final = ("ok", "error", "incomplete")

REASONS: Final = (
    None,
    "the root span ended in error",
    "a tool call failed and no later call of that tool succeeded",
    "the last model call failed",
    "no root span has arrived: killed, still running, or not sent",
    "its root span has not ended: still running, or killed",
)


class Outcome(NamedTuple):
    """Per span, then per run."""

    failed: np.ndarray  # bool per span: it failed, whatever its span status says
    is_tool_call: np.ndarray  # bool per span: a tool call, counted once
    status: np.ndarray  # int8 per run: index into STATUS_NAMES
    reason: np.ndarray  # int8 per run: index into REASONS
    deciding: np.ndarray  # int64 per run: row of the span that decided an error, -1 for none


def outcomes(spans: pa.Table, links: Links, root_row: np.ndarray, is_generation: np.ndarray) -> Outcome:
    """Return what failed in every run and how the run ended.

    A run is an error when its root is, when a tool call failed that no later call of the same tool
    made up for, or when its last model call failed: agents that swallow a failed step end with a
    root that looks well. A run whose root has not arrived, or has not ended, is incomplete.
    """
    kind = spans.column("kind")
    is_error = _equal(spans.column("status"), "error")
    is_tool = _equal(kind, "tool")
    inner = _inner_tools(spans, links, is_tool)
    is_tool_call = is_tool & ~inner
    tool_error = is_tool & (
        pc.fill_null(spans.column("tool_failed"), False).to_numpy()
        | pc.is_valid(spans.column("error_type")).to_numpy()
    )
    failed = is_error | tool_error
    failed[links.parent[inner & failed]] = True  # a call whose execution failed has failed
    start = spans.column("started_ns").fill_null(0).to_numpy()
    status = np.zeros(links.runs, np.int8)
    reason = np.zeros(links.runs, np.int8)
    deciding = np.full(links.runs, -1, np.int64)

    def decide(rows: np.ndarray, why: int) -> None:
        """Let the first of these rows decide runs that nothing has decided yet."""
        rows = rows[np.argsort(start[rows], kind="stable")[::-1]]
        rows = rows[deciding[links.run[rows]] < 0]
        deciding[links.run[rows]] = rows  # the last assignment wins: the earliest start
        status[links.run[rows]] = ERROR
        reason[links.run[rows]] = why

    tool_name = value_codes(pc.coalesce(spans.column("tool_name"), spans.column("name")))
    decide(_never_made_good(links.run, tool_name, start, is_tool_call, failed), 2)
    decide(_last_failures(links.run, start, is_generation, failed), 3)
    real_roots = np.flatnonzero((links.parent < 0) & ~links.orphan & is_error)
    failed_roots = np.unique(links.run[real_roots])
    undecided = failed_roots[deciding[failed_roots] < 0]
    status[failed_roots], reason[failed_roots] = ERROR, 1
    first_root = np.full(links.runs, -1, np.int64)
    first_root[links.run[real_roots[::-1]]] = real_roots[::-1]
    deciding[undecided] = _deepest_failure(links, first_root[undecided], undecided, failed, start)
    missing = root_row < 0
    status[missing], reason[missing] = INCOMPLETE, 4
    is_open = ~pc.is_valid(spans.column("ended_ns")).to_numpy() & _equal(spans.column("signal"), "span")
    still_open = ~missing & is_open[root_row]
    status[still_open], reason[still_open] = INCOMPLETE, 5
    return Outcome(failed, is_tool_call, status, reason, deciding)


def _equal(column: pa.ChunkedArray, value: str) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.equal(column, value), False))


def _inner_tools(spans: pa.Table, links: Links, is_tool: np.ndarray) -> np.ndarray:
    """Mark tool spans that repeat the tool span right above them: same call id, or same tool name."""
    rows = np.flatnonzero(is_tool & (links.parent >= 0))
    rows = rows[is_tool[links.parent[rows]]]
    inner = np.zeros(len(is_tool), bool)
    for column in ("tool_call_id", "tool_name"):
        codes = value_codes(spans.column(column))
        above = codes[links.parent[rows]]
        inner[rows] |= (codes[rows] == above) & (above >= 0)
    return inner


def _never_made_good(
    run: np.ndarray, name: np.ndarray, start: np.ndarray, is_call: np.ndarray, failed: np.ndarray
) -> np.ndarray:
    """Return the failed calls after which no call of the same name in the same run succeeded."""
    rows = np.flatnonzero(is_call)
    if not failed[rows].any():
        return rows[:0]
    distinct, key = np.unique(
        run[rows].astype(np.int64) * (int(name.max()) + 2) + name[rows] + 1, return_inverse=True
    )
    last_good = np.full(len(distinct), np.iinfo(np.int64).min)
    good = ~failed[rows]
    np.maximum.at(last_good, key[good], start[rows][good])
    return np.asarray(rows[~good & (last_good[key] <= start[rows])])


def _last_failures(
    run: np.ndarray, start: np.ndarray, is_generation: np.ndarray, failed: np.ndarray
) -> np.ndarray:
    """Return every run's last model call where it failed."""
    rows = np.flatnonzero(is_generation)
    rows = rows[np.lexsort((start[rows], run[rows]))]
    is_last = np.append(run[rows][1:] != run[rows][:-1], True)[: len(rows)]
    last = rows[is_last]
    return np.asarray(last[failed[last]])


def _deepest_failure(
    links: Links, roots: np.ndarray, runs: np.ndarray, failed: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Return for every failed root the earliest failed span without a failed span below it."""
    found = roots.copy()
    if not len(roots):
        return found
    innermost = failed & ~mark_ancestors(links.parent, failed)
    place = np.full(links.runs, -1, np.int64)
    place[runs] = np.arange(len(runs))
    rows = np.flatnonzero(innermost & (place[links.run] >= 0))
    rows = rows[np.argsort(start[rows], kind="stable")[::-1]]
    found[place[links.run[rows]]] = rows
    return found
