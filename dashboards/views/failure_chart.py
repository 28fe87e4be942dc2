"""The failure rate over time with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from dashboards.clock import Zone
from dashboards.palette import Palette
from dashboards.text import moment, part
from dashboards.views.cost_charts import HEIGHT, styled
from dashboards.views.outcome_chart import DAY_NS
from spotlight.reports.overview import Moment
from spotlight.reports.statistics import share

STEP: Final = "step"
_COLUMNS: Final = ("place", "told", "rate", "low", "high", "said", "between", "of")


def failure_line(
    steps: Sequence[Moment], zone: Zone, colors: Palette, before: float | None = None
) -> alt.Chart:
    """Return the failed runs of those that ended, by the time they began; `before`: a dashed line at a rate.

    A step in which no run ended has no point. A click selects "step" with `place`, the number of the step.
    """
    known = [step.first_ns for step in steps if step.first_ns is not None]
    form = "%d %b" if known and known[-1] - known[0] > 3 * DAY_NS else "%d %b %H:%M"
    labels = [moment(step.first_ns, zone, form) for step in steps]
    # A day that several steps share is named once.
    labels = ["" if at and label == labels[at - 1] else label for at, label in enumerate(labels)]
    records = []
    for at, step in enumerate(steps):
        found = share(step.failed, step.runs - step.incomplete)
        if found.value is not None:
            records.append(
                {
                    "place": at,
                    "told": f"{moment(step.first_ns, zone)} to {moment(step.last_ns, zone)}",
                    "rate": found.value,
                    "low": found.low,
                    "high": found.high,
                    "said": part(found.value),
                    "between": f"{part(found.low)} to {part(found.high)}",
                    "of": f"{step.failed:,} of {found.n:,}",
                }
            )
    axis = alt.Axis(
        labelExpr="[" + ",".join(f"'{label}'" for label in labels) + "][datum.value]",
        labelAngle=0, labelOverlap="greedy", labelSeparation=12, title=None, ticks=False, grid=False,
    )  # fmt: skip
    scale = alt.Scale(type="point", domain=list(range(len(steps))), padding=0.5)
    y = alt.Axis(format="~%", title=None, tickCount=4, domain=False)
    titles = (
        ("told", "runs begun"),
        ("said", "failed"),
        ("between", "95% interval"),
        ("of", "runs that ended"),
    )
    base = alt.Chart(pd.DataFrame(records, columns=list(_COLUMNS))).encode(
        x=alt.X("place:O", scale=scale, axis=axis),
        tooltip=[alt.Tooltip(f"{field}:N", title=title) for field, title in titles],
    )
    picked = alt.selection_point(name=STEP, fields=["place"], toggle=False)
    layers = [
        base.mark_area(opacity=0.16, color=colors.error).encode(y=alt.Y("low:Q", axis=y), y2="high:Q"),
        base.mark_line(strokeWidth=2, color=colors.error).encode(y=alt.Y("rate:Q", axis=y)),
        base.mark_circle(size=70, opacity=1, color=colors.error, cursor="pointer")
        .encode(y=alt.Y("rate:Q", axis=y))
        .add_params(picked),
    ]
    if before is not None:
        line = alt.Chart(pd.DataFrame({"before": [before]})).mark_rule(strokeDash=[4, 4], color=colors.muted)
        layers.insert(0, line.encode(y=alt.Y("before:Q", axis=y)))
    return styled(alt.layer(*layers).properties(height=HEIGHT), colors)
