"""What is going on now: runs at work with what they have open, and what comes in."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from spotlight.reports.questions import Reports

MOST_RUNS: Final = 200
_TAKEN: Final = ("accepted",)
_REFUSED: Final = ("refused", "rejected", "dead")


class LiveStep(NamedTuple):
    """A step that is open, or the last that ended; names are hostile text."""

    span_id: str
    kind: str
    what: str  # the tool, model or agent, else the name of the span
    agent_name: str | None
    started_ns: int | None
    ended_ns: int | None
    failed: bool


class LiveRun(NamedTuple):
    """A run and when something of it was last received; `row` has the columns of `runs`."""

    row: dict[str, Any]
    heard_ns: int
    at_work: bool  # its root has not ended or has not arrived: a killed run looks the same
    open: tuple[LiveStep, ...]  # from the outermost in; clients that send spans only at their end have none
    last: LiveStep | None  # the last that ended


class Live(NamedTuple):
    """Runs heard of since a moment: those at work first, the latest heard first."""

    runs: tuple[LiveRun, ...]
    at_work: int  # all of them, listed or not
    ended: int


class Received(NamedTuple):
    """What came in since a moment."""

    requests: int
    items: int  # spans, log records, data points, scores
    refused_requests: int
    refused_items: int  # of those, and of requests that were taken in part
    last_ns: int | None  # when the last was received


def live(reports: Reports, since_ns: int, limit: int = MOST_RUNS) -> Live:
    """Return the agent runs of which anything was received since a moment (ns UTC, our clock)."""
    rows = reports.ask("live_runs", {"since_ns": since_ns, "limit": limit}).to_pylist()
    if not rows:
        return Live((), 0, 0)
    steps = reports.ask("live_steps", {"run_ids": [row["run_id"] for row in rows]}).to_pylist()
    opened: dict[str, list[LiveStep]] = {}
    last: dict[str, LiveStep] = {}
    for said in steps:
        step = LiveStep(**{name: said[name] for name in LiveStep._fields})
        if said["is_open"]:
            opened.setdefault(said["run_id"], []).append(step)
        else:
            last[said["run_id"]] = step
    at_work, heard = rows[0]["runs_at_work"], rows[0]["runs_heard"]
    found = [
        LiveRun(
            row,
            row["heard_ns"],
            row["at_work"],
            tuple(opened.get(row["run_id"], ())),
            last.get(row["run_id"]),
        )
        for row in rows
    ]
    return Live(tuple(found), at_work, heard - at_work)


def received(reports: Reports, since_ns: int) -> Received:
    """Return what came in since a moment (ns UTC), and what of it was not taken."""
    rows = reports.ask("intake", {"since_ns": since_ns}).to_pylist()
    taken = [row for row in rows if row["outcome"] in _TAKEN]
    refused = [row for row in rows if row["outcome"] in _REFUSED]
    return Received(
        sum(row["requests"] or 0 for row in taken),
        sum(row["items"] or 0 for row in taken),
        sum(row["requests"] or 0 for row in refused),
        sum(row["items"] or 0 for row in refused),
        max((row["last_ns"] for row in rows), default=None),
    )
