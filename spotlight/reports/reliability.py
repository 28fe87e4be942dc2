"""How dependable the runs were: failures and their signatures, tools, retries, fallbacks, loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.reports.columns import COUNT, NUMBER, TEXT, TEXTS, Made, answer, dimensions, estimates, plain
from spotlight.reports.decisions import DENIED, RESUMED
from spotlight.reports.dimensions import RUN_DIMENSIONS, checked
from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric, Signal, counted, distinct, not_reported, reported
from spotlight.reports.periods import period_before
from spotlight.reports.questions import Reports
from spotlight.reports.statistics import difference, share

# So many calls of one tool in a row are a loop: agents that page through results mostly stay below it.
LOOP: Final = 5
_EXAMPLES: Final = 10

_TOOL_SPANS: Final = "send a span per tool call with gen_ai.operation.name=execute_tool and gen_ai.tool.name"
_MODEL_SPANS: Final = "send a span per model call with gen_ai.operation.name=chat and gen_ai.request.model"
_CHECKPOINTS: Final = (
    "send a span with spotlight.kind=checkpoint and spotlight.checkpoint.status (resumed, ...) where state "
    "is saved or taken up"
)

FAILURE_RATE: Final = Signal(
    "failure_rate", "Runs that failed", "share", "ended runs",
    "runs with status error, of those that ended", "",
)  # fmt: skip
INCOMPLETE_RATE: Final = Signal(
    "incomplete_rate", "Runs without an end", "share", "runs",
    "runs whose root span has not arrived: killed, still running or not sent", "",
)  # fmt: skip
TOOL_ERROR_RATE: Final = Signal(
    "tool_error_rate", "Tool calls that failed", "share", "tool calls",
    "calls that failed, whatever their span status", _TOOL_SPANS,
)  # fmt: skip
TOOL_TIMEOUT_RATE: Final = Signal(
    "tool_timeout_rate", "Tool calls that timed out", "share", "tool calls",
    "failed calls with HTTP status 408 or 504, or whose error says timeout or deadline exceeded", _TOOL_SPANS,
)  # fmt: skip
RETRY_RATE: Final = Signal(
    "retry_rate", "Runs that tried a step again", "share", "runs with calls",
    "runs in which the same model or tool was called again right after a try that failed", _TOOL_SPANS,
)  # fmt: skip
RETRY_RECOVERY: Final = Signal(
    "retry_recovery", "Runs that ended well after a retry", "share", "runs with retries",
    "runs with status ok, of those with a retry", _TOOL_SPANS,
)  # fmt: skip
FALLBACK_RATE: Final = Signal(
    "provider_fallback_rate", "Runs that fell back to another model or provider", "share",
    "runs with model calls",
    "runs in which a model call that failed was followed by one of another model or provider", _MODEL_SPANS,
)  # fmt: skip
LOOP_RATE: Final = Signal(
    "loop_rate", "Runs that went round in a loop", "share", "runs with tool calls",
    f"runs in which one tool was called {LOOP} times or more in a row", _TOOL_SPANS,
)  # fmt: skip
CHECKPOINTS: Final = Signal(
    "checkpoints", "Checkpoints written", "count", "checkpoints", "steps of kind checkpoint", _CHECKPOINTS
)
CHECKPOINT_FAILURES: Final = Signal(
    "checkpoint_failures", "Checkpoints that failed", "share", "checkpoints",
    "steps of kind checkpoint that failed", _CHECKPOINTS,
)  # fmt: skip
RESUMES: Final = Signal(
    "resumes", "Resumes from a checkpoint that went well", "share", "resumes",
    "checkpoints with status resumed that did not fail", _CHECKPOINTS,
)  # fmt: skip


class Reliability(NamedTuple):
    """How dependable the matching runs were.

    `metrics`: failure_rate, incomplete_rate, tool_error_rate, tool_timeout_rate, retry_rate,
    retry_recovery, provider_fallback_rate, loop_rate, checkpoints, checkpoint_failures, resumes.
    `signatures`, `tools`: see the functions of the same name.
    """

    runs: int
    metrics: tuple[Metric, ...]
    signatures: pa.Table
    tools: pa.Table


def reliability(reports: Reports, filters: RunFilters, before: RunFilters | None = None) -> Reliability:
    """Return the reliability of the matching runs; `before` is the period that signatures are held against.

    Without it, that is the period of equal length before `filters.since_ns`, where that is set.
    """
    total = reports.ask("reliability_totals", filters.params() | {"loop": LOOP}).to_pylist()[0]
    by_tool = tools(reports, filters)
    metrics = (*_of_runs(total), *_of_tools(by_tool), *_of_checkpoints(reports, filters))
    order = {name: at for at, name in enumerate(_ORDER)}
    listed = sorted(metrics, key=lambda metric: order[metric.name])
    signatures = failure_signatures(reports, filters, before)
    return Reliability(total["runs"], tuple(listed), signatures, by_tool)


_ORDER: Final = (
    "failure_rate", "incomplete_rate", "tool_error_rate", "tool_timeout_rate", "retry_rate", "retry_recovery",
    "provider_fallback_rate", "loop_rate", "checkpoints", "checkpoint_failures", "resumes",
)  # fmt: skip


def failure_rates(reports: Reports, filters: RunFilters, by: Sequence[str]) -> pa.Table:
    """Return the failure rate by dimensions of runs (day, hour, pack, version, ...), sorted by them.

    Columns: the dimensions, runs, failed, incomplete, failure_rate, low, high (Wilson; of the runs that
    ended: incomplete ones are left out).
    """
    rows = reports.ask("failure_rates", filters.params() | checked(by, RUN_DIMENSIONS)).to_pylist()
    shares = [share(row["failed"], row["runs"] - row["incomplete"]) for row in rows]
    return answer(
        dimensions(by, rows),
        plain(rows, COUNT, "runs", "failed", "incomplete"),
        estimates("failure_rate", shares),
    )


def failure_signatures(
    reports: Reports, filters: RunFilters, before: RunFilters | None = None, limit: int = 100
) -> pa.Table:
    """Return the failures of the matching runs grouped by what failed first, the most frequent first.

    Columns: error_signature, error_step, error_type, runs, share (of the failed runs),
    before_runs, trend, first_ns, last_ns (within both periods), versions ("pack version"), run_ids (the
    newest, at most 10). trend: new, gone, growing or shrinking (its share of all runs changed by more
    than chance would: 95 % interval), steady; None where there is no period before. What is gone has runs
    0 and the run ids of the period before.
    """
    earlier = before or period_before(reports, filters)
    given = {
        "before": (earlier or filters).params()["filters"], "has_before": earlier is not None, "limit": limit,
    }  # fmt: skip
    rows = reports.ask("failure_signatures", filters.params() | given).to_pylist()
    (now, failed), (then, _) = (_counts(reports, f) for f in (filters, earlier))
    for row in rows:
        row["trend"] = _trend(row, now, then)
        row["share"] = row["runs"] / failed if failed else None
        row["run_ids"] = row["run_ids"] or row["before_run_ids"]
    return answer(
        plain(rows, TEXT, "error_signature", "error_step", "error_type"),
        plain(rows, COUNT, "runs"),
        plain(rows, NUMBER, "share"),
        plain(rows, COUNT, "before_runs"),
        plain(rows, TEXT, "trend"),
        plain(rows, COUNT, "first_ns", "last_ns"),
        plain(rows, TEXTS, "versions", "run_ids"),
    )


def tools(reports: Reports, filters: RunFilters) -> pa.Table:
    """Return errors and timeouts by tool, the most failures first.

    Columns: tool, calls, failed, timeouts, error_rate, error_low, error_high, timeout_rate, timeout_low,
    timeout_high, retries, denied, p50_ms, p95_ms, run_ids (of failed calls, newest, at most 10).
    """
    rows = reports.ask("tool_reliability", filters.params() | {"denied": list(DENIED)}).to_pylist()
    failed = [share(row["failed"], row["calls"]) for row in rows]
    late = [share(row["timeouts"], row["calls"]) for row in rows]
    return answer(
        plain(rows, TEXT, "tool"),
        plain(rows, COUNT, "calls", "failed", "timeouts"),
        estimates("error_rate", failed, "error_low", "error_high"),
        estimates("timeout_rate", late, "timeout_low", "timeout_high"),
        plain(rows, COUNT, "retries", "denied"),
        plain(rows, NUMBER, "p50_ms", "p95_ms"),
        [Made("run_ids", TEXTS, [list(distinct(row["run_ids"] or (), _EXAMPLES)) for row in rows])],
    )


def loops(reports: Reports, filters: RunFilters, limit: int = 50) -> pa.Table:
    """Return the runs in which one tool was called LOOP times or more in a row, the longest first.

    Columns: run_id, name, started_ns, pack_name, pack_version, status, repeats, duration_ms, cost_usd.
    """
    return reports.ask("loops", filters.params() | {"loop": LOOP, "limit": limit})


def _counts(reports: Reports, filters: RunFilters | None) -> tuple[int, int]:
    """Return how many runs match, and how many of them failed."""
    found = () if filters is None else failure_rates(reports, filters, ()).to_pylist()
    return (found[0]["runs"], found[0]["failed"]) if found else (0, 0)


def _trend(row: dict[str, Any], now: int, before: int) -> str | None:
    if row["before_runs"] is None:
        return None
    if not row["before_runs"] or not row["runs"]:
        return "gone" if row["before_runs"] else "new"
    change = difference(share(row["before_runs"], before), share(row["runs"], now))
    if change.low is None or change.high is None or change.low <= 0 <= change.high:
        return "steady"
    return "growing" if change.low > 0 else "shrinking"


def _of_runs(total: dict[str, Any]) -> list[Metric]:
    asked = (
        (FAILURE_RATE, "failed", total["runs"] - total["incomplete"], "failed_run_ids"),
        (INCOMPLETE_RATE, "incomplete", total["runs"], "incomplete_run_ids"),
        (RETRY_RATE, "with_retries", total["runs_with_calls"], "retried_run_ids"),
        (RETRY_RECOVERY, "recovered", total["with_retries"], "retried_run_ids"),
        (FALLBACK_RATE, "with_fallbacks", total["runs_with_generations"], "fallback_run_ids"),
        (LOOP_RATE, "with_loops", total["runs_with_tools"], "loop_run_ids"),
    )
    always = (FAILURE_RATE, INCOMPLETE_RATE)
    found = []
    for signal, hits, of, runs in asked:
        carried = of or signal in always or (signal is RETRY_RECOVERY and total["runs_with_calls"])
        behind = total[runs] or ()
        found.append(reported(signal, share(total[hits], of), behind) if carried else not_reported(signal))
    return found


def _of_tools(by_tool: pa.Table) -> list[Metric]:
    calls, failed, late = (sum(by_tool.column(c).to_pylist()) for c in ("calls", "failed", "timeouts"))
    if not calls:
        return [not_reported(TOOL_ERROR_RATE), not_reported(TOOL_TIMEOUT_RATE)]
    behind = [run for runs in by_tool.column("run_ids").to_pylist() for run in runs]
    return [
        reported(TOOL_ERROR_RATE, share(failed, calls), behind),
        reported(TOOL_TIMEOUT_RATE, share(late, calls), behind if late else ()),
    ]


def _of_checkpoints(reports: Reports, filters: RunFilters) -> list[Metric]:
    rows = reports.ask("marked_steps", filters.params() | {"kinds": ["checkpoint"]}).to_pylist()
    if not rows:
        return [not_reported(signal) for signal in (CHECKPOINTS, CHECKPOINT_FAILURES, RESUMES)]
    steps = sum(row["steps"] for row in rows)
    failed = [row for row in rows if row["failed"]]
    resumed = [row for row in rows if row["word"] in RESUMED]
    well = sum(row["steps"] for row in resumed if not row["failed"])
    tried = sum(row["steps"] for row in resumed)
    return [
        counted(CHECKPOINTS, steps, steps, _behind(rows)),
        reported(CHECKPOINT_FAILURES, share(sum(row["steps"] for row in failed), steps), _behind(failed)),
        reported(RESUMES, share(well, tried), _behind(resumed)) if tried else not_reported(RESUMES),
    ]


def _behind(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [run for row in rows for run in row["run_ids"] or ()]
