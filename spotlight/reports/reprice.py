"""Pricing again what was priced before: newer prices are appended, the earlier ones stay."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.lake import Lake
from spotlight.model import COSTS, PRICE_COLUMNS
from spotlight.pricing import Book, price_steps
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

_NAMES = tuple(column.name for column in PRICE_COLUMNS)


class ModelChange(NamedTuple):
    """How the prices of one model's steps changed; tools have no model. None is unknown."""

    provider: str | None
    model: str | None
    steps: int
    changed: int  # steps whose cost is another one now, or known now, or no longer
    newly_priced: int
    no_longer_priced: int
    before_usd: float | None
    after_usd: float | None


class Repriced(NamedTuple):
    """What pricing again came to."""

    price_book: str
    runs: int  # that have a new price row
    steps: int  # that have one
    before_usd: float | None  # of all steps that were looked at
    after_usd: float | None
    models: list[ModelChange]  # the largest change first


def reprice(
    reports: Reports, filters: RunFilters, book: Book, lake: Lake | None, now_ns: int | None = None
) -> Repriced:
    """Price the steps of matching runs by a book, and append what changed; without a lake only say so.

    A step is appended where anything of its price is another one, the book's version included, with
    one row for the sum of its run. A day's rows are one commit.
    """
    at = time.time_ns() if now_ns is None else now_ns
    tally: dict[tuple[str | None, str | None], list[Any]] = defaultdict(lambda: [0, 0, 0, 0, [], []])
    runs = steps = 0
    for day in reports.ask("reprice_days", filters.params()).column("date").to_pylist():
        rows = reports.ask("reprice_steps", filters.params() | {"date": day})
        new = pa.table(price_steps(rows, book))
        _count(tally, rows, new)
        differs = _differs(rows, new)
        touched = np.unique(rows.column("run_version").to_numpy()[differs])
        runs, steps = runs + len(touched), steps + int(differs.sum())
        if lake is not None and len(touched):
            lake.append("costs", _cost_rows(rows, new, differs, touched, at))
    models = sorted(_changes(tally), key=lambda m: -abs((m.after_usd or 0) - (m.before_usd or 0)))
    before = [m.before_usd for m in models if m.before_usd is not None]
    after = [m.after_usd for m in models if m.after_usd is not None]
    return Repriced(
        book.name, runs, steps, sum(before) if before else None, sum(after) if after else None, models
    )


def _differs(old: pa.Table, new: pa.Table) -> np.ndarray:
    """Return which rows have another price in any column."""
    differs = np.zeros(old.num_rows, bool)
    for name in _NAMES:
        one, other = old.column(name), new.column(name)
        changed = pc.fill_null(pc.not_equal(one, other), False).to_numpy()
        differs |= changed | (np.asarray(one.is_null()) != np.asarray(other.is_null()))
    return differs


def _cost_rows(
    rows: pa.Table, new: pa.Table, differs: np.ndarray, touched: np.ndarray, now_ns: int
) -> pa.Table:
    """Return rows of the costs table: the steps that changed, and the sums of their runs."""
    keys = ("tenant", "date", "run_version", "run_id", "span_id")
    picked = pa.array(np.flatnonzero(differs))
    steps = {name: rows.column(name).take(picked) for name in keys}
    steps |= {name: new.column(name).take(picked) for name in _NAMES}
    steps["priced_ns"] = pa.array(np.full(len(picked), now_ns))
    return pa.concat_tables([_shaped(steps), _shaped(_run_rows(rows, new, touched, now_ns))])


def _run_rows(rows: pa.Table, new: pa.Table, touched: np.ndarray, now_ns: int) -> dict[str, Any]:
    of = rows.column("run_version").to_numpy()
    at, place = np.searchsorted(touched, of), np.full(len(of), -1)
    inside = (at < len(touched)) & (touched[np.minimum(at, len(touched) - 1)] == of)
    place[inside] = at[inside]
    first = pa.array(np.flatnonzero(inside)[np.unique(place[inside], return_index=True)[1]])
    columns: dict[str, Any] = {
        name: rows.column(name).take(first) for name in ("tenant", "date", "run_version", "run_id")
    }
    for column in PRICE_COLUMNS:
        if not pa.types.is_floating(column.type):
            continue
        known = np.asarray(new.column(column.name).is_valid()) & inside
        values = new.column(column.name).fill_null(0).to_numpy()
        sums = np.bincount(place[known], values[known], len(touched))
        some = np.bincount(place[known], minlength=len(touched)) > 0
        columns[column.name] = pa.array(sums, mask=~some)
    unpriced = np.asarray(new.column("unpriced_reason").is_valid()) & inside
    columns["unpriced_generations"] = pa.array(np.bincount(place[unpriced], minlength=len(touched)))
    books = new.column("price_book").drop_null()
    columns["price_book"] = pa.array([books[0].as_py() if len(books) else None] * len(touched), pa.string())
    columns["priced_ns"] = pa.array(np.full(len(touched), now_ns))
    return columns


def _shaped(columns: dict[str, Any]) -> pa.Table:
    size = len(columns["run_id"])
    return pa.table(
        [
            columns[c.name].cast(c.type) if c.name in columns else pa.nulls(size, c.type)
            for c in COSTS.columns
        ],
        COSTS.schema,
    )


def _count(tally: dict[tuple[str | None, str | None], list[Any]], old: pa.Table, new: pa.Table) -> None:
    """Add up by model what one day's steps cost before and after."""
    priced = pa.table(
        {
            "provider": old.column("provider"),
            "model": old.column("model"),
            "before": old.column("cost_usd"),
            "after": new.column("cost_usd"),
            "asked": pc.or_(old.column("price_book").is_valid(), new.column("price_book").is_valid()),
        }
    )
    priced = priced.filter(priced.column("asked"))
    for key, part in _by_model(priced):
        before, after = part.column("before"), part.column("after")
        was, known = np.asarray(before.is_valid()), np.asarray(after.is_valid())
        other = pc.fill_null(pc.not_equal(before, after), False).to_numpy()
        found = tally[key]
        found[0] += part.num_rows
        found[1] += int((other | (was != known)).sum())
        found[2] += int((known & ~was).sum())
        found[3] += int((was & ~known).sum())
        found[4] += [pc.sum(before).as_py()] if was.any() else []
        found[5] += [pc.sum(after).as_py()] if known.any() else []


def _by_model(rows: pa.Table) -> Iterator[tuple[tuple[str | None, str | None], pa.Table]]:
    names = ("provider", "model")
    for key in rows.group_by(list(names)).aggregate([]).to_pylist():
        mask = pa.array(np.ones(rows.num_rows, bool))
        for name in names:
            column, value = rows.column(name), key[name]
            same = column.is_null() if value is None else pc.fill_null(pc.equal(column, value), False)
            mask = pc.and_(mask, same)
        yield (key["provider"], key["model"]), rows.filter(mask)


def _changes(tally: dict[tuple[str | None, str | None], list[Any]]) -> Iterator[ModelChange]:
    for (provider, model), (steps, changed, gained, lost, before, after) in tally.items():
        yield ModelChange(
            provider, model, steps, changed, gained, lost, sum(before) if before else None,
            sum(after) if after else None,
        )  # fmt: skip
