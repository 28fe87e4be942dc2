"""What charts are given: every figure of the report, no two names alike, text that stays text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.palette import DARK, LIGHT
from dashboards.views.cost_charts import (
    LABEL_LIMIT,
    axis_floor,
    distinct,
    dumbbells,
    sankey,
    stacked_bars,
    waterfall,
)
from dashboards.views.cost_over_time import all_starts, next_start, period_for
from dashboards.views.figures import change, is_large
from spotlight.reports.bridge import Bridge, BridgeLine, BridgeSide
from spotlight.reports.cost_flow import Flow, FlowLink, FlowNode
from tests.dashboards.invented_span import MARKUP

DAY = datetime(2026, 3, 28)


def data_of(chart: Any) -> list[dict[str, Any]]:
    """Return the rows that a chart draws."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


@given(st.lists(st.sampled_from(["a", "b", "a (2)", "unknown"])))
def test_labels_are_never_alike(labels: list[str]) -> None:
    """Two values with one name get two names, and keep their order."""
    told = distinct(labels)
    assert len(labels) == len(set(told))
    assert all(said.startswith(label) for said, label in zip(told, labels, strict=True))


@pytest.mark.parametrize(
    ("hours", "period"),
    [(1, "hour"), (72, "hour"), (73, "day"), (2880, "day"), (2881, "week"), (1e6, "month")],
)
def test_long_spans_of_time_have_long_bars(hours: float, period: str) -> None:
    """There are never more bars than can be seen."""
    assert period == period_for(hours)


def test_periods_without_a_step_have_their_place() -> None:
    """The axis goes on through days on which nothing ran; months have their own lengths."""
    assert [28, 29, 30] == [start.day for start in all_starts([DAY, datetime(2026, 3, 30)], "day")]
    assert datetime(2027, 1, 1) == next_start(datetime(2026, 12, 1), "month")


def test_bars_hold_every_figure_of_the_report() -> None:
    """Each series keeps its cost; a value that is called like all others together is told apart."""
    rows = [
        {"start": DAY, "series": name, "is_other": other, "rank": rank, "cost_usd": usd, "runs": 1}
        for rank, (name, other, usd) in enumerate(
            [("other models", False, 4.0), (MARKUP, False, 2.0), (None, False, 1.0), (None, True, 0.5)], 1
        )
    ]
    drawn = data_of(stacked_bars(rows, "model", [DAY], "day", LIGHT))
    assert [4.0, 2.0, 1.0, 0.5] == [row["usd"] for row in drawn]
    assert ["other models", "no model", "other models (2)"] == [drawn[at]["name"] for at in (0, 2, 3)]
    assert LABEL_LIMIT >= len(drawn[1]["name"])


def test_versions_of_one_name_in_two_packs_are_two_rows() -> None:
    """Packs are told apart where there are several."""
    figures = {"p50_usd": 1.0, "p95_usd": 2.0, "mean_usd": 1.2, "n": 5, "partly_priced_runs": 0}
    rows = [{"pack": pack, "version": "1.0"} | figures for pack in ("a", "b", None)]
    assert ["a 1.0 · 5", "b 1.0 · 5", "unknown pack 1.0 · 5"] == [
        row["row"] for row in data_of(dumbbells(rows, DARK))
    ]


def side(usd: float) -> BridgeSide:
    """Return a side that cost so much."""
    return BridgeSide(1, usd, 1, 0, 0, None, 0)


def test_waterfall_goes_from_before_to_after() -> None:
    """Each effect begins where the one before ended."""
    lines = [BridgeLine(n, n, usd, "", [], "after") for n, usd in (("volume", 3.0), ("price", -1.0))]
    drawn = data_of(waterfall(Bridge(side(2.0), side(4.0), 2.0, lines), LIGHT))
    assert [(0, 2), (2, 5), (4, 5), (0, 4)] == [(row["low"], row["high"]) for row in drawn]
    assert ["$2.00", "+$3.00", "-$1.00", "$4.00"] == [row["said"] for row in drawn]


def test_small_effects_on_a_large_cost_are_seen() -> None:
    """The axis begins at 0 unless the effects would be hairlines there."""
    assert [0.0, 0.0, 97.0] == [axis_floor(effects) for effects in ([], [(0.0, 5.0)], [(98.0, 100.0)])]


def test_flow_keeps_hostile_names_apart_and_short() -> None:
    """Names of a megabyte are cut, to names that differ; every link finds its nodes."""
    names = [MARKUP + "x" * 1_000_000, MARKUP + "y" * 1_000_000]
    nodes = [FlowNode(name, at, "tenant", name, False, 1.0) for at, name in enumerate(names)]
    spec = sankey(Flow(nodes, [FlowLink(*names, 1.0)], 1.0, 1, 0, None), LIGHT)["series"][0]
    shown = [node["name"] for node in spec["data"]]
    assert 2 == len(set(shown))
    assert [{"source": shown[0], "target": shown[1], "value": 1.0}] == spec["links"]
    assert all(len(name) <= LABEL_LIMIT + 4 for name in shown)


def test_change_is_said_where_it_can_be() -> None:
    """A change from nothing, or of something unknown, is no per cent."""
    assert ["+50.0%", None, None, None] == [
        change(now, before) for now, before in ((3.0, 2.0), (3.0, 0.0), (None, 2.0), (3.0, None))
    ]
    assert [False, True] == [is_large(delta) for delta in ("-4.9%", "+5.0%")]
