"""The lake's tables: every column with its Arrow type, its unit and what it says.

The tables here are the single source: the pivot and the assembly fill them, the lake creates
Delta tables from them, the docs print them. Time is int64 ns UTC, ids are lowercase hex, a
missing value is NULL and never 0.

    column.py     what a table is made of
    recorded.py   what came in
    derived.py    runs and scores
    steps.py      the steps of runs, with usage and price; later prices
    run_usage.py  those steps added up by model, agent and tool
"""

from typing import Final

from spotlight.model.column import DEFAULT_TENANT, KINDS, PARTITION, Column, Table
from spotlight.model.derived import RUNS, SCORES
from spotlight.model.recorded import LOGS, METRICS, PAYLOADS, RECEIPTS, REPLACED, SOURCE_KEYS, SOURCES, SPANS
from spotlight.model.run_usage import RUN_USAGE, USED
from spotlight.model.steps import COSTS, NO_STEPS, PRICE_COLUMNS, STEPS

TABLES: Final = {
    t.name: t
    for t in (
        SPANS, PAYLOADS, LOGS, METRICS, RECEIPTS, REPLACED, RUNS, RUN_USAGE, STEPS, COSTS, SOURCES,
        SOURCE_KEYS, SCORES,
    )
}  # fmt: skip

__all__ = [
    "COSTS", "DEFAULT_TENANT", "KINDS", "LOGS", "METRICS", "NO_STEPS", "PARTITION",
    "PAYLOADS", "PRICE_COLUMNS", "RECEIPTS", "REPLACED", "RUNS", "RUN_USAGE", "SCORES", "SOURCES",
    "SOURCE_KEYS", "SPANS", "STEPS", "TABLES", "USED", "Column", "Table",
]  # fmt: skip
