"""Prices of many steps at once: the book is asked once per model, arithmetic is on whole columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.model import PRICE_COLUMNS
from spotlight.pricing.book import OTHER_TIME, OTHER_UNIT, TOO_MANY, Book
from spotlight.pricing.prices import CALL, CLASSES, PER, REQUEST, TOKEN_CLASSES, PriceList, PriceRow, plain

# Looking up a model takes up to a millisecond; a sender that invents names must not stop the writer.
MOST_MODELS: Final = 2_000
_PER: Final = np.array([float(PER[name]) for name in CLASSES])
_AT: Final = {name: at for at, name in enumerate(CLASSES)}
_BITS: Final = 1 << np.arange(len(CLASSES))
# Part of cost_usd -> the classes in it, and the column that must be known for it to be.
_PARTS: Final = {
    "input_cost_usd": ("input", "audio_input"),
    "cache_read_cost_usd": ("cache_read",),
    "cache_write_cost_usd": ("cache_write", "cache_write_1h"),
    "output_cost_usd": ("output", "reasoning", "audio_output"),
    "fees_usd": (REQUEST, CALL),
}


class Usage(NamedTuple):
    """Tokens of some steps by class, in the order of CLASSES, and which parts are known."""

    tokens: np.ndarray  # float64, (steps, classes); reasoning not yet taken out of the output
    known: dict[str, np.ndarray]  # part of cost_usd -> bool
    size: np.ndarray  # float64: all input, which decides the tier


class _Tiers:
    """The price rows that were met: a line of rates for each of their tiers."""

    def __init__(self) -> None:
        self.rows: list[PriceRow] = []
        self.above: list[int] = []  # input size from which the line holds, 0 for the base
        self.rates: list[list[float]] = []
        self._first: dict[int, int] = {}

    def lines(self, row: PriceRow, size: np.ndarray) -> np.ndarray:
        """Return the line of every step with this input size."""
        first = self._first.get(id(row))
        if first is None:
            first = self._first[id(row)] = len(self.rows)
            for above in (0, *row.starts):
                self.rows.append(row)
                self.above.append(above)
                self.rates.append([_rate(row, name, above) for name in CLASSES])
        return first + np.searchsorted(np.array(row.starts), size, side="left")


def _rate(row: PriceRow, name: str, above: int) -> float:
    return float(row.rates[name].at(above + 1)) if name in row.rates else float("nan")


def price_steps(steps: pa.Table, book: Book) -> dict[str, pa.Array]:
    """Return the PRICE_COLUMNS of some steps, in their order.

    Only a leaf of usage and a tool call with a fee has a price; other rows are NULL in every column.
    Usage without a price has cost NULL and unpriced_reason.
    """
    tiers = _Tiers()
    line = np.full(steps.num_rows, -1, np.int64)
    reason = np.full(steps.num_rows, -1, np.int64)
    reasons: list[str] = []
    usage = _usage(steps)
    started = steps.column("started_ns").fill_null(0).to_numpy()
    is_tool = np.zeros(steps.num_rows, bool)
    for rows, prices, why in _offers(steps, book, usage, is_tool):
        if prices is None:
            reason[rows] = _place(reasons, str(why))
            continue
        period = prices.choose(started[rows])
        for at in np.unique(period):
            chosen = rows[period == at]
            if at < 0:
                reason[chosen] = _place(reasons, OTHER_TIME)
            else:
                line[chosen] = tiers.lines(prices.periods[at].row, usage.size[chosen])
    return _columns(book.name, _charge(usage, line, tiers, is_tool), reason, reasons)


def _offers(
    steps: pa.Table, book: Book, usage: Usage, is_tool: np.ndarray
) -> Iterator[tuple[np.ndarray, PriceList | None, str | None]]:
    """Yield (rows, prices, reason) for every model in use and every tool with a fee; marks is_tool."""
    leaf = pc.fill_null(pc.equal(steps.column("usage_role"), "leaf"), False).to_numpy(zero_copy_only=False)
    uses = leaf & (usage.known["input_cost_usd"] | usage.known["output_cost_usd"])
    for count, (rows, (provider, model, asked)) in enumerate(
        _groups(steps, ("provider", "model", "request_model"), np.flatnonzero(uses))
    ):
        if count >= MOST_MODELS:
            yield rows, None, TOO_MANY
            continue
        yield rows, *book.offer(provider, model, asked)
    tools = pc.unique(steps.column("tool_name")).drop_null().to_pylist()
    charged = [tool for tool in tools[:MOST_MODELS] if book.may_charge(tool)]
    if not charged:
        return
    named = pc.is_in(steps.column("tool_name"), value_set=pa.array(charged, pa.string()))
    called = pc.and_(named, pc.equal(steps.column("kind"), "tool"))
    calls = np.flatnonzero(pc.fill_null(called, False).to_numpy(zero_copy_only=False) & ~uses)
    for rows, (provider, model, tool) in _groups(steps, ("provider", "model", "tool_name"), calls):
        if fee := book.fee(provider, model, str(tool)):
            is_tool[rows] = True
            yield rows, fee, None


def _groups(
    steps: pa.Table, names: tuple[str, ...], rows: np.ndarray
) -> Iterator[tuple[np.ndarray, list[str | None]]]:
    """Yield for every distinct combination of some text columns its rows and its values."""
    if not len(rows):
        return
    code, values = np.zeros(len(rows), np.int64), []
    for name in names:
        column = steps.column(name).take(pa.array(rows)).combine_chunks().dictionary_encode()
        words = [None, *column.dictionary.to_pylist()]
        values.append(words)
        code = code * len(words) + column.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
        _, code = np.unique(code, return_inverse=True) if len(values) > 1 else (None, code)
    order = np.argsort(code, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
        at = rows[part[:1]]
        yield rows[part], [steps.column(name)[int(at[0])].as_py() for name in names]


def _usage(steps: pa.Table) -> Usage:
    def known(name: str) -> np.ndarray:
        return np.asarray(steps.column(name).is_valid())

    def count(name: str) -> np.ndarray:
        values = steps.column(name).fill_null(0).to_numpy().astype(np.float64)
        return np.asarray(np.maximum(values, 0.0))

    read, hour = count("cache_read_tokens"), count("cache_write_1h_tokens")
    write = np.where(known("cache_write_tokens"), count("cache_write_tokens"), hour)
    everything, output = count("input_tokens"), count("output_tokens")
    rest = np.maximum(everything - read - write, 0)
    uncached = np.where(known("uncached_input_tokens"), count("uncached_input_tokens"), rest)
    audio_in = np.minimum(count("audio_input_tokens"), uncached)
    audio_out = np.minimum(count("audio_output_tokens"), output)
    hour = np.minimum(hour, write)
    by_class = {
        "input": uncached - audio_in,
        "audio_input": audio_in,
        "cache_read": read,
        "cache_write": write - hour,
        "cache_write_1h": hour,
        "output": output - audio_out,
        "reasoning": np.minimum(count("reasoning_tokens"), output - audio_out),
        "audio_output": audio_out,
        REQUEST: np.ones(steps.num_rows),
        CALL: np.ones(steps.num_rows),
    }
    parts = {
        "input_cost_usd": known("input_tokens") | known("uncached_input_tokens"),
        "cache_read_cost_usd": known("cache_read_tokens"),
        "cache_write_cost_usd": known("cache_write_tokens") | known("cache_write_1h_tokens"),
        "output_cost_usd": known("output_tokens"),
        "fees_usd": np.ones(steps.num_rows, bool),
    }
    tokens = np.stack([by_class[name] for name in CLASSES], axis=1)
    return Usage(tokens, parts, everything)


class _Charged(NamedTuple):
    parts: dict[str, np.ndarray]  # part -> USD, NaN where it is not known
    total: np.ndarray
    priced: np.ndarray  # bool
    other_unit: np.ndarray  # bool: the row has no price for what was used
    row: pa.Array
    unit: pa.Array


def _charge(usage: Usage, line: np.ndarray, tiers: _Tiers, is_tool: np.ndarray) -> _Charged:
    """Return tokens times rates."""
    rates = np.array([*tiers.rates, [np.nan] * len(CLASSES)])[line]  # the last line is for no price
    tokens = usage.tokens
    own = ~np.isnan(rates)
    tokens[:, _AT[REQUEST]] = own[:, _AT[REQUEST]]
    tokens[:, _AT[CALL]] = own[:, _AT[CALL]]
    tokens[is_tool, : len(TOKEN_CLASSES)] = 0
    reasoning = np.where(own[:, _AT["reasoning"]], tokens[:, _AT["reasoning"]], 0)
    tokens[:, _AT["reasoning"]] = reasoning
    tokens[:, _AT["output"]] -= reasoning
    used = tokens > 0
    has_line = line >= 0
    other_unit = (used & ~own).any(axis=1) & has_line
    priced = has_line & ~other_unit
    cost = np.where(used & own, tokens * np.where(own, rates, 0) / _PER, 0.0)
    parts = {}
    for part, names in _PARTS.items():
        columns = [_AT[name] for name in names]
        known = usage.known[part] & priced
        known &= own[:, columns].any(axis=1) if part == "fees_usd" else ~is_tool
        parts[part] = np.where(known, cost[:, columns].sum(axis=1), np.nan)
    total = np.where(priced, cost.sum(axis=1), np.nan)
    row, unit = _texts(line, used, priced, tiers)
    return _Charged(parts, total, priced, other_unit, row, unit)


def _texts(
    line: np.ndarray, used: np.ndarray, priced: np.ndarray, tiers: _Tiers
) -> tuple[pa.Array, pa.Array]:
    """Return price_row and unit_prices; both are made once per tier and set of classes in use."""
    code = np.where(priced, line * (1 << len(CLASSES)) + used @ _BITS, -1)
    distinct, at = np.unique(code, return_inverse=True)
    names: list[str | None] = []
    prices: list[str | None] = []
    for one in distinct:
        if one < 0:
            names.append(None)
            prices.append(None)
            continue
        number, bits = divmod(int(one), 1 << len(CLASSES))
        found = [name for name in CLASSES if bits >> _AT[name] & 1]
        names.append(row_text(tiers.rows[number], tiers.above[number], found))
        prices.append(unit_text(tiers.rows[number], tiers.above[number], found))
    index = pa.array(at.astype(np.int32).reshape(-1))
    columns = (pa.DictionaryArray.from_arrays(index, pa.array(v, pa.string())) for v in (names, prices))
    first, second = (column.cast(pa.string()) for column in columns)
    return first, second


def row_text(row: PriceRow, above: int, used: list[str]) -> str:
    """Return the name of a price row: its tier, and which of the classes used it has no own price for."""
    tier = f", input above {above}" if above else ""
    notes = "; ".join(f"{name} {row.notes[name]}" for name in used if name in row.notes)
    return f"{row.name}{tier}{f' ({notes})' if notes else ''}"


def unit_text(row: PriceRow, above: int, used: list[str]) -> str:
    """Return the JSON of unit_prices for the classes used; figures are exact."""
    pairs = (f"{json.dumps(name)}:{plain(row.rates[name].at(above + 1))}" for name in used)
    return "{" + ",".join(pairs) + "}"


def _columns(book: str, charged: _Charged, reason: np.ndarray, reasons: list[str]) -> dict[str, pa.Array]:
    reason = np.where(charged.other_unit, _place(reasons, OTHER_UNIT), reason)
    asked = charged.priced | (reason >= 0)
    words = pa.array(reasons, pa.string())
    columns = {name: _money(values) for name, values in charged.parts.items()}
    columns |= {
        "cost_usd": _money(charged.total),
        "price_book": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(asked), np.int32), mask=~asked), pa.array([book])
        ).cast(pa.string()),
        "price_row": charged.row,
        "unit_prices": charged.unit,
        "unpriced_reason": pa.DictionaryArray.from_arrays(
            pa.array(np.maximum(reason, 0).astype(np.int32), mask=reason < 0), words
        ).cast(pa.string()),
    }
    return {column.name: columns[column.name] for column in PRICE_COLUMNS}


def _money(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def _place(words: list[str], word: str) -> int:
    if word not in words:
        words.append(word)
    return words.index(word)
