"""What the month will have cost when it ends, with the range in which that will be."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from spotlight.reports.cost_time import daily, local_ns, period_starts
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports
from spotlight.reports.statistics import student
from spotlight.reports.zone import zone

FEWEST_DAYS: Final = 3  # whole days of history below which there is no forecast
WEEKDAY_DAYS: Final = 14  # from here on each weekday has a mean of its own
HISTORY_DAYS: Final = 56  # how far back a forecast looks

Days = Mapping[dt.date, float]


class Forecast(NamedTuple):
    """The cost of a calendar month; where `reason` is given there is no forecast, only what was spent."""

    month: str  # YYYY-MM in the time zone
    spent_usd: float | None  # in the month until now; None where nothing is priced
    forecast_usd: float | None
    low_usd: float | None  # with `level` probability the month ends between low and high
    high_usd: float | None
    level: float
    days: int  # whole days of history that it rests on
    method: str  # mean of each weekday, mean of all days, or none
    reason: str | None  # why there is no forecast
    unpriced_generations: int  # of the history and the month: in no figure
    unpriced_token_share: float | None


class Expected(NamedTuple):
    """A sum of days to come."""

    usd: float
    reach_usd: float  # half the width of its interval


def forecast(reports: Reports, filters: RunFilters, *, now_ns: int, level: float = 0.9) -> Forecast:
    """Return what the month of `now_ns` will have cost for the steps that match, whenever they were.

    The filters' own window is not applied: history is the up to 56 whole days before today, from the
    first day with a step on; a day without steps counts as 0. From 14 days on each weekday has its own
    mean, before that all days have one. The month is what was spent until now, plus the means of the
    days that remain and of the rest of today. The interval is Student's t prediction interval of that
    sum, from the scatter of the days around their means; it never falls below what is already spent.
    """
    now = dt.datetime.fromtimestamp(now_ns // 1_000_000_000, zone()).replace(tzinfo=None)
    today = dt.datetime(now.year, now.month, now.day)
    since_ns = local_ns(today - dt.timedelta(days=HISTORY_DAYS))  # the month began within it
    window = filters._replace(since_ns=since_ns, until_ns=now_ns)
    rows = daily(reports, window).to_pylist()
    month = [row for row in rows if (row["start"].year, row["start"].month) == (now.year, now.month)]
    spent = _dollars(month)
    history = _history(rows, today)
    tokens, unpriced = (sum(row[name] or 0 for row in rows) for name in ("tokens", "unpriced_tokens"))
    known = {
        "month": f"{now:%Y-%m}",
        "spent_usd": spent,
        "level": level,
        "days": len(history),
        "unpriced_generations": sum(row["unpriced_generations"] for row in rows),
        "unpriced_token_share": unpriced / tokens if tokens else None,
    }
    reason = _reason(len(history), _dollars(rows))
    if reason:
        return Forecast(**known, forecast_usd=None, low_usd=None, high_usd=None, method="none", reason=reason)
    remaining = _remaining(now, today)
    weekdays = len(history) >= WEEKDAY_DAYS
    to_come = expected(history, remaining, level, by_weekday=weekdays)
    whole = (spent or 0.0) + to_come.usd
    return Forecast(
        **known,
        forecast_usd=whole,
        low_usd=max(spent or 0.0, whole - to_come.reach_usd),
        high_usd=whole + to_come.reach_usd,
        method="mean of each weekday" if weekdays else "mean of all days",
        reason=None,
    )


def expected(history: Days, remaining: Days, level: float, *, by_weekday: bool) -> Expected:
    """Return what days to come cost by the means of days that were, and how far off that may be.

    `remaining` says of each day which part of it is to come. With days in groups g (weekdays, or all in
    one), W_g the sum of the parts w in a group and n_g its days, the variance of the sum is
    s^2 (sum of w^2 + sum of W_g^2 / n_g), where s^2 is the scatter within the groups with n - groups
    degrees of freedom.
    """
    groups: defaultdict[int, list[float]] = defaultdict(list)
    for day, usd in history.items():
        groups[day.weekday() if by_weekday else 0].append(usd)
    means = {group: math.fsum(values) / len(values) for group, values in groups.items()}
    squares = math.fsum((usd - means[group]) ** 2 for group, values in groups.items() for usd in values)
    freedom = len(history) - len(groups)
    to_come: Counter[int] = Counter()
    for day, part in remaining.items():
        to_come[day.weekday() if by_weekday else 0] += part  # type: ignore[assignment]
    usd = math.fsum(part * means[group] for group, part in to_come.items())
    spread = math.fsum(part**2 for part in remaining.values())
    spread += math.fsum(part**2 / len(groups[group]) for group, part in to_come.items())
    return Expected(usd, student((1 + level) / 2, freedom) * math.sqrt(squares / freedom * spread))


def _history(rows: list[dict[str, Any]], today: dt.datetime) -> dict[dt.date, float]:
    """Return the cost of every whole day from the first with a step to yesterday."""
    found = {row["start"]: row["cost_usd"] or 0.0 for row in rows if row["start"] < today}
    if not found:
        return {}
    days = itertools.takewhile(lambda at: at < today, period_starts(min(found), "day"))
    return {at.date(): found.get(at, 0.0) for at in days}


def _remaining(now: dt.datetime, today: dt.datetime) -> dict[dt.date, float]:
    """Return the days of the month that are to come, and of today the part that is."""
    days = itertools.takewhile(lambda at: at.month == today.month, period_starts(today, "day"))
    rest = {at.date(): 1.0 for at in days}
    rest[today.date()] = 1 - (now - today) / dt.timedelta(days=1)
    return rest


def _reason(days: int, priced: float | None) -> str | None:
    """Return why there is no forecast, None where there is one."""
    if days < FEWEST_DAYS:
        return f"{days} whole days of history: a forecast needs {FEWEST_DAYS}"
    if priced is None:
        return "nothing that was used has a price"
    return None


def _dollars(rows: list[dict[str, Any]]) -> float | None:
    """Return the sum of the known costs, None where none is known."""
    known = [row["cost_usd"] for row in rows if row["cost_usd"] is not None]
    return math.fsum(known) if known else None
