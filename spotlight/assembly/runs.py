"""Runs made from spans."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.claims import NOTHING_SAID, Claims, positions_said
from spotlight.assembly.identity import first_values, joined_names, take
from spotlight.assembly.link import Links, newest_versions, value_codes
from spotlight.assembly.membership import AGENT_KINDS, thread_dialects, turn_roots
from spotlight.assembly.outcome import REASONS, STATUS_NAMES, Outcome, outcomes
from spotlight.assembly.pack_identity import pack_columns
from spotlight.assembly.replay_grade import replay_grades
from spotlight.assembly.steps import steps
from spotlight.assembly.usage import (
    LEAF,
    PART_COLUMNS,
    TOKEN_COLUMNS,
    UsageRoles,
    inclusive_input,
    plausible_usage,
    usage_roles,
)
from spotlight.dialects import UNKNOWN
from spotlight.model import RUNS

ASSEMBLY_COLUMNS: Final = (
    "tenant", "date", "trace_id", "span_id", "parent_span_id", "signal", "dialect", "name", "kind",
    "started_ns", "ended_ns", "journal_position", "received_ns", "service_name", "service_version",
    "environment", "scope_name", "session_id", "turn_id", "user_id", "agent_name", "pack_name",
    "pack_version", "pack_version_source", "pack_digest", "tenant_claimed", "feature", "surface",
    "skill_name", "prompt_name", "prompt_version", "provider", "request_model", "response_model",
    "response_id", "request_id", "attempt", "finish_reasons", "ttft_ms", *TOKEN_COLUMNS, *PART_COLUMNS,
    "usage_basis", "usage_keys", "cost_reported_usd", "tool_name", "tool_call_id", "approval_decision",
    "approval_source", "status", "status_message", "tool_failed", "error_type", "error_message",
    "http_status", "linked_traces", "content_digest", "held", "replay_of", "variant",
    "experiment_id", "quality_flags", "resource", "scope",
)  # fmt: skip


# Columns of runs that `accounts` fills, and the versions that the keeper of the runs gives.
LATER: Final = (
    "run_version", "replaces", "cost_usd", "unpriced_generations", "price_book", "ttft_ms", "first_action_ms",
    "model_ms", "tool_ms", "human_ms", "queue_ms", "unaccounted_ms", "critical_model_ms", "critical_tool_ms",
    "retries", "fallbacks", "repeats", "error_signature", "error_step",
)  # fmt: skip


class Assembly(NamedTuple):
    """What assembly finds out; `spans` are the rows that the per-span arrays speak of."""

    spans: pa.Table
    told: pa.Table  # log records that repeat a span: trace_id, span_id, step (row of `spans`)
    links: Links
    roles: UsageRoles
    outcome: Outcome
    runs: pa.Table  # model.RUNS, one row per run


def assemble(spans: pa.Table, said: pa.Table = NOTHING_SAID) -> Assembly:
    """Return the runs that these spans make; all known spans of traces that belong together must be given.

    `spans` has at least ASSEMBLY_COLUMNS. Rows that a newer version of the same span replaces
    are dropped first. `said` is what log records say of whose these traces are (claims.SAID).
    """
    found = steps(newest_versions(spans))
    spans, impossible = plausible_usage(found.spans)
    links = found.links
    roots = _roots(spans, links)
    roles = usage_roles(spans, links)
    outcome = outcomes(spans, links, np.where(roots.real, roots.row, -1), roles.is_generation)
    columns = (
        _who(spans, links, roots, said)
        | _when(spans, links, said)
        | _how_it_ended(spans, roots, outcome)
        | _counts(spans, links, roles, outcome)
        | _tokens(spans, links, roles)
        | _names(spans, links, roles, impossible)
        | _membership(spans, links, roots, found.told)
        | replay_grades(spans, links, roles, outcome, said)
        | {name: pa.nulls(links.runs, RUNS.schema.field(name).type) for name in LATER}
    )
    return Assembly(
        spans,
        found.told,
        links,
        roles,
        outcome,
        pa.table([columns[c.name] for c in RUNS.columns], RUNS.schema),
    )


def _membership(spans: pa.Table, links: Links, roots: _Roots, told: pa.Table) -> dict[str, pa.Array]:
    """What names a run, which traces it has, and whether an agent was at work in it."""
    trace = spans.column("trace_id").take(pa.array(roots.row))
    turn = take(spans.column("turn_id"), first_values(spans, "turn_id", links, roots.row))
    known = pc.not_equal(spans.column("dialect"), UNKNOWN)
    agentic = pc.is_in(spans.column("kind"), value_set=pa.array(AGENT_KINDS)).to_numpy()
    by_turn = pc.is_in(spans.column("dialect"), value_set=pa.array(thread_dialects(), pa.string()))
    in_session = pc.and_(pc.is_valid(spans.column("session_id")), pc.invert(by_turn)).to_numpy()
    at_work = np.bincount(links.run[agentic | in_session], minlength=links.runs) > 0
    unknown = np.bincount(links.run[known.to_numpy()], minlength=links.runs) == 0
    return _made_of(spans, links, trace, told) | {
        "run_id": _run_ids(spans, trace, roots),
        "turn_id": turn,
        "merged_into": pa.nulls(links.runs, pa.string()),
        "is_agent_run": pa.array(at_work | unknown),
    }


def _made_of(spans: pa.Table, links: Links, trace: pa.ChunkedArray, told: pa.Table) -> dict[str, pa.Array]:
    """The traces and signals that a run's steps come from, those of merged log records among them."""
    trace_ids = [*spans.column("trace_id").chunks, *told.column("trace_id").chunks]
    traces = pa.chunked_array(trace_ids, pa.string())
    if not told.num_rows and pc.all(pc.equal(spans.column("signal"), "span")).as_py():
        signals = pa.repeat(pa.scalar("span"), links.runs)
        if np.array_equal(value_codes(traces), links.run):  # most batches: every run is its trace
            ends = pa.array(np.arange(links.runs + 1, dtype=np.int32))
            return {"signals": signals, "trace_ids": pa.ListArray.from_arrays(ends, trace.combine_chunks())}
    owners = np.concatenate([links.run, links.run[told.column("step").to_numpy()]])
    said = pa.chunked_array([*spans.column("signal").chunks, pa.repeat(pa.scalar("log"), told.num_rows)])
    return {
        "signals": pa.array(joined_names(said, owners, links.runs, ",".join), pa.string()),
        "trace_ids": pa.array(joined_names(traces, owners, links.runs, list), pa.list_(pa.string())),
    }


