"""Answers put together as Arrow tables: columns with a type, also where there are no rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.reports.statistics import Estimate

TEXT: Final = pa.string()
COUNT: Final = pa.int64()
NUMBER: Final = pa.float64()
TEXTS: Final = pa.list_(pa.string())

Rows = Sequence[Mapping[str, Any]]


class Made(NamedTuple):
    """One column of an answer."""

    name: str
    type: pa.DataType
    values: list[Any]


def answer(*columns: Iterable[Made]) -> pa.Table:
    """Return the columns, given in groups, as a table."""
    listed = [column for group in columns for column in group]
    return pa.table([pa.array(c.values, c.type) for c in listed], names=[c.name for c in listed])


def dimensions(by: Sequence[str], rows: Rows) -> list[Made]:
    """Return the columns by_1, by_2, ... of an answer under the names of their dimensions."""
    return [Made(name, TEXT, [row[f"by_{at + 1}"] for row in rows]) for at, name in enumerate(by)]


def plain(rows: Rows, type: pa.DataType, *names: str) -> list[Made]:
    """Return columns of an answer as they are; a list that is NULL is empty."""
    empty: Any = [] if pa.types.is_list(type) else None
    return [Made(name, type, [empty if row[name] is None else row[name] for row in rows]) for name in names]


def estimates(name: str, found: Sequence[Estimate], low: str = "low", high: str = "high") -> list[Made]:
    """Return estimates as three columns: the value, and the ends of its interval."""
    return [
        Made(name, NUMBER, [e.value for e in found]),
        Made(low, NUMBER, [e.low for e in found]),
        Made(high, NUMBER, [e.high for e in found]),
    ]
