"""What differs about some runs: planted differences are found, alike ones told once, choices left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotlight.errors import UnreadableSearch
from spotlight.reports import Reports, RunFilters
from spotlight.reports.lift import Lift, followers, lift
from tests.command import spotlight
from tests.made_lake import Row, made_lake, run, step
from tests.rows import payload

RUNS = 60


def fleet(data: Path, bad: range, **of_bad: object) -> Reports:
    """Return a lake of runs of which some failed; `of_bad` are the columns of those alone."""
    runs: list[Row] = []
    steps: list[Row] = []
    payloads: list[Row] = []
    for n in range(RUNS):
        is_bad = n in bad
        row = run(
            f"r{n}", status="error" if is_bad else "ok", user_id=f"u{n % 5}", **(of_bad if is_bad else {})
        )
        call = step(row, f"search#{n}", step=1, is_tool_call=True)
        runs.append(row)
        steps.append(call)
        if is_bad:
            steps.append(step(row, f"mail#{n}", step=2))
        said = {"q": "prices", "depth": 9 if is_bad else 1}
        payloads.append(payload(call, tool_arguments=str(said).replace("'", '"')))
    return made_lake(data, runs=runs, steps=steps, payloads=payloads)


def told(found: Lift) -> list[tuple[str, str, int, int]]:
    """Return the features without their figures."""
    return [(f.what, f.value, f.inside, f.outside) for f in found.features]


def test_planted_differences_are_found(tmp_path: Path) -> None:
    """What only failed runs have comes out, once for all that the same runs have; what all have does not."""
    found = lift(fleet(tmp_path, range(12), pack_version="2"), "status:error", RunFilters())
    assert (12, 48) == (found.inside_n, found.outside_n)
    first = found.features[0]
    assert (("version", "2", 12, 0), None) == (told(found)[0], first.lift)
    assert ("argument: search.depth = 9", "tool called: mail") == tuple(sorted(first.same_as))
    assert 12 == len(first.run_ids)
    assert [("version", "1", 0, 48)] == told(found)[1:]
    assert found.tested > len(found.features)


def test_what_runs_were_chosen_by_is_left_out(tmp_path: Path) -> None:
    """Failed runs differ in their status by choice: that is no finding, and is said."""
    found = lift(fleet(tmp_path, range(12), error_signature="boom"), "status:error", RunFilters())
    assert {"status", "error"} <= set(found.left_out)
    assert not {"status", "error"} & {f.what for f in found.features}


def test_nothing_differs_about_runs_chosen_by_chance(tmp_path: Path) -> None:
    """Users are dealt out evenly; runs of one user differ by nothing else."""
    found = lift(fleet(tmp_path, range(0)), "user:u1", RunFilters())
    assert (12, 48, (), ()) == (found.inside_n, found.outside_n, found.features, found.numbers)


def test_numbers_are_compared_by_rank(tmp_path: Path) -> None:
    """Runs that took longer are told with both medians and how often they are the longer ones."""
    found = lift(fleet(tmp_path, range(12), duration_ms=9000.0), "status:error", RunFilters())
    [duration] = [number for number in found.numbers if number.what == "duration"]
    assert (9000.0, 1000.0, 1.0) == (
        duration.inside_median, duration.outside_median, duration.superiority,
    )  # fmt: skip


def test_one_side_without_runs_says_so(tmp_path: Path) -> None:
    """With nothing to compare there is no feature, and the sizes tell why."""
    reports = fleet(tmp_path, range(0))
    nobody = lift(reports, "status:error", RunFilters())
    assert (0, 60, ()) == (nobody.inside_n, nobody.outside_n, nobody.features)
    assert () == lift(reports, "status:ok", RunFilters()).features
    said = spotlight("lift", "tool:nosuch", "--data", tmp_path)
    assert "no run is among these: there is nothing to compare" in said.stderr
    assert "more than chance" not in said.stderr


def test_filters_narrow_both_sides(tmp_path: Path) -> None:
    """A search in the filters and the one that chooses go together."""
    found = lift(fleet(tmp_path, range(12)), "status:error", RunFilters(query="user:u1 or user:u2"))
    assert (5, 19) == (found.inside_n, found.outside_n)


def test_a_search_that_cannot_be_read_says_where() -> None:
    """The choice is a search like any other."""
    assert ("status", "error", "failed step", "error said", "version") == followers("status:error version:2")
    with pytest.raises(UnreadableSearch):
        followers("statuss:error")
