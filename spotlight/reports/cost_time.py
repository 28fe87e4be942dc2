"""What runs cost over time: stacked days, and the change from period to period."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from spotlight.errors import SpotlightError
from spotlight.reports.dimensions import checked
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

PERIODS: Final = ("hour", "day", "week", "month")


def daily(
    reports: Reports,
    filters: RunFilters,
    split: str | None = None,
    *,
    period: str = "day",
    keep: int = 6,
    zone: str = "UTC",
) -> pa.Table:
    """Return the cost of each period (hour, day, week from Monday, month) and series, in that order.

    start        first local day or hour of the period in the time zone, a timestamp without zone
    series       value of the dimension `split`; NULL for unknown, and in the series of all others
    is_other     true for all values that are not among the `keep` dearest of the whole window
    rank         1 for the dearest series; the others come last
    runs, generations, cost_usd, unpriced_generations   as in `cost.cost_by`

    Without `split` there is one series. A period without steps has no row.
    Raises: SpotlightError for a dimension, period or time zone that does not exist.
    """
    raise NotImplementedError


def trend(
    reports: Reports, filters: RunFilters, *, period: str = "day", now_ns: int, zone: str = "UTC"
) -> pa.Table:
    """Return the cost of every period from the first with steps to the last, and its change, in order.

    start        first local day or hour of the period in the time zone, a timestamp without zone
    is_partial   true where the period is cut off by the filters' window or by `now_ns`
    runs, generations, cost_usd, cost_per_run_usd, unpriced_generations   as in `cost.cost_by`; a
                 period without any step has cost 0, since nothing was spent
    change_usd   cost_usd less that of the period before; NULL for the first, and where one is unknown
    change       change_usd as part of the cost before: 0.1 is ten percent more; NULL where that was 0
    Raises: SpotlightError for a period or time zone that does not exist.
    """
    raise NotImplementedError
