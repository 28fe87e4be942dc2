"""How judgements are spread: a row per version, a field per bucket or label, coloured by its part of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from dashboards.palette import Palette
from dashboards.text import one_line
from dashboards.views.cost_charts import LABEL_LIMIT, distinct, styled
from dashboards.views.interval_chart import (
    AXIS_HEIGHT,
    LEAST_HEIGHT,
    ROW_HEIGHT,
    SELECTION,
    Key,
    version_labels,
)

MOST_LABELS: Final = 8
_COLUMNS: Final = ("place", "row", "low", "high", "bucket", "share", "said", "n")


def spread_chart(rows: Sequence[dict[str, Any]], drawn: Sequence[Key], colors: Palette) -> alt.Chart:
    """Return the spread of numbers by version; `rows` as of `score_distribution`; labels are left out.

    A click selects "version" with `place`, the number of the version in `drawn`.
    """
    numbers = [row for row in rows if row["low"] is not None]
    records, told = _records(numbers, drawn)
    for record, row in zip(records, (row for row in numbers if _key(row) in drawn), strict=True):
        record |= {
            "low": row["low"], "high": row["high"], "bucket": f"{row['low']:.3g} to {row['high']:.3g}"
        }  # fmt: skip
    x = alt.X("low:Q", axis=alt.Axis(title="value", tickCount=6, grid=False), scale=alt.Scale(nice=False))
    return _drawn(records, told, x, colors, x2="high:Q")


def label_chart(rows: Sequence[dict[str, Any]], drawn: Sequence[Key], colors: Palette) -> alt.Chart:
    """Return the spread of labels by version, the most frequent ones; the rest is left out.

    A click selects "version" with `place`, the number of the version in `drawn`.
    """
    labels = [row for row in rows if row["low"] is None and row["label"] is not None]
    often: dict[str, int] = {}
    for row in labels:
        often[row["label"]] = often.get(row["label"], 0) + row["n"]
    first = sorted(often, key=lambda label: -often[label])[:MOST_LABELS]
    names = dict(zip(first, distinct(one_line(label, LABEL_LIMIT) for label in first), strict=True))
    records, told = _records(labels, drawn)
    for record, row in zip(records, (row for row in labels if _key(row) in drawn), strict=True):
        record["bucket"] = names.get(row["label"])
    axis = alt.Axis(title=None, labelAngle=0, ticks=False, domain=False, labelLimit=90)
    x = alt.X("bucket:N", sort=list(names.values()), axis=axis)
    return _drawn([record for record in records if record["bucket"] is not None], told, x, colors)


def _key(row: dict[str, Any]) -> Key:
    return row["pack"], row["version"]


def _records(rows: Sequence[dict[str, Any]], drawn: Sequence[Key]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a record per row of a drawn version, and what the versions are called."""
    place = {key: at for at, key in enumerate(drawn)}
    totals = [sum(row["n"] for row in rows if _key(row) == key) for key in drawn]
    told = version_labels(drawn, totals)
    records = [
        {
            "place": at,
            "row": told[at],
            "low": None,
            "high": None,
            "share": row["n"] / totals[at],
            "said": f"{row['n']:,} of {totals[at]:,} ({100 * row['n'] / totals[at]:.0f}%)",
            "n": row["n"],
        }
        for row in rows
        if (at := place.get(_key(row))) is not None
    ]
    return records, told


def _drawn(
    records: list[dict[str, Any]], told: list[str], x: alt.X, colors: Palette, **more: Any
) -> alt.Chart:
    most = max((record["share"] for record in records), default=1.0)
    picked = alt.selection_point(name=SELECTION, fields=["place"], toggle=False)
    chart = (
        alt.Chart(pd.DataFrame(records, columns=list(_COLUMNS)))
        .mark_rect(cursor="pointer", stroke=colors.line, strokeWidth=0.5)
        .encode(
            x=x,
            y=alt.Y(
                "row:N",
                sort=told,
                scale=alt.Scale(domain=told, paddingInner=0.15),
                axis=alt.Axis(title=None, domain=False, ticks=False, labelOverlap=False, labelLimit=190),
            ),
            color=alt.Color(
                "share:Q",
                scale=alt.Scale(domain=[0, most], range=[colors.line, colors.series[0]]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("row:N", title="version · n"),
                alt.Tooltip("bucket:N", title="judged"),
                alt.Tooltip("said:N", title="judgements"),
            ],
            **more,
        )
        .add_params(picked)
        .properties(height=max(LEAST_HEIGHT, ROW_HEIGHT * len(told) + AXIS_HEIGHT))
    )
    return styled(chart, colors)
