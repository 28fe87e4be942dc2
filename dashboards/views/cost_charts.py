"""The charts of the cost page, as Altair and ECharts describe them; text from spans stays text in both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import altair as alt
import pandas as pd

from dashboards.palette import Palette
from dashboards.text import money, one_line
from spotlight.reports.bridge import Bridge
from spotlight.reports.cost_flow import Flow, label

LABEL_LIMIT: Final = 40
HEIGHT: Final = 250
FEW_BARS: Final = 12  # below which they would be as wide as a hand
# Not d3's "s" alone: it writes a hundredth of a dollar as 10m, which reads like millions.
DOLLARS: Final = (
    "abs(datum.value) >= 10000 ? format(datum.value, '$.3~s') : "
    "format(datum.value, abs(datum.value) < 0.0001 ? '$~g' : '$,~f')"
)
DAY_FORM: Final = {"hour": "%d %b %H:%M", "day": "%d %b", "week": "%d %b", "month": "%b %Y"}


def label_of(dimension: str, value: str | None, *, is_other: bool = False) -> str:
    """Return how a value is named in a chart: one short line."""
    return one_line(label(dimension, value, is_other=is_other), LABEL_LIMIT)


def distinct(labels: Iterable[str]) -> list[str]:
    """Return labels of which no two are alike: a value may be called "unknown", or be cut like another."""
    told: list[str] = []
    for said in labels:
        name, copy = said, 2
        while name in told:
            name, copy = f"{said} ({copy})", copy + 1
        told.append(name)
    return told


def styled(chart: Any, colors: Palette) -> alt.Chart:
    """Return a chart with hairline grid, small labels and no frame."""
    drawn: alt.Chart = (
        chart.configure_view(stroke=None)
        .configure_axis(
            labelColor=colors.muted, titleColor=colors.muted, gridColor=colors.line, tickColor=colors.line,
            domainColor=colors.line, labelFontSize=11, titleFontSize=11, titleFontWeight="normal",
        )
        .configure_legend(labelColor=colors.muted, labelFontSize=11, labelLimit=170, symbolSize=90)
        .properties(background="transparent")
    )  # fmt: skip
    return drawn


def series_colors(ranks: list[tuple[str | None, bool]], colors: Palette) -> list[str]:
    """Return a colour per series; all others together are grey."""
    return [
        colors.rest if other else colors.series[at % len(colors.series)]
        for at, (_, other) in enumerate(ranks)
    ]


def _bar_rows(
    rows: list[dict[str, Any]], ranked: list[tuple[str | None, bool]], names: list[str], period: str
) -> pd.DataFrame:
    """Return a row per bar; `place` is the number of its series."""
    columns = ["start", "told", "place", "name", "usd", "cost", "runs"]
    told = []
    for row in rows:
        if row["cost_usd"]:
            place = ranked.index((row["series"], row["is_other"]))
            said = row["start"].strftime("%a " + DAY_FORM[period])
            usd = row["cost_usd"]
            told.append((row["start"].isoformat(), said, place, names[place], usd, money(usd), row["runs"]))
    return pd.DataFrame(told, columns=columns)


def stacked_bars(
    rows: list[dict[str, Any]], split: str, starts: list[datetime], period: str, colors: Palette
) -> alt.Chart:
    """Return cost per period, stacked by series; `rows` as of `cost_time.daily`, `starts` every period.

    A click on a bar selects "bar" with its `start` and `place`, the number of its series.
    """
    ranked = list(
        dict.fromkeys((row["series"], row["is_other"]) for row in sorted(rows, key=lambda r: r["rank"]))
    )
    names = distinct(label_of(split, value, is_other=is_other) for value, is_other in ranked)
    order = [start.isoformat() for start in starts]
    frame = _bar_rows(rows, ranked, names, period)
    picked = alt.selection_point(name="bar", fields=["start", "place"], toggle=False)
    said = f"utcFormat(toDate(datum.value + 'Z'), '{DAY_FORM[period]}')"
    chart = (
        alt.Chart(frame)
        .mark_bar(cursor="pointer", size=44 if len(starts) < FEW_BARS else alt.Undefined)
        .encode(
            x=alt.X(
                "start:O",
                scale=alt.Scale(domain=order, paddingInner=0.12),
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
                "usd:Q", axis=alt.Axis(labelExpr=DOLLARS, title=None, tickCount=4, domain=False), stack="zero"
            ),
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=names, range=series_colors(ranked, colors)),
                legend=alt.Legend(title=None, orient="top", columns=4),
            ),
            order=alt.Order("place:Q", sort="descending"),
            opacity=alt.condition(picked, alt.value(1.0), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("told:N", title="period"),
                alt.Tooltip("name:N", title="series"),
                alt.Tooltip("cost:N", title="cost"),
                alt.Tooltip("runs:Q", title="runs", format=","),
            ],
        )
        .add_params(picked)
        .properties(height=HEIGHT)
    )
    return styled(chart, colors)


def _version_rows(rows: list[dict[str, Any]], told: list[str], packs: list[str]) -> pd.DataFrame:
    """Return a row per version: what it is called, and its figures as numbers and as text."""
    return pd.DataFrame(
        [
            {
                "place": at,
                "row": told[at],
                "pack": packs[at],
                "p50": row["p50_usd"],
                "p95": row["p95_usd"],
                "said50": money(row["p50_usd"]),
                "said95": money(row["p95_usd"]),
                "mean": money(row["mean_usd"]),
                "n": row["n"],
                "partly": row["partly_priced_runs"],
            }
            for at, row in enumerate(rows)
        ]
    )


def dumbbells(rows: list[dict[str, Any]], colors: Palette) -> alt.Chart:
    """Return p50 to p95 of the cost per run, a line per version, coloured by pack; as of `cost_spread`.

    A click selects "version" with `place`, the number of the row.
    """
    packs = list(dict.fromkeys(row["pack"] for row in rows))
    names = distinct(label_of("pack", pack) for pack in packs)
    several = len(packs) > 1
    told = distinct(
        " ".join(label_of(name, row[name]) for name in (("pack", "version") if several else ("version",)))
        + f" · {row['n']:,}"
        for row in rows
    )
    frame = _version_rows(rows, told, [names[packs.index(row["pack"])] for row in rows])
    picked = alt.selection_point(name="version", fields=["place"], toggle=False)
    tooltip = [
        alt.Tooltip(f"{field}:N", title=title)
        for field, title in (
            ("row", "version · runs"), ("said50", "p50"), ("said95", "p95"), ("mean", "mean"),
            ("n", "runs of known cost"), ("partly", "of them partly priced"),
        )
    ]  # fmt: skip
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "row:N",
            sort=told,
            scale=alt.Scale(type="point", padding=0.6),
            axis=alt.Axis(title=None, domain=False, ticks=False, labelOverlap=False, labelLimit=190),
        ),
        color=alt.Color(
            "pack:N",
            scale=alt.Scale(
                domain=names, range=[colors.series[at % len(colors.series)] for at in range(len(names))]
            ),
            legend=None,
        ),
        tooltip=tooltip,
    )
    p50 = alt.X("p50:Q", axis=alt.Axis(labelExpr=DOLLARS, title="p50 ● to p95 |, USD per run", tickCount=5))
    layers = alt.layer(
        base.mark_rule(strokeWidth=2, opacity=0.55).encode(x=p50, x2="p95:Q"),
        base.mark_tick(thickness=2, size=13).encode(x="p95:Q"),
        base.mark_circle(size=85, opacity=1, cursor="pointer").encode(x=p50).add_params(picked),
    )
    return styled(layers.properties(height=HEIGHT), colors)


def waterfall(found: Bridge, colors: Palette) -> alt.Chart:
    """Return a bridge as bars from the cost before over each effect to the cost after.

    A click selects "effect" with `place`: the number of the line, -1 for the cost before, -2 for after.
    """
    steps: list[dict[str, Any]] = [_step(-1, "before", 0.0, found.before.cost_usd, "total", "")]
    level = found.before.cost_usd
    for at, line in enumerate(found.lines):
        if line.name == "rounding" and abs(line.cost_usd) < 1e-6:
            continue
        kind = "more" if line.cost_usd > 0 else "less"
        steps.append(_step(at, line.label, level, level + line.cost_usd, kind, line.meaning))
        level += line.cost_usd
    steps.append(_step(-2, "after", 0.0, found.after.cost_usd, "total", ""))
    floor = axis_floor([(step["low"], step["high"]) for step in steps if step["kind"] != "total"])
    for step in steps:
        step["low"] = max(step["low"], floor)
    frame = pd.DataFrame(steps)
    picked = alt.selection_point(name="effect", fields=["place"], toggle=False)
    order = list(frame["label"])
    x = alt.X(
        "label:N",
        sort=order,
        axis=alt.Axis(
            title=None, labelAngle=0, ticks=False, labelOverlap=False, labelExpr="split(datum.label, ' ')"
        ),
    )
    base = alt.Chart(frame).encode(
        x=x,
        tooltip=[
            alt.Tooltip("label:N", title="effect"),
            alt.Tooltip("said:N", title="USD"),
            alt.Tooltip("meaning:N", title="what it is"),
        ],
    )
    kinds = alt.Scale(
        domain=["total", "more", "less"], range=[colors.series[-1], colors.worse, colors.better]
    )
    bars = base.mark_bar(cursor="pointer", size=38, cornerRadius=2).encode(
        y=alt.Y(
            "low:Q",
            axis=alt.Axis(labelExpr=DOLLARS, title=None, tickCount=5, domain=False),
            scale=alt.Scale(domainMin=floor, zero=False),
        ),
        y2="high:Q",
        color=alt.Color("kind:N", scale=kinds, legend=None),
    )
    words = base.mark_text(dy=-8, fontSize=11, color=colors.text).encode(y="high:Q", text="said:N")
    return styled(alt.layer(bars.add_params(picked), words).properties(height=HEIGHT + 20), colors)


def axis_floor(effects: list[tuple[float, float]]) -> float:
    """Return where the axis of a waterfall begins: 0, or so high that small effects are seen."""
    if not effects:
        return 0.0
    lowest, highest = min(low for low, _ in effects), max(high for _, high in effects)
    return max(0.0, lowest - 0.5 * (highest - lowest)) if lowest > 2 * (highest - lowest) else 0.0


def _step(place: int, label: str, start: float, end: float, kind: str, meaning: str) -> dict[str, Any]:
    sign = "+" if kind == "more" else ""
    return {
        "place": place, "label": label, "low": min(start, end), "high": max(start, end), "kind": kind,
        "said": f"{sign}{money(end - start)}", "meaning": meaning,
    }  # fmt: skip


def sankey(found: Flow, colors: Palette) -> dict[str, Any]:
    """Return a flow as ECharts draws it; no text of a span is a template or HTML in it.

    ECharts fills its own colours into nodes without one, and a tooltip of HTML would show markup.
    """
    names = [node.name for node in found.nodes]
    shown = dict(zip(names, distinct(one_line(name, LABEL_LIMIT) for name in names), strict=True))
    levels: dict[int, int] = {}
    data = []
    for node in found.nodes:
        at = levels[node.level] = levels.get(node.level, -1) + 1
        color = colors.rest if node.is_other else colors.series[(at + 2 * node.level) % len(colors.series)]
        last = node.level == max(other.level for other in found.nodes)
        data.append(
            {
                "name": shown[node.name],
                "value": round(node.cost_usd, 6),
                "depth": node.level,
                "itemStyle": {"color": color, "borderWidth": 0},
                "label": {"position": "left" if last else "right"},
            }
        )
    links = [
        {"source": shown[link.source], "target": shown[link.target], "value": round(link.cost_usd, 6)}
        for link in found.links
        if link.cost_usd > 0
    ]
    series = {
        "type": "sankey",
        "data": data,
        "links": links,
        "selectedMode": "single",
        "nodeWidth": 11,
        "nodeGap": 9,
        "layoutIterations": 64,
        "draggable": False,
        "left": 4,
        "right": 4,
        "top": 8,
        "bottom": 8,
        "emphasis": {"focus": "adjacency"},
        "lineStyle": {"color": "source", "opacity": 0.28, "curveness": 0.5},
        "label": {"color": colors.text, "fontSize": 12, "width": 180, "overflow": "truncate"},
        "select": {"itemStyle": {"borderColor": colors.text, "borderWidth": 1}},
    }
    return {
        "tooltip": {"trigger": "item", "renderMode": "richText", "valueFormatter": "dollar"},
        "animation": False,
        "series": [series],
    }
