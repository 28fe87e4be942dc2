"""A lake whose runs, steps and scores are put there as they are: reports are tested without the pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spotlight.assembly import usage_rows
from spotlight.lake import Lake
from spotlight.model import TABLES
from spotlight.reports import Reports, open_lake
from tests.rows import DAY, MS, START, span_id, table, trace_id

Row = dict[str, object]
SECOND = 1_000 * MS
HOUR = 3_600 * SECOND


def made_lake(data: Path, **tables: Sequence[Row]) -> Reports:
    """Return the questions one can ask of a new lake that holds these rows, by table name."""
    lake = Lake(data / "lake")
    for name, rows in tables.items():
        lake.append(name, table(_numbered(rows) if name == "steps" else list(rows), TABLES[name]))
    together = sorted(tables.get("steps", ()), key=lambda step: (str(step["run_version"]), step["step"]))
    lake.append("run_usage", usage_rows(table(together, TABLES["steps"])))
    return open_lake(data)


def _numbered(steps: Sequence[Row]) -> list[Row]:
    """Return steps with their places in their runs by start, as assembly gives them."""
    taken: Counter[object] = Counter()
    for row in sorted(steps, key=lambda step: (str(step["run_id"]), step["started_ns"])):
        taken[row["run_version"]] += 1
        row.setdefault("step", taken[row["run_version"]])
    return list(steps)


def run(name: str, **columns: object) -> Row:
    """Return the row of a run whose one trace has the name's trace id."""
    trace = trace_id(name)
    row: Row = {
        "tenant": "default", "date": DAY, "run_id": trace, "run_version": int(trace[:12], 16),
        "trace_id": trace, "trace_ids": [trace], "is_agent_run": True, "root_span_id": span_id(name),
        "name": name, "status": "ok", "started_ns": START, "ended_ns": START + SECOND, "duration_ms": 1000.0,
        "spans": 1, "generations": 1, "tool_calls": 0, "failed_tool_calls": 0, "retries": 0, "fallbacks": 0,
        "repeats": 0, "pack_name": "bot", "pack_version": "1", "models": [], "signals": "span",
        "dialects": "otel_genai",
    }  # fmt: skip
    return row | columns


def step(of: Row, name: str, kind: str = "tool", **columns: object) -> Row:
    """Return the row of a step of a run; its identity is the run's."""
    shared = (
        "tenant", "date", "run_id", "run_version", "trace_id", "pack_name", "pack_version", "started_ns",
        "session_id", "user_id", "agent_name",
    )  # fmt: skip
    row: Row = {
        **{column: of.get(column) for column in shared}, "span_id": span_id(name), "kind": kind, "name": name,
        "run_status": of["status"], "failed": False, "is_retry": False, "is_tool_call": kind == "tool",
        "is_generation": kind == "llm", "tool_name": name.split("#")[0] if kind == "tool" else None,
        "signal": "span", "duration_ms": 100.0,
    }  # fmt: skip
    return row | columns


def score(name: str, value: float | None = None, **columns: object) -> Row:
    """Return the row of a judgement; what it judges stands in `columns`."""
    said = repr((name, value, sorted(columns.items())))
    row: Row = {
        "tenant": "default", "date": DAY, "score_id": trace_id(said), "name": name, "value": value,
        "time_ns": START + SECOND, "received_ns": START, "journal_position": 1, "source": "log",
    }  # fmt: skip
    return row | columns


def of_run(row: Row) -> Row:
    """Return the columns by which a score names a run."""
    return {"target_type": "run", "trace_id": row["run_id"]}
