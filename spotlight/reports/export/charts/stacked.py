"""Stacked columns: a stack per label, mostly a day, and a part of it per series."""

from __future__ import annotations

import math
from typing import Final

from spotlight.reports.export.charts.picture import (
    Picture,
    Row,
    axis_room,
    bottom_names,
    distinct,
    left_axis,
    name_of,
)
from spotlight.reports.export.figures import heading, shown
from spotlight.reports.export.section import Chart
from spotlight.reports.export.svg import Markup, colour, legend, mark, scale

_HEIGHT: Final = 200.0


def stacked(rows: list[Row], chart: Chart, width: float) -> Picture:
    """Return the stacks in the order of the rows; the series that weighs most lies at the bottom."""
    column, series = chart.values[0], chart.series
    labels = distinct([name_of(chart.label, row[chart.label]) for row in rows])
    parts_of: dict[str, dict[str, float]] = {label: {} for label in labels}
    for row in rows:
        part = name_of(series, row[series]) if series else heading(column)
        own = parts_of[name_of(chart.label, row[chart.label])]
        own[part] = own.get(part, 0.0) + float(row[column] or 0)
    order = _order(parts_of)
    drawn, top = legend(order, 4, 2, width - 8) if series else (Markup(""), 4.0)
    top += 10
    tops = [math.fsum(own.values()) for own in parts_of.values()]
    upright = scale(tops, top + _HEIGHT, top, column)
    left = axis_room(upright, column)
    step = (width - left - 6) / len(labels)
    bar = min(64.0, step * 0.86)
    centres = [left + step * (at + 0.5) for at in range(len(labels))]
    parts = [drawn, left_axis(upright, column, left, width - 4)]
    for label, centre in zip(labels, centres, strict=True):
        level = 0.0
        for index, name in enumerate(order):
            value = parts_of[label].get(name, 0.0)
            if not value:
                continue
            low, level = level, level + value
            y1, y2 = upright.at(low), upright.at(level)
            parts.append(
                mark("rect", f"{label}, {name}: {shown(column, value)}", x=centre - bar / 2, y=y2, width=bar,
                     height=max(0.5, y1 - y2), class_=f"{colour(index)} gap")
            )  # fmt: skip
    parts.append(bottom_names(labels, centres, top + _HEIGHT + 18, width - left))
    about = f"{heading(column)} of {len(labels)} stacks, {shown(column, math.fsum(tops))} together"
    return Picture(top + _HEIGHT + 26, about, parts)


def _order(parts_of: dict[str, dict[str, float]]) -> list[str]:
    """Return the series, the heaviest first, and what is no series of its own last."""
    sums: dict[str, float] = {}
    for own in parts_of.values():
        for name, value in own.items():
            sums[name] = sums.get(name, 0.0) + value
    return sorted(sums, key=lambda name: (name == "other", -sums[name], name))
