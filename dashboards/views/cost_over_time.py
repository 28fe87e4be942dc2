"""Cost over time as stacked bars; a click opens the runs behind a bar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import streamlit as st

from dashboards.palette import palette
from dashboards.views.behind import show_behind
from dashboards.views.cost_charts import stacked_bars
from dashboards.views.figures import selected
from dashboards.views.filters import Scope
from spotlight.reports.cost_time import daily
from spotlight.reports.overview import Health

SPLITS: Final = (
    "model",
    "pack",
    "version",
    "tenant",
    "environment",
    "agent",
    "tool",
    "feature",
    "provider",
    "user",
)
HOUR_NS: Final = 3_600_000_000_000
# Up to so many hours of data, periods are of this length: never more than some hundred bars.
PERIODS: Final = ((72, "hour"), (24 * 120, "day"), (24 * 7 * 120, "week"))


LENGTHS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


def period_for(hours: float) -> str:
    """Return how long a bar is: hour, day, week or month."""
    return next((period for most, period in PERIODS if hours <= most), "month")


def next_start(start: datetime, period: str) -> datetime:
    """Return when the period after this one begins; local time without a zone."""
    if period == "month":
        return datetime.combine(
            date(start.year + start.month // 12, start.month % 12 + 1, 1), datetime.min.time()
        )
    return start + LENGTHS[period]


def all_starts(starts: list[datetime], period: str) -> list[datetime]:
    """Return every period from the first to the last, those without a step too."""
    found = [min(starts)]
    while found[-1] < max(starts):
        found.append(next_start(found[-1], period))
    return found


def ns_of(local: datetime, scope: Scope) -> int:
    """Return the moment of a local time, ns UTC."""
    return int(local.replace(tzinfo=scope.zone.info).timestamp()) * 1_000_000_000


def cost_over_time(scope: Scope, found: Health, usual: str = "model") -> None:
    """Draw the cost of every hour, day, week or month, split as the reader chooses."""
    first, last = found.whole.first_ns or 0, found.whole.last_ns or 0
    period = period_for((last - first) / HOUR_NS)
    named = {"hour": "Hourly", "day": "Daily", "week": "Weekly", "month": "Monthly"}[period]
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{named} cost by**", width="content")
            split = st.selectbox(
                "Split by",
                SPLITS,
                index=SPLITS.index(usual),
                key="split",
                label_visibility="collapsed",
                width=140,
                bind="query-params",
            )
        rows = scope.lake.ask(daily, scope.filters, split, period=period).to_pylist()
        if not any(row["cost_usd"] for row in rows):
            st.caption("Nothing here has a price.")
            return
        starts = all_starts([row["start"] for row in rows], period)
        ranked = sorted({(r["rank"], r["series"], r["is_other"]) for r in rows}, key=lambda s: s[0])

        def opened() -> None:
            point = selected(st.session_state.get("bars"), "bar")
            if point is None:
                return
            start = datetime.fromisoformat(point["start"])
            since, until = ns_of(start, scope), ns_of(next_start(start, period), scope)
            _, value, is_other = ranked[int(point["place"])]
            show_behind([("since", since), ("until", until), *([] if is_other else [(split, value)])])

        chart = stacked_bars(rows, split, starts, period, palette())
        st.altair_chart(chart, width="stretch", key="bars", on_select=opened, selection_mode="bar")
