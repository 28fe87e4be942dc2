"""What the same usage would have cost otherwise: another model, another book, a cache, batches."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.errors import SpotlightError
from spotlight.pricing import Book, price_steps
from spotlight.pricing.names import named
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

# How long a provider keeps a prefix that is not read again, and the shortest it keeps at all.
# Source: Anthropic's and OpenAI's documentation of prompt caching (5 minutes; 1,024 tokens).
CACHE_NS: Final = 5 * 60 * 1_000_000_000
SHORTEST_PREFIX: Final = 1024
_GROUP: Final = ("pack_name", "pack_version", "provider", "model")


class Change(NamedTuple):
    """What is otherwise; nothing given means: the same usage at this book's prices."""

    model: str | None = None  # as provider/model, or a model that one provider makes
    cache: bool = False
    batch: bool = False


class Part(NamedTuple):
    """The steps of one model in one pack version; sums are over steps with both prices, None: none has."""

    pack_name: str | None
    pack_version: str | None
    provider: str | None
    model: str | None
    steps: int  # with a price now or then
    compared: int  # with both
    before_usd: float | None
    after_usd: float | None
    unpriced_before: int
    unpriced_after: int


class WhatIf(NamedTuple):
    """An answer without a model call: arithmetic on recorded usage, and what it takes for granted."""

    price_book: str
    assumptions: list[str]
    before_usd: float | None
    after_usd: float | None
    steps: int
    compared: int
    unchanged: int  # compared steps that the change does not reach
    parts: list[Part]  # the dearest first


def what_if(reports: Reports, filters: RunFilters, book: Book, change: Change) -> WhatIf:
    """Return what matching steps would have cost by a book, with a change.

    Raises: SpotlightError for a model that the book does not price.
    """
    asked = book.in_batches() if change.batch else book
    target = _target(book, change.model) if change.model else None
    tally: dict[tuple[str | None, ...], list[Any]] = defaultdict(lambda: [0, 0, [], [], 0, 0])
    unchanged = 0
    for rows in _slices(reports, filters):
        changed = _other_model(rows, target) if target else rows
        changed = _cached(changed) if change.cache else changed
        after = price_steps(changed, asked)["cost_usd"]
        unchanged += _add(tally, rows, after)
    parts = [
        Part(pack, version, provider, model, n, both, _total(before), _total(after), no_before, no_after)
        for (pack, version, provider, model), (n, both, before, after, no_before, no_after) in tally.items()
    ]
    parts.sort(key=lambda part: -(part.before_usd or 0))
    return WhatIf(
        asked.name,
        _assumptions(change),
        _total([p.before_usd for p in parts if p.before_usd is not None]),
        _total([p.after_usd for p in parts if p.after_usd is not None]),
        sum(p.steps for p in parts),
        sum(p.compared for p in parts),
        unchanged,
        parts,
    )


class _Target(NamedTuple):
    provider: str | None
    model: str


def _target(book: Book, model: str) -> _Target:
    found = named(model)
    target = _Target(found.provider or None, found.model)
    offer = book.offer(target.provider, target.model, None)
    if offer.prices is None:
        raise SpotlightError(
            f"no price for model {model!r}: {offer.reason}",
            hint="name it as provider/model, such as openai/gpt-5-mini, or price it in prices.yaml",
        )
    return target


def _slices(reports: Reports, filters: RunFilters) -> Iterator[pa.Table]:
    """Yield the steps that can cost something, of the runs of one day at a time."""
    for day in reports.ask("whatif_days", filters.params()).column("date").to_pylist():
        yield reports.ask("whatif_steps", filters.params() | {"date": day})


def _other_model(rows: pa.Table, target: _Target) -> pa.Table:
    """Return the rows with every model call made by another model; embeddings and tools stay."""
    calls = pc.fill_null(rows.column("is_generation"), False)
    said = {"provider": target.provider, "model": target.model, "request_model": None}
    for name, value in said.items():
        new = pc.if_else(calls, pa.scalar(value, pa.string()), rows.column(name))
        rows = rows.set_column(rows.schema.get_field_index(name), name, new)
    return rows


