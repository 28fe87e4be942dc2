"""What a table of the lake is made of: columns with their Arrow type, unit and meaning."""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa

S: Final = pa.string()
I64: Final = pa.int64()
F64: Final = pa.float64()
BOOL: Final = pa.bool_()
JSON: Final = pa.string()  # JSON text; an own name so that the tables below say so
STRINGS: Final = pa.list_(pa.string())
USD: Final = pa.decimal128(18, 12)  # of sums that must be the same in any order


class Column(NamedTuple):
    """One column of a lake table."""

    name: str
    type: pa.DataType
    doc: str


class Table(NamedTuple):
    """One lake table; `plain` columns have many distinct values and get no dictionary.

    `later`: columns that lakes and case files made before them lack; they are NULL there.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    plain: frozenset[str]
    later: frozenset[str] = frozenset()

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of one row, the partition columns included."""
        return pa.schema([pa.field(c.name, c.type) for c in self.columns])


PARTITION: Final = ("tenant", "date")
DEFAULT_TENANT: Final = "default"

KINDS: Final = (
    "agent", "workflow", "step", "llm", "embedding", "tool", "retrieval", "rerank", "guardrail",
    "evaluator", "memory_read", "memory_write", "checkpoint", "decision", "approval",
    "human_input", "handoff", "compaction", "http", "other",
)  # fmt: skip

PARTITION_COLUMNS: Final = (
    Column("tenant", S, "who the row belongs to; from the ingest side, never from the payload"),
    Column("date", pa.date32(), "UTC day of the row's start (of its arrival when the clock is absurd)"),
)
ARRIVAL_COLUMNS: Final = (
    Column("received_ns", I64, "when the collector took the request in, ns UTC"),
    Column("journal_position", I64, "byte position of the request in the collector's journal"),
)
