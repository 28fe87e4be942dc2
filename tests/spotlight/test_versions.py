"""Versions and the scorecard of two of them, with figures worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from spotlight.reports import Reports, RunFilters
from spotlight.reports.scorecard import Compared, scorecard
from spotlight.reports.statistics import difference, mean, share
from spotlight.reports.versions import versions, versions_over_time
from tests.made_lake import HOUR, Row, made_lake, of_run, run, score
from tests.rows import START

ALL = RunFilters()
ONE, TWO = RunFilters(pack_version="1"), RunFilters(pack_version="2")


def runs_of(version: str, count: int, failed: int, cost: float | None, ms: float, at: int) -> list[Row]:
    """Return runs of a version: the first ones failed; cost and duration grow by 1 % from run to run."""
    return [
        run(
            f"{version}-{n}", pack_version=version, status="error" if n < failed else "ok", started_ns=at + n,
            cost_usd=None if cost is None else cost * (1 + n / 100), duration_ms=ms * (1 + n / 100),
            input_tokens=100, output_tokens=10, tool_calls=2, failed_tool_calls=0, pack_digest=f"d{version}",
            pack_version_source="resource", session_id=f"s{n % 3}",
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return a version that fails half of the time and one that hardly does, slower and cheaper."""
    one = runs_of("1", 40, 20, 0.02, 1000.0, START)
    other = runs_of("2", 50, 1, 0.01, 2000.0, START + 30 * HOUR)
    scores = [score("success", float(n % 2), **of_run(row)) for n, row in enumerate(one)]
    scores += [score("success", 1.0, **of_run(row)) for row in other]
    scores += [score("toxicity", 0.1, **of_run(one[0])), score("toxicity", 0.2, **of_run(other[0]))]
    return made_lake(tmp_path_factory.mktemp("two"), runs=[*one, *other], scores=scores)


def test_versions_have_their_figures(two: Reports) -> None:
    """The newest first; each rate with its interval and what it is of."""
    newest, oldest = versions(two, ALL).to_pylist()
    failure = share(20, 40)
    expected = {
        "pack_name": "bot", "pack_version": "1", "runs": 40, "failed": 20, "failure_rate": 0.5,
        "failure_low": failure.low, "priced_runs": 40, "cost_per_run_usd": pytest.approx(0.02 * 1.195),
        "p50_ms": pytest.approx(1195.0), "judged_runs": 40, "success_rate": 0.5, "sessions": 3, "users": 0,
        "first_ns": START, "last_ns": START + 39, "digests": ["d1"], "same_version_different_content": False,
    }  # fmt: skip
    assert expected == {name: oldest[name] for name in expected}
    assert ("2", 50, 1.0) == (newest["pack_version"], newest["runs"], newest["success_rate"])


def test_versions_follow_each_other_in_time(two: Reports) -> None:
    """Runs and failures of each in its day."""
    found = versions_over_time(two, ALL).to_pylist()
    assert [("1", 40, 20), ("2", 50, 1)] == [(r["pack_version"], r["runs"], r["failed"]) for r in found]
    assert {0} == {row["from_ns"] % (24 * HOUR) for row in found}


@pytest.fixture(scope="module")
def rows(two: Reports) -> dict[str, Compared]:
    """Return the scorecard's rows by name."""
    return {row.name: row for row in scorecard(two, ONE, TWO).rows}


def test_the_scorecard_says_better_and_worse(rows: dict[str, Compared]) -> None:
    """Failures and cost fell, success rose, duration rose; tokens are what they were."""
    words = {name: rows[name].word for name in ("failure_rate", "cost_per_run", "task_success", "p50")}
    assert {
        "failure_rate": "better", "cost_per_run": "better", "task_success": "better", "p50": "worse"
    } == words  # fmt: skip
    assert ("not worse", 0.0) == (rows["tokens_per_run"].word, rows["tokens_per_run"].difference.value)


def test_the_scorecard_has_values_and_intervals(rows: dict[str, Compared]) -> None:
    """Of 20 of 40 and 1 of 50, Newcombe's; of means, from Student's intervals of both."""
    failures = rows["failure_rate"]
    assert (0.5, 40, 0.02, 50) == (
        failures.before.value, failures.before.n, failures.after.value, failures.after.n
    )  # fmt: skip
    assert difference(share(20, 40), share(1, 50)) == failures.difference
    assert -0.96 == pytest.approx(failures.relative)
    deviation = 0.02 / 100 * math.sqrt(40 * 41 / 12)
    expected = mean(0.02 * 1.195, deviation, 40)
    assert tuple(expected) == pytest.approx(tuple(rows["cost_per_run"].before))


def test_the_scorecard_is_honest_about_little(rows: dict[str, Compared]) -> None:
    """One judgement on each side tells nothing, nor does what nobody reported; each says why."""
    toxicity = rows["score:toxicity"]
    assert ("cannot tell", "lower", pytest.approx(0.1)) == (
        toxicity.word, toxicity.better, toxicity.difference.value
    )  # fmt: skip
    assert toxicity.note.startswith("too few: 1 and 1")
    assert ("cannot tell", "not reported: no runs that stream on either side") == (
        rows["first_token"].word, rows["first_token"].note
    )  # fmt: skip


def test_a_version_is_not_worse_than_itself(two: Reports) -> None:
    """The same runs on both sides: no row is better or worse, and the sentence says so."""
    found = scorecard(two, TWO, TWO)
    assert {"not worse", "cannot tell"} == {row.word for row in found.rows}
    assert (50, 50, True) == (found.before_runs, found.after_runs, found.summary.startswith("not worse: "))


def test_nothing_against_nothing(tmp_path: Path) -> None:
    """Two versions without runs: every row cannot tell, and there are no versions."""
    reports = made_lake(tmp_path)
    assert {"cannot tell"} == {row.word for row in scorecard(reports, ONE, TWO).rows}
    assert [0, 0] == [versions(reports, ALL).num_rows, versions_over_time(reports, ALL).num_rows]
