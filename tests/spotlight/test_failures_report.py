"""One failure: exactly its runs, its share in each version, examples, and failures with like words."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotlight.reports import Reports, RunFilters
from spotlight.reports.failures import Failure, failure, search_of
from tests.made_lake import SECOND, Row, made_lake, run
from tests.rows import START

TIMEOUT = Failure('Timeout: "db" \\ took <n> s', "tool query", "Timeout")
OTHER = Failure('Timeout: "db" \\ took <n> ms', "tool query", "Timeout")


def failed(name: str, of: Failure, **columns: object) -> Row:
    """Return a run that ended in a failure."""
    said = {"error_signature": of.signature, "error_step": of.step, "error_type": of.error_type}
    return run(name, status="error", **said, **columns)


@pytest.fixture
def reports(tmp_path: Path) -> Reports:
    """A lake with two failures that differ in a unit, in two versions."""
    rows = [
        failed("a", TIMEOUT, started_ns=START, cost_usd=1.0, duration_ms=10.0),
        failed("b", TIMEOUT, started_ns=START + SECOND, cost_usd=3.0, duration_ms=20.0),
        failed("c", TIMEOUT, started_ns=START + 2 * SECOND, cost_usd=2.0, duration_ms=30.0, pack_version="2"),
        failed("d", OTHER, started_ns=START + 3 * SECOND),
        *[run(f"ok{n}", started_ns=START) for n in range(6)],
        run("open", status="incomplete", pack_version="2", started_ns=START),
    ]
    return made_lake(tmp_path, runs=rows)


def test_the_search_finds_exactly_the_runs(reports: Reports) -> None:
    """Quotes, backslashes and a signature that differs in a letter: the search names one failure."""
    found = reports.runs(RunFilters(query=search_of(TIMEOUT))).column("name").to_pylist()
    assert ["c", "b", "a"] == found
    nameless = failed("n", Failure(None, None, None))
    assert "missing:signature" in search_of(Failure(nameless["error_signature"], None, None))  # type: ignore[arg-type]


def test_what_the_page_says(reports: Reports) -> None:
    """Runs, cost and ends in time; per version the share of the runs that ended."""
    found = failure(reports, RunFilters(), TIMEOUT)
    assert (3, 6.0, 4) == (found.summary.runs, found.summary.cost_usd, found.failed)
    assert (START, START + 2 * SECOND) == (found.first_ns, found.last_ns)
    assert [("2", 1, 1, 1.0), ("1", 2, 9, 2 / 9)] == [
        (v.version, v.runs, v.share.n, v.share.value) for v in found.versions
    ]
    assert (((OTHER), 1),) == found.similar


def test_examples_are_told_once_with_all_they_are_examples_of(reports: Reports) -> None:
    """The newest, a typical, the dearest, the cheapest and the first run."""
    told = {e.row["name"]: e.why for e in failure(reports, RunFilters(), TIMEOUT).examples}
    assert {
        "c": "newest", "b": "typical duration, most expensive", "a": "cheapest, first in the window",
    } == told  # fmt: skip


def test_a_failure_that_the_filters_leave_out_tells_when_it_was(reports: Reports) -> None:
    """In a window without it there are no examples, and its last time is known all the same."""
    later = RunFilters(since_ns=START + 3 * SECOND)
    found = failure(reports, later, TIMEOUT)
    assert (0, (), START + 2 * SECOND) == (found.summary.runs, found.examples, found.last_ns)
