"""Horizontal bars, one per row, and the waterfall that leads from one total to another."""

from __future__ import annotations

from typing import Final

from spotlight.reports.export.charts.picture import Picture, Row, bottom_axis, first_of, name_of
from spotlight.reports.export.figures import heading, shown
from spotlight.reports.export.section import Chart
from spotlight.reports.export.svg import Markup, element, fitted, line, mark, scale, text, text_width

_MOST: Final = 16
_STEP: Final = 24.0
_BAR: Final = 15.0


def bars(rows: list[Row], chart: Chart, width: float) -> Picture:
    """Return a bar for each of the first rows; what is not known has a name and no bar."""
    column = chart.values[0]
    drawn = rows[:_MOST]
    names = [name_of(chart.label, row[chart.label]) for row in drawn]
    known = [float(row[column]) for row in drawn if row[column] is not None]
    left = min(width * 0.4, max(map(text_width, names)) + 12)
    right = max(text_width(shown(column, v)) for v in [*known, 0.0]) + 12
    along = scale(known, left, width - right, column)
    bottom = 6 + _STEP * len(drawn)
    parts: list[Markup] = [line(along.at(0), 2, along.at(0), bottom, "axis")]
    for at, (name, row) in enumerate(zip(names, drawn, strict=True)):
        y, value = 6 + _STEP * at, row[column]
        said = shown(column, value)
        parts.append(text(left - 8, y + 12, fitted(name, left - 10), anchor="end"))
        x = along.at(max(0.0, float(value or 0)))
        if value is not None:
            start = along.at(min(0.0, float(value)))
            style = "c0" if value >= 0 else "c1"
            parts.append(
                mark("rect", f"{name}: {said}", x=start, y=y,
                width=max(1.0, along.at(max(0.0, float(value))) - start),
                     height=_BAR, rx=2, class_=style)
            )  # fmt: skip
        parts.append(text(x + 6, y + 12, said, style="soft"))
    if len(drawn) < len(rows):
        bottom += 20
        parts.append(text(left, bottom - 4, first_of(len(drawn), len(rows), "rows"), style="soft"))
    about = f"{heading(column)} of {first_of(len(drawn), len(rows), 'rows')}, as bars"
    return Picture(bottom + 4, about, parts)


def waterfall(rows: list[Row], chart: Chart, width: float) -> Picture:
    """Return the first and the last row as totals, and each row between as a step from one to the next."""
    column = chart.values[0]
    names = [name_of(chart.label, row[chart.label]) for row in rows]
    values = [float(row[column] or 0) for row in rows]
    spans = _spans(values)
    left = min(width * 0.3, max(map(text_width, names)) + 12)
    right = max(text_width(shown(column, v)) for v in values) + 20
    along = scale([edge for span in spans for edge in span], left, width - right, column)
    bottom = 6 + (_STEP + 2) * len(rows)
    parts: list[Markup] = [bottom_axis(along, column, 2, bottom)]
    for at, (name, value, (start, end)) in enumerate(zip(names, values, spans, strict=True)):
        total, y = at in (0, len(rows) - 1), 6 + (_STEP + 2) * at
        # More money is worse here: a step up is marked as such by sign, place and colour.
        style = "total" if total else "bad" if value > 0 else "good"
        said = shown(column, value) if total or value <= 0 else f"+{shown(column, value)}"
        x1, x2 = sorted((along.at(start), along.at(end)))
        parts += [
            text(left - 8, y + 12, fitted(name, left - 10), anchor="end", style="strong" if total else ""),
            mark(
                "rect", f"{name}: {said}", x=x1, y=y, width=max(1.5, x2 - x1), height=_BAR, rx=2, class_=style
            ),
            text(x2 + 6, y + 12, said, style="strong" if total else "soft"),
        ]
        if at + 1 < len(rows):
            parts.append(
                element(
                    "line", x1=along.at(end), y1=y + _BAR, x2=along.at(end), y2=y + _STEP + 2, class_="axis"
                )
            )
    about = f"from {shown(column, values[0])} to {shown(column, values[-1])} in {max(0, len(rows) - 2)} steps"
    return Picture(bottom + 22, about, parts)


def _spans(values: list[float]) -> list[tuple[float, float]]:
    """Return where each bar begins and ends."""
    found, level = [], 0.0
    for at, value in enumerate(values):
        whole = at in (0, len(values) - 1)
        start, level = (0.0, value) if whole else (level, level + value)
        found.append((start, level))
    return found
