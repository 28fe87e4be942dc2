"""What runs cost over time, where it flows, and what the month will have cost."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import Reports, RunFilters
from spotlight.reports.cost import cost_total
from spotlight.reports.cost_flow import LEVELS, flow
from spotlight.reports.cost_time import daily, trend
from spotlight.reports.forecast import expected, forecast
from spotlight.reports.statistics import student
from spotlight.reports.zone import times_in
from tests.made_lake import Row, made_lake, run
from tests.spotlight.paid_steps import call, exact, paid_tool

ALL = RunFilters()
DAY_NS = 86_400 * 10**9


def at_ns(text: str) -> int:
    """Return a time in UTC as ns."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * 10**9


def spent(reports_at: Path, *amounts: tuple[str, float | None], **columns: object) -> Reports:
    """Return a lake in which so much was spent at some times, a run each; None is a call without a price."""
    runs, steps = [], []
    for n, (text, usd) in enumerate(amounts):
        of = run(f"r{n}", started_ns=at_ns(text))
        runs.append(of)
        paid = paid_tool(of, "t", usd) if usd is not None else call(of, "c", "unknown")
        steps.append(paid | columns)
    return made_lake(reports_at, runs=runs, steps=steps)


def test_days_are_those_of_the_zone(tmp_path: Path) -> None:
    """A step counts on the local day on which it began, on both sides of a change of the clock."""
    reports = spent(tmp_path, ("2026-10-24T21:30", 1.0), ("2026-10-24T22:30", 2.0), ("2026-10-25T22:30", 4.0),
                    ("2026-10-25T23:30", 8.0))  # fmt: skip
    with times_in("Europe/Berlin"):
        found = {row["start"].date().isoformat(): row["cost_usd"] for row in daily(reports, ALL).to_pylist()}
    assert {"2026-10-24": 1.0, "2026-10-25": 6.0, "2026-10-26": 8.0} == found
    utc = [row["cost_usd"] for row in daily(reports, ALL).to_pylist()]
    assert [3.0, 12.0] == utc


def test_the_dearest_series_have_names(tmp_path: Path) -> None:
    """The dearest values of the window are series on every day, also the unknown; the rest is one."""
    runs, steps = [], []
    for n, (model, usd) in enumerate((("a", 5.0), ("b", 1.0), (None, 3.0), ("c", 0.5), ("a", 1.0))):
        of = run(f"r{n}", started_ns=at_ns("2026-11-01") + (n == 4) * DAY_NS)
        runs.append(of)
        steps.append(paid_tool(of, "t", usd, model=model))
    reports = made_lake(tmp_path, runs=runs, steps=steps)
    found = [
        (row["start"].day, row["series"], row["is_other"], row["rank"], row["runs"], row["cost_usd"])
        for row in daily(reports, ALL, "model", keep=2).to_pylist()
    ]
    assert [
        (1, "a", False, 1, 1, 5.0), (1, None, False, 2, 1, 3.0), (1, None, True, 3, 2, 1.5),
        (2, "a", False, 1, 1, 1.0),
    ] == found  # fmt: skip
    assert exact([cost_total(reports, ALL).cost_usd]) == exact([row[5] for row in found])


def test_trend_fills_days_on_which_nothing_ran(tmp_path: Path) -> None:
    """A day without a step cost 0, one without a price is unknown; a change needs two whole days."""
    reports = spent(tmp_path, ("2026-11-01T10:00", 2.0), ("2026-11-03T10:00", 3.0), ("2026-11-04T10:00", 6.0),
                    ("2026-11-05T10:00", None), ("2026-11-06T10:00", 1.0))  # fmt: skip
    found = trend(reports, ALL, now_ns=at_ns("2026-11-06T12:00"))
    assert [2.0, 0.0, 3.0, 6.0, None, 1.0] == found.column("cost_usd").to_pylist()
    assert [None, -2.0, 3.0, 3.0, None, None] == found.column("change_usd").to_pylist()
    assert [None, -1.0, None, 1.0, None, None] == found.column("change").to_pylist()
    assert [False] * 5 + [True] == found.column("is_partial").to_pylist()
    assert [1, 0, 1, 1, 1, 1] == found.column("runs").to_pylist()


