"""Reliability of runs whose figures were worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotlight.reports import Reports, RunFilters
from spotlight.reports.periods import period_before
from spotlight.reports.reliability import LOOP, failure_rates, failure_signatures, loops, reliability, tools
from spotlight.reports.statistics import share
from tests.made_lake import HOUR, Row, made_lake, run, step
from tests.rows import START, span, trace_id

ALL = RunFilters()
NOW = RunFilters(since_ns=START, until_ns=START + HOUR)


def failed(name: str, signature: str, at: int, **columns: object) -> Row:
    """Return a run that failed so."""
    said = {"status": "error", "error_signature": signature, "error_step": f"tool {signature}"}
    return run(name, **(said | {"error_type": "Oops", "started_ns": at} | columns))


@pytest.fixture(scope="module")
def two_hours(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return two hours of 100 runs each: one failure is new, one gone, one grows and one stays."""
    now, before = START, START - HOUR
    rows = [failed(f"new{n}", "new", now + n) for n in range(3)]
    rows += [failed(f"gone{n}", "gone", before + n) for n in range(2)]
    rows += [failed(f"grow{n}", "grow", now + n) for n in range(30)] + [failed("grow", "grow", before)]
    rows += [failed("same", "same", now, pack_version="2"), failed("same0", "same", before)]
    rows += [run(f"now{n}", started_ns=now + n) for n in range(100 - 34)]
    rows += [run(f"before{n}", started_ns=before + n) for n in range(100 - 4)]
    return made_lake(tmp_path_factory.mktemp("hours"), runs=rows)


def test_signatures_are_held_against_the_period_before(two_hours: Reports) -> None:
    """The most frequent first; growing is more than chance would, of all runs of each period."""
    found = failure_signatures(two_hours, NOW).to_pylist()
    assert [
        ("grow", 30, 1, "growing"),
        ("new", 3, 0, "new"),
        ("same", 1, 1, "steady"),
        ("gone", 0, 2, "gone"),
    ] == [(row["error_signature"], row["runs"], row["before_runs"], row["trend"]) for row in found]
    same = next(row for row in found if row["error_signature"] == "same")
    assert (START - HOUR, START, ["bot 2"], [trace_id("same")]) == tuple(
        same[column] for column in ("first_ns", "last_ns", "versions", "run_ids")
    )
    gone = found[-1]
    assert ([trace_id("gone1"), trace_id("gone0")], 0.0) == (gone["run_ids"], gone["share"])
    assert 10 == len(found[0]["run_ids"])


def test_without_a_start_there_is_no_period_before(two_hours: Reports) -> None:
    """Then nothing is new or gone; a period without an end ends with its newest run."""
    assert {None} == {row["trend"] for row in failure_signatures(two_hours, ALL).to_pylist()}
    assert period_before(two_hours, ALL) is None
    open_end = period_before(two_hours, RunFilters(since_ns=START))
    assert open_end == RunFilters(since_ns=START - 66, until_ns=START)


def test_failure_rates_leave_out_what_has_not_ended(tmp_path: Path) -> None:
    """Two of four ended runs failed; the incomplete one is neither."""
    rows = [
        failed("a", "x", START),
        failed("b", "x", START),
        run("c"),
        run("d"),
        run("e", status="incomplete"),
    ]
    (found,) = failure_rates(made_lake(tmp_path, runs=rows), ALL, ("pack",)).to_pylist()
    expected = share(2, 4)
    assert {
        "pack": "bot", "runs": 5, "failed": 2, "incomplete": 1, "failure_rate": 0.5, "low": expected.low,
        "high": expected.high,
    } == found  # fmt: skip


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return three runs with calls: one tries again, one falls back, one goes round in a loop."""
    rows = [
        run("a", tool_calls=4, retries=1),
        failed("b", "x", START + 1, tool_calls=1, fallbacks=1),
        run("c", tool_calls=LOOP, repeats=LOOP, started_ns=START + 2),
    ]
    a, b, c = rows
    steps = [
        step(a, "search#1", failed=True, error_type="TimeoutError"),
        step(a, "search#2", is_retry=True),
        step(a, "search#3", failed=True, error_message="deadline exceeded after 3 s", duration_ms=300.0),
        step(a, "mail", approval_decision="Reject"),
        step(b, "mail#2", failed=True, http_status=504),
        *[step(c, f"page#{n}", error_message="a timeout that was no failure") for n in range(LOOP)],
        step(c, "refused", "approval", tool_name="mail", approval_decision="abort", duration_ms=9_000.0),
        step(a, "cp1", "checkpoint"), step(b, "cp2", "checkpoint", failed=True), step(c, "cp3", "checkpoint"),
    ]  # fmt: skip
    spans = [
        span("cp1", trace="a", kind="checkpoint", attributes='{"spotlight.checkpoint.status": "saved"}'),
        span("cp2", trace="b", kind="checkpoint", attributes='{"spotlight.checkpoint.status": "resumed"}'),
        span("cp3", trace="c", kind="checkpoint", attributes='{"spotlight.checkpoint.status": "resumed"}'),
    ]
    return made_lake(tmp_path_factory.mktemp("busy"), runs=rows, steps=steps, spans=spans)


def test_tools_tell_failures_and_timeouts(busy: Reports) -> None:
    """A timeout is a failed call that says so, by its error or its HTTP status; a denial is no call."""
    columns = ("tool", "calls", "failed", "timeouts", "retries", "denied", "p50_ms")
    found = [tuple(row[column] for column in columns) for row in tools(busy, ALL).to_pylist()]
    assert [
        ("search", 3, 2, 2, 1, 0, 100.0), ("mail", 2, 1, 1, 0, 2, 100.0), ("page", LOOP, 0, 0, 0, 0, 100.0)
    ] == found  # fmt: skip


def test_reliability_has_a_rate_and_what_it_is_of(busy: Reports) -> None:
    """Each with n, and the runs behind it."""
    found = {metric.name: metric for metric in reliability(busy, ALL).metrics}
    calls = 5 + LOOP
    assert {
        "failure_rate": (1 / 3, 3), "incomplete_rate": (0.0, 3), "tool_error_rate": (3 / calls, calls),
        "tool_timeout_rate": (3 / calls, calls), "retry_rate": (1 / 3, 3), "retry_recovery": (1.0, 1),
        "provider_fallback_rate": (1 / 3, 3), "loop_rate": (1 / 3, 3), "checkpoints": (3.0, 3),
        "checkpoint_failures": (1 / 3, 3), "resumes": (0.5, 2),
    } == {name: (pytest.approx(metric.value), metric.n) for name, metric in found.items()}  # fmt: skip
    behind = ("failure_rate", "retry_rate", "provider_fallback_rate", "loop_rate", "checkpoint_failures")
    assert [trace_id(name) for name in "babcb"] == [found[name].runs[0] for name in behind]


def test_loops_are_listed(busy: Reports) -> None:
    """The run, and how often the tool was called in a row."""
    assert [("c", LOOP)] == [(row["name"], row["repeats"]) for row in loops(busy, ALL).to_pylist()]


def test_what_nothing_tells_is_not_reported(tmp_path: Path) -> None:
    """Runs without calls have a failure rate, and no rates of tools, retries and checkpoints."""
    metrics = reliability(made_lake(tmp_path, runs=[run("a", generations=0)]), ALL).metrics
    assert ["failure_rate", "incomplete_rate"] == [metric.name for metric in metrics if metric.reported]
    assert {None} == {metric.value for metric in metrics if not metric.reported}
