"""Steps and runs of one day of a made-up fleet, as rows of the lake's tables."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.fleet import (
    AGENT,
    APPROVAL,
    APPROVALS,
    ENVIRONMENTS,
    FAILURES,
    FEATURES,
    KINDS,
    LLM,
    MEMORY_READ,
    MEMORY_WRITE,
    MODELS,
    NS_PER_MS,
    PACKS,
    RETRIEVAL,
    SIGNATURES,
    SKILLS,
    SUB_AGENTS,
    SURFACES,
    TENANTS,
    TOOL,
    TOOLS,
    UNIT_PRICES,
    VERSIONS,
    hex_ids,
    named,
    numbers,
)
from benchmarks.fleet_runs import Runs
from benchmarks.fleet_steps import Steps
from spotlight.model import DEFAULT_TENANT, RUNS, STEPS, Table

BOOK: Final = "made-up@1"
_FAILED_BY_THE_WAY: Final = {LLM: ("RateLimitError", 429), TOOL: ("TimeoutError", None)}


class Money(NamedTuple):
    """Usage and price of steps: which are known, and USD by class in the order of `Steps.tokens`."""

    has_usage: np.ndarray
    has_price: np.ndarray
    parts: np.ndarray  # shape (4, steps)
    fees: np.ndarray
    total: np.ndarray
    is_priced: np.ndarray  # a model call or a tool call that has a price


def money(random: np.random.Generator, steps: Steps) -> Money:
    """Return what the steps used and cost; failed calls mostly report nothing."""
    is_call = steps.kind == LLM
    has_usage = is_call & (random.random(len(is_call)) > np.where(steps.failed, 0.8, 0.02))
    prices = np.array([m.prices or (0, 0, 0, 0) for m in MODELS], float).T
    known = np.array([m.prices is not None for m in MODELS])
    has_price = has_usage & known[steps.model]
    parts = np.where(has_price, steps.tokens * prices[:, steps.model] / 1e6, 0.0)
    fees = np.where(steps.tool >= 0, np.array([t.fee_usd for t in TOOLS])[steps.tool], 0.0)
    return Money(has_usage, has_price, parts, fees, parts.sum(axis=0) + fees, has_price | (fees > 0))


def identity(runs: Runs) -> dict[str, pa.Array]:
    """Return what rows of a run and of its steps have in common, one entry per run."""
    version = [f"{p + 1}.{v}.0" for p in range(len(PACKS)) for v in range(VERSIONS)]
    return {
        "run_id": runs.run_id,
        "session_id": runs.session_id,
        "user_id": runs.user_id,
        "tenant_claimed": named(TENANTS, runs.tenant),
        "feature": named(FEATURES, runs.feature),
        "surface": named(SURFACES, runs.surface),
        "environment": named(ENVIRONMENTS, runs.environment),
        "service_name": named([f"{p.name}-service" for p in PACKS], runs.pack),
        "pack_name": named([p.name for p in PACKS], runs.pack),
        "pack_version": named(version, runs.pack * VERSIONS + runs.version),
    }


def step_rows(random: np.random.Generator, day: dt.date, runs: Runs, steps: Steps, paid: Money) -> pa.Table:
    """Return the rows of table steps, run_version left out."""
    count = len(steps.run)
    is_call, is_tool, ended = steps.kind == LLM, steps.tool >= 0, steps.started_ns + steps.length_ns
    shared = pa.table(identity(runs)).take(pa.array(steps.run))
    ids = hex_ids(random, count, 16)
    nearest = np.where(steps.kind == AGENT, -1, steps.parent)
    own = named(SUB_AGENTS, steps.sub_agent)
    ms = steps.length_ns / NS_PER_MS
    columns = {name: shared.column(name).combine_chunks() for name in shared.column_names} | {
        "trace_id": shared.column("run_id").combine_chunks(),
        "span_id": ids,
        "parent_span_id": _taken(ids, steps.parent),
        "agent_span_id": _taken(ids, nearest),
        "step": numbers(steps.place + 1),
        "depth": numbers(np.where(steps.parent < 0, 0, np.where(steps.place[steps.parent] > 0, 2, 1))),
        "signal": _constant("span", count),
        "dialect": _constant("otel_genai", count),
        "kind": named(KINDS, steps.kind),
        "name": _names(steps),
        "started_ns": numbers(steps.started_ns),
        "ended_ns": numbers(ended),
        "duration_ms": numbers(ms),
        "critical_ms": numbers(np.where(steps.beside, 0.0, ms), steps.kind != AGENT),
        "agent_name": pc.coalesce(own, shared.column("pack_name").combine_chunks()),
        "skill_name": named(SKILLS, steps.run % 7, steps.run % 7 < len(SKILLS)),
        "prompt_name": named([f"{p.name}/main" for p in PACKS], runs.pack[steps.run], is_call),
        "prompt_version": named([str(v // 2 + 1) for v in range(VERSIONS)], runs.version[steps.run], is_call),
        "tool_name": named([t.name for t in TOOLS], steps.tool),
        "tool_call_id": pc.if_else(pa.array(is_tool), pc.binary_join_element_wise("call", ids, "_"), None),
        "caused_by": named([t.name for t in TOOLS], steps.caused_by),
        "provider": named([m.provider for m in MODELS], steps.model),
        "model": named([m.name for m in MODELS], steps.model),
        "request_model": named([m.name for m in MODELS], steps.model),
        "run_status": named(("ok", "error", "incomplete"), run_status(runs)[steps.run]),
        "failed": numbers(steps.failed),
        "status": named(("unset", "error"), steps.failed.astype(int)),
        "attempt": numbers(np.full(count, 2), steps.is_retry & is_call),
        "is_retry": numbers(steps.is_retry),
        "approval_decision": named(APPROVALS, steps.run % 4, steps.kind == APPROVAL),
        "approval_source": named(("user",), np.zeros(count, int), steps.kind == APPROVAL),
        "finish_reasons": named(('["stop"]', '["tool_calls"]'), steps.run % 2, is_call & ~steps.failed),
        "ttft_ms": numbers(steps.ttft_ns / NS_PER_MS, is_call & ~steps.failed & (steps.run % 5 > 0)),
        "is_generation": numbers(is_call),
        "is_tool_call": numbers(is_tool),
        "usage_role": named(("none", "leaf"), paid.has_usage.astype(int)),
    }
    columns |= _errors(random, runs, steps) | _usage(random, steps, paid)
    return _table(STEPS, day, columns, count)


def _usage(random: np.random.Generator, steps: Steps, paid: Money) -> dict[str, pa.Array]:
    count = len(steps.run)
    fresh, read, written, output = steps.tokens
    told, priced = paid.has_usage, paid.is_priced
    reported = paid.total * (1 + 0.02 * random.standard_normal(count))
    parts = dict(zip(("input", "cache_read", "cache_write", "output"), paid.parts, strict=True))
    row = named([f"{m.provider}/{m.name} since 2025-01-01" for m in MODELS], steps.model, paid.has_price)
    return {
        "input_tokens": numbers(fresh + read + written, told),
        "uncached_input_tokens": numbers(fresh, told),
        "cache_read_tokens": numbers(read, told),
        "cache_write_tokens": numbers(written, told),
        "output_tokens": numbers(output, told),
        "reasoning_tokens": numbers(output // 3, told & (steps.model == 1)),
        "cost_reported_usd": numbers(reported, paid.has_price & (steps.run % 10 < 6)),
        "cost_usd": numbers(paid.total, priced),
        **{f"{name}_cost_usd": numbers(usd, paid.has_price) for name, usd in parts.items()},
        "fees_usd": numbers(paid.fees, priced),
        "price_book": named((BOOK,), np.zeros(count, int), priced),
        "price_row": row,
        "unit_prices": named(UNIT_PRICES, steps.model, paid.has_price),
        "unpriced_reason": named(("unknown model",), np.zeros(count, int), told & ~paid.has_price),
    }


def _errors(random: np.random.Generator, runs: Runs, steps: Steps) -> dict[str, pa.Array]:
    """Return what the failed steps say; in each run the last of them decides."""
    count = len(steps.run)
    kind: list[str | None] = [None] * count
    message: list[str | None] = [None] * count
    code: list[int | None] = [None] * count
    rows = np.flatnonzero(steps.failed)
    shown = random.integers(10, 99_999, len(rows)).tolist()
    is_last = np.append(steps.run[1:] != steps.run[:-1], True)
    for row, n in zip(rows.tolist(), shown, strict=True):
        failure = int(runs.failure[steps.run[row]])
        if is_last[row] and failure >= 0:
            kind[row] = FAILURES[failure].error_type
            message[row] = FAILURES[failure].message.replace("{n}", str(n))
        else:
            kind[row], code[row] = _FAILED_BY_THE_WAY[int(steps.kind[row])]
            message[row] = f"{kind[row]}: attempt {n}"
    return {
        "error_type": pa.array(kind, pa.string()),
        "error_message": pa.array(message, pa.string()),
        "http_status": pa.array(code, pa.int64()),
    }


def run_rows(
    random: np.random.Generator, day: dt.date, runs: Runs, steps: Steps, paid: Money, told: pa.Table
) -> pa.Table:
    """Return the rows of table runs, run_version and replaces left out; `told` are the rows of steps."""
    count = len(runs.run_id)
    first = np.flatnonzero(steps.place == 0)
    last = np.append(first[1:], len(steps.run)) - 1
    status = run_status(runs)
    failed, whole = status == 1, status < 2
    signature = named(SIGNATURES, runs.failure)
    columns = identity(runs) | {
        "trace_id": runs.run_id,
        "trace_ids": _lists(runs.run_id),
        "signals": _constant("span", count),
        "is_agent_run": numbers(np.ones(count, bool)),
        "root_span_id": _taken(told.column("span_id").combine_chunks(), first + runs.incomplete),
        "name": named([f"invoke_agent {p.name}" for p in PACKS], runs.pack),
        "session_source": _constant("root", count),
        "pack_version_source": _constant("root:spotlight.pack.version", count),
        "pack_digest": named([f"{n:016x}" for n in range(99)], runs.pack * VERSIONS + runs.version),
        "pack_digest_source": _constant("content digest", count),
        "agent_name": named([p.name for p in PACKS], runs.pack),
        "dialects": _constant("otel_genai", count),
        "started_ns": numbers(steps.started_ns[first]),
        "ended_ns": numbers((steps.started_ns + steps.length_ns)[first]),
        "duration_ms": numbers(steps.length_ns[first] / NS_PER_MS),
        "status": named(("ok", "error", "incomplete"), status),
        "status_reason": named(("", "a step failed", "no root has arrived"), status, ~whole | failed),
        "error_span_id": _taken(told.column("span_id").combine_chunks(), np.where(failed, last, -1)),
        "error_type": _taken(told.column("error_type").combine_chunks(), np.where(failed, last, -1)),
        "error_message": _taken(told.column("error_message").combine_chunks(), np.where(failed, last, -1)),
        "error_signature": signature,
        "models": _models(steps, count),
        "quality_flags": pa.array([[]] * count, pa.list_(pa.string())),
        "missing_parents": numbers(np.where(whole, 0, 1)),
        "assembled_position": numbers(steps.started_ns[first] // 1_000),
    }
    columns |= _totals(steps, paid, count) | _whole_times(steps, first, count)
    columns["error_step"] = _first_failed(steps, told, count)
    return _table(RUNS, day, columns, count)


def run_status(runs: Runs) -> np.ndarray:
    """Return 0 for a run that ended well, 1 for a failed one, 2 for one without its end."""
    return np.where(runs.incomplete, 2, np.where(runs.failure >= 0, 1, 0))


def _totals(steps: Steps, paid: Money, count: int) -> dict[str, pa.Array]:
    """Return counts and sums per run; NULL where no step knows."""
    calls, tools = steps.kind == LLM, steps.tool >= 0

    def counted(mask: np.ndarray) -> np.ndarray:
        return np.bincount(steps.run[mask], minlength=count)

    def summed(values: np.ndarray) -> pa.Array:
        return numbers(np.bincount(steps.run, values, count).astype(np.int64), counted(paid.has_usage) > 0)

    fresh, read, written, output = np.where(paid.has_usage, steps.tokens, 0)
    usd = np.bincount(steps.run, paid.total, count)
    return {
        "spans": numbers(np.bincount(steps.run, minlength=count) * 5 // 3),
        "error_spans": numbers(counted(steps.failed)),
        "generations": numbers(counted(calls)),
        "generations_without_usage": numbers(counted(calls & ~paid.has_usage)),
        "tool_calls": numbers(counted(tools)),
        "failed_tool_calls": numbers(counted(tools & steps.failed)),
        "input_tokens": summed(fresh + read + written),
        "output_tokens": summed(output),
        "cache_read_tokens": summed(read),
        "cache_write_tokens": summed(written),
        "reasoning_tokens": summed(np.where(steps.model == 1, output // 3, 0)),
        "cost_usd": numbers(usd, counted(paid.is_priced) > 0),
        "unpriced_generations": numbers(counted(paid.has_usage & ~paid.has_price)),
        "price_book": named((BOOK,), np.zeros(count, int), counted(paid.is_priced) > 0),
        "retries": numbers(counted(steps.is_retry)),
        "fallbacks": numbers(counted(steps.is_fallback)),
        "repeats": numbers(_repeats(steps, count)),
    }


def _whole_times(steps: Steps, first: np.ndarray, count: int) -> dict[str, pa.Array]:
    """Return where the time of each run went; the parts add up to its duration."""
    working = ~steps.beside & (steps.kind != AGENT)

    def taken(*kinds: int) -> np.ndarray:
        mask = working & np.isin(steps.kind, kinds)
        return np.bincount(steps.run[mask], steps.length_ns[mask], count).astype(np.int64)

    whole, start = steps.length_ns[first], steps.started_ns[first]
    model, tool, human = taken(LLM), taken(TOOL, RETRIEVAL, MEMORY_READ, MEMORY_WRITE), taken(APPROVAL)
    queue = steps.started_ns[first + 1] - start
    ms = {"model": model, "tool": tool, "human": human, "queue": queue,
          "unaccounted": whole - model - tool - human - queue}  # fmt: skip
    ttft = queue + steps.ttft_ns[first + 1]
    knows = (steps.run[first] % 5 > 0) & (steps.kind[first + 1] == LLM) & ~steps.failed[first + 1]
    acts = np.full(count, np.iinfo(np.int64).max)
    tools = steps.tool >= 0
    np.minimum.at(acts, steps.run[tools], steps.started_ns[tools])
    has_tool = acts < np.iinfo(np.int64).max
    return {f"{name}_ms": numbers(ns / NS_PER_MS) for name, ns in ms.items()} | {
        "ttft_ms": numbers(ttft / NS_PER_MS, knows),
        "first_action_ms": numbers(np.where(has_tool, acts - start, ttft) / NS_PER_MS, has_tool | knows),
        "critical_model_ms": numbers(model / NS_PER_MS),
        "critical_tool_ms": numbers(taken(TOOL) / NS_PER_MS),
    }


def _repeats(steps: Steps, count: int) -> np.ndarray:
    """Return the most times that one tool was called in a row, 0 for runs without a tool."""
    rows = np.flatnonzero(steps.tool >= 0)
    run, tool = steps.run[rows], steps.tool[rows]
    begins = np.append(True, (run[1:] != run[:-1]) | (tool[1:] != tool[:-1]))[: len(rows)]
    starts = np.flatnonzero(begins)
    most = np.zeros(count, np.int64)
    np.maximum.at(most, run[starts], np.diff(np.append(starts, len(rows))))
    return most


def _models(steps: Steps, count: int) -> pa.Array:
    """Return the distinct models of each run, sorted."""
    found = np.zeros(count, np.int64)
    calls = steps.model >= 0
    np.bitwise_or.at(found, steps.run[calls], 1 << steps.model[calls])
    sets = [sorted(m.name for n, m in enumerate(MODELS) if bits >> n & 1) for bits in range(1 << len(MODELS))]
    return pa.array(sets, pa.list_(pa.string())).take(pa.array(found))


def _first_failed(steps: Steps, told: pa.Table, count: int) -> pa.Array:
    rows = np.flatnonzero(steps.failed)
    run, at = np.unique(steps.run[rows], return_index=True)
    place = np.full(count, -1)
    place[run] = rows[at]
    text = pc.binary_join_element_wise(told.column("kind"), told.column("name"), " ")
    return _taken(text.combine_chunks(), place)


def _names(steps: Steps) -> pa.Array:
    """Return span names as the semantic conventions make them."""
    words = [*(f"chat {m.name}" for m in MODELS), *(f"execute_tool {t.name}" for t in TOOLS),
             *(f"invoke_agent {a}" for a in SUB_AGENTS), *(k.replace("_", " ") for k in KINDS),
             "invoke_agent"]  # fmt: skip
    tools, agents = len(MODELS), len(MODELS) + len(TOOLS)
    code = np.where(steps.kind == LLM, steps.model, agents + len(SUB_AGENTS) + steps.kind)
    code = np.where(steps.tool >= 0, tools + steps.tool, code)
    code = np.where(steps.kind == AGENT, agents + steps.sub_agent, code)
    return named(words, np.where(steps.parent < 0, len(words) - 1, code))


def _taken(values: pa.Array, rows: np.ndarray) -> pa.Array:
    return values.take(pa.array(np.where(rows < 0, 0, rows), mask=rows < 0))


def _constant(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), count)


def _lists(values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.arange(len(values) + 1, dtype=np.int32)), values)


def _table(table: Table, day: dt.date, columns: dict[str, pa.Array], count: int) -> pa.Table:
    """Return a table of the lake; columns that were not given are NULL."""
    columns |= {"tenant": _constant(DEFAULT_TENANT, count), "date": pa.repeat(pa.scalar(day), count)}
    nulls = {f.name: pa.nulls(count, f.type) for f in table.schema if f.name not in columns}
    return pa.table({**columns, **nulls}).select(table.schema.names).cast(table.schema)