def _run_ids(spans: pa.Table, trace: pa.ChunkedArray, roots: _Roots) -> pa.Array:
    """Return the root's trace id; a later run of the same trace adds the id of its root."""
    start = spans.column("started_ns").fill_null(0).to_numpy()[roots.row]
    traces = value_codes(trace)
    order = np.lexsort((start, traces))
    later = np.zeros(len(order), bool)
    later[order[1:]] = traces[order][1:] == traces[order][:-1]
    if not later.any():
        return trace
    own = pc.binary_join_element_wise(trace, spans.column("span_id").take(pa.array(roots.row)), "-")
    return pc.if_else(pa.array(later), own, trace)


class _Roots(NamedTuple):
    row: np.ndarray  # int64 per run: the root, or the earliest top where there is none
    real: np.ndarray  # bool per run: it names no parent


def _roots(spans: pa.Table, links: Links) -> _Roots:
    start = spans.column("started_ns").fill_null(0).to_numpy()
    tops = np.flatnonzero(links.parent < 0)
    lost = links.orphan & ~turn_roots(spans)  # a turn is whole even where another process started it
    # Last assignment wins: a span that names no parent beats an orphan, an earlier start a later one.
    tops = tops[np.lexsort((start[tops], lost[tops]))[::-1]]
    row = np.full(links.runs, -1, np.int64)
    row[links.run[tops]] = tops
    return _Roots(row, ~lost[row] if links.runs else np.zeros(0, bool))


def _who(spans: pa.Table, links: Links, roots: _Roots, said: pa.Table) -> dict[str, pa.Array]:
    """Identity of every run; see `claims` for who is believed."""

    def of_root(column: str) -> pa.ChunkedArray:
        return spans.column(column).take(pa.array(roots.row))

    claims = Claims(spans, links, roots.row, roots.real, said)
    session = claims.find("session_id")
    who = {column: claims.find(column).value for column in _CLAIMED}
    who |= {c: pc.coalesce(of_root(c), claims.find(c).value) for c in ("environment", "service_name")}
    return who | pack_columns(spans, links, roots.row, claims, who["agent_name"], who["service_name"]) | {
        "session_id": session.value,
        "session_source": session.stood(),
        "tenant": of_root("tenant"),
        "date": of_root("date"),
        "trace_id": of_root("trace_id"),
        "root_span_id": of_root("span_id"),
        "name": _run_name(spans, links, roots),
    }  # fmt: skip


_CLAIMED: Final = (
    "user_id",
    "agent_name",
    "feature",
    "surface",
    "tenant_claimed",
    "replay_of",
    "variant",
    "experiment_id",
)


def _run_name(spans: pa.Table, links: Links, roots: _Roots) -> pa.ChunkedArray:
    """Return the root's name; where the root is no step of an agent, that of the first agent below it."""
    names = spans.column("name")
    heads = pc.is_in(spans.column("kind"), value_set=pa.array(("agent", "workflow"))).to_numpy()
    rows = np.flatnonzero(heads)
    rows = rows[np.argsort(spans.column("started_ns").fill_null(0).to_numpy()[rows], kind="stable")[::-1]]
    first = np.full(links.runs, -1, np.int64)
    first[links.run[rows]] = rows  # the last assignment wins: the earliest
    other = pc.equal(spans.column("kind").take(pa.array(roots.row)), "other").to_numpy()
    return names.take(pa.array(np.where(other & (first >= 0), first, roots.row)))


