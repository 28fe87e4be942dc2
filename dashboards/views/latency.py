"""The latency page: where does time go, and for whom is it slow?"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.palette import palette
from dashboards.text import NOTHING, duration, escape, moment
from dashboards.views.behind import RUNS, list_link, show_behind
from dashboards.views.cost_over_time import HOUR_NS, period_for
from dashboards.views.figures import change, guarded, selected, tile
from dashboards.views.filters import Scope
from dashboards.views.latency_charts import BRUSH, POINT, heat, percentile_lines, region_of
from dashboards.views.latency_region import DRAWN, difference_card, keep
from dashboards.views.latency_tables import (
    longest,
    models_card,
    parts_card,
    path_card,
    steps_card,
    tools_card,
    whom_card,
)
from spotlight.reports.latency import MEASURES, latency
from spotlight.reports.latency_heatmap import Heatmap, heatmap
from spotlight.reports.latency_time import latency_over_time

# The measures of the tiles and of the lines, and how each is called after a percentile.
NAMES: Final = {
    "completion": "to completion",
    "first_token": "to first token",
    "first_action": "to first action",
}
TOLD: Final = ("p50", "p95")
OVERLAYS: Final = (
    "version",
    "model",
    "pack",
    "agent",
    "tenant",
    "environment",
    "feature",
    "surface",
    "status",
)
KEPT_SERIES: Final = 5


def _period(drawn: Heatmap) -> str:
    """Return how long the steps of time are for the time that the runs span."""
    return period_for((drawn.time_edges_ns[-1] - drawn.time_edges_ns[0]) / HOUR_NS)


def _link(scope: Scope, row: dict[str, Any], told: str) -> None:
    """Draw the way to the runs behind a tile, which says how many they are and how many are unknown."""
    measure, counted = row["measure"], f"{row['n']:,} runs · {row['unknown']:,} unknown"
    if measure == "completion":
        filters = scope.filters._replace(order="slowest")
        slow = told == "p95" and row["n"]
        list_link(
            "The slowest 5%" if slow else counted,
            filters._replace(min_ms=row["p95_ms"]) if slow else filters,
            None,
        )
        return

    def opened() -> None:
        show_behind([(RUNS, longest(scope, measure))])

    st.button(
        counted, key=f"behind-{measure}-{told}", type="tertiary", on_click=opened, disabled=not row["n"]
    )


def _tiles(scope: Scope, period: str | None) -> None:
    asked = tuple(NAMES)
    found = scope.lake.ask(latency, scope.filters, measures=asked).to_pylist()
    before = scope.lake.ask(latency, scope.baseline, measures=asked).to_pylist() if scope.baseline else []
    old = {row["measure"]: row for row in before}
    with st.container(key="tiles"):
        columns = iter(st.columns(len(found) * len(TOLD), gap="small"))
    for row in found:
        name = row["measure"]
        course = []
        if period:
            course = scope.lake.ask(latency_over_time, scope.filters, None, name, period=period).to_pylist()
        for told in TOLD:
            value, was = row[f"{told}_ms"], old.get(name, {}).get(f"{told}_ms")
            delta = change(value, was)
            with next(columns):
                tile(
                    st, f"{told} {NAMES[name]}", NOTHING if value is None else duration(value),
                    note="" if row["n"] else "not reported", delta=delta, against=scope.against, good="down",
                    series=[at[f"{told}_ms"] for at in course if at["n"]],
                    explained=f"Time {MEASURES[name]}. Of {row['n']:,} runs; unknown of {row['unknown']:,}."
                    + (f" It was {duration(was)}." if was is not None else ""),
                )  # fmt: skip
                _link(scope, row, told)


def _heatmap_card(scope: Scope, drawn: Heatmap) -> None:
    with st.container(border=True, height="stretch"):
        st.markdown("**Runs by start and duration** :gray[drag over a part: what differs is told beside it]")
        key = f"heat-{st.session_state.get(DRAWN, 0)}"

        def brushed() -> None:
            keep(region_of(st.session_state.get(key), drawn, scope.filters))

        chart = heat(drawn, scope.zone, palette())
        st.altair_chart(chart, width="stretch", key=key, on_select=brushed, selection_mode=BRUSH)
        lacking = f" {drawn.unknown:,} more have no known duration." if drawn.unknown else ""
        most = max(max(counts) for counts in drawn.counts)
        said = f"{drawn.n:,} runs, at most {most:,} in a cell.{lacking} Times in {scope.zone.name}."
        st.caption(escape(said, 200))


def _over_time_card(scope: Scope, period: str) -> None:
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**p50 and p95**", width="content")
            named = st.selectbox(
                "Measure", list(NAMES.values()), key="measure", label_visibility="collapsed", width=145,
                bind="query-params",
            )  # fmt: skip
            measure = next(measure for measure, name in NAMES.items() if name == named)
            st.markdown("by", width="content")
            overlay = st.selectbox(
                "Overlay", OVERLAYS, key="overlay", label_visibility="collapsed", width=125,
                bind="query-params",
            )  # fmt: skip
            st.caption(f"per {period}, p95 dashed", width="content")
        rows = scope.lake.ask(
            latency_over_time, scope.filters, overlay, measure, period=period,
            keep=KEPT_SERIES,
        ).to_pylist()  # fmt: skip
        if not any(row["n"] for row in rows):
            st.caption("Not reported by any run here.")
            return

        def opened() -> None:
            point = selected(st.session_state.get("lines"), POINT)
            if point is not None:
                show_behind([(RUNS, rows[int(point["place"])]["slowest"])])

        chart = percentile_lines(rows, overlay, period, palette())
        st.altair_chart(chart, width="stretch", key="lines", on_select=opened, selection_mode=POINT)


def draw(scope: Scope) -> None:
    """Draw the page."""
    drawn = scope.lake.ask(heatmap, scope.filters)
    period = _period(drawn) if drawn.n else None
    _tiles(scope, period)
    if not drawn.n or period is None:
        st.info("No run here has both a start and an end: there is no duration to show.")
        return
    left, right = st.columns([3, 2], gap="small")
    with left:
        guarded(lambda given: _heatmap_card(given, drawn), scope)
    with right:
        guarded(difference_card, scope)
    left, right = st.columns([3, 2], gap="small")
    with left:
        guarded(lambda given: _over_time_card(given, period), scope)
    with right:
        guarded(parts_card, scope)
    left, right = st.columns([3, 2], gap="small")
    with left:
        guarded(tools_card, scope)
    with right:
        guarded(path_card, scope)
    left, right = st.columns([3, 2], gap="small")
    with left:
        guarded(models_card, scope)
    with right:
        guarded(whom_card, scope)
    guarded(steps_card, scope)
    first, last = (moment(drawn.time_edges_ns[at], scope.zone) for at in (0, -1))
    st.caption(escape(f"{drawn.n:,} runs with a known duration from {first} to {last}.", 200))
