"""Which rows of a lake belong to some runs or sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import pyarrow as pa

from spotlight.errors import NotFound
from spotlight.reports.questions import Reports

RECORDED: Final = ("spans", "payloads", "logs", "metrics", "scores")
DERIVED: Final = ("runs", "steps", "costs")
# A session's log records and metric points without a trace: exporters send them up to a minute later.
_BEFORE_NS: Final = 60 * 10**9
_AFTER_NS: Final = 120 * 10**9


class CaseRows(NamedTuple):
    """The rows of some runs by table: recorded ones in every version, derived ones in the newest.

    `asked` are the ids of the runs that were asked for. Whole traces are in a case, with everything that
    shares one: runs that were not asked for may be among the derived.
    """

    asked: list[str]
    recorded: Mapping[str, pa.Table]
    derived: Mapping[str, pa.Table]


def select_case(reports: Reports, words: Sequence[str]) -> CaseRows:
    """Return everything of the runs and sessions that are named.

    Raises: NotFound where a word names neither, or more than one run.
    """
    runs = {str(run["run_id"]): run for word in words for run in named_runs(reports, word)}
    traces = _closure(reports, (str(t) for run in runs.values() for t in cast("list[str]", run["trace_ids"])))
    derived = reports.ask("case_runs", {"traces": traces})
    ids = {"runs": derived.column("run_id").to_pylist()}
    around = _around(derived.to_pylist())
    recorded = {
        "spans": reports.ask("case_spans", {"traces": traces}),
        "payloads": reports.ask("case_payloads", {"traces": traces}),
        "logs": reports.ask("case_logs", {"traces": traces} | around),
        "metrics": reports.ask("case_metrics", {"traces": traces} | around),
        "scores": reports.ask("case_scores", {"traces": traces, "sessions": around["sessions"]}),
    }
    steps, costs = (reports.ask(name, ids) for name in ("case_steps", "case_costs"))
    return CaseRows(sorted(runs), recorded, {"runs": derived, "steps": steps, "costs": costs})


def named_runs(reports: Reports, word: str) -> list[dict[str, Any]]:
    """Return the run that an id, or the beginning of one, names; else the runs of the session of that id.

    Raises: NotFound.
    """
    try:
        return [reports.run(word)]
    except NotFound as missing:
        found = reports.ask("case_session", {"session_id": word}).column("run_id").to_pylist()
        if not found and "ambiguous" in missing.message:
            raise
    if not found:
        raise NotFound(f"no run or session {word!r}", hint="list recent runs with `spotlight runs`")
    return [reports.run(run_id) for run_id in found]


def _closure(reports: Reports, traces: Iterable[str]) -> list[str]:
    """Return these traces and those of all runs that share one: together they make the same runs."""
    found = sorted(set(traces))
    while True:
        related = reports.ask("related_traces", {"traces": found}).column("trace_id").to_pylist()
        wider = sorted({*found, *related})
        if wider == found:
            return found
        found = wider


def _around(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sessions of runs and the time in which their records without a trace were written."""
    starts = [int(run["started_ns"]) for run in runs if run["started_ns"] is not None]
    ends = [int(run["ended_ns"]) for run in runs if run["ended_ns"] is not None]
    return {
        "sessions": sorted({str(run["session_id"]) for run in runs if run["session_id"]}),
        "since_ns": min(starts, default=0) - _BEFORE_NS,
        "until_ns": max([*starts, *ends], default=0) + _AFTER_NS,
    }
