"""How long runs and their steps take: exact percentiles, the critical path, the slowest steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from spotlight.errors import SpotlightError
from spotlight.reports.dimensions import RUN_DIMENSIONS, checked
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

# Measure of a run -> what it means; sql/latency.sql says which column of `runs` that is.
MEASURES: Final = {
    "completion": "from the start of the run to its end",
    "first_token": "from the start to the first token of the first model call",
    "first_action": "from the start to the first tool call; without one, to the first token",
    "model": "time in which a model worked and nobody else did",
    "tool": "time in which a tool, retrieval or memory worked",
    "queue": "time before the first step",
    "human": "time in which a person was waited for",
    "unaccounted": "time in which no step ran",
}
# Which steps a question is about.
STEPS: Final = ("all", "model_calls", "tool_calls")


def latency(
    reports: Reports, filters: RunFilters, by: Sequence[str] = (), measures: Sequence[str] = tuple(MEASURES)
) -> pa.Table:
    """Return exact percentiles of runs' times, a row per group and measure, groups in order.

    Columns: by_1, by_2, by_3 (the group; NULL is unknown, or not asked for), measure, runs, n (runs
    whose time is known), unknown (the others), p50_ms, p90_ms, p95_ms, p99_ms, max_ms, mean_ms (NULL
    where n is 0). `by` takes run dimensions: `by=("version", "hour")` lays versions over time.
    Percentiles are interpolated between the two nearest values, as numpy does.
    Raises: SpotlightError for a dimension or measure that does not exist.
    """
    known(measures, MEASURES, "measure")
    asked = filters.params() | checked(by, RUN_DIMENSIONS) | {"measures": list(measures)}
    return reports.ask("latency", asked)


def step_latency(
    reports: Reports, filters: RunFilters, by: Sequence[str] = ("model",), steps: str = "model_calls"
) -> pa.Table:
    """Return exact percentiles of steps' durations, a row per group, the most total time first.

    Columns: by_1, by_2, by_3, steps, n, unknown, failed, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    total_ms, critical_ms, ttft_n, ttft_p50_ms, ttft_p95_ms, output_tokens_per_s (median over calls
    whose output and duration are known), runs. `steps` is one of STEPS.
    Raises: SpotlightError for a dimension or choice of steps that does not exist.
    """
    known((steps,), STEPS, "choice of steps")
    return reports.ask("step_latency", filters.params() | checked(by) | {"steps": steps})


def critical_path(
    reports: Reports, filters: RunFilters, by: Sequence[str] = ("kind",), steps: str = "all"
) -> pa.Table:
    """Return where runs' critical paths go, a row per group of steps, the largest first.

    Columns: by_1, by_2, by_3, critical_ms, share (of the critical time of all steps asked about), steps
    (on the path), runs. What `latency` calls unaccounted is in no step and in no row.
    Raises: SpotlightError for a dimension or choice of steps that does not exist.
    """
    known((steps,), STEPS, "choice of steps")
    return reports.ask("critical_path", filters.params() | checked(by) | {"steps": steps})


def slowest_steps(reports: Reports, filters: RunFilters, steps: str = "all", limit: int = 20) -> pa.Table:
    """Return the steps that took longest, agents left out, the slowest first.

    Columns: run_id, trace_id, span_id, kind, name, agent_name, tool_name, model, started_ns,
    duration_ms, critical_ms, ttft_ms, output_tokens, failed, run_status, pack_version.
    Raises: SpotlightError for a choice of steps that does not exist.
    """
    known((steps,), STEPS, "choice of steps")
    return reports.ask("slowest_steps", filters.params() | {"steps": steps, "limit": limit})


def known(asked: Sequence[str], choices: Sequence[str] | dict[str, str], what: str) -> None:
    """Raise SpotlightError where something is asked for that is none of the choices."""
    for name in asked:
        if name not in choices:
            raise SpotlightError(f"no such {what}: {name!r}", hint=f"one of {', '.join(choices)}")
