"""Prices of the genai-prices library, as it is installed: nothing is fetched."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from spotlight.pricing.names import FAMILIES, UNKNOWN, folded, provider_id, spellings
from spotlight.pricing.prices import CALL, REQUEST, Period, PriceList, Rate, Tier, price_row

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

_THOUSAND: Final = Decimal(1000)
# Price key of the library -> our class, and what its figure is divided by.
_KEYS: Final = {
    "input_mtok": ("input", Decimal(1)),
    "cache_read_mtok": ("cache_read", Decimal(1)),
    "cache_write_mtok": ("cache_write", Decimal(1)),
    "cache_write_5m_mtok": ("cache_write", Decimal(1)),
    "cache_write_1h_mtok": ("cache_write_1h", Decimal(1)),
    "output_mtok": ("output", Decimal(1)),
    "output_reasoning_mtok": ("reasoning", Decimal(1)),
    "input_audio_mtok": ("audio_input", Decimal(1)),
    "output_audio_mtok": ("audio_output", Decimal(1)),
    "requests_kcount": (REQUEST, _THOUSAND),
}
# Tools that a provider runs itself: their names -> price key of the library, USD per thousand calls.
TOOL_KEYS: Final = {
    "web_search": "web_searches_kcount",
    "web_search_preview": "web_searches_kcount",
    "web_search_call": "web_searches_kcount",
    "google_search": "web_searches_kcount",
    "file_search": "storage_searches_kcount",
    "file_search_call": "storage_searches_kcount",
    "x_search": "social_searches_kcount",
    "code_execution": "code_executions_kcount",
    "code_interpreter": "code_executions_kcount",
}


@cache
def book_name() -> str:
    """Return the library's name and version: its prices change with it and with nothing else."""
    return f"genai-prices {version('genai-prices')}"


@cache
def _providers() -> dict[str, Provider]:
    # Half a second and 40 MB for two thousand models, so only where prices are asked for.
    from genai_prices.data import providers

    return {provider.id: provider for provider in providers}


def seller_id(said: str) -> str:
    """Return the book's name of a provider, UNKNOWN where it has none of the kind."""
    known = provider_id(said)
    if known != UNKNOWN:
        return known
    return next((name for name in _providers() if folded(name) == folded(said)), UNKNOWN)


def find(provider: str, model: str) -> PriceList | None:
    """Return the prices of a model at one provider, whatever the model's name wears."""
    seller = _providers()[provider]
    info = _model(seller, model)
    if info is None:
        free = provider == "openrouter" and model.lower().endswith(":free")
        return PriceList((Period(price_row(f"openrouter/{model}", _FREE)),)) if free else None
    return _price_list(seller, info)


def makers(model: str, among: frozenset[str] | None = None) -> list[str]:
    """Return the providers whose family of models this one belongs to and who sell it."""
    found = []
    for name, provider in _providers().items():
        family = provider.model_match
        if family is None or (among is not None and name not in among):
            continue
        belongs = any(
            family.is_match(text) or any(text.startswith(f) for f, maker in FAMILIES.items() if maker == name)
            for text in spellings(model)
        )
        if belongs and _model(provider, model):
            found.append(name)
    return found


def find_tool(provider: str, model: str, tool: str) -> PriceList | None:
    """Return what a provider charges for a call of a tool that it runs itself for this model."""
    key = TOOL_KEYS.get(tool)
    info = _model(_providers()[provider], model) if key else None
    if key is None or info is None:
        return None
    periods = [
        Period(price_row(f"{name} {tool}", {CALL: Rate(_decimal(fee) / _THOUSAND)}), from_ns, None, window)
        for name, prices, from_ns, window in _dated(_providers()[provider], info)
        if (fee := prices.__dict__.get(key)) is not None
    ]
    return PriceList(tuple(periods)) if periods else None


_FREE: Final = {"input": Rate(Decimal(0)), "output": Rate(Decimal(0))}


def _model(provider: Provider, model: str) -> ModelInfo | None:
    sellers = list(_providers().values())
    for text in spellings(model):
        if info := provider.find_model(text, all_providers=sellers):
            return info
    return None


def _price_list(provider: Provider, info: ModelInfo) -> PriceList | None:
    claude = "claude" in info.id
    batch = next((v.prices for v in info.price_variants or () if v.when == {"processing": "batch"}), None)
    periods = []
    for name, prices, from_ns, window in _dated(provider, info):
        own = _rates(prices) or (_FREE if info.id.endswith(":free") else {})
        cheaper = own | _rates(batch) if batch else None
        periods.append(Period(price_row(name, own, doubles_1h=claude, batch=cheaper), from_ns, None, window))
    # A row in seconds or pages stays: it says that there is a price, of another unit.
    return PriceList(tuple(periods)) if any(p.row.rates for p in periods) or _in_other_units(info) else None


def _in_other_units(info: ModelInfo) -> bool:
    rows = info.prices if isinstance(info.prices, list) else [info]
    return any(value is not None for row in rows for value in row.prices.__dict__.values())


def _dated(
    provider: Provider, info: ModelInfo
) -> list[tuple[str, ModelPrice, int | None, tuple[int, int] | None]]:
    """Return (name, prices, in force from, part of the day) of a model, in the library's order."""
    name = f"{provider.id}/{info.id}"
    if not isinstance(info.prices, list):
        return [(name, info.prices, None, None)]
    found: list[tuple[str, ModelPrice, int | None, tuple[int, int] | None]] = []
    for entry in info.prices:
        limit: Any = entry.constraint
        if limit is None:
            found.append((name, entry.prices, None, None))
        elif hasattr(limit, "start_date"):
            found.append((f"{name} since {limit.start_date}", entry.prices, _day_ns(limit.start_date), None))
        else:
            begin, end = limit.start_time, limit.end_time
            hours = f"{name} {begin:%H:%M}-{end:%H:%M} UTC"
            found.append((hours, entry.prices, None, (_time_ns(begin), _time_ns(end))))
    return found


def _rates(prices: ModelPrice) -> dict[str, Rate]:
    rates = {}
    for key, value in prices.__dict__.items():
        if key in _KEYS and value is not None:
            name, divisor = _KEYS[key]
            rates[name] = _rate(value, divisor)
    return rates


def _rate(value: Any, divisor: Decimal) -> Rate:
    if isinstance(value, Decimal):
        return Rate(value / divisor)
    tiers = sorted(value.tiers, key=lambda tier: tier.start)
    return Rate(value.base / divisor, tuple(Tier(tier.start, tier.price / divisor) for tier in tiers))


def _decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value.base)


def _day_ns(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) * 1_000_000_000


def _time_ns(time: dt.time) -> int:
    """Return a time of day as ns since midnight UTC."""
    at = dt.datetime.combine(dt.date(1970, 1, 2), time if time.tzinfo else time.replace(tzinfo=dt.UTC))
    return int(at.timestamp()) % 86_400 * 1_000_000_000
