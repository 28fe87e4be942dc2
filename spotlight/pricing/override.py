"""Prices of one's own, from a YAML file: contracts, own models, fees of tools."""

from __future__ import annotations

import datetime as dt
import fnmatch
import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from spotlight.errors import SpotlightError
from spotlight.pricing.names import UNKNOWN, folded, provider_id, spellings
from spotlight.pricing.prices import (
    CALL,
    REQUEST,
    TOKEN_CLASSES,
    Period,
    PriceList,
    PriceRow,
    Rate,
    Tier,
    price_row,
)

_HINT: Final = "docs/cost.md shows what a price file may hold"


def _exact(value: object) -> object:
    """Return a YAML number as text, so that 0.1 is a tenth and no binary fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number, USD")
    return str(value)


Usd = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=True)


class _Rates(_Strict):
    input: Usd | None = None
    audio_input: Usd | None = None
    cache_read: Usd | None = None
    cache_write: Usd | None = None
    cache_write_1h: Usd | None = None
    output: Usd | None = None
    reasoning: Usd | None = None
    audio_output: Usd | None = None


class _TierEntry(_Rates):
    above_input: Annotated[int, Field(ge=1)]


class _Dated(_Strict):
    from_: Annotated[dt.date | None, Field(alias="from")] = None
    until: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> _Dated:
        if self.from_ and self.until and self.until <= self.from_:
            raise ValueError(f"until {self.until} is not after from {self.from_}")
        return self


class _PriceEntry(_Rates, _Dated):
    provider: str | None = None
    model: Annotated[str, Field(min_length=1)]
    tiers: tuple[_TierEntry, ...] = ()
    per_request: Usd | None = None
    batch_discount: Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _priced(self) -> _PriceEntry:
        if self.input is None and self.output is None and self.per_request is None:
            raise ValueError("names no price: give input and output, or per_request")
        for tier in self.tiers:
            extra = [n for n in TOKEN_CLASSES if getattr(tier, n) is not None and getattr(self, n) is None]
            if extra:
                raise ValueError(f"tier above {tier.above_input} prices {extra[0]}, which has no base price")
        return self


class _ToolEntry(_Dated):
    tool: Annotated[str, Field(min_length=1)]
    provider: str | None = None
    per_call: Usd


class _File(_Strict):
    currency: Literal["USD"] = "USD"
    prices: tuple[_PriceEntry, ...] = ()
    tools: tuple[_ToolEntry, ...] = ()


class Overrides(NamedTuple):
    """A price file, read; the last entry that fits a step wins."""

    name: str
    digest: str
    models: tuple[tuple[str | None, str, Period], ...]  # provider, pattern of the model, price
    tools: tuple[tuple[str | None, str, Period], ...]


def read_overrides(path: Path) -> Overrides:
    """Return the prices in a YAML file. Raises: SpotlightError naming the first entry that is wrong."""
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise SpotlightError(f"cannot read the price file {path}: {exc.strerror}", hint=_HINT) from exc
    try:
        read = _File.model_validate(yaml.safe_load(raw) or {})
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
        raise SpotlightError(f"the price file {path} is no YAML: {exc}", hint=_HINT) from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SpotlightError(
            f"the price file {path} is wrong at {place or 'its top'}: {first['msg']}", hint=_HINT
        ) from exc
    digest = hashlib.sha256(raw).hexdigest()[:8]
    models = tuple((e.provider, e.model.lower(), _period(path.name, e)) for e in read.prices)
    tools = tuple((e.provider, e.tool.lower(), _tool_period(path.name, e)) for e in read.tools)
    return Overrides(path.name, digest, models, tools)


def find_model(
    overrides: Overrides, providers: frozenset[str], models: tuple[str, ...]
) -> tuple[Period, ...]:
    """Return the periods of the entries for a model, whose provider may go by several names."""
    texts = [text for model in models for text in spellings(model)]
    return tuple(
        period
        for provider, pattern, period in overrides.models
        if _is_from(provider, providers) and any(fnmatch.fnmatchcase(text, pattern) for text in texts)
    )


def find_tool(overrides: Overrides, providers: frozenset[str], tool: str) -> PriceList | None:
    """Return what a call of a tool costs by the file."""
    periods = tuple(
        period
        for provider, pattern, period in overrides.tools
        if _is_from(provider, providers) and fnmatch.fnmatchcase(tool.lower(), pattern)
    )
    return PriceList(periods, otherwise=-1) if periods else None


def names_of(provider: str | None) -> Iterator[str]:
    """Yield the names by which an entry may mean this provider."""
    if provider:
        yield folded(provider)
        known = provider_id(provider)
        if known not in ("", UNKNOWN):
            yield known


def _is_from(wanted: str | None, providers: frozenset[str]) -> bool:
    return wanted is None or not providers.isdisjoint(names_of(wanted))


def _period(file: str, entry: _PriceEntry) -> Period:
    rates = {}
    for name in TOKEN_CLASSES:
        base = getattr(entry, name)
        if base is None:
            continue
        steps = sorted((t.above_input, getattr(t, name)) for t in entry.tiers if getattr(t, name) is not None)
        rates[name] = Rate(base, tuple(Tier(*step) for step in steps))
    if entry.per_request is not None:
        rates[REQUEST] = Rate(entry.per_request)
    batch: Mapping[str, Rate] | None = None
    if entry.batch_discount is not None:
        batch = {name: rate.times(1 - entry.batch_discount) for name, rate in rates.items()}
    name = "/".join(filter(None, [entry.provider, entry.model]))
    row = price_row(_name(file, name, entry), rates, doubles_1h="claude" in entry.model.lower(), batch=batch)
    return _in_force(row, entry)


def _tool_period(file: str, entry: _ToolEntry) -> Period:
    name = "/".join(filter(None, [entry.provider, entry.tool]))
    return _in_force(price_row(_name(file, name, entry), {CALL: Rate(entry.per_call)}), entry)


def _name(file: str, name: str, entry: _Dated) -> str:
    since = f" since {entry.from_}" if entry.from_ else ""
    return f"{file}: {name}{since}"


def _in_force(row: PriceRow, entry: _Dated) -> Period:
    return Period(row, _midnight_ns(entry.from_), _midnight_ns(entry.until))


def _midnight_ns(day: dt.date | None) -> int | None:
    if day is None:
        return None
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
