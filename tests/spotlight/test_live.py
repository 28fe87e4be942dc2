"""What is going on now: runs at work first, with what each has open, and what came in."""

from __future__ import annotations

from pathlib import Path

from spotlight.reports.live import Received, live, received
from tests.made_lake import SECOND, made_lake, run, step
from tests.rows import DAY, START, span

AT_WORK = {"status": "incomplete", "ended_ns": None, "duration_ms": None}


def heard(name: str, seconds: int) -> dict[str, object]:
    """Return a span of a run that was received so long after its start."""
    return span(name, trace=name, received_ns=START + seconds * SECOND)


def test_runs_at_work_come_first_with_what_they_have_open(tmp_path: Path) -> None:
    """Open steps come outermost first, the last that ended beside them; runs unheard of are left out."""
    busy, done, old = run("busy", **AT_WORK), run("done"), run("old", **AT_WORK)
    steps = [
        step(busy, "desk", "agent", depth=0, ended_ns=None, step=1),
        step(busy, "search", depth=1, ended_ns=START + SECOND, step=2),
        step(busy, "m-1", "llm", depth=1, ended_ns=START + 2 * SECOND, step=3),
        step(busy, "fetch", depth=1, ended_ns=None, step=4),
        step(done, "search", depth=1, ended_ns=START + SECOND, step=1),
    ]
    spans = [heard("busy", 60), heard("done", 90), heard("old", 1)]
    reports = made_lake(tmp_path, runs=[busy, done, old], steps=steps, spans=spans)
    found = live(reports, START + 30 * SECOND)
    assert ([("busy", True), ("done", False)], 1, 1) == (
        [(r.row["name"], r.at_work) for r in found.runs], found.at_work, found.ended,
    )  # fmt: skip
    assert ["desk", "fetch"] == [s.what for s in found.runs[0].open]
    last = found.runs[0].last
    assert last is not None
    assert "m-1" == last.what


def test_what_was_recorded_long_ago_is_not_at_work(tmp_path: Path) -> None:
    """A run that broke off last year and was imported now is no run in flight."""
    broken = run("broken", **AT_WORK)
    reports = made_lake(tmp_path, runs=[broken], spans=[heard("broken", 365 * 86_400)])
    assert () == live(reports, START + 364 * 86_400 * SECOND).runs


def test_more_runs_than_are_listed_are_counted(tmp_path: Path) -> None:
    """The list is cut, its counts are not."""
    names = [f"r{n}" for n in range(5)]
    reports = made_lake(
        tmp_path, runs=[run(n, **AT_WORK) for n in names], spans=[heard(n, 60) for n in names]
    )
    found = live(reports, START, limit=2)
    assert (2, 5, 0) == (len(found.runs), found.at_work, found.ended)


def test_what_came_in_is_counted_since_a_moment(tmp_path: Path) -> None:
    """Refused and rejected stand beside what was taken; duplicates are neither."""

    def receipt(outcome: str, items: int, seconds: int) -> dict[str, object]:
        return {
            "tenant": "default", "date": DAY, "signal": "traces", "outcome": outcome, "requests": 1,
            "items": items, "bytes": 10, "received_ns": START + seconds * SECOND, "journal_position": seconds,
        }  # fmt: skip

    rows = [receipt("accepted", 100, 1), receipt("accepted", 7, 50), receipt("refused", 3, 51),
            receipt("rejected", 2, 52), receipt("duplicate", 9, 53)]  # fmt: skip
    reports = made_lake(tmp_path, receipts=rows)
    assert Received(1, 7, 2, 5, START + 53 * SECOND) == received(reports, START + 30 * SECOND)
    assert Received(0, 0, 0, 0, None) == received(reports, START + 60 * SECOND)
