"""Steps to be priced, made of a few figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from spotlight.model import STEPS
from spotlight.pricing import Book, price_steps

NOON: Final = int(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
CALL: Final = {"kind": "llm", "usage_role": "leaf", "is_generation": True, "started_ns": NOON}
COUNTS: Final = (
    "input_tokens", "uncached_input_tokens", "cache_read_tokens", "cache_write_tokens",
    "cache_write_1h_tokens", "output_tokens", "reasoning_tokens", "audio_input_tokens",
    "audio_output_tokens",
)  # fmt: skip


def at(text: str) -> int:
    """Return a UTC time such as 2026-11-20T12:00 as ns."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * 1_000_000_000


def table(*rows: Mapping[str, Any]) -> pa.Table:
    """Return rows of the steps table; columns that a row does not name are NULL."""
    return pa.table(
        [pa.array([row.get(c.name) for row in rows], c.type) for c in STEPS.columns], STEPS.schema
    )


def priced(book: Book, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the price columns of some model calls."""
    return pa.table(price_steps(table(*(CALL | dict(row) for row in rows)), book)).to_pylist()


def price(book: Book, **row: Any) -> dict[str, Any]:
    """Return the price columns of one model call."""
    return priced(book, row)[0]