def _cached(rows: pa.Table) -> pa.Table:
    """Return the rows as if each call had found the input of the call before it in the cache.

    That is so where the call before, of the same run, agent and model, ended at most five minutes
    ago and had no more input. What a call has beyond that is written. More read than this was read.
    """
    whole = _numbers(rows, "input_tokens")
    before, pause = _numbers(rows, "input_before"), _numbers(rows, "pause_ns", np.inf)
    calls = pc.fill_null(rows.column("is_generation"), False).to_numpy(zero_copy_only=False)
    calls &= np.asarray(rows.column("input_tokens").is_valid()) & (whole >= SHORTEST_PREFIX)
    found = calls & (before >= SHORTEST_PREFIX) & (before <= whole) & (pause <= CACHE_NS)
    read = np.maximum(_numbers(rows, "cache_read_tokens"), np.where(found, before, 0))
    read = np.minimum(read, whole)
    columns = {
        "cache_read_tokens": read,
        "cache_write_tokens": whole - read,
        "cache_write_1h_tokens": np.zeros(len(whole)),
        "uncached_input_tokens": np.zeros(len(whole)),
    }
    for name, values in columns.items():
        kept = rows.column(name)
        new = pc.if_else(pa.array(calls), pa.array(values.astype(np.int64)), kept)
        rows = rows.set_column(rows.schema.get_field_index(name), name, new)
    return rows


def _numbers(rows: pa.Table, name: str, missing: float = 0.0) -> np.ndarray:
    values = rows.column(name).cast(pa.float64()).fill_null(missing).to_numpy()
    return np.asarray(values)


def _add(tally: dict[tuple[str | None, ...], list[Any]], rows: pa.Table, after: pa.Array) -> int:
    """Add one day to the sums by pack version and model; return how many steps cost the same."""
    before = rows.column("cost_usd")
    was, known = before.is_valid(), after.is_valid()
    both = pc.and_(was, known)
    columns = {
        "both": both,
        "before": pc.if_else(both, before, None),
        "after": pc.if_else(both, after, None),
        "no_before": pc.invert(was),
        "no_after": pc.invert(known),
    }
    asked = pc.or_(pc.or_(was, known), rows.column("price_book").is_valid())
    table = rows.select(list(_GROUP))
    for name, values in columns.items():
        table = table.append_column(name, values)
    sums = [(name, "sum") for name in columns]
    groups = table.filter(asked).group_by(list(_GROUP)).aggregate([*sums, ("both", "count")]).to_pylist()
    for group in groups:
        found = tally[tuple(group[name] for name in _GROUP)]
        found[0] += group["both_count"]
        found[1] += group["both_sum"]
        found[2] += [group["before_sum"]] if group["both_sum"] else []
        found[3] += [group["after_sum"]] if group["both_sum"] else []
        found[4] += group["no_before_sum"]
        found[5] += group["no_after_sum"]
    return int(pc.sum(pc.fill_null(pc.equal(before, after), False)).as_py() or 0)


def _total(values: list[float]) -> float | None:
    return math.fsum(values) if values else None


def _assumptions(change: Change) -> list[str]:
    said = ["Tokens are the recorded ones: nothing was asked of a model."]
    if change.model:
        said += [
            "Another model would tokenise, answer and call tools otherwise; only its prices are applied.",
            "Cached tokens stay cached; steps that are no model calls stay as they were.",
        ]
    if change.cache:
        said += [
            "A call reads from the cache what the call before it in the same run, by the same agent and "
            "model, had as input, if that ended at most 5 minutes before and was not longer.",
            f"Prefixes below {SHORTEST_PREFIX:,} tokens are not cached; all other input is written to "
            "the cache, at the price of 5 minutes.",
            "The prefix is taken to be the same because it is not longer: contents are not compared.",
        ]
    if change.batch:
        said += [
            "All calls go through the provider's batch interface, whose answers may take a day.",
            "Models without a known batch price keep their price: they are counted as unchanged.",
        ]
    return [*said, "Sums are over steps with a price both now and then; the others are counted beside them."]
