"""Prices of many steps at once: the book is asked once per model, arithmetic is on whole columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.model import PRICE_COLUMNS
from spotlight.pricing.book import OTHER_TIME, OTHER_UNIT, TOO_MANY, Book, Offer
from spotlight.pricing.prices import CALL, CLASSES, PER, REQUEST, PriceList, PriceRow, plain

# Looking up a model takes up to a millisecond; a sender that invents names must not stop the writer.
MOST_MODELS: Final = 2_000
_SETS: Final = 1 << len(CLASSES)  # sets of classes that a step can use
_MOST_CODES: Final = 10_000_000
# Part of cost_usd -> the classes in it, and the column that must be known for it to be.
_PARTS: Final = {
    "input_cost_usd": ("input", "audio_input"),
    "cache_read_cost_usd": ("cache_read",),
    "cache_write_cost_usd": ("cache_write", "cache_write_1h"),
    "output_cost_usd": ("output", "reasoning", "audio_output"),
    "fees_usd": (REQUEST, CALL),
}


class Usage(NamedTuple):
    """Tokens of some steps by class, and which parts of the cost they make known."""

    tokens: dict[str, np.ndarray]  # class -> float64; reasoning not yet taken out of the output
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
    picked, calls = _picked(steps, book)
    usage = _usage(steps, picked, calls)
    started = steps.column("started_ns").fill_null(0).to_numpy()[picked]
    tiers = _Tiers()
    line = np.full(len(picked), -1, np.int64)
    reason = np.full(len(picked), -1, np.int64)
    reasons: list[str] = []
    for rows, prices, why in _offers(steps, book, picked, calls):
        if why is not None:  # it stays where no price row is found below
            reason[rows] = _place(reasons, why)
        if prices is None:
            continue
        period = prices.choose(started[rows])
        for at in np.unique(period):
            chosen = rows[period == at]
            if at >= 0:
                line[chosen] = tiers.lines(prices.periods[at].row, usage.size[chosen])
                reason[chosen] = -1
    charged = _charge(usage, line, tiers)
    reason[charged.other_unit] = _place(reasons, OTHER_UNIT)
    place = np.full(steps.num_rows, -1, np.int64)
    place[picked] = np.arange(len(picked))
    index = pa.array(place, mask=place < 0)
    columns = _columns(book.name, charged, reason, reasons)
    return {name: _decoded(column.take(index)) for name, column in columns.items()}


def _picked(steps: pa.Table, book: Book) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that may cost something, and which of those are calls of tools."""
    has_usage = pc.or_(steps.column("input_tokens").is_valid(), steps.column("output_tokens").is_valid())
    leaf = pc.and_(pc.equal(steps.column("usage_role"), "leaf"), has_usage)
    tools = pc.unique(steps.column("tool_name")).drop_null().to_pylist()
    charged = pa.array([tool for tool in tools[:MOST_MODELS] if book.may_charge(tool)], pa.string())
    named = pc.is_in(steps.column("tool_name"), value_set=charged)
    call = pc.and_(named, pc.equal(steps.column("kind"), "tool"))
    is_leaf, is_call = (pc.fill_null(c, False).to_numpy() for c in (leaf, call))
    picked = np.flatnonzero(is_leaf | is_call)
    return picked, ~is_leaf[picked]


def _offers(
    steps: pa.Table, book: Book, picked: np.ndarray, calls: np.ndarray
) -> Iterator[tuple[np.ndarray, PriceList | None, str | None]]:
    """Yield (places in picked, prices, why there is none) for every model, and every tool with a fee.

    A tool that has no fee yet has no price and needs no reason.
    """
    uses, called = np.flatnonzero(~calls), np.flatnonzero(calls)
    names = ("provider", "model", "request_model")
    for count, (at, words) in enumerate(_groups(steps, names, picked[uses])):
        offer = book.offer(*words) if count < MOST_MODELS else Offer(None, TOO_MANY)
        yield uses[at], offer.prices, offer.reason or OTHER_TIME
    for at, (provider, model, tool) in _groups(steps, ("provider", "model", "tool_name"), picked[called]):
        if fee := book.fee(provider, model, str(tool)):
            yield called[at], fee, None


