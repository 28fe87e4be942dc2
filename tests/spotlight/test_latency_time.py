"""Latency over local time, and the runs behind a figure about time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters
from spotlight.reports.latency_time import latency_over_time, longest_runs
from spotlight.reports.zone import times_in
from tests.made_lake import HOUR, made_lake, run
from tests.rows import START, trace_id

ALL = RunFilters()
# START is 2026-11-18 11:06:40 UTC, 20:06:40 in Tokyo: four hours later the day has ended there.
AFTER_MIDNIGHT = START + 4 * HOUR


def test_days_are_those_of_the_zone(tmp_path: Path) -> None:
    """A run after local midnight is of the next day; p50 of 100 and 300 ms is 200 ms."""
    runs = [
        run(name, started_ns=started, duration_ms=ms)
        for name, started, ms in (("a", START, 100.0), ("b", START, 300.0), ("c", AFTER_MIDNIGHT, None))
    ]
    reports = made_lake(tmp_path, runs=runs)
    with times_in("Asia/Tokyo"):
        first, second = latency_over_time(reports, ALL).to_pylist()
    assert (2, 2, 200.0, [trace_id("b"), trace_id("a")]) == (
        first["runs"], first["n"], first["p50_ms"], first["slowest"],
    )  # fmt: skip
    assert (1, 0, None, None) == (second["runs"], second["n"], second["p50_ms"], second["slowest"])
    assert 1 == (second["start"] - first["start"]).days
    assert 1 == latency_over_time(reports, ALL).num_rows
    assert datetime.min.time() == first["start"].time()


def test_series_beyond_the_kept_are_one(tmp_path: Path) -> None:
    """The largest series keep their names; the others are one series, the last."""
    runs = [run(f"{v}{n}", pack_version=v, duration_ms=10.0) for v in "abc" for n in range(ord("d") - ord(v))]
    found = latency_over_time(made_lake(tmp_path, runs=runs), ALL, "version", keep=1).to_pylist()
    assert [("a", False, 1, 3), (None, True, 2, 3)] == [
        (row["series"], row["is_other"], row["rank"], row["runs"]) for row in found
    ]


def test_longest_runs_are_those_of_the_measure(tmp_path: Path) -> None:
    """Runs come by the measure asked for; those in which it is unknown are left out."""
    runs = [run("a", ttft_ms=1.0), run("b", ttft_ms=5.0), run("c")]
    found = longest_runs(made_lake(tmp_path, runs=runs), ALL, "first_token")
    assert [(trace_id("b"), 5.0), (trace_id("a"), 1.0)] == [tuple(r.values()) for r in found.to_pylist()]


@pytest.mark.parametrize("named", [{"measure": "speed"}, {"period": "minute"}, {"split": "tool"}])
def test_what_does_not_exist_is_refused(tmp_path: Path, named: dict[str, str]) -> None:
    """A measure, period or dimension of runs that does not exist is an error."""
    with pytest.raises(SpotlightError):
        latency_over_time(made_lake(tmp_path, runs=[run("a")]), ALL, **named)  # type: ignore[arg-type]
