"""Rows as documents that JSON and JavaScript carry without loss."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import orjson

# JavaScript numbers are exact up to here (2**53 - 1); larger integers travel as text.
MAX_EXACT: Final = 9_007_199_254_740_991


def plain_row(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row with dates as text and integers beyond JavaScript's exact range as text."""
    return {key: plain(value) for key, value in row.items()}


def plain(value: object) -> object:
    """Return a value, nested ones too, as JSON can carry it exactly."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -MAX_EXACT <= value <= MAX_EXACT else str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def parsed(text: object) -> object:
    """Return the value of a JSON text; the text itself where it is not JSON, None for None."""
    if not isinstance(text, str):
        return text
    try:
        return plain(orjson.loads(text))
    except orjson.JSONDecodeError:
        return text
