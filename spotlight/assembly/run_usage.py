"""The steps of runs added up by provider, model, agent and tool, so that few rows answer for many."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.model import RUN_USAGE, USED
from spotlight.model.column import USD

# Columns of steps that are the same in all steps of a run.
_OF_RUN: Final = (
    "tenant", "date", "run_version", "run_id", "session_id", "user_id", "tenant_claimed", "feature",
    "surface", "environment", "pack_name", "pack_version", "replay_of", "variant", "experiment_id",
    "run_status",
)  # fmt: skip
_TOKENS: Final = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
_AMOUNTS: Final = ("cost_usd", "cost_reported_usd")
# Columns of steps that their sums are made of.
ADDED_COLUMNS: Final = (
    *_OF_RUN, *USED, "caused_by", "started_ns", "is_generation", "unpriced_reason", *_TOKENS, *_AMOUNTS,
)  # fmt: skip
_PER_USD: Final = 1_000_000_000_000
_MOST_USD: Final = 999_999
_MOST_TOKENS: Final = 1 << 62
_MOST_CODES: Final = 1 << 62


def usage_rows(steps: pa.Table) -> pa.Table:
    """Return rows of the run_usage table for steps; those of one run must stand together.

    A run is counted once in any division by `USED` where rows that are first of their values are
    counted: see `first_of`. Amounts are rounded as `try_cast(x as decimal(38, 12))` rounds them.
    """
    if not steps.num_rows:
        return RUN_USAGE.schema.empty_table()
    version = steps.column("run_version").to_numpy()
    run = np.cumsum(np.append(False, version[1:] != version[:-1]))
    used = {name: steps.column(name) for name in USED}
    used["tool_name"] = pc.coalesce(used["tool_name"], steps.column("caused_by"))
    codes = [_codes(column) for column in used.values()]
    row = _numbered(run, codes)
    first = _first(row)
    order = np.argsort(row, kind="stable")
    starts = np.searchsorted(row[order], np.arange(len(first)))
    figures, fits = _figures(steps, order, starts)
    bits = _first_of(run[first], [code[first] for code in codes])
    unfit = np.isin(run[first], run[first][~fits])
    picked = pa.array(first)
    columns = {name: steps.column(name).take(picked) for name in _OF_RUN}
    columns |= {name: column.take(picked) for name, column in used.items()}
    columns |= _span_of_time(steps, run, run[first]) | figures
    columns["first_of"] = pa.array(bits, mask=unfit)
    return pa.table([columns[c.name] for c in RUN_USAGE.columns], RUN_USAGE.schema)


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    """Return a number from 0 per row that is the same for equal values; NULL is a value."""
    found = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return np.asarray(found.indices, np.int64)


def _numbered(run: np.ndarray, codes: list[np.ndarray]) -> np.ndarray:
    """Return a number from 0 per row for its run and codes, in the order in which they are seen first."""
    key, size = run.astype(np.int64), int(run[-1]) + 1
    for code in codes:
        width = int(code.max()) + 1
        if size * width > _MOST_CODES:  # numbers that are taken: fewer than rows
            key = np.asarray(pa.array(key).dictionary_encode().indices, np.int64)
            size = len(key)
        key, size = key * width + code, size * width
    return np.asarray(pa.array(key).dictionary_encode().indices, np.int64)


def _first(numbers: np.ndarray) -> np.ndarray:
    """Return where each number from 0 stands first."""
    found = np.empty(int(numbers.max()) + 1, np.int64)
    found[numbers[::-1]] = np.arange(len(numbers))[::-1]  # the last assignment wins: the first place
    return found


def _first_of(run: np.ndarray, codes: list[np.ndarray]) -> np.ndarray:
    """Return per row the sets of codes of which it is the first in its run, a bit for each set."""
    bits = np.zeros(len(run), np.int64)
    for subset in range(1 << len(codes)):
        chosen = [code for at, code in enumerate(codes) if subset >> at & 1]
        bits[_first(_numbered(run, chosen))] |= 1 << subset
    return bits


def _figures(
    steps: pa.Table, order: np.ndarray, starts: np.ndarray
) -> tuple[dict[str, pa.Array], np.ndarray]:
    """Return the sums of the rows, and which rows have sums that fit their columns."""
    fits = np.ones(len(starts), bool)

    def added(values: np.ndarray, known: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
        sums = np.add.reduceat(np.where(known, values, 0)[order], starts)
        if np.abs(values[known].astype(float)).sum() >= most:
            about = np.add.reduceat(np.where(known, np.abs(values.astype(float)), 0)[order], starts)
            fits[about >= most] = False
            sums[about >= most] = 0
        return sums, np.add.reduceat(known.astype(np.int64)[order], starts) == 0

    figures: dict[str, pa.Array] = {}
    tokens = {name: steps.column(name).fill_null(0).to_numpy() for name in _TOKENS}
    known = {name: pc.is_valid(steps.column(name)).to_numpy() for name in _TOKENS}
    for name in _TOKENS:
        sums, nothing = added(tokens[name], known[name], _MOST_TOKENS)
        figures[name] = pa.array(sums, mask=nothing)
    every = np.ones(steps.num_rows, bool)
    call = steps.column("is_generation").fill_null(False).to_numpy()
    silent = call & ~known["input_tokens"] & ~known["output_tokens"]
    unpriced = pc.is_valid(steps.column("unpriced_reason")).to_numpy()
    counted = {"generations": call, "generations_without_usage": silent, "unpriced_generations": unpriced}
    for name, marked in counted.items():
        figures[name] = pa.array(added(marked.astype(np.int64), every, _MOST_TOKENS)[0])
    both = tokens["input_tokens"].astype(float) + tokens["output_tokens"]
    fits[np.logical_or.reduceat((np.abs(both) >= _MOST_TOKENS)[order], starts)] = False
    sums, nothing = added(tokens["input_tokens"] + tokens["output_tokens"], unpriced, _MOST_TOKENS)
    figures["unpriced_tokens"] = pa.array(sums, mask=nothing)
    for name in _AMOUNTS:
        usd = steps.column(name).fill_null(np.nan).to_numpy()
        too_large = np.abs(usd) >= _MOST_USD
        fits[np.logical_or.reduceat(too_large[order], starts)] = False
        sums, nothing = added(*_exact(np.where(too_large, np.nan, usd)), _MOST_USD * _PER_USD)
        figures[name] = _decimals(sums, nothing)
    return figures, fits


def _exact(usd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return amounts in 1e-12 USD, rounded, and which are known: not NaN."""
    known = ~np.isnan(usd)
    scaled = np.where(known, usd, 0) * _PER_USD
    whole = np.trunc(scaled)
    whole += np.sign(scaled) * (np.abs(scaled - whole) >= 0.5)  # halves go away from zero, as in DuckDB
    return whole.astype(np.int64), known


def _decimals(sums: np.ndarray, nothing: np.ndarray) -> pa.Array:
    whole = np.stack([sums, sums >> 63], axis=1).astype("<i8")  # 128 bits, the lower half first
    known = pa.array(~nothing).buffers()[1]
    return pa.Array.from_buffers(USD, len(sums), [known, pa.py_buffer(whole.tobytes())])


def _span_of_time(steps: pa.Table, run: np.ndarray, of: np.ndarray) -> dict[str, pa.Array]:
    """Return when the first and the last step of each row's run began; NULL where one is not known."""
    begin = np.flatnonzero(np.append(True, run[1:] != run[:-1]))
    start = steps.column("started_ns").fill_null(0).to_numpy()
    unknown = np.logical_or.reduceat(pc.is_null(steps.column("started_ns")).to_numpy(), begin)[of]
    return {
        "first_ns": pa.array(np.minimum.reduceat(start, begin)[of], mask=unknown),
        "last_ns": pa.array(np.maximum.reduceat(start, begin)[of], mask=unknown),
    }
