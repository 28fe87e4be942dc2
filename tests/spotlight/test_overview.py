"""How a fleet does, and what changed: figures worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotlight.reports import Reports, RunFilters
from spotlight.reports.changes import changes
from spotlight.reports.overview import health
from tests.made_lake import HOUR, Row, made_lake, run, step
from tests.rows import START

BEFORE, AFTER = RunFilters(until_ns=START + 30 * HOUR), RunFilters(since_ns=START + 30 * HOUR)


def _run(at: int, **more: object) -> Row:
    return run(f"r{at}", started_ns=START + at * HOUR, **more)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return 60 runs, an hour apart: from the 30th on, two fail and the tool takes five times as long."""
    runs, steps = [], []
    for at in range(60):
        late = at >= 30
        failed = {"status": "error", "error_signature": "Timeout: <n> ms", "error_step": "tool search"}
        of = _run(at, cost_usd=2.0 if late else 1.0, **(failed if at in (40, 50) else {}))
        runs.append(of)
        steps.append(step(of, "search", span_id=f"{at:016x}", duration_ms=500.0 if late else 100.0))
        paid = {"cost_usd": 2.0 if late else 1.0, "usage_role": "leaf", "model": "m", "input_tokens": 100,
                "uncached_input_tokens": 100, "input_cost_usd": 2.0 if late else 1.0}  # fmt: skip
        steps.append(step(of, f"call{at}", "llm", **paid))
    return made_lake(tmp_path_factory.mktemp("overview"), runs=runs, steps=steps)


def test_health_adds_up(reports: Reports) -> None:
    """The whole is what was put there, and the steps of time add up to it."""
    found = health(reports, RunFilters(), steps=6)
    assert (60, 2, 0, 90.0, 60) == found.whole[2:7]
    assert 2 / 60 == found.whole.failure_rate
    assert [10] * 6 == [step.runs for step in found.steps]
    assert found.whole.cost_usd == sum(step.cost_usd or 0 for step in found.steps) == found.cost.cost_usd


def test_incomplete_and_unpriced_runs_are_not_counted_as_well(tmp_path: Path) -> None:
    """An incomplete run is in no failure rate, and one without a price in no mean."""
    runs = [_run(0, cost_usd=3.0), _run(1, status="error"), _run(2, status="incomplete")]
    whole = health(made_lake(tmp_path, runs=runs), RunFilters()).whole
    assert (0.5, 3.0) == (whole.failure_rate, whole.cost_per_run_usd)


def test_health_of_nothing_is_unknown(reports: Reports) -> None:
    """Without a run there is no rate, no cost and no step of time."""
    found = health(reports, RunFilters(user_id="nobody"))
    assert (0, None, None, []) == (
        found.whole.runs, found.whole.failure_rate, found.whole.cost_usd, found.steps,
    )  # fmt: skip


def test_changes_are_what_changed(reports: Reports) -> None:
    """The price of a call doubled, one failure is new, one tool got slower; nothing else is told."""
    found = changes(reports, AFTER, BEFORE)
    assert ["cost", "failure", "latency"] == [line.subject for line in found]
    cost, failure, latency = found
    assert (30.0, "more") == (cost.difference, cost.trend)
    assert ("Timeout: <n> ms", "new", 0, 2) == (failure.name, failure.trend, failure.before, failure.after)
    assert ("search", 100.0, 500.0, 30) == (latency.name, latency.before, latency.after, latency.n)


def test_changes_lead_to_their_runs(reports: Reports) -> None:
    """The filters of a line leave the runs it is about."""
    failure = changes(reports, AFTER, BEFORE)[1]
    assert failure.run_ids == tuple(reports.runs(failure.filters).column("run_id").to_pylist())


def test_nothing_changes_against_itself(reports: Reports) -> None:
    """A period against itself has no line."""
    assert [] == changes(reports, AFTER, AFTER)
