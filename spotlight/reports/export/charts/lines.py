"""Lines over labels in their order: one per series, or one per column of values."""

from __future__ import annotations

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
from spotlight.reports.export.svg import COLOURS, Markup, colour, element, legend, mark, scale

_HEIGHT: Final = 190.0
_DOTS: Final = 60  # more points than that are no longer told apart


def lines(rows: list[Row], chart: Chart, width: float) -> Picture:
    """Return the lines; where a value is not known, a line is interrupted and not drawn through 0."""
    column = chart.values[0]
    labels = distinct([name_of(chart.label, row[chart.label]) for row in rows])
    curves = _curves(rows, chart)
    drawn, top = legend(list(curves), 4, 2, width - 8)
    top += 12
    known = [value for curve in curves.values() for value in curve.values()]
    upright = scale(known, top + _HEIGHT, top, column)
    left = axis_room(upright, column)
    step = (width - left - 40) / max(1, len(labels) - 1)
    places = {label: left + 4 + step * at for at, label in enumerate(labels)}
    parts = [drawn, left_axis(upright, column, left, width - 4)]
    for index, (name, curve) in enumerate(curves.items()):
        points = [(places[label], upright.at(curve[label])) if label in curve else None for label in labels]
        parts.append(element("path", d=_path(points), class_=f"curve s{min(index, COLOURS - 1)}"))
        parts += [
            mark("circle", f"{name}, {label}: {shown(column, value)}", cx=places[label], cy=upright.at(value),
                 r=3.0 if len(labels) <= _DOTS else 1.5, class_=colour(index))
            for label, value in curve.items()
        ]  # fmt: skip
    parts.append(bottom_names(labels, list(places.values()), top + _HEIGHT + 18, width - left))
    ends = ", ".join(
        f"{name} ends at {shown(column, list(c.values())[-1])}" for name, c in curves.items() if c
    )
    return Picture(top + _HEIGHT + 26, f"{heading(column)} over {len(labels)} points: {ends}", parts)


def _curves(rows: list[Row], chart: Chart) -> dict[str, dict[str, float]]:
    """Return the known values by series and label, the first series that can be told apart."""
    curves: dict[str, dict[str, float]] = {}
    for row in rows:
        label = name_of(chart.label, row[chart.label])
        for column in chart.values:
            name = name_of(chart.series, row[chart.series]) if chart.series else heading(column)
            own = curves.setdefault(name, {})
            if row[column] is not None:
                own[label] = float(row[column])
    return dict(list(curves.items())[:COLOURS])


def _path(points: list[tuple[float, float] | None]) -> Markup:
    """Return the way through the points; a gap where one is missing."""
    words, pen_down = [], False
    for point in points:
        if point is not None:
            words.append(f"{'L' if pen_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        pen_down = point is not None
    return Markup(" ".join(words))
