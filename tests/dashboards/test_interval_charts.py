"""What charts of intervals are given: axes that hold every interval, text that stays data, sure changes."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.clock import Zone
from dashboards.palette import LIGHT
from dashboards.views.failure_chart import failure_line
from dashboards.views.interval_chart import Measured, axis_bounds, interval_chart
from dashboards.views.metrics import Moved, figure_of, interval_of, metric_row, moved
from dashboards.views.spread_chart import label_chart, spread_chart
from spotlight.reports.metric import Signal, counted, not_reported, reported
from spotlight.reports.overview import Moment
from spotlight.reports.statistics import share
from tests.dashboards.invented_span import MARKUP
from tests.dashboards.test_cost_charts import data_of

SIGNAL = Signal("failure_rate", "Runs that failed", "share", "ended runs", "computed so", "send it so")
COUNT = SIGNAL._replace(unit="count")
SHARES = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def measured(hits: int, n: int, key: tuple[str | None, str | None] = ("bot", "1")) -> Measured:
    """Return a row of a chart of shares."""
    found = share(hits, n)
    return Measured(key, found.value or 0.0, found.low, found.high, n)


@given(st.lists(SHARES, min_size=1, max_size=5))
def test_axis_holds_every_interval(counts: list[tuple[int, int]]) -> None:
    """No interval is cut off, no share lies beyond 0 to 1, and the axis has a length."""
    rows = [measured(hits, n) for hits, n in counts]
    low, high = axis_bounds(rows, is_share=True)
    assert 0 <= low < high <= 1
    assert all(low <= row.low + 1e-9 and row.high <= high + 1e-9 for row in rows)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_axis_of_means_holds_them(value: float, reach: float) -> None:
    """Values of any size and sign lie on the axis."""
    low, high = axis_bounds([Measured(("b", "1"), value, value - reach, value + reach, 9)], is_share=False)
    assert low < high
    assert low <= value - reach + 1e-6
    assert value + reach <= high + 1e-6


def test_axis_begins_at_zero_or_where_it_is_seen() -> None:
    """Rates near 0 are read from 0; shares near 1 are not squeezed to the right."""
    assert 0.0 == axis_bounds([measured(3, 100)], is_share=True)[0]
    assert 0.7 <= axis_bounds([measured(90, 100)], is_share=True)[0]


def test_hostile_names_are_only_data() -> None:
    """A version, pack or label that is markup stands in no expression and in no title of a chart."""
    keys = [(MARKUP, MARKUP), (MARKUP, None)]
    spread = [
        {"pack": MARKUP, "version": MARKUP, "low": 0.0, "high": 0.1, "label": None, "n": 3},
        {"pack": MARKUP, "version": MARKUP, "low": None, "high": None, "label": MARKUP, "n": 2},
    ]
    charts: list[Any] = [
        interval_chart([measured(1, 9, key) for key in keys], LIGHT, is_share=True, what="failed"),
        spread_chart(spread, keys[:1], LIGHT),
        label_chart(spread, keys[:1], LIGHT),
    ]
    for chart in charts:
        said = chart.to_dict()
        assert "<script>" in json.dumps(said.pop("datasets"))
        assert "labelExpr" not in json.dumps(said)
        assert "expr" not in json.dumps(said)


def test_spread_is_of_each_version() -> None:
    """Numbers and labels are shares of their own version's numbers and labels."""
    rows = [
        {"pack": "bot", "version": "1", "low": low, "high": high, "label": label, "n": n}
        for low, high, label, n in ((0.0, 0.5, None, 1), (0.5, 1.0, None, 3), (None, None, "good", 5))
    ]
    assert [0.25, 0.75] == [row["share"] for row in data_of(spread_chart(rows, [("bot", "1")], LIGHT))]
    assert [1.0] == [row["share"] for row in data_of(label_chart(rows, [("bot", "1")], LIGHT))]


def test_time_in_which_no_run_ended_has_no_point() -> None:
    """A step of incomplete runs alone is no failure rate of 0."""
    steps = [Moment(at * 10**12, at * 10**12 + 5, 4, failed, incomplete, None, 0, 0, None)
             for at, failed, incomplete in ((1, 1, 2), (2, 0, 4))]  # fmt: skip
    drawn = data_of(failure_line(steps, Zone("UTC", ZoneInfo("UTC")), LIGHT))
    assert [("1 of 2", 0.5)] == [(row["of"], row["rate"]) for row in drawn]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((10, 1000), (100, 1000), Moved("+9.0 pp", sure=True)),
        ((1, 10), (2, 10), Moved("+10.0 pp", sure=False)),
        ((100, 1000), (10, 1000), Moved("-9.0 pp", sure=True)),
    ],
)
def test_changes_are_sure_beyond_chance(
    before: tuple[int, int], now: tuple[int, int], expected: Moved
) -> None:
    """A share changes by percentage points, and surely where the interval of the difference leaves out 0."""
    assert expected == moved(reported(SIGNAL, share(*now)), reported(SIGNAL, share(*before)))


def test_unknown_is_no_change() -> None:
    """What is not reported has neither change nor figure, but says how to send it."""
    untold, known = not_reported(SIGNAL), reported(SIGNAL, share(1, 2))
    assert [None, None, None] == [moved(untold, known), moved(known, untold), moved(known, None)]
    assert ["not reported", "", "", "", "send it so"] == metric_row(untold, known)["cells"][1:]
    assert ("1,234", "") == (figure_of(counted(COUNT, 3, 3), 1234.0), interval_of(counted(COUNT, 3, 3)))
    assert Moved("+50.0%", sure=False) == moved(counted(COUNT, 3, 3), counted(COUNT, 2, 2))