def _groups(
    steps: pa.Table, names: tuple[str, ...], rows: np.ndarray
) -> Iterator[tuple[np.ndarray, list[str | None]]]:
    """Yield for every distinct combination of some text columns its places in rows, and its values."""
    code = np.zeros(len(rows), np.int64)
    for name in names:
        column = steps.column(name).take(pa.array(rows)).combine_chunks().dictionary_encode()
        wide = len(column.dictionary) + 1
        code = code * wide + column.indices.fill_null(wide - 1).to_numpy()
        code = _dense(code, (int(code.max()) + 1) if len(code) else 1)[1]
    if len(code) and code.max() < np.iinfo(np.int16).max:
        code = code.astype(np.int16)  # sorted by radix, in a tenth of the time
    order = np.argsort(code, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
        if len(part):
            yield part, [steps.column(name)[int(rows[part[0]])].as_py() for name in names]


def _dense(code: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct codes, rising, and which of them every entry is; codes are below size."""
    if size > _MOST_CODES:
        distinct, at = np.unique(code, return_inverse=True)
        return distinct, at.reshape(-1)
    there = np.zeros(size, bool)
    there[code] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[code]


def _usage(steps: pa.Table, picked: np.ndarray, calls: np.ndarray) -> Usage:
    """Return the tokens of the picked steps by class; a tool call has none."""

    def known(name: str) -> np.ndarray:
        return np.asarray(np.asarray(steps.column(name).is_valid())[picked] & ~calls)

    def count(name: str) -> np.ndarray:
        values = steps.column(name).fill_null(0).to_numpy()[picked].astype(np.float64)
        return np.asarray(np.where(calls, 0.0, np.maximum(values, 0.0)))

    read, hour = count("cache_read_tokens"), count("cache_write_1h_tokens")
    write = np.where(known("cache_write_tokens"), count("cache_write_tokens"), hour)
    everything, output = count("input_tokens"), count("output_tokens")
    rest = np.maximum(everything - read - write, 0)
    uncached = np.where(known("uncached_input_tokens"), count("uncached_input_tokens"), rest)
    audio_in = np.minimum(count("audio_input_tokens"), uncached)
    audio_out = np.minimum(count("audio_output_tokens"), output)
    hour = np.minimum(hour, write)
    tokens = {
        "input": uncached - audio_in,
        "audio_input": audio_in,
        "cache_read": read,
        "cache_write": write - hour,
        "cache_write_1h": hour,
        "output": output - audio_out,
        "reasoning": np.minimum(count("reasoning_tokens"), output - audio_out),
        "audio_output": audio_out,
        REQUEST: (~calls).astype(np.float64),
        CALL: calls.astype(np.float64),
    }
    parts = {
        "input_cost_usd": known("input_tokens") | known("uncached_input_tokens"),
        "cache_read_cost_usd": known("cache_read_tokens"),
        "cache_write_cost_usd": known("cache_write_tokens") | known("cache_write_1h_tokens"),
        "output_cost_usd": known("output_tokens"),
    }
    return Usage(tokens, parts, everything)


class _Charged(NamedTuple):
    parts: dict[str, np.ndarray]  # part -> USD, NaN where it is not known
    total: np.ndarray
    priced: np.ndarray  # bool
    other_unit: np.ndarray  # bool: the row has no price for what was used
    row: pa.Array
    unit: pa.Array


def _charge(usage: Usage, line: np.ndarray, tiers: _Tiers) -> _Charged:
    """Return tokens times rates."""
    # The last line is for steps without a price row.
    table = np.array([*tiers.rates, [np.nan] * len(CLASSES)]).T
    tokens = dict(usage.tokens)
    apart = ~np.isnan(table[CLASSES.index("reasoning")])[line]
    tokens["reasoning"] = np.where(apart, tokens["reasoning"], 0)
    tokens["output"] = tokens["output"] - tokens["reasoning"]
    has_line = line >= 0
    used = np.zeros(len(line), np.int64)
    odd = np.isnan(table).all(axis=0)[line]  # seconds, pages: nothing here is counted in them
    costs: dict[str, np.ndarray] = {}
    for at, name in enumerate(CLASSES):
        rate = table[at][line]
        priced = ~np.isnan(rate)
        charged = tokens[name] > 0
        if name in (REQUEST, CALL):
            charged &= priced
        used |= charged.astype(np.int64) << at
        odd |= charged & ~priced
        costs[name] = np.where(charged & priced, tokens[name] * rate / float(PER[name]), 0.0)
    priced = has_line & ~odd
    fees = (used >> CLASSES.index(REQUEST)) > 0  # REQUEST and CALL are the last classes
    known = usage.known | {"fees_usd": fees}
    parts = {
        part: np.where(known[part] & priced, sum(costs[name] for name in names), np.nan)
        for part, names in _PARTS.items()
    }
    total = np.where(priced, sum(costs.values()), np.nan)
    row, unit = _texts(np.where(priced, line * _SETS + used, len(tiers.rows) * _SETS), tiers)
    return _Charged(parts, total, priced, odd & has_line, row, unit)


def _texts(code: np.ndarray, tiers: _Tiers) -> tuple[pa.Array, pa.Array]:
    """Return price_row and unit_prices; both are made once per tier and set of classes in use."""
    distinct, at = _dense(code, len(tiers.rows) * _SETS + 1)
    names: list[str | None] = []
    prices: list[str | None] = []
    for one in distinct:
        number, bits = divmod(int(one), _SETS)
        if number == len(tiers.rows):
            names.append(None)
            prices.append(None)
            continue
        found = [name for place, name in enumerate(CLASSES) if bits >> place & 1]
        names.append(row_text(tiers.rows[number], tiers.above[number], found))
        prices.append(unit_text(tiers.rows[number], tiers.above[number], found))
    return _worded(at, names), _worded(at, prices)


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
    columns = {name: _money(values) for name, values in charged.parts.items()}
    asked = charged.priced | (reason >= 0)
    columns |= {
        "cost_usd": _money(charged.total),
        "price_book": _worded(np.where(asked, 0, -1), [book]),
        "price_row": charged.row,
        "unit_prices": charged.unit,
        "unpriced_reason": _worded(reason, reasons),
    }
    return {column.name: columns[column.name] for column in PRICE_COLUMNS}


def _worded(code: np.ndarray, words: Sequence[str | None]) -> pa.DictionaryArray:
    """Return words by their number, NULL for -1; still coded, so that rows can be picked cheaply."""
    index = pa.array(code.astype(np.int32), mask=code < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(words, pa.string()))


def _decoded(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def _money(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def _place(words: list[str], word: str) -> int:
    if word not in words:
        words.append(word)
    return words.index(word)
