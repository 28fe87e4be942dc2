"""Rows of case files that the lake does not hold yet, of tables whose rows have no ids of their own."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.rows import OWN
from spotlight.lake import Reader, sql_text

_STORED: Final = {name: f"{name}_received" for name in ("logs", "metrics", "scores")}


def not_stored(name: str, rows: pa.Table, reader: Reader) -> pa.Table:
    """Return the rows that a table of the lake lacks; of rows that are alike, as many as it lacks.

    Rows are alike where all that was recorded is: when they were received, too. What two requests hold is the
    same rows twice; what one request holds twice was recorded twice.
    """
    if not rows.num_rows:
        return rows
    received = {"received": pc.unique(rows.column("received_ns")).to_pylist()}
    there = Counter(_contents(reader.query(sql_text("ingest", _STORED[name]), received)))
    told: Counter[tuple[object, ...]] = Counter()  # by request and content
    keep = np.zeros(rows.num_rows, bool)
    requests = rows.column("journal_position").to_pylist()
    for place, (request, content) in enumerate(zip(requests, _contents(rows), strict=True)):
        told[request, content] += 1
        if told[request, content] > there[content]:
            there[content] += 1
            keep[place] = True
    return rows.filter(pa.array(keep))


def _contents(rows: pa.Table) -> list[tuple[object, ...]]:
    columns = [rows.column(name).to_pylist() for name in rows.column_names if name not in OWN]
    return list(zip(*columns, strict=True))