@pytest.mark.parametrize(
    ("period", "starts"),
    [("week", ["2026-10-26", "2026-11-02", "2026-11-09"]), ("month", ["2026-10-01", "2026-11-01"])],
)
def test_weeks_and_months_have_their_begin(tmp_path: Path, period: str, starts: list[str]) -> None:
    """Weeks begin on Monday and months on the first; the window cuts the outer ones off."""
    reports = spent(tmp_path, ("2026-10-30T10:00", 2.0), ("2026-11-12T10:00", 3.0))
    window = RunFilters(since_ns=at_ns("2026-10-28"), until_ns=at_ns("2026-11-13"))
    found = trend(reports, window, period=period, now_ns=at_ns("2026-12-01"))
    assert starts == [start.date().isoformat() for start in found.column("start").to_pylist()]
    partial = found.column("is_partial").to_pylist()
    assert (True, True) == (partial[0], partial[-1])
    assert not any(partial[1:-1])


def test_an_empty_lake_has_no_trend(tmp_path: Path) -> None:
    """Of no steps there are no periods, in the same columns."""
    reports = made_lake(tmp_path)
    assert 0 == daily(reports, ALL).num_rows == trend(reports, ALL, now_ns=0).num_rows


def test_periods_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    """An unknown period is refused with what there is."""
    with pytest.raises(SpotlightError, match="no such"):
        daily(made_lake(tmp_path), ALL, period="year")


def flowing(data: Path) -> Reports:
    """Return a lake in which money flows between values that are unknown, equal on two levels, or many."""
    runs, steps = [], []
    for n in range(40):
        tenant, pack = ("acme", "globex", "initech", None)[n % 4], ("acme", "sales", None)[n % 3]
        of = run(f"r{n}", tenant_claimed=tenant, pack_name=pack)
        runs.append(of)
        shared: Row = {"tenant_claimed": tenant}
        steps.append(call(of, "c", ("large", "small", "odd")[n % 3], input=n * 1000 + 7, **shared))  # type: ignore[arg-type]
        steps.append(call(of, "d", "unknown", caused_by="search", **shared))  # type: ignore[arg-type]
        steps.append(paid_tool(of, f"other tools#{n}", 0.001 * n, **shared))
    return made_lake(data, runs=runs, steps=steps)


def test_flow_loses_nothing(tmp_path: Path) -> None:
    """Nodes of each level and links between two levels add up to the total; names are unique."""
    reports = flowing(tmp_path)
    for keep in (1, 2, 100):
        found = flow(reports, ALL, keep=keep)
        total = exact([cost_total(reports, ALL).cost_usd])
        assert total == exact([found.cost_usd])
        names = [node.name for node in found.nodes]
        assert len(names) == len(set(names))
        level_of = {node.name: node.level for node in found.nodes}
        into: defaultdict[str, Decimal] = defaultdict(Decimal)
        out: defaultdict[str, Decimal] = defaultdict(Decimal)
        for link in found.links:
            assert level_of[link.source] + 1 == level_of[link.target]
            out[link.source] += exact([link.cost_usd])
            into[link.target] += exact([link.cost_usd])
        for level in range(len(LEVELS)):
            nodes = [node for node in found.nodes if node.level == level]
            assert total == exact([node.cost_usd for node in nodes])
            assert all(exact([node.cost_usd]) == out[node.name] for node in nodes if level < len(LEVELS) - 1)
            assert all(exact([node.cost_usd]) == into[node.name] for node in nodes if level)
            assert keep + 1 >= len(nodes)
            assert [node.is_other for node in nodes] == sorted(node.is_other for node in nodes)


def test_flow_names_what_is_unknown(tmp_path: Path) -> None:
    """Equal values on two levels, unknown values, absent tools and the rest all have names of their own."""
    found = flow(flowing(tmp_path), ALL, keep=2)
    names = {(node.dimension, node.name) for node in found.nodes}
    assert {("tenant", "other tenants"), ("model", "no model"), ("tool", "no tool")} <= names
    assert {"acme", "acme (pack)"} <= {name for _, name in names}
    assert ("tool", "other tools") in names
    assert (40, 80) == (found.unpriced_generations, found.generations)


