"""The prices of whole columns agree with the decimals of single steps, on any usage."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.pricing import Book, default_book
from spotlight.pricing.explain import explain, total, unit_prices
from tests.spotlight.price_rows import COUNTS, NOON, priced
from tests.spotlight.test_pricing import FILE, PARTS

MODELS = [
    ("openai", "gpt-4o"), ("openai", "gpt-4o-mini-audio-preview"), ("anthropic", "claude-sonnet-4-5"),
    ("aws.bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0"), ("google", "gemini-2.5-pro"),
    ("deepseek", "deepseek-v4-pro"), ("openai", "o3"), ("perplexity", "sonar-deep-research"),
    ("perplexity", "sonar"), ("groq", "llama-3.3-70b-versatile"), ("acme", "house-70b"), (None, "gpt-5"),
    ("acme", "other"), ("groq", "whisper-large-v3"), ("openrouter", "openai/gpt-oss-20b:free"), (None, None),
]  # fmt: skip
YEAR = 365 * 86_400 * 1_000_000_000
counts = st.one_of(st.none(), st.integers(0, 3000), st.integers(0, 10**6), st.integers(0, 10**12))
usages = st.fixed_dictionaries(dict.fromkeys(COUNTS, counts))
calls = st.tuples(st.sampled_from(MODELS), usages, st.integers(NOON - 2 * YEAR, NOON))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Return the library's prices with a file in front of them."""
    path: Path = tmp_path_factory.mktemp("prices") / "prices.yaml"
    path.write_text(FILE)
    return default_book(path)


def decimals(book: Book, call: tuple[Any, dict[str, Any], int]) -> Decimal | None:
    """Return the price of a call by the decimal path, None where it has none."""
    (provider, model), usage, started = call
    if usage["input_tokens"] is None and usage["output_tokens"] is None:
        return None
    prices = book.offer(provider, model, None).prices
    row = prices.at(started) if prices else None
    charged = unit_prices(usage, row) if row else None
    return None if charged is None else total(explain(usage, charged))


@given(st.lists(calls, max_size=30))
def test_columns_agree_with_decimals(book: Book, drawn: list[Any]) -> None:
    """To twelve digits, whatever the usage; and what has no price in the one has none in the other."""
    rows = [{"provider": p, "model": m, "started_ns": ns} | usage for (p, m), usage, ns in drawn]
    for call, row in zip(drawn, priced(book, *rows), strict=True):
        expected = decimals(book, call)
        assert (expected is None) == (row["cost_usd"] is None), row
        if expected is not None:
            assert math.isclose(float(expected), row["cost_usd"], rel_tol=1e-12, abs_tol=1e-12)


@given(st.lists(calls, max_size=30))
def test_the_lake_keeps_what_explains_its_price(book: Book, drawn: list[Any]) -> None:
    """Unit prices and usage of a row make its cost again, and its parts add up to it."""
    rows = [{"provider": p, "model": m, "started_ns": ns} | usage for (p, m), usage, ns in drawn]
    for row, found in zip(rows, priced(book, *rows), strict=True):
        if found["cost_usd"] is None:
            assert found["unit_prices"] is None
            continue
        kept = {name: Decimal(str(value)) for name, value in
                json.loads(found["unit_prices"], parse_float=Decimal).items()}  # fmt: skip
        again = float(total(explain(row, kept)))
        assert math.isclose(again, found["cost_usd"], rel_tol=1e-12, abs_tol=1e-12)
        known = [found[part] for part in PARTS if found[part] is not None]
        hidden = [name for name, part in (("cache_read_tokens", 1), ("output_tokens", 3))
                  if row[name] is None and found[PARTS[part]] is None]  # fmt: skip
        if not hidden:
            assert math.isclose(sum(known), found["cost_usd"], rel_tol=1e-9, abs_tol=1e-9)
