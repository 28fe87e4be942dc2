"""What runs cost over time: stacked periods, and the change from period to period."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any, Final

import pyarrow as pa

from spotlight.errors import SpotlightError
from spotlight.reports.dimensions import checked
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports
from spotlight.reports.zone import zone

PERIODS: Final = ("hour", "day", "week", "month")
CHANGING: Final = ("day", "week", "month")  # hours of local time are missing or double twice a year
NOTHING: Final[dict[str, Any]] = dict.fromkeys(
    ("runs", "generations", "cost_usd", "unpriced_generations", "tokens", "unpriced_tokens"), 0
)
TREND: Final = pa.schema(
    [
        ("start", pa.timestamp("us")),
        ("is_partial", pa.bool_()),
        ("runs", pa.int64()),
        ("generations", pa.int64()),
        ("cost_usd", pa.float64()),
        ("cost_per_run_usd", pa.float64()),
        ("unpriced_generations", pa.int64()),
        ("tokens", pa.int64()),
        ("unpriced_tokens", pa.int64()),
        ("change_usd", pa.float64()),
        ("change", pa.float64()),
    ]
)


def daily(
    reports: Reports,
    filters: RunFilters,
    split: str | None = None,
    *,
    period: str = "day",
    keep: int = 6,
) -> pa.Table:
    """Return the cost of each period (hour, day, week from Monday, month) and series, in that order.

    start        begin of the period in the zone of the report, a timestamp without zone
    series       value of the dimension `split`; NULL for unknown, and in the series of all others
    is_other     true for all values that are not among the `keep` dearest of the whole window
    rank         1 for the dearest series; the others come last
    runs, generations, cost_usd, unpriced_generations   as in `cost.cost_by`
    tokens, unpriced_tokens   input and output, of all calls and of those without a price

    Without `split` there is one series. A period without steps has no row. A step counts in the period
    in which it began.
    Raises: SpotlightError for a dimension or period that does not exist.
    """
    if period not in PERIODS:
        raise SpotlightError(f"no such period: {period!r}", hint=f"one of {', '.join(PERIODS)}")
    by_1 = checked([split] if split else [])["by_1"]
    asked = {"by_1": by_1, "period": period, "zone": zone().key, "keep": keep}
    return reports.ask("cost_periods", filters.params() | asked)


def trend(reports: Reports, filters: RunFilters, *, period: str = "day", now_ns: int) -> pa.Table:
    """Return the cost of every period from the first with steps to the last, and its change, in order.

    start        begin of the day, week or month in the zone of the report, a timestamp without zone
    is_partial   true where the period is cut off by the filters' window or by `now_ns`
    runs, generations, cost_usd, cost_per_run_usd, unpriced_generations, tokens, unpriced_tokens
                 as in `daily`; a period without any step has cost 0, since nothing was spent
    change_usd   cost_usd less that of the period before; NULL for the first, and where one of the two is
                 unknown or partial
    change       change_usd as part of the cost before: 0.1 is ten percent more; NULL where that was 0
    Raises: SpotlightError for a period that does not exist.
    """
    if period not in CHANGING:
        raise SpotlightError(f"no such period: {period!r}", hint=f"one of {', '.join(CHANGING)}")
    found = {row["start"]: row for row in daily(reports, filters, period=period).to_pylist()}
    if not found:
        return TREND.empty_table()
    last = max(found)
    starts = list(itertools.takewhile(lambda at: at <= last, period_starts(min(found), period)))
    until_ns = now_ns if filters.until_ns is None else min(now_ns, filters.until_ns)
    rows: list[dict[str, object]] = []
    before: float | None = None
    for at in starts:
        row = NOTHING | found.get(at, {})
        ends = next(itertools.islice(period_starts(at, period), 1, None))
        partial = local_ns(ends) > until_ns or local_ns(at) < (filters.since_ns or 0)
        cost, runs = row["cost_usd"], row["runs"]
        changed = None if cost is None or before is None or partial else round(cost - before, 12)
        per_run = cost / runs if runs and cost is not None else None
        share = changed / before if changed is not None and before else None
        made = {"is_partial": partial, "cost_per_run_usd": per_run, "change_usd": changed, "change": share}
        rows.append(row | made | {"start": at})
        before = None if partial else cost
    return pa.table([pa.array([row[f.name] for row in rows], f.type) for f in TREND], TREND)


def period_starts(start: dt.datetime, period: str) -> itertools.chain[dt.datetime]:
    """Return the begins of this period and all after it, in local time."""
    if period == "month":
        months = itertools.count(start.year * 12 + start.month - 1)
        return itertools.chain(dt.datetime(at // 12, at % 12 + 1, 1) for at in months)
    step = dt.timedelta(days=7 if period == "week" else 1)
    return itertools.chain(start + step * n for n in itertools.count())


def local_ns(at: dt.datetime) -> int:
    """Return a time of whole seconds in the zone of the report as ns UTC."""
    return int(at.replace(tzinfo=zone()).timestamp()) * 1_000_000_000
