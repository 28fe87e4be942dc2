"""How dependable the runs were: failures and their signatures, tools, retries, fallbacks, loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric
from spotlight.reports.questions import Reports


class Reliability(NamedTuple):
    """How dependable the matching runs were.

    `metrics`: failure_rate, incomplete_rate, tool_error_rate, tool_timeout_rate, retry_rate,
    provider_fallback_rate, loop_rate, checkpoints, checkpoint_failures, resumes.
    `signatures`, `tools`: see the functions of the same name.
    """

    runs: int
    metrics: tuple[Metric, ...]
    signatures: pa.Table
    tools: pa.Table


def reliability(reports: Reports, filters: RunFilters, before: RunFilters | None = None) -> Reliability:
    """Return the reliability of the matching runs; `before` is the period that signatures are held against."""
    raise NotImplementedError


def failure_rates(reports: Reports, filters: RunFilters, by: Sequence[str]) -> pa.Table:
    """Return the failure rate by dimensions of runs (`day`, `hour`, `pack`, `version`, ...).

    Columns: the dimensions, runs, failed, incomplete, value, low, high (Wilson; of all runs that ended,
    incomplete ones left out). Sorted by the dimensions.
    """
    raise NotImplementedError


def failure_signatures(
    reports: Reports, filters: RunFilters, before: RunFilters | None = None, limit: int = 100
) -> pa.Table:
    """Return the failures of the matching runs grouped by what failed first, the most frequent first.

    Columns: error_signature, error_step, error_type, runs, share (of failed runs), before_runs, trend
    (new, growing, steady, shrinking, gone; None without `before`), first_ns, last_ns (within both
    periods), versions (list of "pack version"), run_ids (newest, at most 10). A failure that is gone has
    runs 0 and the run ids of the period before. `before` None and `filters.since_ns` set: the period of
    the same length before it.
    """
    raise NotImplementedError


def tools(reports: Reports, filters: RunFilters) -> pa.Table:
    """Return errors and timeouts by tool, the most failures first.

    Columns: tool, calls, failed, timeouts, error_rate, error_low, error_high, timeout_rate, timeout_low,
    timeout_high, retries, denied, p50_ms, p95_ms, run_ids (of failed calls, newest, at most 10).
    """
    raise NotImplementedError


def loops(reports: Reports, filters: RunFilters, limit: int = 50) -> pa.Table:
    """Return the runs in which one tool was called `LOOP` times or more in a row, the longest first.

    Columns: run_id, name, started_ns, pack_name, pack_version, status, repeats, cost_usd.
    """
    raise NotImplementedError


# So many calls of one tool in a row are a loop: an agent that pages through results stays below it.
LOOP = 5
