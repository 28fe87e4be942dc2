"""What runs cost, divided by any dimensions: the sums, the largest spenders, and the runs behind a sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from spotlight.errors import SpotlightError
from spotlight.reports.dimensions import checked
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports
from spotlight.reports.usage_question import ask_summed


class CostTotal(NamedTuple):
    """What some steps add up to; None is unknown. The same figures as the columns of `cost_by`."""

    runs: int
    ok_runs: int
    generations: int
    generations_without_usage: int
    input_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    cost_per_run_usd: float | None
    cost_per_ok_run_usd: float | None
    share: float | None
    unpriced_generations: int
    unpriced_tokens: int
    unpriced_token_share: float | None
    cost_reported_usd: float | None


class Top(NamedTuple):
    """The largest spenders, and among how many."""

    rows: pa.Table  # as of cost_by, with one dimension; the dearest first
    keys: int  # how many values the dimension has, the unknown one counted
    total: CostTotal


def cost_by(
    reports: Reports, filters: RunFilters, by: Sequence[str] = (), *, limit: int | None = None
) -> pa.Table:
    """Return what the steps that match cost, a row per combination of the dimensions' values.

    The first columns bear the names of the dimensions (`dimensions.DIMENSIONS`, at most three), NULL
    where the value is unknown; then the fields of `CostTotal`. The dearest come first, those of unknown
    cost last. `limit` keeps the first rows only.

    runs                   runs with a step in the row; a run is counted once per row, so that in a
                           division by model, agent, tool or time it may be in several rows
    ok_runs                those of them that ended well
    generations            model calls
    generations_without_usage   model calls that reported no tokens: neither priced nor unpriced
    input_tokens           all input, the cache's included; NULL for unknown, as all tokens
    cost_usd               list price at the time of the call; NULL where nothing in the row is priced.
                           Sums are exact to 1e-12 USD: the rows of any division add up to the total
    cost_per_run_usd       cost_usd / runs
    cost_per_ok_run_usd    cost_usd / ok_runs: what failed is paid for by what succeeded
    share                  part of the cost of all rows, from 0 to 1
    unpriced_generations   model calls with usage and without a price: cost_usd leaves them out
    unpriced_tokens        input and output of these
    unpriced_token_share   part of the row's tokens that has no price, from 0 to 1
    cost_reported_usd      what the clients themselves say that it cost; for comparison only

    Raises: SpotlightError for dimensions that cannot be divided by.
    """
    answer = _asked(reports, filters, by, limit)
    return answer.select([f"by_{at + 1}" for at in range(len(by))] + list(CostTotal._fields)).rename_columns(
        [*by, *CostTotal._fields]
    )


def _asked(reports: Reports, filters: RunFilters, by: Sequence[str], limit: int | None) -> pa.Table:
    return ask_summed(reports, "cost_by", filters, by, checked(by) | {"limit": limit})


def cost_total(reports: Reports, filters: RunFilters) -> CostTotal:
    """Return what the steps that match cost together: see `cost_by`."""
    rows = cost_by(reports, filters).to_pylist()
    if rows:
        return CostTotal(**rows[0])
    return CostTotal(0, 0, 0, 0, None, None, None, None, None, None, None, None, 0, 0, None, None)


def top(reports: Reports, filters: RunFilters, what: str = "run", *, limit: int = 10) -> Top:
    """Return the values of one dimension that cost most: runs, sessions, users, ...

    Raises: SpotlightError for a dimension that does not exist.
    """
    answer = _asked(reports, filters, [what], limit)
    rows = answer.select(["by_1", *CostTotal._fields]).rename_columns([what, *CostTotal._fields])
    keys = answer.column("keys")[0].as_py() if answer.num_rows else 0
    return Top(rows, keys, cost_total(reports, filters))


def cost_runs(
    reports: Reports,
    filters: RunFilters,
    by: Sequence[str],
    key: Sequence[str | None],
    *,
    limit: int = 20,
) -> pa.Table:
    """Return the runs behind one row of `cost_by`, the dearest first.

    `key` holds the row's values in the order of `by`, None for unknown. Columns: run_id, started_ns
    and status of the run, generations and cost_usd of its steps in the row, and runs: how many there
    are in all.
    Raises: SpotlightError for dimensions that cannot be divided by, or a key of another length.
    """
    if len(key) != len(by):
        raise SpotlightError(
            f"the key {list(key)!r} has {len(key)} values for {len(by)} dimensions",
            hint="give one value per dimension, None for unknown",
        )
    keys = {f"key_{at + 1}": key[at] if at < len(key) else None for at in range(3)}
    return reports.ask("cost_runs", filters.params() | checked(by) | keys | {"limit": limit})
