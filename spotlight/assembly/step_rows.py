"""The steps of assembled runs as rows: what each did, for whom, with what usage."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.identity import take
from spotlight.assembly.link import Links, depths
from spotlight.assembly.nearest import nearest, nearest_above
from spotlight.assembly.outcome import Outcome
from spotlight.assembly.sequence import Sequence
from spotlight.assembly.timing import Timing
from spotlight.assembly.usage import LEAF, ROLE_NAMES, UsageRoles, inclusive_input
from spotlight.model import NO_STEPS, PRICE_COLUMNS, STEPS

_OF_RUN: Final = (
    "tenant", "date", "run_id", "session_id", "user_id", "tenant_claimed", "feature", "surface",
    "environment", "pack_name", "pack_version", "replay_of", "variant", "experiment_id",
)  # fmt: skip
_AS_SAID: Final = (
    "trace_id", "span_id", "signal", "dialect", "kind", "name", "started_ns", "ended_ns", "service_name",
    "tool_call_id", "provider", "request_model", "status", "error_type", "http_status", "attempt",
    "approval_decision", "approval_source", "finish_reasons", "ttft_ms",
)  # fmt: skip
_INHERITED: Final = (("agent_name",), ("skill_name",), ("prompt_name", "prompt_version"))
_LEAF_USAGE: Final = (
    "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens",
    "audio_input_tokens", "audio_output_tokens", "cost_reported_usd",
)  # fmt: skip


class Facts(NamedTuple):
    """What assembly knows of spans: what step rows are made of."""

    spans: pa.Table
    links: Links
    order: np.ndarray  # rows by run and start
    roles: UsageRoles
    outcome: Outcome
    timing: Timing
    sequence: Sequence


def step_rows(facts: Facts, runs: pa.Table) -> pa.Table:
    """Return the steps of runs as rows of the steps table; prices and run_version are still NULL.

    `runs` has one row per run, in the order of its number. A span of no step's kind counts where
    its usage does: some clients report usage on nothing but the whole.
    """
    spans, links, role = facts.spans, facts.links, facts.roles.role
    no_step = pc.is_in(spans.column("kind"), value_set=pa.array(NO_STEPS)).to_numpy()
    of_agents = runs.column("is_agent_run").to_numpy(zero_copy_only=False)[links.run]
    kept = (~no_step | (role == LEAF)) & of_agents
    rows = facts.order[kept[facts.order]]
    picked = pa.array(rows)
    columns = {name: spans.column(name).take(picked) for name in _AS_SAID}
    columns |= _of_run(runs, links.run[rows])
    columns |= _inherited(spans, links, rows, runs)
    columns |= _tree(spans, links, rows, kept)
    columns |= _what_happened(facts, rows)
    columns |= _usage(spans, role, rows)
    columns["run_version"] = pa.nulls(len(rows), pa.int64())
    nothing = {c.name: pa.nulls(len(rows), c.type) for c in PRICE_COLUMNS}
    return pa.table([(nothing | columns)[c.name] for c in STEPS.columns], STEPS.schema)


def _of_run(runs: pa.Table, run: np.ndarray) -> dict[str, pa.ChunkedArray]:
    of = pa.array(run)
    columns = {name: runs.column(name).take(of) for name in _OF_RUN}
    return columns | {"run_status": runs.column("status").take(of)}


def _inherited(spans: pa.Table, links: Links, rows: np.ndarray, runs: pa.Table) -> dict[str, pa.ChunkedArray]:
    """What a step says itself, else what stands nearest above it; the agent at last as the run says."""
    columns: dict[str, pa.ChunkedArray] = {}
    for names in _INHERITED:
        says = pc.is_valid(spans.column(names[0])).to_numpy()
        if not says.any():
            columns |= {name: pa.chunked_array([pa.nulls(len(rows), pa.string())]) for name in names}
            continue
        teller = nearest(links.parent, says)[rows]
        columns |= {name: take(spans.column(name), teller) for name in names}
    of_run = runs.column("agent_name").take(pa.array(links.run[rows]))
    columns["agent_name"] = pc.coalesce(columns["agent_name"], of_run)
    return columns


def _tree(spans: pa.Table, links: Links, rows: np.ndarray, is_step: np.ndarray) -> dict[str, pa.Array]:
    ids = spans.column("span_id")
    is_agent = np.asarray(pc.equal(spans.column("kind"), "agent"))
    run = links.run[rows]
    first = np.flatnonzero(np.append(True, run[1:] != run[:-1]))[: len(rows)]
    counts = np.diff(np.append(first, len(rows)))
    return {
        "parent_span_id": take(ids, nearest_above(links.parent, is_step)[rows]),
        "agent_span_id": take(ids, nearest_above(links.parent, is_agent)[rows]),
        "step": pa.array(np.arange(len(rows)) - np.repeat(first, counts) + 1),
        "depth": pa.array(depths(links.parent)[rows]),
    }


def _what_happened(facts: Facts, rows: np.ndarray) -> dict[str, pa.Array]:
    spans, outcome = facts.spans, facts.outcome
    start, end = spans.column("started_ns"), spans.column("ended_ns")
    ns = np.maximum(end.fill_null(0).to_numpy() - start.fill_null(0).to_numpy(), 0)[rows]
    known = pc.and_(pc.is_valid(start), pc.is_valid(end)).to_numpy()[rows]
    message = pc.coalesce(spans.column("error_message"), spans.column("status_message"))
    failed = outcome.failed[rows]
    critical = facts.timing.critical_ms[rows]
    tool = spans.column("tool_name")
    named = pc.if_else(pa.array(outcome.is_tool_call), pc.coalesce(tool, spans.column("name")), tool)
    return {
        "duration_ms": pa.array(ns / 1e6, mask=~known),
        "critical_ms": pa.array(critical, mask=np.isnan(critical)),
        "tool_name": named.take(pa.array(rows)),
        "caused_by": take(named, facts.sequence.caused_by[rows]),
        "model": pc.coalesce(spans.column("response_model"), spans.column("request_model")).take(
            pa.array(rows)
        ),
        "failed": pa.array(failed),
        "error_message": pc.if_else(
            pa.array(failed), message.take(pa.array(rows)), pa.scalar(None, pa.string())
        ),
        "is_retry": pa.array(facts.sequence.is_retry[rows]),
        "is_generation": pa.array(facts.roles.is_generation[rows]),
        "is_tool_call": pa.array(outcome.is_tool_call[rows]),
    }


def _usage(spans: pa.Table, role: np.ndarray, rows: np.ndarray) -> dict[str, pa.Array]:
    """Usage by token class, of leaves alone: any other figure repeats theirs."""
    teller = pa.array(rows, mask=role[rows] != LEAF)
    columns = {name: spans.column(name).take(teller) for name in _LEAF_USAGE}
    whole = inclusive_input(spans).take(teller)
    cached = pc.add(
        pc.fill_null(columns["cache_read_tokens"], 0), pc.fill_null(columns["cache_write_tokens"], 0)
    )
    rest = pc.subtract(whole, cached)  # below 0 where a client's figures do not fit each other
    names = pa.array(ROLE_NAMES)
    return columns | {
        "input_tokens": whole,
        "uncached_input_tokens": pc.if_else(pc.less(rest, 0), pa.scalar(0, pa.int64()), rest),
        "usage_role": names.take(pa.array(role[rows].astype(np.int64))),
    }
