"""Limits that runs are held to, and what they came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from spotlight.reports.cost import CostTotal, cost_total
from spotlight.reports.filters import RunFilters
from spotlight.reports.latency import latency
from spotlight.reports.quality import score_names
from spotlight.reports.questions import Reports
from spotlight.reports.reliability import failure_rates

Outcome = Literal["pass", "fail", "unknown"]
SCORE: Final = "min_score"


class Limit(NamedTuple):
    """One limit: what is measured, and how far it may go."""

    name: str  # a key of LIMITS, or SCORE
    bound: float
    score: str | None = None  # of SCORE: the name of the score


class Verdict(NamedTuple):
    """What a limit came to; `value` None is unknown."""

    limit: str
    bound: float
    value: float | None
    n: int  # how many the value is of
    of: str
    unit: str
    outcome: Outcome
    note: str  # what the value leaves out; "" for nothing


class Measured(NamedTuple):
    """A value, how many it is of, and what it leaves out."""

    value: float | None
    n: int
    note: str = ""


class Measure(NamedTuple):
    """How a limit is measured, and in what."""

    unit: str
    of: str
    value: Callable[[Reports, RunFilters], Measured]


def verdicts(reports: Reports, filters: RunFilters, limits: Sequence[Limit]) -> list[Verdict]:
    """Return what each limit came to for the matching runs, in their order.

    A value at its bound passes. What cannot be known has the outcome unknown, and is never taken for a pass.
    """
    return [_verdict(reports, filters, limit) for limit in limits]


def _verdict(reports: Reports, filters: RunFilters, limit: Limit) -> Verdict:
    least = limit.score is not None
    measure = _score(limit.score) if limit.score is not None else LIMITS[limit.name]
    found = measure.value(reports, filters)
    name = f"{limit.name} {limit.score}" if least else limit.name
    if found.value is None:
        outcome: Outcome = "unknown"
    else:
        outcome = "pass" if (found.value >= limit.bound if least else found.value <= limit.bound) else "fail"
    return Verdict(name, limit.bound, found.value, found.n, measure.of, measure.unit, outcome, found.note)


def _cost(reports: Reports, filters: RunFilters) -> Measured:
    total = cost_total(reports, filters)
    nothing_ran = total.runs == 0 and total.generations == 0
    return Measured(0.0 if nothing_ran else total.cost_usd, total.runs, _left_out(total))


def _cost_per_run(reports: Reports, filters: RunFilters) -> Measured:
    total = cost_total(reports, filters)
    return Measured(total.cost_per_run_usd, total.runs, _left_out(total))


def _unpriced_share(reports: Reports, filters: RunFilters) -> Measured:
    total = cost_total(reports, filters)
    note = f"{total.generations_without_usage:,} model calls reported no tokens"
    return Measured(
        total.unpriced_token_share, total.generations, note if total.generations_without_usage else ""
    )


def _left_out(total: CostTotal) -> str:
    parts = {"without a price": total.unpriced_generations, "without usage": total.generations_without_usage}
    said = [f"{count:,} {what}" for what, count in parts.items() if count]
    return f"leaves out model calls: {', '.join(said)}" if said else ""


def _failure_rate(reports: Reports, filters: RunFilters) -> Measured:
    rows = failure_rates(reports, filters, ()).to_pylist()
    if not rows:
        return Measured(None, 0)
    row = rows[0]
    note = f"leaves out {row['incomplete']:,} runs without an end" if row["incomplete"] else ""
    return Measured(row["failure_rate"], row["runs"] - row["incomplete"], note)


def _p95(reports: Reports, filters: RunFilters) -> Measured:
    rows: list[Mapping[str, Any]] = latency(reports, filters, (), ("completion",)).to_pylist()
    if not rows:
        return Measured(None, 0)
    row = rows[0]
    note = f"leaves out {row['unknown']:,} runs whose end was not reported" if row["unknown"] else ""
    return Measured(row["p95_ms"], row["n"], note)


def _score(name: str) -> Measure:
    """Return the measure of one score: its mean, or its share of yes."""

    def value(reports: Reports, filters: RunFilters) -> Measured:
        row = next((row for row in score_names(reports, filters).to_pylist() if row["name"] == name), None)
        return Measured(None, 0, "no such score") if row is None else Measured(row["value"], row["n"])

    return Measure("score", "judgements", value)


# What may be limited from above; the names are those of options and of budget files.
LIMITS: Final[Mapping[str, Measure]] = {
    "max_cost_usd": Measure("usd", "runs", _cost),
    "max_cost_per_run_usd": Measure("usd", "runs", _cost_per_run),
    "max_failure_rate": Measure("share", "runs that ended", _failure_rate),
    "max_p95_ms": Measure("ms", "runs of known duration", _p95),
    "max_unpriced_share": Measure("share", "model calls", _unpriced_share),
}