def _when(spans: pa.Table, links: Links, said: pa.Table) -> dict[str, pa.Array]:
    start = _extreme(spans.column("started_ns"), links, np.minimum)
    end = _extreme(pc.coalesce(spans.column("ended_ns"), spans.column("started_ns")), links, np.maximum)
    has_end = pc.is_valid(_extreme(spans.column("ended_ns"), links, np.maximum))
    end = pc.if_else(has_end, end, pa.scalar(None, pa.int64()))  # of steps without an end nothing is known
    newest = _extreme(spans.column("journal_position"), links, np.maximum)
    return {
        "started_ns": start,
        "ended_ns": end,
        "duration_ms": _milliseconds(start, end),
        "assembled_position": pc.max_element_wise(newest, pa.array(positions_said(spans, links, said))),
    }


def _milliseconds(start: pa.Array, end: pa.Array) -> pa.Array:
    """Return end - start. Arrow's own cast refuses differences over 2**53 ns (104 days)."""
    known = pc.and_(pc.is_valid(start), pc.is_valid(end)).to_numpy(zero_copy_only=False)
    ns = end.fill_null(0).to_numpy() - start.fill_null(0).to_numpy()
    return pa.array(ns / 1e6, mask=~known)


def _how_it_ended(spans: pa.Table, roots: _Roots, outcome: Outcome) -> dict[str, pa.Array]:
    status = pa.array(STATUS_NAMES).take(pa.array(outcome.status))
    error = outcome.deciding
    message = pc.coalesce(spans.column("error_message"), _not_empty(spans.column("status_message")))
    return {
        "status": status,
        "status_reason": pa.array(REASONS).take(pa.array(outcome.reason)),
        "error_span_id": take(spans.column("span_id"), error),
        "error_type": take(spans.column("error_type"), error),
        "error_message": take(message, error),
    }


def _counts(spans: pa.Table, links: Links, roles: UsageRoles, outcome: Outcome) -> dict[str, pa.Array]:
    error = pc.fill_null(pc.equal(spans.column("status"), "error"), False).to_numpy()
    covered = (links.parent >= 0) & (roles.role[links.parent] == LEAF)  # the wrapper around the call reports
    unmetered = roles.is_generation & (roles.role != LEAF) & ~covered
    marks = {
        "spans": np.ones(spans.num_rows, bool),
        "error_spans": error,
        "generations": roles.is_generation,
        "generations_without_usage": unmetered,
        "tool_calls": outcome.is_tool_call,
        "failed_tool_calls": outcome.is_tool_call & outcome.failed,
        "missing_parents": links.orphan,
    }
    return {
        n: pa.array(np.bincount(links.run[m], minlength=links.runs).astype(np.int64))
        for n, m in marks.items()
    }


def _tokens(spans: pa.Table, links: Links, roles: UsageRoles) -> dict[str, pa.Array]:
    leaf = roles.role == LEAF
    values = {c: spans.column(c) for c in (*TOKEN_COLUMNS, "cost_reported_usd")}
    values["input_tokens"] = inclusive_input(spans)
    return {name: _sum_known(column, links, leaf) for name, column in values.items()}


def _sum_known(column: pa.ChunkedArray, links: Links, counted: np.ndarray) -> pa.Array:
    """Sum per run over the counted rows; NULL where no counted row reported anything."""
    known = pc.is_valid(column).to_numpy() & counted
    numbers = column.fill_null(0).to_numpy()[known]
    total = np.zeros(links.runs, numbers.dtype)
    np.add.at(total, links.run[known], numbers)
    seen = np.bincount(links.run[known], minlength=links.runs) > 0
    return pa.array(total, column.type, mask=~seen)


def _names(spans: pa.Table, links: Links, roles: UsageRoles, impossible: np.ndarray) -> dict[str, pa.Array]:
    model = pc.coalesce(spans.column("response_model"), spans.column("request_model"))
    called = pc.if_else(pa.array(roles.is_generation), model, pa.scalar(None, pa.string()))
    models = joined_names(_chunked(called), links.run, links.runs, list)
    dialects = joined_names(spans.column("dialect"), links.run, links.runs, ",".join)
    flags = spans.column("quality_flags").combine_chunks()
    flag_run = links.run[pc.list_parent_indices(flags).to_numpy()]
    said = [pc.list_flatten(flags), pa.array(["impossible_usage"] * int(impossible.sum()), pa.string())]
    owners = np.concatenate([flag_run, links.run[impossible]])
    found = joined_names(pa.chunked_array(said), owners, links.runs, list)
    return {
        "models": pa.array(models, pa.list_(pa.string())),
        "dialects": pa.array(dialects, pa.string()),
        "quality_flags": pa.array(found, pa.list_(pa.string())),
    }


def _extreme(column: pa.ChunkedArray, links: Links, pick: np.ufunc) -> pa.Array:
    known = pc.is_valid(column).to_numpy()
    start = np.iinfo(np.int64).max if pick is np.minimum else np.iinfo(np.int64).min
    result = np.full(links.runs, start, np.int64)
    pick.at(result, links.run[known], column.fill_null(0).to_numpy()[known])
    return pa.array(result, mask=np.bincount(links.run[known], minlength=links.runs) == 0)


def _not_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _chunked(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
