"""A lake of a few runs whose steps were priced by the book, as the writer prices them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from spotlight.model import STEPS
from spotlight.pricing import Book, price_steps
from spotlight.reports import Reports
from tests.made_lake import Row, made_lake, step
from tests.rows import table


def call(of: Row, name: str, **columns: object) -> Row:
    """Return a model call of a run whose usage counts."""
    said: Row = {"provider": "openai", "model": "gpt-4o", "usage_role": "leaf"}
    return step(of, name, "llm") | said | columns


def priced_lake(data: Path, book: Book, runs: Sequence[Row], steps: Sequence[Row]) -> Reports:
    """Return the questions to a lake with these runs and steps; prices and the runs' sums are filled in."""
    prices = pa.table(price_steps(table(list(steps), STEPS), book)).to_pylist()
    priced = [row | price for row, price in zip(steps, prices, strict=True)]
    summed = []
    for run in runs:
        own = [row for row in priced if row["run_id"] == run["run_id"]]
        costs = [float(str(row["cost_usd"])) for row in own if row["cost_usd"] is not None]
        unpriced = sum(row["unpriced_reason"] is not None for row in own)
        total = {"cost_usd": sum(costs) if costs else None, "unpriced_generations": unpriced}
        summed.append(run | total | {"price_book": book.name})
    return made_lake(data, runs=summed, steps=priced)
