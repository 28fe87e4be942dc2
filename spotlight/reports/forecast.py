"""What the month will have cost when it ends, with the range in which that will be."""

from __future__ import annotations

from typing import Final, NamedTuple

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

FEWEST_DAYS: Final = 3  # whole days of history below which there is no forecast
WEEKDAY_DAYS: Final = 14  # from here on each weekday has a mean of its own
HISTORY_DAYS: Final = 56  # how far back a forecast looks


class Forecast(NamedTuple):
    """The cost of a calendar month; where `reason` is given there is no forecast, only what was spent."""

    month: str  # YYYY-MM in the time zone
    spent_usd: float | None  # in the month until now; None where nothing is priced
    forecast_usd: float | None
    low_usd: float | None  # with `level` probability the month ends between low and high
    high_usd: float | None
    level: float
    days: int  # whole days of history that it rests on
    method: str  # weekday means, mean, or none
    reason: str | None  # why there is no forecast
    unpriced_generations: int  # of the history and the month: not in any figure
    unpriced_token_share: float | None


def forecast(
    reports: Reports, filters: RunFilters, *, now_ns: int, zone: str = "UTC", level: float = 0.9
) -> Forecast:
    """Return what the month of `now_ns` will have cost for the steps that match, whenever they were.

    The filters' own window is not applied: history is the up to 56 whole days before today, from the
    first day with a step on; a day without steps counts as 0. From 14 days on each weekday has its own
    mean, before that all days have one. The month is what was spent until now, plus the means of the
    days that remain and of the rest of today. The interval is Student's t prediction interval of the
    sum of those days from the scatter of the days around their means; it never falls below what is
    already spent.
    Raises: SpotlightError for a time zone that does not exist.
    """
    raise NotImplementedError
