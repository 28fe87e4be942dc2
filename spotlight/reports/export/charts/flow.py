"""A flow (Sankey) through levels: nodes as high as what passes them, links as wide as what they carry."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final, NamedTuple

from spotlight.reports.export.charts.picture import Picture, Row, distinct
from spotlight.reports.export.figures import plain_text, shown
from spotlight.reports.export.section import Chart
from spotlight.reports.export.svg import COLOURS, Markup, colour, fitted, mark, text

_HEIGHT: Final = 330.0
_NODE: Final = 11.0
_GAP: Final = 9.0


class _Node(NamedTuple):
    """Where a node stands: its left edge, its top, its height, and its colour."""

    x: float
    y: float
    height: float
    colour: int


def flow(rows: list[Row], chart: Chart, width: float) -> Picture:
    """Return the levels from left to right; a node's name is `level:name`, so equal names stay apart."""
    column, target = chart.values[0], chart.series or chart.label
    links = [
        (plain_text(row[chart.label]), plain_text(row[target]), float(row[column]))
        for row in rows
        if row[column] and row[column] > 0
    ]
    if not links:
        return Picture(24, "nothing flows", [text(0, 16, "nothing flows", style="soft")])
    levels = distinct([_split(end)[0] for a, b, _ in links for end in (a, b)])
    nodes, scale = _nodes(links, levels, width)
    parts = [_link(place, scale, column) for place in _places(links, nodes, scale)]
    for name, node in nodes.items():
        level, said = _split(name)
        value = shown(column, node.height / scale)
        last = level == levels[-1] and len(levels) > 1
        x, anchor = (node.x - 6, "end") if last else (node.x + _NODE + 6, "start")
        parts.append(
            mark("rect", f"{level} {said}: {value}", x=node.x, y=node.y, width=_NODE,
            height=max(1.0, node.height),
                 class_=colour(node.colour))
        )  # fmt: skip
        if node.height >= 7 or len(nodes) < 24:
            label = f"{fitted(said, width / (len(levels) + 1) - 60)}  {value}"
            parts.append(text(x, node.y + node.height / 2 + 4, label, anchor=anchor))
    for at, level in enumerate(levels):
        x = at * (width - _NODE) / max(1, len(levels) - 1)
        anchor = "end" if at and at == len(levels) - 1 else "start"
        parts.append(text(x + (_NODE if anchor == "end" else 0), 12, level, anchor=anchor, style="soft"))
    carried = math.fsum(value for a, _, value in links if _split(a)[0] == levels[0])
    return Picture(_HEIGHT + 34, f"{shown(column, carried)} through {', then '.join(levels)}", parts)


def _split(name: str) -> tuple[str, str]:
    level, _, rest = name.partition(":")
    return level, rest


def _nodes(
    links: list[tuple[str, str, float]], levels: list[str], width: float
) -> tuple[dict[str, _Node], float]:
    """Return the nodes with their places, the heaviest of a level at the top, and points per unit."""
    out_of: dict[str, float] = defaultdict(float)
    into: dict[str, float] = defaultdict(float)
    for start, end, value in links:
        out_of[start] += value
        into[end] += value
    weight = {name: max(out_of.get(name, 0.0), into.get(name, 0.0)) for name in {**out_of, **into}}
    by_level = {level: [n for n in weight if _split(n)[0] == level] for level in levels}
    room = [
        (_HEIGHT - _GAP * (len(names) - 1)) / math.fsum(weight[n] for n in names)
        for names in by_level.values()
    ]
    scale = min(room)
    nodes: dict[str, _Node] = {}
    for at, names in enumerate(by_level.values()):
        y, x = 24.0, at * (width - _NODE) / max(1, len(levels) - 1)
        for name in sorted(names, key=lambda n: (_split(n)[1] == "other", -weight[n], n)):
            nodes[name] = _Node(x, y, weight[name] * scale, len(nodes) % (COLOURS - 1))
            y += weight[name] * scale + _GAP
    return nodes, scale


class _Place(NamedTuple):
    """A link with the points where it leaves and arrives."""

    start: str
    end: str
    value: float
    x1: float
    y1: float
    x2: float
    y2: float
    colour: int


def _places(links: list[tuple[str, str, float]], nodes: dict[str, _Node], scale: float) -> list[_Place]:
    """Return the links, packed on their nodes in the order in which their other ends stand."""
    found = []
    left: dict[str, float] = defaultdict(float)
    right: dict[str, float] = defaultdict(float)
    arriving: dict[tuple[str, str], float] = {}
    for start, end, value in sorted(links, key=lambda link: (nodes[link[1]].y, nodes[link[0]].y)):
        arriving[start, end] = nodes[end].y + right[end]
        right[end] += value * scale
    for start, end, value in sorted(links, key=lambda link: (nodes[link[0]].y, nodes[link[1]].y)):
        a, b = nodes[start], nodes[end]
        found.append(
            _Place(start, end, value, a.x + _NODE, a.y + left[start], b.x, arriving[start, end], a.colour)
        )
        left[start] += value * scale
    return found


def _link(place: _Place, scale: float, column: str) -> Markup:
    x1, y1, x2, y2 = place.x1, place.y1, place.x2, place.y2
    high, bend = place.value * scale, (x1 + x2) / 2
    there = f"M{x1:.1f} {y1:.1f}C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    back = f"C{bend:.1f} {y2 + high:.1f} {bend:.1f} {y1 + high:.1f} {x1:.1f} {y1 + high:.1f}z"
    said = f"{_split(place.start)[1]} to {_split(place.end)[1]}: {shown(column, place.value)}"
    return mark("path", said, d=f"{there}v{high:.2f}{back}", class_=colour(place.colour), fill_opacity=0.3)
