"""What a price book says: rates by class of tokens, in force over some time.

USD per million tokens; fees are USD per request or per call.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

# Classes that a step's usage is divided into, so that no token is in two of them.
TOKEN_CLASSES: Final = (
    "input", "audio_input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning",
    "audio_output",
)  # fmt: skip
REQUEST: Final = "request"  # once per model call
CALL: Final = "call"  # once per tool call
CLASSES: Final = (*TOKEN_CLASSES, REQUEST, CALL)
PER: Final = {name: Decimal(1_000_000) if name in TOKEN_CLASSES else Decimal(1) for name in CLASSES}

# What a class without a price of its own is charged as, and how a price row says so. Reasoning is
# not here: without an own price it stays in the output, of which it is a part.
CHARGED_AS: Final = (
    ("audio_input", "input"),
    ("cache_read", "input"),
    ("cache_write", "input"),
    ("cache_write_1h", "cache_write"),
    ("audio_output", "output"),
)
_DAY_NS: Final = 86_400_000_000_000


class Tier(NamedTuple):
    """Price of all tokens of a step whose input is larger than `above` tokens."""

    above: int
    price: Decimal


class Rate(NamedTuple):
    """Price of one class; `tiers` rise by size, and the last one passed holds for the whole step."""

    base: Decimal
    tiers: tuple[Tier, ...] = ()

    def at(self, input_tokens: int) -> Decimal:
        """Return the price for a step with so much input, the cache's included."""
        return next((t.price for t in reversed(self.tiers) if input_tokens > t.above), self.base)

    def times(self, factor: Decimal) -> Rate:
        """Return the rate multiplied in every tier."""
        return Rate(self.base * factor, tuple(Tier(t.above, t.price * factor) for t in self.tiers))


class PriceRow(NamedTuple):
    """One row of a book: every class that can be charged, those without an own price filled in."""

    name: str
    rates: Mapping[str, Rate]
    notes: Mapping[str, str]  # class -> how it got a price that the book does not have
    starts: tuple[int, ...]  # input sizes at which any of the rates changes, rising
    batch: Mapping[str, Rate] | None = None  # rates of the provider's batch interface; None: not known


class Period(NamedTuple):
    """A price row with the time in which it is in force, ns UTC; `window` is a part of every day."""

    row: PriceRow
    from_ns: int | None = None
    until_ns: int | None = None
    window: tuple[int, int] | None = None


class PriceList(NamedTuple):
    """All prices of one model: the last period in force counts; before all of them `otherwise`."""

    periods: tuple[Period, ...]
    otherwise: int = 0  # index into periods; -1: there was no price then

    def at(self, started_ns: int) -> PriceRow | None:
        """Return the row in force at one time."""
        for period in reversed(self.periods):
            if _holds(period, started_ns):
                return period.row
        return self.periods[self.otherwise].row if self.otherwise >= 0 else None

    def choose(self, started_ns: np.ndarray) -> np.ndarray:
        """Return for many times the index of the period in force, -1 for none."""
        chosen = np.full(len(started_ns), self.otherwise, np.int64)
        time_of_day = started_ns % _DAY_NS
        for index, period in enumerate(self.periods):
            holds = np.ones(len(started_ns), bool)
            if period.from_ns is not None:
                holds &= started_ns >= period.from_ns
            if period.until_ns is not None:
                holds &= started_ns < period.until_ns
            if period.window is not None:
                begin, end = period.window
                after, before = time_of_day >= begin, time_of_day < end
                holds &= (after & before) if begin <= end else (after | before)
            chosen[holds] = index
        return chosen


def _holds(period: Period, ns: int) -> bool:
    if period.from_ns is not None and ns < period.from_ns:
        return False
    if period.until_ns is not None and ns >= period.until_ns:
        return False
    if period.window is None:
        return True
    begin, end = period.window
    time = ns % _DAY_NS
    return begin <= time < end if begin <= end else time >= begin or time < end


def price_row(
    name: str,
    own: Mapping[str, Rate],
    *,
    doubles_1h: bool = False,
    batch: Mapping[str, Rate] | None = None,
) -> PriceRow:
    """Return a row with every class that `own` prices, and those that follow from them.

    `doubles_1h`: an hour in the cache costs twice the input price. Source: Anthropic's documentation
    of prompt caching, "1-hour cache write tokens are 2 times the base input tokens price".
    """
    rates, notes = dict(own), {}
    if doubles_1h and "cache_write_1h" not in rates and "input" in rates:
        rates["cache_write_1h"] = rates["input"].times(Decimal(2))
        notes["cache_write_1h"] = "at twice the input price"
    for name_of_class, other in CHARGED_AS:
        if name_of_class not in rates and other in rates:
            rates[name_of_class] = rates[other]
            notes[name_of_class] = notes.get(other) or f"at the {other} price"
    starts = sorted({tier.above for rate in rates.values() for tier in rate.tiers})
    full = price_row(name, batch, doubles_1h=doubles_1h).rates if batch else None
    return PriceRow(name, rates, notes, tuple(starts), full)


def plain(value: Decimal) -> str:
    """Return a price as a JSON number, exactly, without exponent or idle zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
