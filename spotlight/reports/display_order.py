"""The order in which the rows of a tree are drawn."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def display_order(parent: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the rows depth first, siblings (and roots) in the order of their start."""
    by_start = np.lexsort((np.arange(len(parent)), start))
    children: dict[int, list[int]] = {}
    for row in by_start[::-1].tolist():
        children.setdefault(int(parent[row]), []).append(row)
    order: list[int] = []
    stack = children.get(-1, [])
    while stack:
        row = stack.pop()
        order.append(row)
        stack.extend(children.get(row, ()))
    return np.array(order, np.int64)


def starts(spans: pa.Table) -> np.ndarray:
    """Return the start of every span, ns; a span without one starts with the earliest that has one."""
    start = spans.column("started_ns")
    earliest = pc.min(start).as_py() or 0
    return np.asarray(start.fill_null(earliest), np.int64)
