"""A figure with its interval, a row per version: whether two differ is seen where intervals part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import altair as alt
import pandas as pd

from dashboards.palette import Palette
from dashboards.views.cost_charts import distinct, label_of, styled

ROW_HEIGHT: Final = 22
AXIS_HEIGHT: Final = 64  # the axis and its title lie within the height of a chart
LEAST_HEIGHT: Final = 150
SELECTION: Final = "version"
_COLUMNS: Final = ("place", "row", "pack", "value", "low", "high", "said", "between", "n")
Key = tuple[str | None, str | None]


class Measured(NamedTuple):
    """One row: a pack and version, and what was measured of it."""

    key: Key
    value: float
    low: float | None
    high: float | None
    n: int


def version_labels(keys: Sequence[Key], counts: Sequence[int]) -> list[str]:
    """Return a name per version with its n, no two alike; the pack is named where there are several."""
    several = len({pack for pack, _ in keys}) > 1
    return distinct(
        (f"{label_of('pack', pack)} " if several else "") + f"{label_of('version', version)} · {n:,}"
        for (pack, version), n in zip(keys, counts, strict=True)
    )


def axis_bounds(rows: Sequence[Measured], *, is_share: bool) -> tuple[float, float]:
    """Return where the axis begins and ends: round values around all intervals, of shares within 0 to 1.

    An axis that could begin near 0 begins there.
    """
    low = min((row.value if row.low is None else row.low for row in rows), default=0.0)
    high = max((row.value if row.high is None else row.high for row in rows), default=1.0)
    step = 10.0 ** math.floor(math.log10(max(high - min(low, 0.0), 1e-9)))
    step = step / 2 if (high - low) < 2 * step else step
    start = 0.0 if 0 <= low < (high - low) else math.floor(low / step) * step
    end = math.ceil(high / step) * step
    return (
        (max(0.0, start), min(1.0, max(end, start + step))) if is_share else (start, max(end, start + step))
    )


def interval_chart(
    rows: Sequence[Measured], colors: Palette, *, is_share: bool, what: str, whole: float | None = None
) -> alt.Chart:
    """Return values with intervals by version, coloured by pack; `whole`, of all together, as a dashed line.

    `what` names the value and is text of ours. A click selects "version" with `place`, the number of the row.
    """
    packs = list(dict.fromkeys(pack for (pack, _), *_ in rows))
    names = distinct(label_of("pack", pack) for pack in packs)
    told = version_labels([row.key for row in rows], [row.n for row in rows])

    def written(value: float | None) -> str:
        return "" if value is None else f"{100 * value:.1f}%" if is_share else f"{value:.3g}"

    records = [
        {
            "place": at,
            "row": told[at],
            "pack": names[packs.index(row.key[0])],
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "said": written(row.value),
            "between": "n gives none" if row.low is None else f"{written(row.low)} to {written(row.high)}",
            "n": row.n,
        }
        for at, row in enumerate(rows)
    ]
    picked = alt.selection_point(name=SELECTION, fields=["place"], toggle=False)
    axis = alt.Axis(format="~%" if is_share else "~g", title=f"{what}, 95% interval", tickCount=5)
    scale = alt.Scale(domain=list(axis_bounds(rows, is_share=is_share)), nice=False, clamp=True)
    x = alt.X("value:Q", axis=axis, scale=scale)
    titles = (("row", "version · n"), ("said", what), ("between", "95% interval"))
    base = alt.Chart(pd.DataFrame(records, columns=list(_COLUMNS))).encode(
        y=alt.Y(
            "row:N",
            sort=told,
            scale=alt.Scale(type="point", padding=0.6, domain=told),
            axis=alt.Axis(title=None, domain=False, ticks=False, labelOverlap=False, labelLimit=190),
        ),
        color=alt.Color(
            "pack:N",
            scale=alt.Scale(
                domain=names, range=[colors.series[at % len(colors.series)] for at in range(len(names))]
            ),
            legend=None,
        ),
        tooltip=[alt.Tooltip(f"{field}:N", title=title) for field, title in titles],
    )
    layers = [
        base.mark_rule(strokeWidth=2, opacity=0.55).encode(
            x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q"
        ),
        base.mark_circle(size=85, opacity=1, cursor="pointer").encode(x=x).add_params(picked),
    ]
    if whole is not None:
        line = alt.Chart(pd.DataFrame({"whole": [whole]})).mark_rule(strokeDash=[4, 4], color=colors.muted)
        layers.insert(0, line.encode(x=alt.X("whole:Q", axis=axis, scale=scale)))
    height = max(LEAST_HEIGHT, ROW_HEIGHT * len(rows) + AXIS_HEIGHT)
    return styled(alt.layer(*layers).properties(height=height), colors)
