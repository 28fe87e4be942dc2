"""Charts as SVG, from the rows of a section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from spotlight.reports.export.charts.bars import bars, waterfall
from spotlight.reports.export.charts.dumbbells import dumbbells
from spotlight.reports.export.charts.flow import flow
from spotlight.reports.export.charts.heatmap import heatmap
from spotlight.reports.export.charts.lines import lines
from spotlight.reports.export.charts.picture import Picture, Row
from spotlight.reports.export.charts.stacked import stacked
from spotlight.reports.export.section import Chart, ChartKind, Section
from spotlight.reports.export.svg import Markup, drawing

__all__ = ["draw"]

_NARROW: Final = 560.0
_WIDE: Final = 1160.0
_DRAWN: Final[dict[ChartKind, Callable[[list[Row], Chart, float], Picture]]] = {
    "bars": bars,
    "stacked": stacked,
    "lines": lines,
    "dumbbells": dumbbells,
    "heatmap": heatmap,
    "waterfall": waterfall,
    "flow": flow,
}


def draw(section: Section, *, wide: bool = False) -> Markup | None:
    """Return the chart of a section; None where it has none, or nothing that could be drawn."""
    chart = section.chart
    if chart is None:
        return None
    names = [chart.label, *chart.values, *([chart.series] if chart.series else [])]
    source = section.table if chart.rows is None else chart.rows
    rows = source.select(list(dict.fromkeys(names))).to_pylist()
    if not any(row[name] is not None for row in rows for name in chart.values):
        return None
    width = _WIDE if wide or chart.wide else _NARROW
    picture = _DRAWN[chart.kind](rows, chart, width)
    return drawing(width, picture.height, section.title, picture.description, *picture.parts)