@pytest.mark.parametrize("levels", [["pack"], ["pack", "pack"], ["pack", "colour"], list("abcde")], ids=repr)
def test_flow_needs_dimensions(tmp_path: Path, levels: list[str]) -> None:
    """One level, a level twice, unknown and too many levels are refused."""
    with pytest.raises(SpotlightError, match="money cannot flow"):
        flow(made_lake(tmp_path), ALL, levels)


def test_forecast_from_few_days_is_their_mean(tmp_path: Path) -> None:
    """After 1, 2 and 3 dollars on three days: what was spent, and the mean for what remains."""
    reports = spent(tmp_path, ("2026-11-03T10:00", 1.0), ("2026-11-04T10:00", 2.0), ("2026-11-05T10:00", 3.0),
                    ("2026-11-06T10:00", 0.5))  # fmt: skip
    found = forecast(reports, ALL, now_ns=at_ns("2026-11-06T12:00"))
    assert ("2026-11", 6.5, 3, "mean of all days", None) == (
        found.month, found.spent_usd, found.days, found.method, found.reason
    )  # fmt: skip
    # 24 days are to come, and half of today, at 2 dollars; s = 1 with 2 degrees of freedom
    assert pytest.approx(6.5 + 24.5 * 2) == found.forecast_usd
    reach = student(0.95, 2) * math.sqrt(24 + 0.25 + 24.5**2 / 3)
    assert pytest.approx(6.5 + 24.5 * 2 + reach) == found.high_usd
    assert pytest.approx(max(6.5, 6.5 + 24.5 * 2 - reach)) == found.low_usd


def test_forecast_knows_weekends(tmp_path: Path) -> None:
    """From 14 days on, each weekday is expected to cost what it did; what repeats exactly has no scatter."""
    first = dt.date(2026, 10, 12)  # a Monday
    days = [first + dt.timedelta(n) for n in range(21)]
    amounts = [(f"{day}T10:00", 10.0 if day.weekday() < 5 else 1.0) for day in days]
    found = forecast(spent(tmp_path, *amounts), ALL, now_ns=at_ns("2026-11-02T00:00"))
    november = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in range(30)]
    whole = sum(10.0 if day.weekday() < 5 else 1.0 for day in november)
    assert ("mean of each weekday", 21, 1.0) == (found.method, found.days, found.spent_usd)
    assert pytest.approx([whole] * 3) == [found.forecast_usd, found.low_usd, found.high_usd]


@pytest.mark.parametrize("by_weekday", [False, True], ids=["all days", "weekdays"])
def test_the_interval_covers_what_comes(by_weekday: bool) -> None:
    """Of independent normal days, nine of ten sums that came about lie in the interval of 90 %."""
    random = np.random.default_rng(4)
    days = [dt.date(2026, 10, 2) + dt.timedelta(n) for n in range(60)]
    hits = 0
    for _ in range(1000):
        usd = random.normal(20, 5, 60).tolist()
        history, remaining = dict(zip(days[:40], usd[:40], strict=True)), dict.fromkeys(days[40:], 1.0)
        found = expected(history, remaining, 0.9, by_weekday=by_weekday)
        hits += abs(sum(usd[40:]) - found.usd) <= found.reach_usd
    assert 870 <= hits <= 930  # three standard deviations of a binomial of 0.9


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ([], "0 whole days of history: a forecast needs 3"),
        ([("2026-11-05T10:00", 1.0)], "1 whole days of history: a forecast needs 3"),
        ([(f"2026-11-0{n}T10:00", None) for n in (2, 3, 4, 5)], "nothing that was used has a price"),
    ],
    ids=["nothing", "one day", "no price"],
)
def test_forecast_says_why_there_is_none(
    tmp_path: Path, amounts: list[tuple[str, float | None]], reason: str
) -> None:
    """Under three days of history, or without any price, there is a reason instead of a figure."""
    found = forecast(spent(tmp_path, *amounts), ALL, now_ns=at_ns("2026-11-06T12:00"))
    assert (None, None, None, reason) == (found.forecast_usd, found.low_usd, found.high_usd, found.reason)
