"""Packs and their versions, and two of them side by side."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports
from spotlight.reports.statistics import Better, Difference, Estimate, Word


class Compared(NamedTuple):
    """One metric of two versions (or periods): what it was, what it is, what that says."""

    name: str
    title: str
    unit: str  # share, usd, ms, tokens, score, count
    better: Better
    before: Estimate
    after: Estimate
    difference: Difference
    relative: float | None  # difference / before
    margin: float  # how much worse still counts as not worse, in the unit
    word: Word
    note: str  # why it cannot tell, or what is unknown of either side; "" for nothing


class Scorecard(NamedTuple):
    """Two sets of runs side by side; `summary` is one sentence for a person."""

    before: RunFilters
    after: RunFilters
    before_runs: int
    after_runs: int
    rows: tuple[Compared, ...]
    summary: str


def versions(reports: Reports, filters: RunFilters, limit: int = 500) -> pa.Table:
    """Return packs and versions of the matching runs, the newest first.

    Columns: pack_name, pack_version, runs, failed, incomplete, failure_rate, failure_low, failure_high,
    cost_usd, cost_per_run_usd (of priced runs), priced_runs, unpriced_generations, p50_ms, p95_ms,
    ttft_p50_ms, judged_runs, success_rate, success_low, success_high, first_ns, last_ns, sessions, users,
    same_version_different_content, digests (list).
    """
    raise NotImplementedError


def scorecard(reports: Reports, before: RunFilters, after: RunFilters, *, margin: float = 0.05) -> Scorecard:
    """Return two versions (or periods) metric by metric.

    `margin` is the share of the value before by which a figure may be worse and still count as not
    worse; of shares it is percentage points / 100.
    """
    raise NotImplementedError


def versions_over_time(reports: Reports, filters: RunFilters, hours: int = 24) -> pa.Table:
    """Return runs and failures per version and stretch of `hours`: pack_name, pack_version, from_ns, runs, failed."""
    raise NotImplementedError
