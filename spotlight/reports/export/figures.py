"""How a value is written for people: the ending of its column's name says the unit."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import pyarrow as pa

from spotlight.figures import duration, money, percent, unit_ms
from spotlight.reports.moments import bare_time

UNKNOWN: Final = "–"
Unit = Literal["usd", "ms", "ns", "share", "count", "number", "text"]

_ENDINGS: Final[tuple[tuple[str, Unit], ...]] = (
    ("_usd", "usd"), ("_ms", "ms"), ("_ns", "ns"), ("share", "share"), ("rate", "share"), ("_low", "share"),
    ("_high", "share"), ("relative", "share"), ("change", "share"),
)  # fmt: skip
# In tables whose rows have units of their own, the columns that bear them, and what the words mean.
_OWN: Final = frozenset(
    ["value", "low", "high", "before", "after", "difference", "difference_low", "difference_high",
     "noise", "lowest", "highest", "smallest"]
)  # fmt: skip
_WORDS: Final[dict[str, Unit]] = {"share": "share", "usd": "usd", "ms": "ms", "ns": "ns"}
# What would drive a terminal or hide text in a page; such characters are shown by their code.
_HIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SHOWN_ITEMS: Final = 3
_ID_DIGITS: Final = 8


def unit_of(column: str) -> Unit:
    """Return the unit of a column by its name; `number` where the name says none."""
    return next((unit for ending, unit in _ENDINGS if column.endswith(ending)), "number")


def cell(column: str, row: Mapping[str, object]) -> str:
    """Return a cell of a row as text; a row that has a `unit` of its own is written in it."""
    unit = _WORDS.get(str(row.get("unit")), "number") if column in _OWN and "unit" in row else None
    value = row[column]
    if unit and isinstance(value, int | float) and not math.isnan(value):
        return _WRITERS[unit](value)
    return shown(column, value)


def shown(column: str, value: object) -> str:
    """Return a value of a column as one line of text; what is not known is a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _WRITERS[unit_of(column)](value)
    if isinstance(value, list):
        return _several(column, value)
    return plain_text(value)


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers, which are aligned at their right."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def tick(column: str, value: float) -> str:
    """Return a round value on an axis, without digits that say nothing."""
    said = shown(column, value)
    return said.rstrip("0").rstrip(".") if unit_of(column) == "usd" and "." in said else said


def plain_text(value: object) -> str:
    """Return text on one line, every character that hides or reorders others shown by its code."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d" if value.time() == dt.time() else "%Y-%m-%d %H:%M")
    return _HIDDEN.sub(lambda found: f"\\x{ord(found[0]):02x}", str(value))


def heading(column: str) -> str:
    """Return the heading of a column in words: the unit is written with the values."""
    if column == "change":
        return "relative change"
    return re.sub(r"_(usd|ms|ns)$", "", column).replace("_", " ")


def unit_size(column: str, most: float) -> float:
    """Return what one of the unit is in which values of a column up to `most` are written."""
    return unit_ms(most) if unit_of(column) == "ms" else 1.0


def number(value: float) -> str:
    """Return a number with thousands separated; fractions have three digits that count."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


_WRITERS: Final[dict[Unit, Callable[[float], str]]] = {
    "usd": money,
    "ms": duration,
    "ns": lambda ns: bare_time(int(ns)),
    "share": percent,
    "count": number,
    "number": number,
    "text": str,
}


def _several(column: str, values: list[object]) -> str:
    first = [_item(column, value) for value in values[:_SHOWN_ITEMS]]
    more = [f"and {len(values) - _SHOWN_ITEMS:,} more"] if len(values) > _SHOWN_ITEMS else []
    return ", ".join([*first, *more]) or UNKNOWN


def _item(column: str, value: object) -> str:
    text = plain_text(value)
    return text[:_ID_DIGITS] if column.endswith(("run_ids", "span_ids")) else text
