"""Where the time of a run went: who was at work when, and which steps it waited for."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import Links, mark_ancestors

MODEL: Final = ("llm", "embedding", "rerank")
TOOL: Final = ("tool", "retrieval", "memory_read", "memory_write", "checkpoint", "guardrail", "evaluator")
HUMAN: Final = ("approval", "human_input")
# Times within a run are counted in microseconds from its start and capped at 115 days, so that
# 400,000 runs fit side by side on one 64-bit axis.
_LONGEST_US: Final = 10_000_000_000_000


class Timing(NamedTuple):
    """Per span, then per run; milliseconds."""

    critical_ms: (
        np.ndarray
    )  # float per span: on the critical path; NaN for spans that do no work of their own
    model_ms: np.ndarray
    tool_ms: np.ndarray
    human_ms: np.ndarray
    queue_ms: np.ndarray
    unaccounted_ms: np.ndarray
    critical_model_ms: np.ndarray
    critical_tool_ms: np.ndarray


class _Axis(NamedTuple):
    """Work in order of run and start; all runs side by side on one axis, microseconds."""

    row: np.ndarray
    run: np.ndarray
    start: np.ndarray
    end: np.ndarray


def timing(spans: pa.Table, links: Links) -> Timing:
    """Return where every run's time went.

    A moment belongs to the person who is waited for, else to the innermost step at work: a tool
    before a model where both run, since the tool is what the agent waits for. What no step covers
    is queue before the first step and unaccounted after it.
    """
    kind = spans.column("kind")
    model, tool, human = (_is(kind, kinds) for kinds in (MODEL, TOOL, HUMAN))
    works = model | tool | human
    holds_work = mark_ancestors(links.parent, works)
    begin, length = _run_times(spans, links)
    axis = _axis(spans, links, np.flatnonzero(works), begin)
    inner = ~holds_work[axis.row]
    layers = (
        ("human", human, None), ("tool", tool, inner), ("model", model, inner), ("tool", tool, None),
        ("model", model, None),
    )  # fmt: skip
    spent = {name: np.zeros(links.runs) for name in ("human", "tool", "model")}
    taken, covered = np.zeros(len(axis.row), bool), np.zeros(links.runs)
    for name, mask, only in layers:
        taken |= mask[axis.row] if only is None else mask[axis.row] & only
        now = _covered(axis, taken, links.runs)
        spent[name] += now - covered
        covered = now
    queue = _queue(axis, links.runs, length)
    critical = _critical(axis, inner | human[axis.row], spans.num_rows)
    critical[~works] = np.nan
    return Timing(
        critical_ms=critical / 1e3,
        model_ms=spent["model"] / 1e3,
        tool_ms=spent["tool"] / 1e3,
        human_ms=spent["human"] / 1e3,
        queue_ms=queue / 1e3,
        unaccounted_ms=np.maximum(length - covered - queue, 0) / 1e3,
        critical_model_ms=_sum(links.run[model], critical[model], links.runs) / 1e3,
        critical_tool_ms=_sum(links.run[tool], critical[tool], links.runs) / 1e3,
    )


def _is(kind: pa.ChunkedArray, kinds: tuple[str, ...]) -> np.ndarray:
    return np.asarray(pc.is_in(kind, value_set=pa.array(kinds)))


def _sum(owner: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(owner, np.nan_to_num(values), count)


def _ends(spans: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    start = spans.column("started_ns").fill_null(0).to_numpy()
    end = pc.coalesce(spans.column("ended_ns"), spans.column("started_ns")).fill_null(0).to_numpy()
    return start, np.maximum(start, end)


def _run_times(spans: pa.Table, links: Links) -> tuple[np.ndarray, np.ndarray]:
    """Return every run's start, ns, and its length, microseconds."""
    start, end = _ends(spans)
    first = np.full(links.runs, np.iinfo(np.int64).max)
    last = np.full(links.runs, np.iinfo(np.int64).min)
    np.minimum.at(first, links.run, start)
    np.maximum.at(last, links.run, end)
    return first, np.minimum((last - first) // 1000, _LONGEST_US).astype(np.float64)


def _axis(spans: pa.Table, links: Links, rows: np.ndarray, begin: np.ndarray) -> _Axis:
    start, end = _ends(spans)
    run = links.run[rows]
    left, right = (np.minimum((t[rows] - begin[run]) // 1000, _LONGEST_US) for t in (start, end))
    base = run * (_LONGEST_US + 1)
    order = np.argsort(base + left, kind="stable")
    return _Axis(rows[order], run[order], (base + left)[order], (base + right)[order])


def _covered(axis: _Axis, taken: np.ndarray, runs: int) -> np.ndarray:
    """Return how much of every run the taken work covers, overlaps once."""
    start, end, run = axis.start[taken], axis.end[taken], axis.run[taken]
    if not len(start):
        return np.zeros(runs)
    reached = np.maximum.accumulate(end)
    free = np.maximum(start, np.append(start[:1], reached[:-1]))
    return np.bincount(run, np.maximum(end - free, 0), runs)


def _queue(axis: _Axis, runs: int, length: np.ndarray) -> np.ndarray:
    """Return the time before a run's first work; all of it where nothing worked."""
    first = length.copy()
    opens = np.append(True, axis.run[1:] != axis.run[:-1])[: len(axis.run)]
    first[axis.run[opens]] = axis.start[opens] - axis.run[opens] * (_LONGEST_US + 1)
    return first


def _critical(axis: _Axis, taken: np.ndarray, spans: int) -> np.ndarray:
    """Return per span its time on the critical path, microseconds, 0 beside it.

    Read backwards from the end of the run: the work that ended last, cut where the next on the
    path began; before it the work that ended last of what had begun by then; and so on.
    """
    result = np.zeros(spans)
    row, run, start, end = (values[taken] for values in axis)
    count = len(row)
    if not count:
        return result
    reached = np.maximum.accumulate(end)  # runs follow each other on the axis: a later run is further right
    place = np.maximum.accumulate(np.where(end == reached, np.arange(count), 0))
    before = np.append(-1, place[:-1])
    opens = np.append(True, run[1:] != run[:-1])
    before[opens] = -1
    closes = np.append(opens[1:], True)
    last = np.zeros(count, bool)
    last[place[closes]] = True
    on_path = last | mark_ancestors(before, last)
    limit = end.copy()
    following = np.flatnonzero(on_path & (before >= 0))
    limit[before[following]] = np.minimum(end[before[following]], start[following])
    result[row[on_path]] = np.maximum(limit - start, 0)[on_path]
    return result
