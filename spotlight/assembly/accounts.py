"""What the steps of assembled runs were and cost, and what that makes of their runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.identity import take
from spotlight.assembly.runs import Assembly
from spotlight.assembly.sequence import in_order, sequence
from spotlight.assembly.signature import error_signatures
from spotlight.assembly.step_rows import Facts, step_rows
from spotlight.assembly.timing import timing
from spotlight.pricing import Book, price_steps


class Accounts(NamedTuple):
    """Rows of the runs table and of the steps table; run_version is still NULL in both."""

    runs: pa.Table
    steps: pa.Table


def accounts(assembly: Assembly, book: Book) -> Accounts:
    """Return assembled runs with their times and prices, and their steps."""
    spans, links, roles, outcome = assembly.spans, assembly.links, assembly.roles, assembly.outcome
    order = in_order(spans, links)
    calls = sequence(spans, links, order, roles.is_generation, outcome.is_tool_call, outcome.failed)
    facts = Facts(spans, links, order, roles, outcome, timing(spans, links), calls)
    steps = step_rows(facts, assembly.runs)
    steps = _with(steps, price_steps(steps, book))
    of_runs = _times(facts, assembly.runs) | _counts(facts) | _errors(assembly)
    return Accounts(_with(assembly.runs, of_runs | _prices(steps, assembly.runs)), steps)


def _with(table: pa.Table, columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    return pa.table([columns.get(n, table.column(n)) for n in table.column_names], table.schema)


def _times(facts: Facts, runs: pa.Table) -> dict[str, pa.Array]:
    """Where the time went; of a run without an end nothing is known."""
    unknown = pc.is_null(runs.column("duration_ms")).to_numpy()
    spent = facts.timing
    named = ("model_ms", "tool_ms", "human_ms", "queue_ms", "unaccounted_ms", "critical_model_ms",
             "critical_tool_ms")  # fmt: skip
    columns = {name: pa.array(getattr(spent, name), mask=unknown) for name in named}
    start = facts.spans.column("started_ns").fill_null(0).to_numpy()
    begin = runs.column("started_ns").fill_null(0).to_numpy()
    call = _first(facts.links.run, start, facts.roles.is_generation, facts.links.runs)
    tool = _first(facts.links.run, start, facts.outcome.is_tool_call, facts.links.runs)
    wait = take(facts.spans.column("ttft_ms"), call)
    token = pc.add(pa.array((start[call] - begin) / 1e6), wait)
    action = pa.array((start[tool] - begin) / 1e6, mask=tool < 0)
    return columns | {"ttft_ms": token, "first_action_ms": pc.coalesce(action, token)}


def _first(run: np.ndarray, start: np.ndarray, marked: np.ndarray, runs: int) -> np.ndarray:
    """Return per run its first marked row by start, -1 for none."""
    rows = np.flatnonzero(marked)
    rows = rows[np.argsort(start[rows], kind="stable")[::-1]]
    first = np.full(runs, -1, np.int64)
    first[run[rows]] = rows  # the last assignment wins: the earliest
    return first


def _counts(facts: Facts) -> dict[str, pa.Array]:
    run, runs, order = facts.links.run, facts.links.runs, facts.sequence
    counted = {"retries": order.is_retry, "fallbacks": order.is_fallback}
    columns = {
        name: pa.array(np.bincount(run[mask], minlength=runs).astype(np.int64))
        for name, mask in counted.items()
    }
    return columns | {"repeats": pa.array(order.repeats)}


def _errors(assembly: Assembly) -> dict[str, pa.Array | pa.ChunkedArray]:
    runs, spans, deciding = assembly.runs, assembly.spans, assembly.outcome.deciding
    kind = take(spans.column("kind"), deciding)
    what = pc.coalesce(take(spans.column("tool_name"), deciding), take(spans.column("name"), deciding))
    return {
        "error_signature": error_signatures(runs.column("error_type"), runs.column("error_message")),
        "error_step": pc.binary_join_element_wise(kind, what, " "),
    }


def _prices(steps: pa.Table, runs: pa.Table) -> dict[str, pa.Array]:
    """What the steps' prices add up to; NULL where no step has one."""
    run = np.asarray(pc.index_in(steps.column("run_id"), value_set=runs.column("run_id")), np.int64)
    cost = steps.column("cost_usd")
    known = pc.is_valid(cost).to_numpy()
    total = np.bincount(run[known], cost.fill_null(0).to_numpy()[known], runs.num_rows)
    priced = np.bincount(run[known], minlength=runs.num_rows) > 0
    unpriced = pc.is_valid(steps.column("unpriced_reason")).to_numpy()
    book = np.full(runs.num_rows, -1, np.int64)
    rows = np.flatnonzero(pc.is_valid(steps.column("price_book")).to_numpy())
    book[run[rows]] = rows
    return {
        "cost_usd": pa.array(total, mask=~priced),
        "unpriced_generations": pa.array(
            np.bincount(run[unpriced], minlength=runs.num_rows).astype(np.int64)
        ),
        "price_book": take(steps.column("price_book"), book),
    }
