"""Which traces are one run, and where one trace is several runs.

A run is a trace unless the client's RunRule says otherwise: coding agents spread one request of
the user over many traces and log records, others tie traces by links, and a second
instrumentation may report a model call in a trace of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import value_codes
from spotlight.dialects import dialects
from spotlight.dialects.table import RunRule

# Kinds of spans that show an agent at work; a trace without any is no agent run.
AGENT_KINDS: Final = (
    "agent", "workflow", "llm", "tool", "retrieval", "rerank", "guardrail", "evaluator", "memory_read",
    "memory_write", "decision", "approval", "human_input", "handoff",
)  # fmt: skip
_NOBODY: Final = -1
# A call that another instrumentation reports lies within the other report, but for the clock's grain.
_SLACK_NS: Final = 5_000_000
# So many of the calls that began last are looked at: echo models answer everything with the same tokens.
_MOST_HOSTS: Final = 64
_SAME: Final = ("service_name", "input_tokens", "output_tokens")
_NEVER_DIFFERENT: Final = ("response_id", "user_id", "environment")
_CALL_COLUMNS: Final = (*_SAME, *_NEVER_DIFFERENT, "scope_name", "started_ns", "ended_ns")


class Ties(NamedTuple):
    """Pairs (trace id, name of what it shares with others): traces that share a name belong together."""

    traces: list[str]
    names: list[str]


@cache
def _rules() -> dict[str, RunRule]:
    return {name: dialect.runs for name, dialect in dialects().items() if dialect.runs is not None}


@cache
def thread_dialects() -> tuple[str, ...]:
    """Return the dialects whose sessions are threads, cut into runs by turns."""
    return tuple(name for name, rule in _rules().items() if rule.by_turn)


@cache
def _opening_events() -> dict[str, frozenset[str]]:
    """Return the log events that open a run, by dialect."""
    return {
        name: frozenset(rule.event for rule in dialect.logs if rule.opens_run)
        for name, dialect in dialects().items()
        if dialect.logs
    }


def ties(spans: pa.Table) -> Ties:
    """Return what these spans say about traces that belong together, and what they show of it."""
    return with_shadows(stated_ties(spans), spans, shadow_rows(spans))


def with_shadows(stated: Ties, spans: pa.Table, shadows: Shadows) -> Ties:
    """Return the stated ties and those of model calls reported in a trace of their own.

    A callback-based instrumentation leaves no current span: an instrumentation of the model's
    client below it starts a new trace. Same service, same tokens, within the time of a call that
    another scope reports, and nothing that both say differs.
    """
    trace = spans.column("trace_id")
    pairs = (trace.take(pa.array(rows)).to_pylist() for rows in shadows)
    found = Ties([*stated.traces], [*stated.names])
    for guest, host in zip(*pairs, strict=True):
        found.traces.extend((guest, host))
        found.names.extend((f"trace {host}",) * 2)
    return found


def stated_ties(spans: pa.Table) -> Ties:
    """Return what these spans say about traces that belong together: sessions that are threads, links.

    Columns asked for: dialect, trace_id, session_id, linked_traces.
    """
    found = Ties([], [])
    threads = _of_dialects(spans, thread_dialects())
    said = spans.select(["dialect", "trace_id", "session_id"]).filter(pa.array(threads))
    for row in said.group_by(["dialect", "trace_id", "session_id"]).aggregate([]).to_pylist():
        if row["session_id"]:
            found.traces.append(row["trace_id"])
            found.names.append(f"session {row['dialect']} {row['session_id']}")
    linked = spans.select(["trace_id", "linked_traces"]).filter(pc.is_valid(spans.column("linked_traces")))
    for row in linked.to_pylist():
        for other in row["linked_traces"]:
            found.traces.extend((row["trace_id"], other))
            found.names.extend((f"trace {other}",) * 2)
    return found


def _of_dialects(spans: pa.Table, names: tuple[str, ...]) -> np.ndarray:
    wanted = pc.is_in(spans.column("dialect"), value_set=pa.array(names, pa.string()))
    return np.asarray(wanted)


class Shadows(NamedTuple):
    """Rows of calls that stand alone in a trace, and for each the row of the same call elsewhere."""

    guests: np.ndarray
    hosts: np.ndarray


def lone_calls(spans: pa.Table) -> np.ndarray:
    """Return which spans are model calls with nothing else in their trace, and no session."""
    calls = _equal(spans, "kind", "llm")
    calls &= pc.is_null(spans.column("parent_span_id")).to_numpy()
    calls &= pc.is_null(spans.column("session_id")).to_numpy()
    if calls.any():
        traces = value_codes(spans.column("trace_id"))
        calls &= np.bincount(traces)[traces] == 1
    return calls


def shadow_rows(spans: pa.Table) -> Shadows:
    """Return the calls that stand alone in a trace and repeat a call of another trace."""
    alone = lone_calls(spans)
    within = _equal(spans, "kind", "llm") & ~alone
    if not alone.any() or not within.any():
        return Shadows(np.zeros(0, np.int64), np.zeros(0, np.int64))
    rows = np.flatnonzero(alone | within)
    picked = spans.select(_CALL_COLUMNS).take(pa.array(rows))
    return _pair_up(rows, alone[rows], picked)


def _pair_up(rows: np.ndarray, alone: np.ndarray, picked: pa.Table) -> Shadows:
    """Pair every call that stands alone with the nearest call around it; none has two of one scope."""
    start = picked.column("started_ns").fill_null(0).to_pylist()  # Python's integers: no sum overflows
    end = pc.coalesce(picked.column("ended_ns"), picked.column("started_ns")).fill_null(0).to_pylist()
    scope = value_codes(picked.column("scope_name")).tolist()
    keys = list(zip(*(picked.column(name).to_pylist() for name in _SAME), strict=True))
    told = list(zip(*(picked.column(name).to_pylist() for name in _NEVER_DIFFERENT), strict=True))
    hosts: dict[tuple[object, ...], list[int]] = {}
    order = sorted(range(len(rows)), key=start.__getitem__)
    for at in order:
        if not alone[at]:
            hosts.setdefault(keys[at], []).append(at)
    begun = {key: [start[host] for host in of] for key, of in hosts.items()}
    pairs = []
    taken: set[tuple[int, int]] = set()
    for at in order:
        if not alone[at] or keys[at][1] is None or keys[at] not in hosts:
            continue
        until = bisect_right(begun[keys[at]], start[at] + _SLACK_NS)
        for host in reversed(hosts[keys[at]][max(until - _MOST_HOSTS, 0) : until]):
            around = end[at] <= end[host] + _SLACK_NS and scope[host] != scope[at]
            if around and (host, scope[at]) not in taken and not _contradict(told[at], told[host]):
                pairs.append((rows[at], rows[host]))
                taken.add((host, scope[at]))
                break
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return Shadows(found[:, 0], found[:, 1])


def _contradict(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Return whether both say something, and something else, of what one call has only one of."""
    return any(a is not None and b is not None and a != b for a, b in zip(one, other, strict=True))


