"""What changed between two sets of runs: the few lines that matter most of cost, failures and latency."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from spotlight.reports.bridge import bridge
from spotlight.reports.failures import named, search_of
from spotlight.reports.filters import RunFilters
from spotlight.reports.find.writing import all_of
from spotlight.reports.latency import step_latency
from spotlight.reports.questions import Reports
from spotlight.reports.reliability import failure_signatures

Subject = Literal["cost", "failure", "latency"]
FEWEST_CALLS: Final = 20  # on either side, below which a percentile of calls says nothing
SMALLEST_SHARE: Final = 0.01  # of the cost before, below which an effect is no change worth a line


class Change(NamedTuple):
    """One line of what changed; `name`, and what is quoted in it, may be text from spans.

    cost      name is the effect, difference in USD; before and after are None
    failure   name is the signature, before and after are failed runs; trend is new or growing
    latency   name is the tool or model, before and after are the p95 of its calls in ms
    """

    subject: Subject
    name: str
    trend: str
    before: float | None
    after: float | None
    difference: float
    n: int  # runs or calls that the line rests on, on the side of after
    note: str
    run_ids: tuple[str, ...]  # examples, those that weigh most first
    filters: RunFilters  # the runs behind it, or the least that holds them


def changes(reports: Reports, filters: RunFilters, before: RunFilters, *, most: int = 3) -> list[Change]:
    """Return what changed from `before` to `filters`: at most `most` lines of each subject."""
    return [
        *_cost(reports, filters, before, most),
        *_failures(reports, filters, before, most),
        *_latency(reports, filters, before, most),
    ]


def _cost(reports: Reports, filters: RunFilters, before: RunFilters, most: int) -> list[Change]:
    """Return the largest effects of the bridge."""
    found = bridge(reports, before, filters)
    least = SMALLEST_SHARE * max(found.before.cost_usd or 0.0, found.after.cost_usd or 0.0)
    lines = [line for line in found.lines if abs(line.cost_usd) > least]
    lines.sort(key=lambda line: -abs(line.cost_usd))
    return [
        Change(
            "cost", line.label, "more" if line.cost_usd > 0 else "less", None, None, line.cost_usd,
            found.after.runs, line.meaning, tuple(line.runs),
            (before if line.runs_are == "before" else filters)._replace(order="most_expensive"),
        )
        for line in lines[:most]
    ]  # fmt: skip


def _failures(reports: Reports, filters: RunFilters, before: RunFilters, most: int) -> list[Change]:
    """Return the failures that are new, then those that grow, the most frequent first."""
    rows = failure_signatures(reports, filters, before).to_pylist()
    rows = [row for row in rows if row["trend"] in ("new", "growing")]
    rows.sort(key=lambda row: (row["trend"] != "new", -row["runs"]))
    return [
        Change(
            "failure", row["error_signature"] or row["error_step"] or "", row["trend"],
            row["before_runs"], row["runs"], row["runs"] - (row["before_runs"] or 0), row["runs"],
            row["error_step"] or "", tuple(row["run_ids"]),
            filters._replace(query=all_of(filters.query, search_of(named(row)))),
        )
        for row in rows[:most]
    ]  # fmt: skip


def _latency(reports: Reports, filters: RunFilters, before: RunFilters, most: int) -> list[Change]:
    """Return the tools and models whose calls got slowest, by what their p95 grew."""
    found = []
    for by, steps in (("tool", "tool_calls"), ("model", "model_calls")):
        old = {row["by_1"]: row for row in step_latency(reports, before, (by,), steps).to_pylist()}
        for row in step_latency(reports, filters, (by,), steps).to_pylist():
            known = old.get(row["by_1"])
            if row["by_1"] is not None and known is not None and min(row["n"], known["n"]) >= FEWEST_CALLS:
                found.append(_slower(by, row, known, filters))
    found.sort(key=lambda change: -change.difference)
    return [change for change in found[:most] if change.before and change.difference > 0.1 * change.before]


def _slower(by: str, row: dict[str, Any], known: dict[str, Any], filters: RunFilters) -> Change:
    behind = filters._replace(model=row["by_1"]) if by == "model" else filters
    return Change(
        "latency", row["by_1"], "slower", known["p95_ms"], row["p95_ms"], row["p95_ms"] - known["p95_ms"],
        row["n"], by, (), behind._replace(order="slowest"),
    )  # fmt: skip
