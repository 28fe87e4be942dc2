"""The charts of the latency page: the heatmap with its brush, and percentiles over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import altair as alt
import pandas as pd

from dashboards.clock import Zone
from dashboards.palette import DARK, Palette
from dashboards.text import duration, moment
from dashboards.views.cost_charts import HEIGHT, distinct, label_of, series_colors, styled
from dashboards.views.latency_axes import (
    duration_label,
    duration_ticks,
    even_ticks,
    local_ticks,
    said,
    time_ticks,
)
from spotlight.reports import RunFilters
from spotlight.reports.latency_heatmap import Heatmap, brushed

BRUSH: Final = "brush"
POINT: Final = "point"
SEEN: Final = ("#cfe0f7", "#7fb0e8", "#2f74c0", "#12335f")
SEEN_DARK: Final = ("#1b2f4a", "#1f5c9a", "#3f9be8", "#d3ebff")
DAY_FORM: Final = {"hour": "%d %b %H:%M", "day": "%a %d %b", "week": "week of %d %b", "month": "%b %Y"}
PERCENTILES: Final = ("p50", "p95")


def heat(found: Heatmap, zone: Zone, colors: Palette) -> alt.Chart:
    """Return runs by start and duration; a brushed part is selected as "brush".

    The axes count buckets, so that a row of durations of 0 has its place beside a logarithmic axis.
    """
    columns, rows = len(found.time_edges_ns) - 1, len(found.edges_ms) - 1
    times = [moment(ns, zone, "%a %d %b %H:%M") for ns in found.time_edges_ns]
    durations = [duration(ms) for ms in found.edges_ms]
    frame = pd.DataFrame(
        [
            {
                "column": column, "column_end": column + 1, "row": row, "row_end": row + 1, "runs": count,
                "began": f"{times[column]} to {times[column + 1]}",
                "took": f"{durations[row]} to {durations[row + 1]}",
            }
            for row, counts in enumerate(found.counts)
            for column, count in enumerate(counts)
            if count
        ]
    )  # fmt: skip
    brush = alt.selection_interval(
        name=BRUSH, mark=alt.BrushConfig(fill=colors.muted, fillOpacity=0.1, stroke=colors.text)
    )
    ticks_x, ticks_y = time_ticks(found.time_edges_ns, zone), duration_ticks(found.edges_ms)
    x_axis = alt.Axis(
        values=[tick.at for tick in ticks_x], labelExpr=said(ticks_x), title=None, grid=False, labelAngle=0,
        labelFlush=False,
    )  # fmt: skip
    y_axis = alt.Axis(
        values=[tick.at for tick in ticks_y], labelExpr=said(ticks_y), title=None, grid=True, domain=False,
        ticks=False,
    )  # fmt: skip
    scheme = SEEN_DARK if colors is DARK else SEEN
    most = max(max(counts) for counts in found.counts)
    chart = (
        alt.Chart(frame)
        .mark_rect(cursor="crosshair", stroke=None)
        .encode(
            x=alt.X("column:Q", scale=alt.Scale(domain=[0, columns], nice=False), axis=x_axis),
            x2="column_end:Q",
            y=alt.Y("row:Q", scale=alt.Scale(domain=[0, rows], nice=False), axis=y_axis),
            y2="row_end:Q",
            color=alt.Color(
                "runs:Q",
                scale=alt.Scale(type="sqrt", range=list(scheme), domain=[1, max(2, most)]),
                legend=None,
            ),
            opacity=alt.condition(brush, alt.value(1.0), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("began:N", title="began"),
                alt.Tooltip("took:N", title="took"),
                alt.Tooltip("runs:Q", title="runs", format=","),
            ],
        )
        .add_params(brush)
        .properties(height=HEIGHT + 84)
    )  # fmt: skip
    return styled(chart, colors)


def region_of(state: Any, found: Heatmap, filters: RunFilters) -> RunFilters | None:
    """Return the filters of the brushed part of a heatmap; None where nothing is brushed."""
    brush = (state or {}).get("selection", {}).get(BRUSH) or {}
    column, row = brush.get("column"), brush.get("row")
    if not column or not row:
        return None
    columns = buckets(column, len(found.time_edges_ns) - 1)
    return brushed(filters, found, columns, buckets(row, len(found.edges_ms) - 1))


def buckets(span: Sequence[float], count: int) -> tuple[int, int]:
    """Return the first and last bucket of which a brushed span covers half; at least the one it is in."""
    low, high = (min(max(edge, 0.0), float(count)) for edge in sorted(span))
    first, last = math.floor(low + 0.5), math.ceil(high - 0.5) - 1
    if first > last:
        first = last = min(math.floor((low + high) / 2), count - 1)
    return first, last


def _points(rows: list[dict[str, Any]], names: list[str], ranked: list[Any], period: str) -> pd.DataFrame:
    """Return a row per dot: a percentile of a series in a period."""
    return pd.DataFrame(
        [
            {
                "at": row["start"].replace(tzinfo=UTC).timestamp(),
                "told": row["start"].strftime(DAY_FORM[period]),
                "place": place,
                "name": names[ranked.index((row["series"], row["is_other"]))],
                "which": which,
                "ms": row[f"{which}_ms"],
                "took": duration(row[f"{which}_ms"]),
                "n": f"{row['n']:,} of {row['runs']:,} runs",
            }
            for place, row in enumerate(rows)
            for which in PERCENTILES
            if row["n"]
        ],
        columns=["at", "told", "place", "name", "which", "ms", "took", "n"],
    )


def percentile_lines(rows: list[dict[str, Any]], split: str, period: str, colors: Palette) -> alt.Chart:
    """Return p50 and p95 per period, a pair of lines per series; rows as of `latency_over_time`.

    A click on a dot selects "point" with `place`, the number of its row.
    """
    ranked = list(dict.fromkeys((r["series"], r["is_other"]) for r in sorted(rows, key=lambda r: r["rank"])))
    names = distinct(label_of(split, value, is_other=is_other) for value, is_other in ranked)
    frame = _points(rows, names, ranked, period)
    starts: list[datetime] = [row["start"] for row in rows]
    ticks = [at.replace(tzinfo=UTC).timestamp() for at, _ in local_ticks(min(starts), max(starts))]
    # Local times stand on the axis as if they were UTC: a browser's own zone must not move them.
    form = "%d %b" if max(starts) - min(starts) > timedelta(days=2) else "%d %b %H:%M"
    axis = alt.Axis(
        values=ticks, labelExpr=f"utcFormat(datum.value * 1000, '{form}')", title=None, grid=False,
        labelAngle=0, labelOverlap="greedy", labelSeparation=8,
    )  # fmt: skip
    heights = even_ticks(max(row[f"{which}_ms"] for row in rows for which in PERCENTILES if row["n"]))
    picked = alt.selection_point(name=POINT, fields=["place"], toggle=False)
    base = alt.Chart(frame).encode(
        x=alt.X("at:Q", scale=alt.Scale(zero=False, nice=False, padding=8), axis=axis),
        y=alt.Y(
            "ms:Q",
            scale=alt.Scale(domain=[0, heights[-1]], nice=False),
            axis=alt.Axis(
                values=heights, labelExpr=duration_label(heights), title=None, domain=False, ticks=False
            ),
        ),
        color=alt.Color(
            "name:N",
            scale=alt.Scale(domain=names, range=series_colors(ranked, colors)),
            legend=alt.Legend(title=None, orient="top", columns=4, symbolType="stroke", symbolStrokeWidth=3),
        ),
    )
    dash = alt.StrokeDash(
        "which:N", scale=alt.Scale(domain=list(PERCENTILES), range=[[1, 0], [4, 3]]), legend=None
    )
    lines = base.mark_line(strokeWidth=1.8).encode(strokeDash=dash)
    dots = (
        base.mark_circle(size=46, opacity=1, cursor="pointer")
        .encode(
            opacity=alt.condition(picked, alt.value(1.0), alt.value(0.35)),
            tooltip=[
                alt.Tooltip(f"{field}:N", title=title)
                for field, title in (
                    ("told", "began"), ("name", "series"), ("which", "percentile"), ("took", "took"),
                    ("n", "of"),
                )
            ],
        )
        .add_params(picked)
    )  # fmt: skip
    return styled(alt.layer(lines, dots).properties(height=HEIGHT + 6), colors)
