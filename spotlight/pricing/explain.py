"""The price of one step, line by line, in decimals: what the columns of many steps must agree with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from spotlight.pricing.prices import CALL, CLASSES, PER, REQUEST, TOKEN_CLASSES, PriceRow

# Class -> how its tokens come out of the columns of a step, and the columns that may hold them.
SOURCES: Final = {
    "input": ("input_tokens without the cache and without audio", ("input_tokens",)),
    "audio_input": ("audio_input_tokens, taken to be uncached", ("audio_input_tokens",)),
    "cache_read": ("cache_read_tokens", ("cache_read_tokens",)),
    "cache_write": ("cache_write_tokens without those kept for an hour", ("cache_write_tokens",)),
    "cache_write_1h": ("cache_write_1h_tokens", ("cache_write_1h_tokens",)),
    "output": ("output_tokens without audio; reasoning is part of it", ("output_tokens",)),
    "reasoning": ("reasoning_tokens, taken out of output_tokens", ("reasoning_tokens",)),
    "audio_output": ("audio_output_tokens", ("audio_output_tokens",)),
    REQUEST: ("the model call", ()),
    CALL: ("the tool call", ()),
}


class Line(NamedTuple):
    """One class of usage: `amount` tokens or calls at `unit_price` USD per `per` of them."""

    token_class: str
    amount: int
    unit_price: Decimal
    per: int
    cost: Decimal

    @property
    def arithmetic(self) -> str:
        """The sum as text."""
        return f"{self.amount:,} × {self.unit_price:f} / {self.per:,} = {self.cost:f}"


def divided(usage: Mapping[str, int | None], *, reasoning_apart: bool) -> dict[str, int]:
    """Return a step's tokens by class, no token in two of them.

    `usage` has the token columns of the steps table. Cache and input are told apart by
    uncached_input_tokens where it is known. Audio is taken to be uncached. Reasoning is output, and
    apart from it only where the price row prices it.
    """

    def of(name: str) -> int:
        return max(usage.get(name) or 0, 0)

    read, hour = of("cache_read_tokens"), of("cache_write_1h_tokens")
    write = of("cache_write_tokens") if usage.get("cache_write_tokens") is not None else hour
    uncached = max(of("input_tokens") - read - write, 0)
    if usage.get("uncached_input_tokens") is not None:
        uncached = of("uncached_input_tokens")
    audio_in, audio_out = (
        min(of("audio_input_tokens"), uncached),
        min(of("audio_output_tokens"), of("output_tokens")),
    )
    text_out = of("output_tokens") - audio_out
    reasoning = min(of("reasoning_tokens"), text_out) if reasoning_apart else 0
    return {
        "input": uncached - audio_in,
        "audio_input": audio_in,
        "cache_read": read,
        "cache_write": write - min(hour, write),
        "cache_write_1h": min(hour, write),
        "output": text_out - reasoning,
        "reasoning": reasoning,
        "audio_output": audio_out,
    }


def explain(usage: Mapping[str, int | None], unit_prices: Mapping[str, Decimal]) -> tuple[Line, ...]:
    """Return the lines of a step's price from its unit prices: token class -> USD, as the lake keeps them."""
    amounts = divided(usage, reasoning_apart="reasoning" in unit_prices)
    amounts |= {REQUEST: 1, CALL: 1}
    return tuple(
        Line(name, amounts[name], price, int(PER[name]), amounts[name] * price / PER[name])
        for name in CLASSES
        if (price := unit_prices.get(name)) is not None
    )


def unit_prices(usage: Mapping[str, int | None], row: PriceRow) -> dict[str, Decimal] | None:
    """Return what a price row charges a model call per class in use, at the tier of its input.

    None where the row has no price for a class that was used.
    """
    size = max(usage.get("input_tokens") or 0, 0)
    amounts = divided(usage, reasoning_apart="reasoning" in row.rates)
    used = [name for name in TOKEN_CLASSES if amounts[name] > 0]
    if not row.rates or any(name not in row.rates for name in used):
        return None
    charged = [*used, REQUEST] if REQUEST in row.rates else used
    return {name: row.rates[name].at(size) for name in charged}


def total(lines: tuple[Line, ...]) -> Decimal:
    """Return what the lines add up to, USD."""
    return sum((line.cost for line in lines), Decimal(0))
