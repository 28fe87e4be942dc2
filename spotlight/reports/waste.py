"""What was paid for nothing, by cause: each dollar in one cause at most, each cause with its runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports
from spotlight.reports.waste_causes import CAUSES, Cause
from spotlight.reports.waste_claims import Found, content_claims
from spotlight.reports.waste_content import Content, ContentLimits, ContentRead, read_content

QUIET_NS: Final = 3_600_000_000_000  # without its root and without a sign of life for so long: abandoned

__all__ = ["ContentLimits", "ContentRead", "Waste", "WasteCause", "cache_misses", "waste"]


class WasteCause(NamedTuple):
    """One cause of waste.

    `state` is "measured", "estimated" (told by sizes: of prompts, or tokens as characters / 4) or "not
    reported": the telemetry does not tell, then the figures are None and `explanation` says what would
    have to be sent.
    `cost_usd` is None where it is not known, `unpriced` counts the steps or calls found that have no price.
    `found` is how often the cause was found, counted in `unit`; `share` is that of all cost.
    `runs` is the number of runs concerned; `run_ids` are the first of them, the most wasteful first.
    """

    cause: str
    title: str
    state: str
    cost_usd: float | None
    share: float | None
    tokens: int | None
    found: int | None
    unit: str
    unpriced: int
    runs: int | None
    run_ids: tuple[str, ...]
    explanation: str


class Waste(NamedTuple):
    """All causes in the order in which they claim dollars; `cost_usd` is all that the steps cost.

    The causes add up to `wasted_usd` and never to more than `cost_usd`. `unpriced` counts steps
    with usage and without a price: what they cost is in no figure here.
    """

    causes: list[WasteCause]
    runs: int
    cost_usd: float | None
    wasted_usd: float | None
    unpriced: int
    content: ContentRead


def waste(
    reports: Reports,
    filters: RunFilters,
    limits: ContentLimits = ContentLimits(),
    run_limit: int = 20,
    now_ns: int | None = None,
) -> Waste:
    """Return every cause of waste in the matching runs, with its `run_limit` most wasteful runs.

    A run without its root counts as abandoned an hour before `now_ns`, which is the clock's time if None.
    """
    quiet = {"quiet_before_ns": _quiet_before_ns(now_ns)}
    total = reports.ask("waste_total", filters.params()).to_pylist()[0]
    asked = filters.params() | quiet | {"run_limit": run_limit}
    by_usage = {row["cause"]: row for row in reports.ask("waste_causes", asked).to_pylist()}
    content = read_content(reports, filters, quiet["quiet_before_ns"], limits, total["runs"])
    found = {
        cause: _summed(of, run_limit)
        for cause, of in content_claims(content, limits.large_result_tokens).items()
    }
    shown = _shown(total, content)
    causes = [
        _cause(cause, (by_usage | found).get(cause.name), shown, total["cost_usd"], limits)
        for cause in CAUSES
    ]
    costs = [cause.cost_usd for cause in causes if cause.cost_usd is not None]
    wasted = sum(costs) if costs and total["cost_usd"] is not None else None
    return Waste(causes, total["runs"], total["cost_usd"], wasted, total["unpriced"], content.read)


def cache_misses(
    reports: Reports, filters: RunFilters, limit: int = 50, now_ns: int | None = None
) -> pa.Table:
    """Return the model calls whose cache could have been read and was not, the dearest first.

    Columns: run_id, span_id, previous_span_id, agent_name, model, started_ns, readable_tokens,
    cache_read_tokens, missed_tokens, cost_usd. `waste_prefix.where_prefix_changed` says what changed.
    """
    asked = filters.params() | {"quiet_before_ns": _quiet_before_ns(now_ns), "limit": limit}
    return reports.ask("waste_missed_calls", asked)


def _quiet_before_ns(now_ns: int | None) -> int:
    return (time.time_ns() if now_ns is None else now_ns) - QUIET_NS


def _shown(total: Mapping[str, Any], content: Content) -> dict[str, int]:
    """Return how much of what shows each cause was reported."""
    read = content.read._asdict()
    return {
        **{name: total[name] for name in ("with_cache", "with_input", "generations", "tool_calls")},
        **{name: read[name] for name in read if name.startswith("calls_with_")},
    }


def _summed(of_runs: Sequence[Found], run_limit: int) -> dict[str, Any]:
    """Return what one cause found in all runs, in the form in which the lake answers."""
    worst = sorted(of_runs, key=lambda of: (-(of.cost_usd or 0.0), -of.tokens, of.run_id))
    costs = [of.cost_usd for of in of_runs if of.cost_usd is not None]
    return {
        "cost_usd": sum(costs) if costs else None,
        "tokens": sum(of.tokens for of in of_runs),
        "steps": sum(of.found for of in of_runs),
        "unpriced": sum(of.unpriced for of in of_runs),
        "runs": len(of_runs),
        "run_ids": [of.run_id for of in worst[:run_limit]],
    }


def _cause(
    cause: Cause,
    found: Mapping[str, Any] | None,
    shown: Mapping[str, int],
    total_usd: float | None,
    limits: ContentLimits,
) -> WasteCause:
    explanation = cause.explanation.format(**limits._asdict())
    if cause.shown_by is not None and shown[cause.shown_by[1]] and not shown[cause.shown_by[0]]:
        said = f"Not reported: {cause.not_reported}."
        return WasteCause(
            cause.name, cause.title, "not reported", None, None, None, None, cause.unit, 0, None, (),
            f"{said} {explanation}",
        )  # fmt: skip
    nothing: dict[str, Any] = {
        "cost_usd": 0.0,
        "tokens": 0,
        "steps": 0,
        "unpriced": 0,
        "runs": 0,
        "run_ids": [],
    }
    row = found if found and found["runs"] else nothing
    cost = row["cost_usd"]
    return WasteCause(
        cause=cause.name,
        title=cause.title,
        state="estimated" if cause.is_estimated else "measured",
        cost_usd=cost,
        share=cost / total_usd if cost is not None and total_usd else None,
        tokens=row["tokens"],
        found=row["runs"] if cause.unit == "runs" else row["steps"],
        unit=cause.unit,
        unpriced=row["unpriced"],
        runs=row["runs"],
        run_ids=tuple(row["run_ids"]),
        explanation=explanation,
    )
