"""Days, hours and times in another zone than UTC, on both sides of a change of the clock."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters
from spotlight.reports.cost import cost_by
from spotlight.reports.moments import moment_ns, time_text
from spotlight.reports.reliability import failure_rates
from spotlight.reports.zone import times_in, zone
from tests.command import spotlight
from tests.made_lake import made_lake, run, step

ALL = RunFilters()
BERLIN = "Europe/Berlin"
# Where clocks went from 02:59 CEST back to 02:00 CET: two hours called 02, and a day of 25 hours.
STARTS = ("2026-10-24T21:30", "2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T22:30", "2026-10-25T23:30")


def at_ns(text: str) -> int:
    """Return a UTC time in ns."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * 10**9


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a run of one step at each of STARTS."""
    runs = [run(f"r{n}", started_ns=at_ns(text)) for n, text in enumerate(STARTS)]
    made_lake(tmp_path, runs=runs, steps=[step(of, f"s{n}") for n, of in enumerate(runs)])
    return tmp_path


def test_days_and_hours_are_those_of_the_zone(data: Path) -> None:
    """Dimensions divide by local days and hours, of steps and of runs; the hour that comes twice is one."""
    from spotlight.reports import open_lake

    reports = open_lake(data)
    with times_in(BERLIN):
        days = {row["day"]: row["runs"] for row in cost_by(reports, ALL, ("day",)).to_pylist()}
        hours = {row["hour"]: row["runs"] for row in failure_rates(reports, ALL, ("hour",)).to_pylist()}
    assert {"2026-10-24": 1, "2026-10-25": 3, "2026-10-26": 1} == days
    assert {
        "2026-10-24 23:00": 1,
        "2026-10-25 02:00": 2,
        "2026-10-25 23:00": 1,
        "2026-10-26 00:00": 1,
    } == hours
    utc = {row["day"]: row["runs"] for row in cost_by(reports, ALL, ("day",)).to_pylist()}
    assert {"2026-10-24": 1, "2026-10-25": 4} == utc


def test_times_are_read_and_told_in_the_zone() -> None:
    """The hour that comes twice is told apart by its name; a day begins when it does there."""
    with times_in(BERLIN):
        told = [time_text(at_ns(text)) for text in STARTS[1:3]]
        read = [moment_ns(text, at_ns("2026-03-29T12:00")) for text in ("today", "2026-03-30", "week")]
    assert ["2026-10-25 02:30 CEST", "2026-10-25 02:30 CET"] == told
    assert [at_ns(text) for text in ("2026-03-28T23:00", "2026-03-29T22:00", "2026-03-22T23:00")] == read
    assert "UTC" == zone().key


def test_a_report_is_told_in_the_zone_asked_for(data: Path) -> None:
    """`--zone` holds for the window, the days and the times of a report."""
    asked = ["report", "reliability", "--data", str(data), "--since", "2026-10-25", "--json"]
    said = json.loads(spotlight(*asked, "--zone", BERLIN).stdout)
    assert {"since": "2026-10-25 00:00 CEST", "until": None} == said["window"]
    days = next(s for s in said["sections"] if s["name"] == "failures_by_day")
    assert [("2026-10-25", 3), ("2026-10-26", 1)] == [(row["day"], row["runs"]) for row in days["rows"]]
    assert ("2026-10-25 02:30 CEST", BERLIN) == (said["first_run"], said["zone"])


@pytest.mark.parametrize("name", ["Europe/Atlantis", "Mars/Base", "../etc", ""])
def test_a_name_of_no_zone_is_refused(name: str) -> None:
    """A zone that does not exist, and what would leave the folder of zones, is an error with an example."""
    with pytest.raises(SpotlightError, match="no such time zone"), times_in(name):
        pass
