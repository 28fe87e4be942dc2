"""How far the cost of a run varies within each version of a pack."""

from __future__ import annotations

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports


def cost_spread(reports: Reports, filters: RunFilters) -> pa.Table:
    """Return the spread of the cost per run, a row per pack and version, in the order they first ran.

    pack, version      NULL for unknown
    runs               runs that began in the window
    n                  those of known cost: the percentiles are over them
    partly_priced_runs those of n with model calls that have no price: they cost more than it says
    mean_usd, p50_usd, p95_usd   cost of one run; exact, with linear interpolation between two runs
    first_ns, last_ns  start of the first and last run
    """
    return reports.ask("cost_spread", filters.params())
