"""What charts share: names on axes, the order of series, and the picture that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from spotlight.reports.export.figures import plain_text, shown, tick
from spotlight.reports.export.svg import Markup, Scale, join, line, text, text_width

Row = dict[str, Any]


class Picture(NamedTuple):
    """The parts of a chart, how high it is, and a sentence for those who do not see it."""

    height: float
    description: str
    parts: list[Markup]


def name_of(column: str, value: object) -> str:
    """Return what a category is called; a missing one is unknown."""
    if value is None:
        return "unknown"
    return shown(column, value) if column.endswith("_ns") else plain_text(value)


def distinct(values: Sequence[str]) -> list[str]:
    """Return the values in the order in which they first appear."""
    return list(dict.fromkeys(values))


def bottom_names(names: Sequence[str], places: Sequence[float], y: float, room: float) -> Markup:
    """Return names below an axis, as many as fit without touching; room is the width for all of them."""
    if not names:
        return Markup("")
    short = shortened(names)
    widest = max(map(text_width, short)) + 10
    each = max(1, -(-len(names) // max(1, int(room / widest))))
    return join(
        text(x, y, name, anchor="middle", style="soft")
        for at, (name, x) in enumerate(zip(short, places, strict=True))
        if at % each == 0
    )


def shortened(names: Sequence[str]) -> list[str]:
    """Return times without what they share: the year of days, the day of hours."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    parts = [name.split("-") for name in names]
    if not all(len(p) == 3 and p[0].isdigit() and len(p[0]) == 4 and p[1].isdigit() for p in parts):
        return list(names)
    if any(not 1 <= int(p[1]) <= 12 for p in parts):
        return list(names)
    days = [f"{p[2][:2]} {months[int(p[1]) - 1]}" for p in parts]
    hours = [p[2][2:].strip(" T") for p in parts]
    one_day = len(set(days)) == 1
    return [
        (hour if one_day and hour else f"{day} {hour}".strip()) for day, hour in zip(days, hours, strict=True)
    ]


def left_axis(ticks: Scale, column: str, x1: float, x2: float) -> Markup:
    """Return the horizontal lines of a chart with their values on the left."""
    return join(
        part
        for value in ticks.ticks
        for part in (
            line(x1, ticks.at(value), x2, ticks.at(value), "grid"),
            text(x1 - 8, ticks.at(value) + 4, tick(column, value), anchor="end", style="soft"),
        )
    )


def bottom_axis(ticks: Scale, column: str, top: float, bottom: float) -> Markup:
    """Return the vertical lines of a chart with their values below."""
    return join(
        part
        for value in ticks.ticks
        for part in (
            line(ticks.at(value), top, ticks.at(value), bottom, "grid"),
            text(ticks.at(value), bottom + 16, tick(column, value), anchor="middle", style="soft"),
        )
    )


def axis_room(ticks: Scale, column: str) -> float:
    """Return the width that the values of a left axis need."""
    return max(text_width(tick(column, value)) for value in ticks.ticks) + 14


def first_of(drawn: int, there: int, what: str) -> str:
    """Return how many of the rows a chart shows."""
    return f"{there} {what}" if drawn == there else f"the first {drawn} of {there} {what}"
