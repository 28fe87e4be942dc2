"""Filters as addresses, the baseline they are compared with, and the time zone they are told in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.addresses import NUMBER_FIELDS, TEXT_FIELDS, address, filters_of, query_of
from dashboards.clock import named_zone
from dashboards.text import moment, money, part
from dashboards.views.filters import baseline_of, fitting_window, since_ns
from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters

HOUR = 3_600_000_000_000
NOW = 1_795_000_000_000_000_000
TIMES = st.integers(0, 4_000_000_000_000_000_000)
FILTERS = st.builds(
    RunFilters,
    **{field: st.none() | st.text(min_size=1) for field in TEXT_FIELDS.values()},
    **{field: st.none() | st.floats(0, 1e9) for field in NUMBER_FIELDS.values()},
    order=st.just("newest"),
    other=st.just(False),
    since_ns=st.none() | TIMES,
    until_ns=st.none() | TIMES,
    status=st.lists(st.sampled_from(["ok", "error", "incomplete"]), unique=True).map(tuple),
)


@given(FILTERS)
def test_address_says_all_filters(filters: RunFilters) -> None:
    """What filters say as a query is read as the same filters."""
    assert filters == filters_of(query_of(filters), NOW)


def test_address_is_encoded() -> None:
    """A value cannot end its parameter."""
    assert "/runs?pack=a%26status%3Dok%23" == address("/runs", {"pack": ["a&status=ok#"]})


@pytest.mark.parametrize("query", [{"since": ["soon"]}, {"min_ms": ["-1"]}, {"max_ms": ["nan"]}])
def test_unreadable_bound_is_said(query: dict[str, list[str]]) -> None:
    """A bound that cannot be read is an error: without it the list would hold too much."""
    with pytest.raises(SpotlightError):
        filters_of(query, NOW)


def test_previous_period_is_as_long_and_ends_where_the_window_begins() -> None:
    """The period before a window of two hours is the two hours before it."""
    window = RunFilters(pack_name="bot", since_ns=NOW - 2 * HOUR, until_ns=NOW)
    before = window._replace(since_ns=NOW - 4 * HOUR, until_ns=NOW - 2 * HOUR)
    assert before == baseline_of(window, "previous period", NOW + 5)


def test_version_is_the_baseline_within_the_same_window() -> None:
    """A version to compare with replaces the version alone."""
    window = RunFilters(pack_version="2", since_ns=5)
    assert window._replace(pack_version="previous period") == baseline_of(
        window, "version previous period", NOW
    )
    assert baseline_of(RunFilters(), "previous period", NOW) is None


@pytest.mark.parametrize(
    ("hours", "window"),
    [(1, "7d"), (24 * 6, "7d"), (24 * 20, "30d"), (24 * 40, "all time"), (None, "all time")],
)
def test_figures_begin_with_a_window_that_holds_runs(hours: int | None, window: str) -> None:
    """The first window is the shortest of week, month and all time in which anything ran."""
    newest = None if hours is None else NOW - hours * HOUR
    assert window == fitting_window(newest, NOW)


def test_window_stays_the_same_within_a_minute() -> None:
    """Two looks within a minute ask the same question, so the second is answered from memory."""
    minute = NOW // 60_000_000_000 * 60_000_000_000
    assert since_ns("1h", minute) == since_ns("1h", minute + 59_000_000_000)


def test_times_are_told_in_the_zone() -> None:
    """A time is told with the rules that hold in the zone on that day."""
    winter, summer = 1_763_596_800_000_000_000, 1_781_000_000_000_000_000
    berlin = named_zone("Europe/Berlin")
    assert "2025-11-20 01:00:00 CET" == moment(winter, berlin)
    assert "2026-06-09 12:13:20 CEST" == moment(summer, berlin)
    assert "unknown" == moment(None, berlin)


def test_unknown_zone_is_utc() -> None:
    """A zone that nobody knows is UTC, by its name too: a path is no zone."""
    assert ["UTC", "UTC"] == [named_zone(name).name for name in ("Nowhere/Land", "../../etc/passwd")]


@pytest.mark.parametrize(("usd", "said"), [(None, "–"), (0.0, "$0"), (1234.5, "$1,234.50")])
def test_unknown_money_is_no_zero(usd: float | None, said: str) -> None:
    """What nobody priced is a dash; nothing spent is $0."""
    assert said == money(usd)


def test_unknown_share_is_no_zero() -> None:
    """A share of nothing is a dash."""
    assert ["–", "0%", "12.5%"] == [part(value) for value in (None, 0.0, 0.125)]
