"""Sections about time: how long runs and steps take, and on what."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from spotlight.figures import duration
from spotlight.reports.export.section import Chart, Section
from spotlight.reports.export.subjects.asked import Asked, joined, named
from spotlight.reports.latency import critical_path, latency, slowest_steps, step_latency
from spotlight.reports.latency_heatmap import heatmap
from spotlight.reports.moments import bare_time
from spotlight.reports.questions import Reports
from spotlight.reports.zone import zone

_PERCENTILES = ("p50_ms", "p90_ms", "p95_ms", "p99_ms")
_STEP_COLUMNS = (
    "steps", "n", "unknown", "failed", "p50_ms", "p95_ms", "p99_ms", "total_ms", "critical_ms", "ttft_p50_ms",
)  # fmt: skip


def latencies(reports: Reports, asked: Asked) -> list[Section]:
    """Return percentiles of runs as asked, over time, as a heatmap, and what the steps took."""
    filters, by = asked.filters, asked.by
    rows = named(latency(reports, filters, by), by)
    completion = rows.filter(pc.equal(rows.column("measure"), "completion"))
    times = named(latency(reports, filters, ("day",), ("completion",)), ("day",))
    divided = f" by {' and '.join(by)}" if by else ""
    drawn = joined(completion, by) if by else rows
    chart = Chart("dumbbells", "what" if by else "measure", ("p50_ms", "p95_ms"), rows=drawn)
    models = named(step_latency(reports, filters, ("model",), "model_calls"), ("model",))
    tools = named(step_latency(reports, filters, ("tool",), "tool_calls"), ("tool",))
    path = named(critical_path(reports, filters, ("kind",)), ("kind",))
    slow = slowest_steps(reports, filters, limit=asked.limit)
    return [
        Section(
            "latency", f"Latency{divided}", "How long do runs take, and their parts?", rows, chart,
            ("Percentiles are exact. unknown: runs whose time was not reported.",), _runs(completion),
            shown=(*by, "measure", "n", "unknown", *_PERCENTILES, "max_ms"),
        ),
        Section(
            "latency_by_day", "Completion by day", f"Does it get slower ({zone().key})?", times,
            Chart("lines", "day", ("p50_ms", "p95_ms")), n=_runs(times),
            shown=("day", "n", "unknown", "p50_ms", "p95_ms"),
        ),
        _critical(path),
        _heatmap(reports, asked),
        Section(
            "model_calls", "Model calls", "How long do models take?", models,
            Chart("dumbbells", "model", ("p50_ms", "p95_ms")), shown=("model", *_STEP_COLUMNS),
        ),
        Section(
            "tool_calls", "Tool calls", "How long do tools take?", tools,
            Chart("dumbbells", "tool", ("p50_ms", "p95_ms")), shown=("tool", *_STEP_COLUMNS[:-1]),
        ),
        Section(
            "slowest_steps", "Slowest steps", "Which single steps took longest?", slow,
            shown=("run_id", "kind", "name", "model", "tool_name", "started_ns", "duration_ms",
            "critical_ms", "failed"),
        ),
    ]  # fmt: skip


def _critical(path: pa.Table) -> Section:
    return Section(
        "critical_path", "Critical path by kind", "What would make runs faster if it were?", path,
        Chart("bars", "kind", ("critical_ms",)), ("Time in which no step ran is in no row.",),
    )  # fmt: skip


def _heatmap(reports: Reports, asked: Asked) -> Section:
    found = heatmap(reports, asked.filters, columns=40, rows=14)
    cells = [(row, column) for row in range(len(found.counts)) for column in range(len(found.counts[row]))]
    levels = [
        f"{duration(a)} to {duration(b)}" for a, b in zip(found.edges_ms, found.edges_ms[1:], strict=False)
    ]
    times = [bare_time(ns // 60_000_000_000 * 60_000_000_000) for ns in found.time_edges_ns]
    drawn = pa.table(
        {
            "start": pa.array([times[c] for _, c in cells], pa.string()),
            "duration": pa.array([levels[r] for r, _ in cells], pa.string()),
            "runs": pa.array([found.counts[r][c] for r, c in cells], pa.int64()),
        }
    )
    rows = pa.table(
        {
            "from_ms": pa.array(found.edges_ms[:-1], pa.float64()),
            "below_ms": pa.array(found.edges_ms[1:], pa.float64()),
            "runs": pa.array([sum(row) for row in found.counts], pa.int64()),
        }
    )
    unknown = (
        (f"{found.unknown:,} runs without a start or a duration are left out.",) if found.unknown else ()
    )
    return Section(
        "heatmap", "Runs by start and duration", "Are there several kinds of runs, and since when?", rows,
        Chart("heatmap", "start", ("runs",), "duration", wide=True, rows=drawn), unknown, found.n,
    )  # fmt: skip


def _runs(rows: pa.Table) -> int:
    return sum(value or 0 for value in rows.column("runs").to_pylist())
