"""The first bad step of a run by every rule, those that need other runs or judgements too."""

from __future__ import annotations

from typing import Any

from spotlight.reports.first_bad import FirstBad, first_bad_step
from spotlight.reports.nearest_good import is_refused, nearest_good
from spotlight.reports.opening_step import Spending, call_signs_params, seen_steps
from spotlight.reports.questions import Reports
from spotlight.reports.run_diff import run_diff


def first_bad(reports: Reports, run_id: str, *, of_failed: bool = False) -> FirstBad | None:
    """Return where to look first in a run; None where no rule speaks. Raises: NotFound.

    A run that ended well, and that no verdict calls a failure, is not compared with others; with `of_failed`
    nothing is said of it: what its own steps show is known already.
    """
    run: Any = reports.run(run_id)
    has_failed = run["status"] != "ok" or is_refused(reports, run["run_id"])
    if of_failed and not has_failed:
        return None
    calls = reports.ask("call_signs", call_signs_params(run["trace_ids"]))

    def diverged() -> FirstBad | None:
        return divergence(reports, run["run_id"]) if has_failed else None

    spending = Spending(reports.prices(run), reports.run_budget_usd)
    steps = seen_steps(reports.assembled(run), calls, spending)
    return first_bad_step(steps, has_failed=has_failed, diverged=diverged)


def divergence(reports: Reports, run_id: str) -> FirstBad | None:
    """Return the step at which a run first does otherwise than the nearest good one; None for nowhere."""
    good = nearest_good(reports, run_id)
    if good.run_id is None:
        return None
    found = run_diff(reports, good.run_id, run_id)
    if found.divergence is None or found.divergence.deed_row is None:
        return None
    # Where the run only lacks steps, its next one is where that shows.
    rows = found.rows[found.divergence.deed_row :]
    place = next((row.b for row in rows if row.b is not None), None)
    if place is None:
        return None
    step = found.b.steps[place]
    return FirstBad(
        step.span_id,
        "divergence",
        f"first thing done otherwise than in the nearest good run {good.run_id[:8]}: {step.kind} {step.name}",
    )
