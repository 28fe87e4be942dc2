"""When each version of a pack ran: a row per version, a dot per stretch of time, as large as its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from dashboards.clock import Zone
from dashboards.palette import Palette
from dashboards.text import moment, one_line, part
from dashboards.views.cost_charts import styled

ROW_HEIGHT: Final = 24
FRAME_HEIGHT: Final = 104  # the legend and the axis lie within the height of a chart
STEPS: Final = 60  # dots a row has at most
STRETCHES: Final = (1, 3, 6, 12, 24, 72, 168, 720)
_HOUR_NS: Final = 3_600_000_000_000
_COLUMNS: Final = ("place", "label", "at", "told", "runs", "failed", "rate", "said")


def stretch_hours(first_ns: int | None, last_ns: int | None) -> int:
    """Return the hours of a stretch with which the time from first to last has at most `STEPS` of them."""
    if first_ns is None or last_ns is None:
        return STRETCHES[0]
    hours = (last_ns - first_ns) / _HOUR_NS
    return next((stretch for stretch in STRETCHES if hours / stretch <= STEPS), STRETCHES[-1])


def timeline(
    rows: Sequence[dict[str, Any]],
    drawn: Sequence[tuple[str | None, str | None]],
    zone: Zone,
    colors: Palette,
    *,
    rated: bool = True,
) -> alt.Chart:
    """Return the runs of every version over time; a click selects "version" with `place`, its number.

    `rated` colours the dots by how many failed; else all are failures.
    """
    place = {key: at for at, key in enumerate(drawn)}
    labels = _labels(drawn)
    records = [
        {
            "place": place[key],
            "label": labels[place[key]],
            "at": moment(row["from_ns"], zone, "%Y-%m-%dT%H:%M:%S"),
            "told": moment(row["from_ns"], zone),
            "runs": row["runs"],
            "failed": row["failed"],
            "rate": row["failed"] / row["runs"],
            "said": f"{row['failed']:,} ({part(row['failed'] / row['runs'])})",
        }
        for row in rows
        if (key := (row["pack_name"], row["pack_version"])) in place and row["from_ns"] is not None
    ]
    frame = pd.DataFrame(records, columns=list(_COLUMNS))
    frame["at"] = pd.to_datetime(frame["at"])
    picked = alt.selection_point(name="version", fields=["place"], toggle=False)
    chart = (
        alt.Chart(frame)
        .mark_circle(cursor="pointer")
        .encode(
            x=alt.X("at:T", axis=alt.Axis(title=None, grid=False, tickCount=8)),
            y=alt.Y(
                "label:N",
                sort=labels,
                scale=alt.Scale(domain=labels),
                axis=alt.Axis(
                    title=None, ticks=False, domain=False, labelLimit=220, labelOverlap=False, grid=True
                ),
            ),
            size=alt.Size("runs:Q", scale=alt.Scale(range=[20, 260]), legend=None),
            color=_rate_color(colors) if rated else alt.value(colors.error),
            opacity=alt.condition(picked, alt.value(0.9), alt.value(0.25)),
            tooltip=[
                alt.Tooltip("label:N", title="version"),
                alt.Tooltip("told:N", title="from"),
                alt.Tooltip("runs:Q", title="runs", format=","),
                alt.Tooltip("said:N", title="failed"),
            ],
        )
        .properties(height=ROW_HEIGHT * len(drawn) + FRAME_HEIGHT)
        .add_params(picked)
    )
    made: alt.Chart = styled(chart, colors)
    return made


def _labels(drawn: Sequence[tuple[str | None, str | None]]) -> list[str]:
    """Return a name per version, no two alike: they are data of the chart, never its text."""
    names: list[str] = []
    for key in drawn:
        name = one_line(" ".join(word or "unknown" for word in key), 34)
        names.append(name if name not in names else f"{name} · {len(names) + 1}")
    return names


def _rate_color(colors: Palette) -> alt.Color:
    return alt.Color(
        "rate:Q",
        scale=alt.Scale(domain=[0, 1], range=[colors.series[0], colors.error], clamp=True),
        legend=alt.Legend(title="failed", format="%", orient="top", gradientLength=120),
    )
