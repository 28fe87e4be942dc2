"""SVG elements as text, and the scales that charts share. Everything that varies is escaped here."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from spotlight.reports.export.figures import plain_text, unit_size

COLOURS: Final = 8  # classes c0 to c7 of the page's style; c7 is for what is neither
_CHARACTER: Final = 7.3  # width of a character at the charts' text size, in the widest fonts we saw


class Markup(str):
    """Text that is markup already; made by `element` and `join` alone."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: object) -> Markup:
    """Return an element; children that are no Markup, and all attributes, are escaped.

    `class_` is written as class, other underscores as hyphens; attributes that are None are left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def join(parts: Iterable[str]) -> Markup:
    """Return the parts one after another; those that are no Markup are escaped."""
    return Markup("".join(p if isinstance(p, Markup) else html.escape(plain_text(p)) for p in parts))


def _value(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else plain_text(value)


def drawing(width: float, height: float, title: str, description: str, *children: str) -> Markup:
    """Return a whole SVG picture that says to everyone what it shows."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        aria_label=f"{title}. {description}",
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", style: str = "") -> Markup:
    """Return words at a point."""
    return element("text", words, x=x, y=y, text_anchor=anchor, class_=style or None)


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=style)


def mark(shape: str, words: str, **attributes: object) -> Markup:
    """Return a shape that says what it means where one points at it."""
    return element(shape, element("title", words), **attributes)


def colour(index: int) -> str:
    """Return the class of the n-th series; beyond the palette the last one, which means the rest."""
    return f"c{min(index, COLOURS - 1)}"


def fitted(words: object, width: float) -> str:
    """Return text that fits into a width, cut in the middle: names differ at both ends."""
    said, most = plain_text(words), max(3, int(width / _CHARACTER))
    if len(said) <= most:
        return said
    front = (most - 1 + 1) // 2
    return f"{said[:front]}…{said[len(said) - (most - 1 - front) :]}"


def text_width(words: object) -> float:
    """Return how wide a text is, roughly and never too little."""
    return len(plain_text(words)) * _CHARACTER


class Scale(NamedTuple):
    """Values to points, and where the axis has its marks."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return the place of a value."""
        part = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + part * (self.end - self.start)


def scale(values: Sequence[float], start: float, end: float, column: str, *, marks: int = 4) -> Scale:
    """Return a scale from 0, or below where values are, to a number above all, round in its unit."""
    size = unit_size(column, max([*map(abs, values), 0.0]))
    values = [value / size for value in values]
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    step = _round_step((high - low) / marks) if high > low else 1.0
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(step * at * size for at in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], start, end, ticks)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * f for f in (1.0, 2.0, 2.5, 5.0, 10.0) if power * f >= least * (1 - 1e-9))


def legend(names: Sequence[str], x: float, y: float, width: float) -> tuple[Markup, float]:
    """Return the names of the series with their colours, and the height that they take."""
    parts, at, row = [], x, 0
    for index, name in enumerate(names):
        said = fitted(name, 180)
        needed = 18 + text_width(said) + 14
        if at > x and at + needed > x + width:
            at, row = x, row + 1
        top = y + row * 18
        parts += [element("rect", x=at, y=top, width=10, height=10, class_=colour(index))]
        parts += [text(at + 15, top + 9.5, said, style="soft")]
        at += needed
    return join(parts), (row + 1) * 18.0
