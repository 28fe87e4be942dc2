"""How the time of runs goes over time, and the runs that a figure about time was made from."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from spotlight.reports.cost_time import PERIODS
from spotlight.reports.dimensions import RUN_DIMENSIONS, checked
from spotlight.reports.filters import RunFilters
from spotlight.reports.latency import MEASURES, known
from spotlight.reports.questions import Reports
from spotlight.reports.zone import zone

BEHIND: Final = 50  # runs that are named behind a point


def latency_over_time(
    reports: Reports,
    filters: RunFilters,
    split: str | None = None,
    measure: str = "completion",
    *,
    period: str = "day",
    keep: int = 6,
) -> pa.Table:
    """Return exact percentiles of one measure for each period and series of runs, in that order.

    start        begin of the hour, day, week from Monday or month in the zone of the report, without zone
    series       value of the run dimension `split`; NULL for unknown, and in the series of all others
    is_other     true for all values that are not among the `keep` with most runs in the whole window
    rank         1 for the series with most runs; the others come last
    runs, n      all runs that began in the period, and those whose time is known
    p50_ms, p95_ms   NULL where n is 0
    slowest      ids of the runs that took longest, at most BEHIND, the longest first; NULL where n is 0

    Without `split` there is one series. A period without runs has no row.
    Raises: SpotlightError for a dimension, measure or period that does not exist.
    """
    known((measure,), MEASURES, "measure")
    known((period,), PERIODS, "period")
    by_1 = checked([split] if split else [], RUN_DIMENSIONS)["by_1"]
    asked = {"by_1": by_1, "measure": measure, "period": period, "zone": zone().key, "keep": keep}
    return reports.ask("latency_periods", filters.params() | asked | {"behind": BEHIND})


def longest_runs(reports: Reports, filters: RunFilters, measure: str, limit: int = BEHIND) -> pa.Table:
    """Return the runs in which a measure is longest, the longest first: columns run_id and ms.

    Runs whose time is unknown are in none. Raises: SpotlightError for a measure that does not exist.
    """
    known((measure,), MEASURES, "measure")
    return reports.ask("longest_runs", filters.params() | {"measure": measure, "limit": limit})
