"""Sections about quality, reliability, memory and safety."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from spotlight.reports.export.section import Chart, Section
from spotlight.reports.export.subjects.asked import Asked, joined, rows_table
from spotlight.reports.memory import memory
from spotlight.reports.metric import Metric
from spotlight.reports.quality import quality
from spotlight.reports.questions import Reports
from spotlight.reports.reliability import failure_rates, loops, reliability
from spotlight.reports.safety import safety

_METRIC = ("title", "value", "low", "high", "n", "of", "reported", "how")
_INTERVAL = "low to high: the 95 % interval."


def metrics_section(
    name: str, title: str, question: str, found: Sequence[Metric], runs: int | None = None
) -> Section:
    """Return metrics as a section; those that the telemetry does not carry say how to send them."""
    missing = sum(not metric.reported for metric in found)
    untold = (f"{missing} of {len(found)} are not reported: `how` says how to send them.",) if missing else ()
    rows = rows_table(found, Metric._fields).rename_columns(
        ["run_ids" if f == "runs" else f for f in Metric._fields]
    )
    return Section(name, title, question, rows, None, (*untold, _INTERVAL), runs, shown=_METRIC)


def qualities(reports: Reports, asked: Asked) -> list[Section]:
    """Return how good the runs were: success, scores by name, and the worst runs."""
    by = asked.by_or("pack", "version")
    found = quality(reports, asked.filters, by)
    success = _as_shares(found.success, "success")
    late = (f"{found.unjoined:,} scores are of runs that have not arrived.",) if found.unjoined else ()
    return [
        metrics_section("quality", "Quality", "How good were the runs, as people and judges say?",
        found.metrics, found.runs),
        Section(
            "success", f"Task success by {' and '.join(by)}", "Which succeed, of those that were judged?",
            success,
            Chart("bars", "what", ("success_rate",), rows=joined(success, by)),
            ("The status of a run is never taken for success.",), found.judged_runs, "judged runs",
        ),
        Section(
            "scores", "Scores by name", "What do judges say, and how sure is it?", found.scores, None, late,
            shown=("name", *by, "n", "runs", "measure", "value", "low", "high", "labels", "annotators"),
        ),
        Section(
            "worst_runs", "Worst runs", "Which runs were judged worst?", found.worst,
            shown=("run_id", "started_ns", "pack_name", "pack_version", "status", "score_name", "value",
            "label", "explanation"),
        ),
    ]  # fmt: skip


def reliabilities(reports: Reports, asked: Asked) -> list[Section]:
    """Return how dependable the runs were: rates, failure signatures, tools, loops."""
    filters = asked.filters
    found = reliability(reports, filters, asked.against)
    by = asked.by_or("pack", "version")
    sections = [
        metrics_section(
            "reliability", "Reliability", "How dependable were the runs?", found.metrics, found.runs
        )
    ]
    sections.append(_rates(failure_rates(reports, filters, ("day",)), ("day",), "failures_by_day", "lines"))
    sections.append(_rates(failure_rates(reports, filters, by), by, "failures", "bars"))
    return [
        *sections,
        Section(
            "signatures", "Failures by what failed first", "What fails, how often, and is it new?",
            found.signatures,
            shown=("error_signature", "error_step", "runs", "share", "before_runs", "trend", "first_ns",
            "last_ns", "versions", "run_ids"),
        ),
        Section(
            "tool_failures", "Tools", "Which tools fail or time out?", found.tools,
            Chart("bars", "tool", ("error_rate",)),
            shown=("tool", "calls", "failed", "error_rate", "timeouts", "timeout_rate", "retries", "denied",
            "p50_ms", "p95_ms", "run_ids"),
        ),
        Section(
            "loops", "Loops", "Which runs called one tool again and again?",
            loops(reports, filters, asked.limit),
            shown=("run_id", "name", "started_ns", "pack_name", "pack_version", "status", "repeats",
            "cost_usd"),
        ),
    ]  # fmt: skip


def _rates(rows: pa.Table, by: Sequence[str], name: str, kind: str) -> Section:
    rates = _as_shares(rows, "failure")
    chart = (
        Chart("lines", by[0], ("failure_rate",))
        if kind == "lines"
        else Chart("bars", "what", ("failure_rate",), rows=joined(rates, by))
    )
    counted = sum(value or 0 for value in rates.column("runs").to_pylist())
    title = f"Failure rate by {' and '.join(by)}"
    return Section(
        name, title, "How many runs fail, of those that ended?", rates, chart, (_INTERVAL,), counted
    )


def memories(reports: Reports, asked: Asked) -> list[Section]:
    """Return what agents did with their memory."""
    found = memory(reports, asked.filters)
    return [
        metrics_section("memory", "Memory", "What was read, proposed, accepted, corrected, stale?", found)
    ]


def safeties(reports: Reports, asked: Asked) -> list[Section]:
    """Return what was asked, denied, blocked and found."""
    found = safety(reports, asked.filters)
    return [
        metrics_section("safety", "Safety", "What was asked, denied, blocked and found?", found.metrics),
        Section("decisions", "Approvals and decisions", "What did people and policies say?", found.decisions),
        Section("guardrails", "Guardrails", "What did guardrails say?", found.guardrails),
    ]


def _as_shares(rows: pa.Table, what: str) -> pa.Table:
    """Return a table of which value, low and high bear names that say of what they are shares."""
    names = {"value": f"{what}_rate", "low": f"{what}_low", "high": f"{what}_high"}
    return rows.rename_columns([names.get(column, column) for column in rows.column_names])
