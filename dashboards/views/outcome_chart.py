"""Runs over time by how they ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from dashboards.clock import Zone
from dashboards.palette import Palette
from dashboards.text import moment
from dashboards.views.cost_charts import HEIGHT, styled
from spotlight.reports.overview import Moment

WORDS: Final = {"ok": "ok", "incomplete": "incomplete", "error": "failed"}
DAY_NS: Final = 86_400_000_000_000


def _rows(steps: Sequence[Moment], zone: Zone) -> pd.DataFrame:
    """Return a row per step of time and outcome that any run had."""
    rows = [
        (at, f"{moment(step.first_ns, zone)} to {moment(step.last_ns, zone)}", status, WORDS[status], count)
        for at, step in enumerate(steps)
        for status, count in (
            ("ok", step.runs - step.failed - step.incomplete),
            ("incomplete", step.incomplete),
            ("error", step.failed),
        )
        if count
    ]
    return pd.DataFrame(rows, columns=["place", "told", "status", "word", "runs"])


def outcome_bars(steps: Sequence[Moment], zone: Zone, colors: Palette) -> alt.Chart:
    """Return the runs of each step of time, stacked by how they ended.

    A click selects "step" with `place`, the number of the step, and `status`.
    """
    known = [step.first_ns for step in steps if step.first_ns is not None]
    form = "%d %b" if known and known[-1] - known[0] > 3 * DAY_NS else "%d %b %H:%M"
    frame = _rows(steps, zone)
    labels = [moment(step.first_ns, zone, form) for step in steps]
    # A day that several steps share is named once.
    labels = ["" if at and label == labels[at - 1] else label for at, label in enumerate(labels)]
    said = "[" + ",".join(f"'{label}'" for label in labels) + "][datum.value]"
    picked = alt.selection_point(name="step", fields=["place", "status"], toggle=False)
    scale = alt.Scale(domain=list(WORDS.values()), range=[colors.series[0], colors.rest, colors.error])
    chart = (
        alt.Chart(frame)
        .mark_bar(cursor="pointer")
        .encode(
            x=alt.X(
                "place:O",
                scale=alt.Scale(domain=list(range(len(steps))), paddingInner=0.12),
                axis=alt.Axis(
                    labelExpr=said,
                    labelAngle=0,
                    labelOverlap="greedy",
                    labelSeparation=12,
                    title=None,
                    ticks=False,
                ),
            ),
            y=alt.Y(
                "runs:Q", axis=alt.Axis(title=None, tickCount=4, domain=False, format="~s"), stack="zero"
            ),
            color=alt.Color("word:N", scale=scale, legend=alt.Legend(title=None, orient="top")),
            order=alt.Order("status:N", sort="descending"),
            opacity=alt.condition(picked, alt.value(1.0), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("told:N", title="runs begun"),
                alt.Tooltip("word:N", title="ended"),
                alt.Tooltip("runs:Q", title="runs", format=","),
            ],
        )
        .add_params(picked)
        .properties(height=HEIGHT)
    )
    return styled(chart, colors)
