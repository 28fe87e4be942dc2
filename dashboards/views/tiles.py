"""The figures above the list of runs; a figure nobody reported says "unknown"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pyarrow as pa
import streamlit as st

from dashboards.text import duration, money, share, tokens
from spotlight.reports import RunsSummary


class Tile(NamedTuple):
    """One figure, the line under it, and the series drawn below."""

    label: str
    value: str
    note: str
    series: list[float]
    chart: str
    explained: str


POINTS: Final = 24


def series(values: list[Any], merge: Callable[[list[float]], float]) -> list[float]:
    """Return at most POINTS values: neighbours merged, unknown ones left out."""
    known = [float(v) for v in values if v is not None]
    size = -(-len(known) // POINTS) or 1
    return [merge(known[i : i + size]) for i in range(0, len(known), size)]


def tiles(summary: RunsSummary, listed: pa.Table) -> list[Tile]:
    """Return the five tiles; series of single runs come from the listed page, oldest first."""
    rows = listed.sort_by("started_ns") if listed.num_rows else listed
    steps = "The bars: equal steps of the time these runs span."
    each = "The line: the listed runs, oldest first, in up to 24 steps."
    silent = summary.runs_without_usage
    calls = summary.generations_without_usage
    unreported = f"{calls:,} model calls did not report" if calls else "every model call reported"
    if silent:
        unreported = f"{silent:,} of {summary.runs:,} runs reported none"
    return [
        Tile(
            "Runs",
            f"{summary.runs:,}",
            f"{summary.incomplete:,} incomplete",
            [float(n) for n in summary.runs_over_time],
            "bar",
            f"{steps} Incomplete: the root has not arrived; killed, or still running.",
        ),
        Tile(
            "Failed",
            f"{summary.failed:,}",
            f"{share(summary.failed, summary.runs)} of runs",
            [float(n) for n in summary.failed_over_time],
            "bar",
            steps,
        ),
        Tile(
            "p95 duration",
            duration(summary.p95_ms),
            f"p50 {duration(summary.p50_ms)}",
            series(rows.column("duration_ms").to_pylist(), max),
            "line",
            f"{each} The slowest of each step.",
        ),
        Tile(
            "Cost",
            money(summary.cost_usd),
            _priced(summary),
            series(rows.column("cost_usd").to_pylist(), sum),
            "line",
            f"List price. {summary.unpriced_generations:,} model calls with usage have no price. {each}",
        ),
        Tile(
            "Tokens",
            f"{tokens(summary.input_tokens)} in, {tokens(summary.output_tokens)} out",
            unreported,
            series(rows.column("input_tokens").to_pylist(), sum),
            "line",
            f"Cache included in, reasoning out. {each} Of tokens in.",
        ),
    ]


def _priced(summary: RunsSummary) -> str:
    """Return what the cost is of: every run, or those that have a price."""
    missing = summary.runs - summary.priced_runs
    return f"{missing:,} of {summary.runs:,} runs have no price" if missing else "every run has a price"


def tile_row(summary: RunsSummary, listed: pa.Table) -> None:
    """Draw the tiles in one row."""
    drawn = tiles(summary, listed)
    with st.container(key="tiles"):
        columns = st.columns(len(drawn), gap="small")
    for column, tile in zip(columns, drawn, strict=True):
        column.metric(
            tile.label,
            tile.value,
            tile.note,
            delta_color="off",
            delta_arrow="off",
            border=True,
            chart_data=tile.series if len(tile.series) > 1 else None,
            chart_type="bar" if tile.chart == "bar" else "line",
            help=tile.explained,
            height="stretch",
        )
