"""Figures with their interval as tiles and tables; what the telemetry does not carry says how to send it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, escape, one_line
from dashboards.views.behind import RUNS, href, show_behind
from dashboards.views.figures import CHANGE_COLORS, Good, card, change
from dashboards.views.run_table import Column
from dashboards.views.scorecard import figure
from spotlight.reports.metric import Metric
from spotlight.reports.statistics import Estimate, difference

NOT_REPORTED: Final = "not reported"
COLUMNS: Final = (
    Column("metric", "figure", 206, "A click opens runs behind it"),
    Column("value", "value", 82, align="right"),
    Column("interval", "95% interval", 100, align="right"),
    Column("n", "n", 132, "How many it is of", "right"),
    Column("change", "change", 66, "Against what the page is compared with; pp: percentage points", "right"),
    Column("how", "what it is, or how to send it", 520),
)


class Told(NamedTuple):
    """How a tile names a figure, what its runs are, and in which direction it is good."""

    label: str
    runs: str
    good: Good


TOLD: Final = {
    "task_success": Told("Task success", "Runs that did not", "up"),
    "user_corrections": Told("User corrections", "Corrected runs", "down"),
    "human_escalations": Told("Human escalations", "Runs handed over", "down"),
    "human_input": Told("Human asked", "Runs that asked", "neither"),
    "acceptance": Told("Acceptance", "Refused answers", "up"),
    "tool_call_accuracy": Told("Tool-call accuracy", "Runs judged wrong", "up"),
    "failure_rate": Told("Failure rate", "Failed runs", "down"),
    "incomplete_rate": Told("Without an end", "Incomplete runs", "down"),
    "tool_error_rate": Told("Tool errors", "Runs with one", "down"),
    "tool_timeout_rate": Told("Tool timeouts", "Runs with one", "down"),
    "retry_rate": Told("Retries", "Runs that retried", "down"),
    "provider_fallback_rate": Told("Fallbacks", "Runs that fell back", "down"),
}


class Moved(NamedTuple):
    """By how much a figure changed, as text, and whether that is more than chance would do."""

    said: str
    sure: bool


def figure_of(metric: Metric, value: float | None) -> str:
    """Return a value of a metric as people read it; "–" for unknown."""
    return f"{value:,.0f}" if metric.unit == "count" and value is not None else figure(metric.unit, value)


def interval_of(metric: Metric) -> str:
    """Return the ends of a metric's interval; "" where it has none."""
    if metric.low is None or metric.high is None:
        return ""
    return f"{figure_of(metric, metric.low)} – {figure_of(metric, metric.high)}"


def moved(now: Metric, before: Metric | None) -> Moved | None:
    """Return how a metric changed; None where one side is unknown.

    Counts change by per cent: they have no interval, so nothing is sure of them.
    """
    if before is None or now.value is None or before.value is None:
        return None
    if now.unit == "count":
        said = change(now.value, before.value)
        return None if said is None else Moved(said, sure=False)
    found = difference(*(Estimate(m.value, m.low, m.high, m.n) for m in (before, now)))
    if found.value is None:
        return None
    sure = found.low is not None and found.high is not None and (found.low > 0 or found.high < 0)
    said = f"{100 * found.value:+.1f} pp" if now.unit == "share" else f"{found.value:+.3g}"
    return Moved(said, sure)


def by_name(metrics: Sequence[Metric]) -> dict[str, Metric]:
    """Return metrics by their name."""
    return {metric.name: metric for metric in metrics}


def metric_tiles(metrics: Sequence[Metric], before: Sequence[Metric], against: str) -> None:
    """Draw metrics as a row of tiles, each with its interval, n, change, and a way to its runs.

    `before` holds the same metrics of what they are compared with, named `against`; empty for nothing.
    """
    old = by_name(before)
    with st.container(key="tiles"):
        columns = st.columns(len(metrics), gap="small")
    for column, metric in zip(columns, metrics, strict=True):
        key = f"tile-{'told' if metric.reported else 'untold'}-{metric.name}"
        with column.container(border=True, height="stretch", gap=None, key=key):
            _tile(metric, old.get(metric.name))
    if against and before:
        st.caption(
            f"Changes are against {escape(against)}, coloured where they are more than chance would do (95%)."
        )


def _tile(metric: Metric, before: Metric | None) -> None:
    told = TOLD[metric.name]
    if not metric.reported:
        st.metric(told.label, NOT_REPORTED, help=escape(metric.title, 100))
        with st.popover("How to send it", type="tertiary", key=f"send-{metric.name}"):
            st.markdown(f"**{escape(metric.title)}**: {escape(metric.how, 500)}.")
        return
    found = moved(metric, before)
    st.metric(
        told.label,
        figure_of(metric, metric.value),
        found.said if found else None,
        delta_color=CHANGE_COLORS[told.good] if found and found.sure else "off",
        delta_arrow="auto" if found else "off",
        delta_description=escape(f"was {figure_of(metric, before.value)}") if found and before else None,
        help=escape(f"{metric.title}: {metric.how}. n counts {metric.of}.", 500),
    )
    st.caption(escape(" · ".join(said for said in (interval_of(metric), f"n = {metric.n:,}") if said)))
    if metric.runs:
        st.button(
            told.runs,
            type="tertiary",
            icon=":material/list:",
            key=f"runs-{metric.name}",
            on_click=show_behind,
            args=([(RUNS, list(metric.runs))],),
        )


def metric_row(metric: Metric, before: Metric | None) -> dict[str, Any]:
    """Return the row of a metric; a click opens the runs behind it."""
    found = moved(metric, before)
    return {
        "href": href([(RUNS, list(metric.runs))]) if metric.runs else None,
        "status": "ok" if metric.reported else "unmapped",
        "cells": [
            metric.title,
            figure_of(metric, metric.value) if metric.reported else NOT_REPORTED,
            interval_of(metric),
            f"{metric.n:,} {metric.of}" if metric.reported else "",
            found.said if found else (NOTHING if before and metric.reported else ""),
            one_line(metric.how, 400),
        ],
    }


def metrics_card(name: str, metrics: Sequence[Metric], before: Sequence[Metric], against: str) -> None:
    """Draw metrics as a table."""
    old = by_name(before)
    missing = sum(not metric.reported for metric in metrics)
    with card(name, f"against {escape(against)}" if against else ""):
        rows = [metric_row(metric, old.get(metric.name)) for metric in metrics]
        table_of_links(name, [column._asdict() for column in COLUMNS], rows, 2 * len(rows))
        if missing:
            st.caption(f"{missing} of {len(metrics)} not reported: the last column says how to send them.")
