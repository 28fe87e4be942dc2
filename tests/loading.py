"""Recorded captures loaded through the pipeline that `spotlight load` uses, in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ingest.files import find_files, read_requests
from spotlight.cli.senders import into_pipeline
from spotlight.reports import Reports, open_lake

SIGNALS = ("traces", "logs", "metrics")


def load(folders: Iterable[Path], data: Path, signals: tuple[str, ...] = SIGNALS) -> Reports:
    """Return the questions one can ask of a data folder that holds these captures, of some signals only."""
    found = find_files(list(folders))
    assert found.files, f"no telemetry in {folders}"
    kept: Counter[str] = Counter()
    with into_pipeline(data) as send:
        for path, signal in found.files:
            for request in read_requests(path, signal, kept):
                if request.signal in signals:
                    send(request)
    return open_lake(data)


def all_runs(reports: Reports) -> list[dict[str, Any]]:
    """Return every agent run, the earliest first."""
    return selected(reports, "select * from runs order by started_ns, run_id")


def all_steps(reports: Reports) -> list[dict[str, Any]]:
    """Return every step of agent runs, in order of run and start."""
    return selected(reports, "select * from steps order by run_id, started_ns, span_id")


def selected(reports: Reports, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a select, in 30 ms; `user_query` makes a connection of its own, in 140."""
    found: list[dict[str, Any]] = reports.answer(sql, {}).to_pylist()
    return found
