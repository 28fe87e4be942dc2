"""A heatmap: how much there is of every pair of a label and a series, by the depth of one colour."""

from __future__ import annotations

import math
from typing import Final

from spotlight.reports.export.charts.picture import Picture, Row, bottom_names, distinct, name_of
from spotlight.reports.export.figures import heading, shown
from spotlight.reports.export.section import Chart
from spotlight.reports.export.svg import fitted, mark, text, text_width

_CELL: Final = 20.0
_FAINTEST: Final = 0.12


def heatmap(rows: list[Row], chart: Chart, width: float) -> Picture:
    """Return the cells; the first series is at the bottom. Depth follows the square root: rare cells show."""
    column, series = chart.values[0], chart.series or chart.label
    across = distinct([name_of(chart.label, row[chart.label]) for row in rows])
    upward = distinct([name_of(series, row[series]) for row in rows])
    most = max((float(row[column] or 0) for row in rows), default=0.0) or 1.0
    left = min(width * 0.3, max(map(text_width, upward)) + 12)
    step = (width - left - 4) / len(across)
    bottom = 4 + _CELL * len(upward)
    places = {name: left + step * at for at, name in enumerate(across)}
    heights = {name: bottom - _CELL * (at + 1) for at, name in enumerate(upward)}
    parts = [
        text(left - 8, y + _CELL / 2 + 4, fitted(name, left - 10), anchor="end", style="soft")
        for name, y in heights.items()
    ]
    for row in rows:
        if not row[column]:
            continue
        here, level = name_of(chart.label, row[chart.label]), name_of(series, row[series])
        depth = _FAINTEST + (1 - _FAINTEST) * math.sqrt(max(0.0, float(row[column])) / most)
        parts.append(
            mark("rect", f"{here}, {level}: {shown(column, row[column])}", x=places[here], y=heights[level],
                 width=max(1.0, step - 1), height=_CELL - 1, fill_opacity=depth, class_="heat")
        )  # fmt: skip
    centres = [x + step / 2 for x in places.values()]
    parts.append(bottom_names(across, centres, bottom + 16, width - left))
    about = f"{heading(column)} in {len(across)} by {len(upward)} cells, at most {shown(column, most)} in one"
    return Picture(bottom + 24, about, parts)