def group(spans: pa.Table, parent: np.ndarray, tied: Ties) -> np.ndarray:
    """Return the number of every span's run, counted from 0 without gaps."""
    traces = value_codes(spans.column("trace_id"))
    if not tied.traces:
        return traces
    component = _components(spans.column("trace_id"), traces, tied)
    turn = _turns(spans, traces, component, parent)
    pairs = np.stack([component, turn], axis=1)
    return np.asarray(np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1), np.int64)


def _components(ids: pa.ChunkedArray, traces: np.ndarray, tied: Ties) -> np.ndarray:
    """Return per row the smallest trace number among all that are tied to its own."""
    number_of = dict(zip(ids.to_pylist(), traces.tolist(), strict=True))
    top = np.arange(int(traces.max()) + 1)

    def find(number: int) -> int:
        while top[number] != number:
            top[number] = top[top[number]]
            number = int(top[number])
        return number

    first_with: dict[str, int] = {}
    for trace, name in zip(*tied, strict=True):
        if trace not in number_of:
            continue
        own = number_of[trace]
        other = first_with.setdefault(name, own)
        low, high = sorted((find(own), find(other)))
        top[high] = low
    tops = np.array([find(number) for number in range(len(top))], np.int64)
    return np.asarray(tops[traces])


def _turns(spans: pa.Table, traces: np.ndarray, component: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Return a number per row that tells the turns of a thread apart; 0 where there are none.

    A row's turn is what itself says, else its nearest ancestor, else the only turn of its trace,
    else the last turn that had begun when it began.
    """
    turn = np.zeros(len(traces), np.int64)
    in_thread = np.isin(component, np.unique(component[_of_dialects(spans, thread_dialects())]))
    rows = np.flatnonzero(in_thread)
    if not len(rows):
        return turn
    label = np.full(len(traces), _NOBODY, np.int64)
    label[rows] = value_codes(spans.column("turn_id"))[rows]
    begins, opens = _beginnings(spans, in_thread)
    _name_roots(label, begins, parent)
    _inherit(label, parent, rows)
    _only_turn_of_trace(label, traces, rows)
    fresh = np.flatnonzero(opens & (label == _NOBODY))
    label[fresh] = len(traces) + fresh
    works = np.isin(traces, np.unique(traces[in_thread & _works(spans)]))
    _by_time(label, component, spans, np.flatnonzero(in_thread & works))
    # What no turn claims stays a run of its own trace.
    turn[rows] = np.where(label[rows] == _NOBODY, -1 - traces[rows], label[rows] + 1)
    return turn


def turn_roots(spans: pa.Table) -> np.ndarray:
    """Return which steps are the root of a turn: their run is whole, whoever started it."""
    begins, opens = _beginnings(spans, np.ones(spans.num_rows, bool))
    return np.asarray(begins | opens)


def _beginnings(spans: pa.Table, in_thread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are spans that are a turn's root, and which are log events that open one."""
    roots, opens = np.zeros(spans.num_rows, bool), np.zeros(spans.num_rows, bool)
    if not _of_dialects(spans, thread_dialects()).any():  # most batches
        return roots, opens
    is_log = _equal(spans, "signal", "log")
    for name, rule in _rules().items():
        own = in_thread & _equal(spans, "dialect", name)
        if own.any():
            roots |= own & _any_of(spans, rule.turn_roots)
            opens |= own & is_log & _any_of(spans, sorted(_opening_events().get(name, ())))
    return roots, opens


def _any_of(spans: pa.Table, names: list[str] | tuple[str, ...]) -> np.ndarray:
    return np.asarray(pc.is_in(spans.column("name"), value_set=pa.array(names, pa.string())))


def _works(spans: pa.Table) -> np.ndarray:
    """Return which rows show an agent at work, or come from a log record."""
    kinds = pc.is_in(spans.column("kind"), value_set=pa.array(AGENT_KINDS))
    return np.asarray(np.asarray(kinds) | _equal(spans, "signal", "log"))


def _name_roots(label: np.ndarray, begins: np.ndarray, parent: np.ndarray) -> None:
    """Give a turn's root that names no turn the name that a span below it has, else one of its own."""
    silent = begins & (label == _NOBODY)
    if not silent.any():
        return
    for row in np.flatnonzero(label != _NOBODY).tolist():
        above = int(parent[row])
        steps = 0
        while above >= 0 and steps < len(parent):
            if begins[above]:
                if label[above] == _NOBODY:
                    label[above] = label[row]
                break
            above, steps = int(parent[above]), steps + 1
    left = np.flatnonzero(begins & (label == _NOBODY))
    label[left] = len(label) + left


def _inherit(label: np.ndarray, parent: np.ndarray, rows: np.ndarray) -> None:
    """Give every row without a turn the one of its nearest ancestor that has one."""
    jump = parent.copy()
    open_rows = rows[label[rows] == _NOBODY]
    while len(open_rows := open_rows[jump[open_rows] >= 0]):
        above = jump[open_rows]
        label[open_rows] = label[above]
        open_rows = open_rows[label[open_rows] == _NOBODY]
        jump[open_rows] = parent[jump[open_rows]]


def _only_turn_of_trace(label: np.ndarray, traces: np.ndarray, rows: np.ndarray) -> None:
    known = rows[label[rows] != _NOBODY]
    low = np.full(int(traces.max()) + 1, np.iinfo(np.int64).max)
    high = np.full(len(low), _NOBODY)
    np.minimum.at(low, traces[known], label[known])
    np.maximum.at(high, traces[known], label[known])
    left = rows[label[rows] == _NOBODY]
    left = left[low[traces[left]] == high[traces[left]]]
    label[left] = high[traces[left]]


def _by_time(label: np.ndarray, component: np.ndarray, spans: pa.Table, rows: np.ndarray) -> None:
    """Give the rest the last turn of their thread that had begun by then; the first where none had."""
    start = spans.column("started_ns").fill_null(0).to_numpy()
    known = rows[label[rows] != _NOBODY]
    known = known[np.argsort(start[known], kind="stable")]
    begun: dict[int, dict[int, int]] = {}
    for row in known.tolist():
        begun.setdefault(int(component[row]), {}).setdefault(int(label[row]), int(start[row]))
    for row in rows[label[rows] == _NOBODY].tolist():
        turns = begun.get(int(component[row]))
        if turns:
            names, times = list(turns), list(turns.values())
            label[row] = names[max(int(np.searchsorted(times, start[row], side="right")) - 1, 0)]


def _equal(spans: pa.Table, column: str, value: str) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.equal(spans.column(column), value), False))
