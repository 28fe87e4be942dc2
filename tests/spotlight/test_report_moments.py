"""Points in time as people type them."""

from __future__ import annotations

import datetime as dt

import pytest

from spotlight.cli.narrowing import Narrowing
from spotlight.errors import SpotlightError
from spotlight.reports.moments import moment_ns, time_text, window_text

# A Saturday.
NOW = dt.datetime(2026, 11, 21, 7, 40, 30, tzinfo=dt.UTC)
NOW_NS = int(NOW.timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90min", "2026-11-21 06:10:30 UTC"),
        ("90m", "2026-11-21 06:10:30 UTC"),
        ("24h", "2026-11-20 07:40:30 UTC"),
        ("7d", "2026-11-14 07:40:30 UTC"),
        ("2w", "2026-11-07 07:40:30 UTC"),
        ("30 s", "2026-11-21 07:40 UTC"),
        ("now", "2026-11-21 07:40:30 UTC"),
        ("today", "2026-11-21 00:00 UTC"),
        ("Yesterday", "2026-11-20 00:00 UTC"),
        ("week", "2026-11-16 00:00 UTC"),
        ("month", "2026-11-01 00:00 UTC"),
        ("2026-11-01", "2026-11-01 00:00 UTC"),
        ("2026-11-01T10:30", "2026-11-01 10:30 UTC"),
        ("2026-11-01 10:30:05Z", "2026-11-01 10:30:05 UTC"),
        ("2026-11-01T10:30+01:00", "2026-11-01 09:30 UTC"),
        ("999999d", "1970-01-01 00:00 UTC"),
    ],
)
def test_times_are_read(text: str, expected: str) -> None:
    """Spans of time count back from now; days begin at midnight UTC; an offset is honoured."""
    assert expected == time_text(moment_ns(text, NOW_NS))


@pytest.mark.parametrize("text", ["", "soon", "7", "-7d", "7y", "2026-13-01", "1900-01-01", "9999-01-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Anything else is an error that shows what can be typed."""
    with pytest.raises(SpotlightError, match="7d"):
        moment_ns(text, NOW_NS)


def test_fractions_of_a_second_are_kept() -> None:
    """A time is read to the nanosecond, without the rounding of floats."""
    assert 1_793_527_205_123_456_789 == moment_ns("2026-11-01T10:00:05.123456789Z", NOW_NS)
    assert 1_793_527_205_123_456_700 == moment_ns("2026-11-01T11:00:05.1234567+01:00", NOW_NS)
    assert 1_793_527_205_123_456_000 == moment_ns("2026-11-01T10:00:05.123456", NOW_NS)


def test_a_window_in_words() -> None:
    """Open ends are said."""
    since, until = moment_ns("2026-11-01", NOW_NS), moment_ns("2026-11-02", NOW_NS)
    said = [window_text(*edges) for edges in ((None, None), (since, None), (None, until), (since, until))]
    assert [
        "all times",
        "since 2026-11-01 00:00 UTC",
        "before 2026-11-02 00:00 UTC",
        "2026-11-01 00:00 UTC to 2026-11-02 00:00 UTC",
    ] == said


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    """--since after --until is a mistake, and not an empty answer."""
    with pytest.raises(SpotlightError, match="is not after"):
        Narrowing(since="2026-11-02", until="2026-11-01").run_filters()


def test_options_become_filters() -> None:
    """Every option reaches the filter that it names."""
    filters = Narrowing(
        "p", "v", "u", "s", "t", "e", "f", "x", "ro", "va", "ex", "a", "m", "q", ("ok",), "2026-11-01", None
    ).run_filters()
    assert ("p", "v", "u", "s", "t", "e", "f", "x", "ro", "va", "ex", "a", "m", "q", ("ok",)) == (
        filters.pack_name, filters.pack_version, filters.user_id, filters.session_id, filters.tenant_claimed,
        filters.environment, filters.feature, filters.surface, filters.replay_of, filters.variant,
        filters.experiment_id, filters.agent_name, filters.model, filters.query, filters.status,
    )  # fmt: skip
    assert (moment_ns("2026-11-01", NOW_NS), None) == (filters.since_ns, filters.until_ns)
