"""Dumbbells: from a usual value to a high one, a row per label and a colour per series."""

from __future__ import annotations

from typing import Final

from spotlight.reports.export.charts.picture import Picture, Row, bottom_axis, distinct, first_of, name_of
from spotlight.reports.export.figures import heading, shown
from spotlight.reports.export.section import Chart
from spotlight.reports.export.svg import (
    COLOURS,
    Markup,
    colour,
    element,
    fitted,
    legend,
    mark,
    scale,
    text,
    text_width,
)

_STEP: Final = 19.0
_MOST: Final = 40


def dumbbells(rows: list[Row], chart: Chart, width: float) -> Picture:
    """Return a line from the first value (a dot) to the second (a stroke) for each of the first rows."""
    low, high = chart.values[:2]
    known = [row for row in rows if row[low] is not None and row[high] is not None]
    drawn = known[:_MOST]
    names = [name_of(chart.label, row[chart.label]) for row in drawn]
    series = [name_of(chart.series, row[chart.series]) if chart.series else "" for row in drawn]
    order = distinct(series)
    head, top = legend(order, 4, 2, width - 8) if chart.series else (Markup(""), 0.0)
    top += 10
    left = min(width * 0.35, max([*map(text_width, names), 40.0]) + 14)
    values = [float(row[name]) for row in drawn for name in (low, high)]
    along = scale(values, left, width - 30, low)
    bottom = top + _STEP * len(drawn) + 4
    parts = [head, bottom_axis(along, low, top - 4, bottom)]
    for at, row in enumerate(drawn):
        y = top + _STEP * (at + 0.5)
        x1, x2, index = along.at(float(row[low])), along.at(float(row[high])), order.index(series[at])
        stroke = f"curve s{min(index, COLOURS - 1)}"
        ends = ", ".join(f"{heading(column)} {shown(column, row[column])}" for column in (low, high))
        said = f"{names[at]} {series[at]}: {ends}"
        if at == 0 or names[at] != names[at - 1]:
            parts.append(text(left - 10, y + 4, fitted(names[at], left - 12), anchor="end", style="soft"))
        parts += [
            element("line", x1=x1, y1=y, x2=x2, y2=y, class_=f"{stroke} ghost"),
            element("line", x1=x2, y1=y - 6, x2=x2, y2=y + 6, class_=stroke),
            mark("circle", said, cx=x1, cy=y, r=4.5, class_=colour(index)),
        ]
    parts.append(
        text(
            (left + width) / 2,
            bottom + 36,
            f"{heading(low)} ● to {heading(high)} |",
            anchor="middle",
            style="soft",
        )
    )
    if len(drawn) < len(known):
        parts.append(text(left, bottom + 36, first_of(len(drawn), len(known), "rows"), style="soft"))
    about = f"{heading(low)} and {heading(high)} of {first_of(len(drawn), len(known), 'rows')}"
    return Picture(bottom + 44, about, parts)
