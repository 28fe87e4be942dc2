"""One step told twice: a log record that repeats a span gives its facts to the span, and is no step."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import value_codes

# What a span takes over from the log record of the same step where it says nothing itself.
FACTS: Final = (
    "session_id", "turn_id", "user_id", "agent_name", "feature", "surface", "request_model",
    "response_model", "response_id", "request_id", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens", "usage_basis", "cost_reported_usd",
    "provider", "attempt", "finish_reasons", "ttft_ms", "tool_name", "tool_call_id", "tool_failed",
    "approval_decision", "approval_source", "error_type", "error_message", "http_status", "held",
)  # fmt: skip
APPROVAL: Final = ("approval_decision", "approval_source")
_KINDS: Final = ("llm", "tool", "approval", "agent")
_ID_COLUMNS: Final = {
    "llm": ("request_id", "response_id"),
    "tool": ("tool_call_id",),
    "approval": ("tool_call_id",),
    "agent": (),
}


def repeated(spans: pa.Table, run: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Return per row the span that a log record repeats, -1 for none.

    Same step: the same id of the call; else the span that was active, where it is of the same
    kind; else, in order of time, the same tokens (model calls), the same tool (tool calls) or
    the run's own agent span (the user's request). One record of a kind for one span.
    """
    of = np.full(spans.num_rows, -1, np.int64)
    is_log = np.asarray(pc.equal(spans.column("signal"), "log"))
    if not is_log.any():
        return of
    both = np.intersect1d(run[is_log], run[~is_log])
    candidates = np.isin(run, both) & np.asarray(pc.is_in(spans.column("kind"), value_set=pa.array(_KINDS)))
    rows = np.flatnonzero(candidates)
    if not len(rows):
        return of
    kinds = spans.column("kind").take(pa.array(rows)).to_pylist()
    start = spans.column("started_ns").fill_null(0).to_numpy()
    rows_of: dict[str, tuple[list[int], list[int]]] = {kind: ([], []) for kind in _KINDS}
    for at in np.argsort(start[rows], kind="stable").tolist():
        rows_of[kinds[at]][int(is_log[rows[at]])].append(int(rows[at]))
    for kind, (own, logs) in rows_of.items():
        if own and logs:
            _match_kind(spans, kind, own, logs, (run, parent, of))
    return of


def _match_kind(
    spans: pa.Table,
    kind: str,
    own: list[int],
    logs: list[int],
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    run, parent, of = arrays
    free = dict.fromkeys(own)  # in order of time
    if kind == "agent":
        free = {row: None for row in own if _is_outermost(row, parent, set(own))}

    def claim(log: int, span: int) -> None:
        of[log] = span
        free.pop(span, None)

    for column in _ID_COLUMNS[kind]:
        codes = value_codes(spans.column(column))
        by_id: dict[tuple[int, int], int] = {}
        for span in free:
            if codes[span] >= 0:
                by_id.setdefault((int(run[span]), int(codes[span])), span)
        for log in logs:
            span = by_id.get((int(run[log]), int(codes[log])), -1) if codes[log] >= 0 else -1
            if of[log] < 0 and span in free:
                claim(log, span)
    for log in logs:
        if of[log] < 0 and int(parent[log]) in free:
            claim(log, int(parent[log]))
    alike = _likeness(spans, kind)
    waiting: dict[tuple[int, int], list[int]] = {}
    for span in free:
        if alike[span] >= 0:
            waiting.setdefault((int(run[span]), int(alike[span])), []).append(span)
    for log in logs:
        same = waiting.get((int(run[log]), int(alike[log])), []) if of[log] < 0 and alike[log] >= 0 else []
        if same:
            claim(log, same.pop(0))


def _is_outermost(row: int, parent: np.ndarray, among: set[int]) -> bool:
    """Return whether none of these rows stands above this one."""
    above = int(parent[row])
    while above >= 0:
        if above in among:
            return False
        above = int(parent[above])
    return True


def _likeness(spans: pa.Table, kind: str) -> np.ndarray:
    """Return a number per row, the same for steps that look alike; -1 for what cannot be told."""
    if kind == "agent":
        return np.zeros(spans.num_rows, np.int64)
    if kind == "tool":
        return value_codes(spans.column("tool_name"))
    if kind == "llm":
        texts = pc.binary_join_element_wise(
            *(spans.column(c).cast(pa.string()) for c in ("input_tokens", "output_tokens")), " "
        )
        return value_codes(texts)
    return np.full(spans.num_rows, -1, np.int64)


def merge(spans: pa.Table, of: np.ndarray) -> pa.Table:
    """Return the spans with the facts of the log records that repeat them; rows stay where they are."""
    logs = np.flatnonzero(of >= 0)
    if not len(logs):
        return spans
    teller = np.full(spans.num_rows, -1, np.int64)
    teller[of[logs]] = logs
    take = pa.array(teller, mask=teller < 0)
    decision = spans.column("approval_decision")  # a client that does not know yet writes "unknown"
    undecided = pc.fill_null(pc.equal(decision, "unknown"), True)
    for name in FACTS:
        column = spans.column(name)
        told = column.take(take)
        merged = pc.coalesce(column, told)
        if name in APPROVAL:
            merged = pc.if_else(undecided, pc.coalesce(told, column), column)
        if name == "tool_failed":  # a failure that only one of the two tells is a failure
            merged = pc.if_else(pc.fill_null(told, False), True, merged)
        spans = spans.set_column(spans.schema.get_field_index(name), name, merged)
    position = spans.column("journal_position")
    newest = pc.max_element_wise(position, position.take(take))
    return spans.set_column(spans.schema.get_field_index("journal_position"), "journal_position", newest)
