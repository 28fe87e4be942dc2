"""Steps with usage and a price: what reports about cost add up."""

from __future__ import annotations

from decimal import Decimal

from tests.made_lake import Row, step

# Model -> USD per million tokens: uncached input, cache read, cache write, output.
PRICES = {"large": (3, 0.3, 3.75, 15), "small": (0.25, 0.025, 0.3125, 2), "odd": (0.0007, 0.1, 0.3, 0.7)}


def call(
    of: Row,
    name: str,
    model: str = "large",
    *,
    input: int = 1000,
    read: int = 0,
    write: int = 0,
    output: int = 100,
    factor: float = 1.0,
    **columns: object,
) -> Row:
    """Return a model call of a run, priced where PRICES has the model; `factor` multiplies the prices.

    `input` counts the cache's tokens, too.
    """
    usage = {
        "usage_role": "leaf", "input_tokens": input, "uncached_input_tokens": input - read - write,
        "cache_read_tokens": read, "cache_write_tokens": write, "output_tokens": output, "model": model,
    }  # fmt: skip
    if model not in PRICES:
        return step(of, name, "llm", **{**usage, "unpriced_reason": "unknown model", **columns})
    tokens = (input - read - write, read, write, output)
    parts = [n * p * factor / 1e6 for n, p in zip(tokens, PRICES[model], strict=True)]
    names = ("input_cost_usd", "cache_read_cost_usd", "cache_write_cost_usd", "output_cost_usd")
    costs: Row = dict(zip(names, parts, strict=True)) | {"cost_usd": sum(parts), "price_book": "test 1"}
    return step(of, name, "llm", **{**usage, **costs, **columns})


def paid_tool(of: Row, name: str, usd: float | None, **columns: object) -> Row:
    """Return a tool call of a run with a fee, or without one."""
    return step(of, name, "tool", **{"cost_usd": usd, "fees_usd": usd, "usage_role": "none", **columns})


def exact(amounts: list[float | None]) -> Decimal:
    """Return the sum of amounts as they are written: what someone who adds up a printed column gets."""
    return sum((Decimal(repr(usd)) for usd in amounts if usd is not None), Decimal())
