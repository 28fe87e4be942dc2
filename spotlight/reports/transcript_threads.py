"""Which steps of a run make a conversation of their own: those of one agent below, or beside, another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly import Assembly
from spotlight.assembly.link import mark_ancestors
from spotlight.assembly.nearest import nearest, nearest_above


class Threads(NamedTuple):
    """Thread 0 is the main one; the others come as their heads do in `order`."""

    of: np.ndarray  # int64 per row: its thread; a head that a tool call is belongs to the thread that called
    heads: list[int]  # row of each thread's head; -1 for the main thread
    parents: list[int]  # thread in which each was started; -1 for the main thread


def threads(found: Assembly, order: np.ndarray) -> Threads:
    """Return the threads of one run; `order` lists its rows depth first.

    An agent below one that works itself has a thread of its own, and so has a tool call in which a model
    works without an agent between. Agents side by side, a hand-off, go on in the thread of what started
    them, unless they work at the same time.
    """
    parent = found.links.parent
    kind = found.spans.column("kind")
    is_agent = _is(kind, "agent")
    works = found.roles.is_generation | found.outcome.is_tool_call
    calls_model = _tools_with_models(found, is_agent)
    may_head = is_agent | calls_model
    owner = np.where(calls_model, nearest_above(parent, may_head), nearest(parent, may_head))
    has_work = np.zeros(len(parent), bool)
    has_work[owner[works & (owner >= 0)]] = True
    above = nearest_above(parent, may_head)
    is_head = calls_model.copy()
    at_once = _at_once(found, np.flatnonzero(is_agent & has_work), above)
    busy_above = np.zeros(len(parent), bool)  # some agent above it works itself
    for row in order.tolist():
        if (up := above[row]) >= 0:
            busy_above[row] = busy_above[up] or has_work[up] or calls_model[up]
    leads = has_work | mark_ancestors(parent, works)
    is_head |= is_agent & leads & (busy_above & ~_repeats(found, above) | at_once)
    heads = [row for row in order.tolist() if is_head[row]]
    number = np.zeros(len(parent) + 1, np.int64)
    number[heads] = np.arange(1, len(heads) + 1)
    own = nearest(parent, is_head)
    of = number[np.where(calls_model, nearest_above(parent, is_head), own)]
    return Threads(of, [-1, *heads], [-1, *(int(number[nearest_of(own, parent, row)]) for row in heads)])


def nearest_of(own: np.ndarray, parent: np.ndarray, row: int) -> int:
    """Return the head of the thread that the head `row` was started in, -1 for the main thread."""
    return int(own[parent[row]]) if parent[row] >= 0 else -1


def _tools_with_models(found: Assembly, is_agent: np.ndarray) -> np.ndarray:
    """Mark tool calls in which a model works with no agent between."""
    candidates = is_agent | found.outcome.is_tool_call
    holder = nearest_above(found.links.parent, candidates)[found.roles.is_generation]
    marked = np.zeros(len(is_agent), bool)
    marked[holder[holder >= 0]] = True
    return np.asarray(marked & found.outcome.is_tool_call)


def _repeats(found: Assembly, above: np.ndarray) -> np.ndarray:
    """Mark agents right below one of their name: some clients tell of one agent twice."""
    names = found.spans.column("agent_name")
    same = np.asarray(pc.fill_null(pc.equal(names, names.take(pa.array(np.maximum(above, 0)))), False))
    is_agent = _is(found.spans.column("kind"), "agent")
    called = nearest_above(found.links.parent, is_agent | found.outcome.is_tool_call)
    return np.asarray(same & (above >= 0) & (called == above))


def _at_once(found: Assembly, agents: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Mark agents that work while another one beside them does."""
    marked = np.zeros(len(above), bool)
    start = found.spans.column("started_ns").fill_null(0).to_numpy()
    end = np.maximum(found.spans.column("ended_ns").fill_null(0).to_numpy(), start)
    for holder in np.unique(above[agents]).tolist():
        beside = agents[above[agents] == holder]
        beside = beside[np.argsort(start[beside], kind="stable")]
        if len(beside) < 2:
            continue
        overlaps = start[beside[1:]] < np.maximum.accumulate(end[beside])[:-1]
        marked[beside[1:][overlaps]] = True
        marked[beside[:-1][overlaps]] = True
    return marked


def _is(column: pa.ChunkedArray, value: str) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.equal(column, value), False))
