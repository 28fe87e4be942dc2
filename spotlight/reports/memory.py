"""What agents did with their memory: reads, and writes proposed, accepted and corrected; stale reads."""

from __future__ import annotations

from typing import Any, Final

from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric, Signal, counted, not_reported, reported
from spotlight.reports.questions import Reports
from spotlight.reports.scored import scored_metrics
from spotlight.reports.signals import STALE_READS
from spotlight.reports.statistics import share

_READS: Final = "send a span per read with gen_ai.operation.name=search_memory or spotlight.kind=memory_read"
_WRITES: Final = (
    "send a span per write with gen_ai.operation.name=update_memory or spotlight.kind=memory_write"
)
_STATES: Final = (
    "set spotlight.memory.state to proposed, accepted or corrected on the span of each write to memory"
)

MEMORY_READS: Final = Signal(
    "memory_reads", "Reads from memory", "count", "reads", "steps of kind memory_read", _READS
)
MEMORY_READ_FAILURES: Final = Signal(
    "memory_read_failures", "Reads from memory that failed", "share", "reads",
    "steps of kind memory_read that failed", _READS,
)  # fmt: skip
MEMORY_WRITES: Final = Signal(
    "memory_writes", "Writes to memory", "count", "writes", "steps of kind memory_write", _WRITES
)
PROPOSED: Final = Signal(
    "writes_proposed", "Writes that were proposed", "share", "writes with a state",
    "writes with spotlight.memory.state=proposed, of those that say their state", _STATES,
)  # fmt: skip
ACCEPTED: Final = Signal(
    "writes_accepted", "Writes that were accepted", "share", "writes with a state",
    "writes with spotlight.memory.state=accepted, of those that say their state", _STATES,
)  # fmt: skip
CORRECTED: Final = Signal(
    "writes_corrected", "Writes that corrected a record", "share", "writes with a state",
    "writes with spotlight.memory.state=corrected, of those that say their state", _STATES,
)  # fmt: skip
_BY_STATE: Final = {"proposed": PROPOSED, "accepted": ACCEPTED, "corrected": CORRECTED}


def memory(reports: Reports, filters: RunFilters) -> tuple[Metric, ...]:
    """Return memory_reads, memory_read_failures, memory_writes, writes_proposed, writes_accepted,
    writes_corrected and stale_reads of the matching runs."""
    kinds = ["memory_read", "memory_write"]
    rows = reports.ask("marked_steps", filters.params() | {"kinds": kinds}).to_pylist()
    reads = [row for row in rows if row["kind"] == "memory_read"]
    writes = [row for row in rows if row["kind"] == "memory_write"]
    stale = scored_metrics(reports, filters, (STALE_READS,), runs=0)["stale_reads"]
    return (
        _number(MEMORY_READS, reads),
        _part(MEMORY_READ_FAILURES, [row for row in reads if row["failed"]], reads),
        _number(MEMORY_WRITES, writes),
        *_by_state(writes),
        stale,
    )


def _by_state(writes: list[dict[str, Any]]) -> list[Metric]:
    said = [row for row in writes if row["word"] in _BY_STATE]
    return [
        _part(signal, [row for row in said if row["word"] == state], said)
        for state, signal in _BY_STATE.items()
    ]


def _number(signal: Signal, rows: list[dict[str, Any]]) -> Metric:
    return counted(signal, _steps(rows), _steps(rows), _runs(rows)) if rows else not_reported(signal)


def _part(signal: Signal, hits: list[dict[str, Any]], of: list[dict[str, Any]]) -> Metric:
    return reported(signal, share(_steps(hits), _steps(of)), _runs(hits)) if of else not_reported(signal)


def _steps(rows: list[dict[str, Any]]) -> int:
    return sum(row["steps"] for row in rows)


def _runs(rows: list[dict[str, Any]]) -> list[str]:
    return [run for row in rows for run in row["run_ids"] or ()]
