"""What the charts about time are given: runs in cells, ticks where they belong, brushes as filters."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.clock import named_zone
from dashboards.palette import DARK, LIGHT
from dashboards.views.latency_axes import (
    Tick,
    duration_label,
    duration_ticks,
    even_ticks,
    local_ticks,
    said,
    time_ticks,
)
from dashboards.views.latency_charts import buckets, heat, percentile_lines, region_of
from dashboards.views.latency_region import read, written
from spotlight.reports import RunFilters
from spotlight.reports.latency_heatmap import Heatmap, brushed
from tests.dashboards.invented_span import MARKUP
from tests.rows import START

HOUR = 3_600_000_000_000
COUNTS = [[1, 0, 0], [0, 2, 0], [0, 0, 3]]
DRAWN = Heatmap([START + n * HOUR for n in range(4)], [0.0, 1.0, 10.0, 100.0], COUNTS, 6, 0)
UTC = named_zone("UTC")


def data_of(chart: Any) -> list[dict[str, Any]]:
    """Return the rows that a chart draws."""
    spec = chart.to_dict()
    rows: list[dict[str, Any]] = next(iter(spec["datasets"].values()))
    return rows


def test_cells_hold_every_run() -> None:
    """Cells with runs are drawn once, with when they began and how long they took."""
    drawn = data_of(heat(DRAWN, UTC, DARK))
    assert [(0, 0, 1), (1, 1, 2), (2, 2, 3)] == [(r["column"], r["row"], r["runs"]) for r in drawn]
    assert ["0 ms to 1 ms", "1 ms to 10 ms", "10 ms to 100 ms"] == [row["took"] for row in drawn]


def test_ticks_stand_where_their_duration_is() -> None:
    """Round durations lie between edges of equal ratio; 0 has the lowest row."""
    edges = [0.0, 1.0, 10.0, 100.0]
    ticks = {tick.label: tick.at for tick in duration_ticks(edges, 99)}
    assert [0.0, 1.0, 1.301, 2.0, 3.0] == [ticks[label] for label in ("0", "1 ms", "2 ms", "10 ms", "100 ms")]
    assert [Tick(0.0, "0")] == duration_ticks([0.0, 5e-324])


@given(st.floats(1e-3, 1e9), st.floats(1.0, 1e6), st.integers(1, 40))
def test_ticks_are_few_and_in_order(low: float, ratio: float, rows: int) -> None:
    """However long runs took, ticks are some, rise, and lie on the axis."""
    edges = [low * ratio ** (at / rows) for at in range(rows + 1)]
    edges = sorted({*edges, edges[-1] * 1.001})
    places = [tick.at for tick in duration_ticks(edges)]
    assert places == sorted(places)
    assert len(places) <= 8
    assert all(0 <= at <= len(edges) - 1 for at in places)


@given(st.floats(1e-3, 1e10))
def test_even_ticks_reach_the_longest(longest: float) -> None:
    """From 0 on there are at most eight, and the last is not below what is drawn."""
    ticks = even_ticks(longest)
    assert 0 == ticks[0]
    assert longest <= ticks[-1] * (1 + 1e-12)
    assert 2 <= len(ticks) <= 8
    assert "datum.value" in duration_label(ticks)


def test_times_are_local_ones() -> None:
    """Over the end of summer time a day has 25 hours; its ticks stand at local midnights."""
    berlin = named_zone("Europe/Berlin")
    start = int(datetime(2026, 10, 24, tzinfo=berlin.info).timestamp()) * 1_000_000_000
    edges = [start + n * HOUR for n in range(74)]
    midnights = [tick.at for tick in time_ticks(edges, berlin) if tick.label.endswith("00:00")]
    assert [0.0, 24.0, 49.0, 73.0] == midnights


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.timedeltas(timedelta(0), timedelta(9999)))
def test_local_ticks_are_some_and_few(first: datetime, length: timedelta) -> None:
    """Whatever the span, there is a tick, and there are not too many; all lie within."""
    last = first + length
    ticks = local_ticks(first, last)
    assert 1 <= len(ticks) <= 10
    assert all(first <= at <= last for at, _ in ticks)


def test_tick_labels_are_looked_up() -> None:
    """Whole places are written as JavaScript writes them."""
    assert "{'2':'1 s','2.5':'2 s'}['' + datum.value]" == said([Tick(2.0, "1 s"), Tick(2.5, "2 s")])


@pytest.mark.parametrize(
    ("span", "expected"),
    [((0.0, 3.0), (0, 2)), ((0.6, 2.4), (1, 1)), ((2.4, 0.4), (0, 1)), ((1.2, 1.3), (1, 1)),
     ((-5, 9), (0, 2)), ((3.0, 3.0), (2, 2))],
)  # fmt: skip
def test_brush_means_buckets(span: tuple[float, float], expected: tuple[int, int]) -> None:
    """A bucket is in when half of it is; a brush within one bucket means that one."""
    assert expected == buckets(span, 3)


def test_brush_is_the_filters_of_its_cells() -> None:
    """What is brushed is found as the report finds it; nothing brushed is no region."""
    state = {"selection": {"brush": {"column": [1.0, 3.0], "row": [2.0, 0.9]}}}
    region = brushed(RunFilters(), DRAWN, (1, 2), (1, 1))
    assert region == region_of(state, DRAWN, RunFilters())
    assert region == read(written(region), RunFilters())
    assert region_of(None, DRAWN, RunFilters()) is None
    assert region_of({"selection": {"brush": {}}}, DRAWN, RunFilters()) is None


@pytest.mark.parametrize("text", [None, "", "1,2,3", "a,b,c,d", "1,2,nan,4", "-1,2,3,4", "1,2,3,inf"])
def test_garbled_region_is_none(text: str | None) -> None:
    """An address that names no region shows the slowest runs."""
    assert read(text, RunFilters()) is None


def test_region_stays_within_the_filters() -> None:
    """A region of an old window holds no run that the filters leave out."""
    filters = RunFilters(since_ns=50, until_ns=60, min_ms=2.0, max_ms=3.0)
    assert filters == read("10,99,1.0,9.0", filters)


def test_lines_keep_hostile_names_as_data() -> None:
    """Two lines per series; a name that is markup is data and in no expression; unknown times are no 0."""
    rows = [
        {"start": datetime(2026, 1, day), "series": name, "is_other": False, "rank": rank, "runs": 3, "n": n,
         "p50_ms": 10.0 if n else None, "p95_ms": 20.0 if n else None}
        for day, name, rank, n in ((1, MARKUP, 1, 2), (2, MARKUP, 1, 0), (1, None, 2, 3))
    ]  # fmt: skip
    chart = percentile_lines(rows, "version", "day", LIGHT)
    drawn = data_of(chart)
    assert [("p50", 10.0, 0), ("p95", 20.0, 0), ("p50", 10.0, 2), ("p95", 20.0, 2)] == [
        (row["which"], row["ms"], row["place"]) for row in drawn
    ]
    expressions = [axis["labelExpr"] for axis in axes_of(chart.to_dict())]
    assert 4 == len(expressions)
    assert not any("script" in expression for expression in expressions)


def axes_of(spec: Any) -> list[dict[str, Any]]:
    """Return every axis with an expression in a chart's description."""
    if isinstance(spec, dict):
        mine = [spec["axis"]] if isinstance(spec.get("axis"), dict) and "labelExpr" in spec["axis"] else []
        return mine + [axis for part in spec.values() for axis in axes_of(part)]
    return [axis for part in spec for axis in axes_of(part)] if isinstance(spec, list) else []
