"""Where the page of a run opens: what the rules of `first_bad` need, taken from an assembled run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly import Assembly
from spotlight.assembly.link import mark_ancestors
from spotlight.exact_json import parsed
from spotlight.figures import money
from spotlight.reports.first_bad import ERROR_SIGNS, SIGN_CHARACTERS, FirstBad, Seen, first_bad_step
from spotlight.reports.noise import noise

_SAID: Final = (
    "trace_id", "span_id", "kind", "name", "agent_name", "tool_name", "error_type", "error_message",
    "status_message", "finish_reasons",
)  # fmt: skip


def call_signs_params(traces: Sequence[str]) -> dict[str, object]:
    """Return the parameters with which sql/call_signs.sql is asked about the traces of a run."""
    return {"traces": list(traces), "signs": ERROR_SIGNS, "characters": SIGN_CHARACTERS}


class Spending(NamedTuple):
    """What the steps of a run cost, USD, by span id, and what it may cost; None is unknown, and no limit."""

    prices: Mapping[str, float | None] = {}
    budget_usd: float | None = None


def opening_step(found: Assembly, calls: pa.Table, spending: Spending = Spending()) -> FirstBad | None:
    """Return the first bad step of one assembled run by the rules that need no other run; None for none.

    `calls` is the answer of sql/call_signs.sql for its traces.
    """
    # A failure comes before all that a rule could say of other steps, which are many in a long run.
    failure = first_bad_step(seen_steps(found, calls.slice(0, 0), failures=True))
    return failure or first_bad_step(seen_steps(found, calls, spending))


def seen_steps(
    found: Assembly, calls: pa.Table, spending: Spending = Spending(), *, failures: bool = False
) -> list[Seen]:
    """Return the steps of one assembled run about which rules can say something, by start.

    With `failures`, only those that failed and that no failure stands below.
    """
    spans, failed, called = found.spans, found.outcome.failed, found.outcome.is_tool_call
    is_error = np.asarray(pc.fill_null(pc.equal(spans.column("status"), "error"), False))
    is_tool = np.asarray(pc.fill_null(pc.equal(spans.column("kind"), "tool"), False))
    # Inner works of a failed call are that call: it carries name, arguments and result.
    parent = found.links.parent
    is_inner = is_tool & ~called & (parent >= 0) & (failed & called)[parent]
    bad = (is_error | failed) & ~is_inner
    # Who only passes a failure on is not where it began.
    began = bad & ~mark_ancestors(parent, bad) & ~noise(found)
    told = called | np.asarray(pc.is_valid(spans.column("finish_reasons")))
    over, over_budget = _over_budget(found, spending)
    told[over] = True
    rows = np.flatnonzero(began if failures else began | told)
    start = np.asarray(spans.column("started_ns").fill_null(0), np.int64)
    rows = rows[np.argsort(start[rows], kind="stable")]
    said = spans.select(list(_SAID)).take(pa.array(rows)).to_pylist()
    carried = {(row["trace_id"], row["span_id"]): row for row in calls.to_pylist()}
    return [
        _seen(row, carried.get((row["trace_id"], row["span_id"]), {}))._replace(
            is_error=bool(began[at] and is_error[at]),
            is_failed_tool=bool(began[at] and is_tool[at] and failed[at]),
            is_tool_call=bool(called[at]),
            over_budget=over_budget if at in over else None,
        )
        for row, at in zip(said, rows.tolist(), strict=True)
    ]


def _over_budget(found: Assembly, spending: Spending) -> tuple[list[int], str]:
    """Return the row of the step with which the run had cost more than it may, [] for none, and how much."""
    spans, budget = found.spans, spending.budget_usd
    if budget is None:
        return [], ""
    spent = 0.0
    ids = spans.column("span_id").to_pylist()
    ends = pc.coalesce(spans.column("ended_ns"), spans.column("started_ns")).fill_null(0)
    for at in np.argsort(np.asarray(ends, np.int64), kind="stable").tolist():
        spent += spending.prices.get(ids[at]) or 0.0
        if spent > budget:
            return [at], f"{money(spent)}, more than the {money(budget)} that a run may"
    return [], ""


def _seen(row: Mapping[str, Any], carried: Mapping[str, Any]) -> Seen:
    error = row["error_message"] or row["status_message"]
    reasons = parsed(row["finish_reasons"])
    return Seen(
        span_id=row["span_id"],
        kind=row["kind"] or "other",
        name=row["tool_name"] or row["name"] or "",
        agent=row["agent_name"],
        error=": ".join(part for part in (row["error_type"], error) if part) or None,
        arguments=carried.get("arguments"),
        result=carried.get("result"),
        sign=carried.get("sign") or None,
        finish_reasons=tuple(map(str, reasons)) if isinstance(reasons, list) else (),
    )
