"""Two versions side by side: every metric, its difference, and a word for what that says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, duration, escape, money, one_line, part, tokens
from dashboards.views.behind import list_link
from dashboards.views.figures import card
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from spotlight.reports import RunFilters
from spotlight.reports.scorecard import Compared, scorecard
from spotlight.reports.statistics import Estimate
from spotlight.reports.versions import versions

MOST_OFFERED: Final = 200
MOST_ROWS: Final = 16
WORDS: Final = {
    "better": "▲ better",
    "worse": "▼ worse",
    "not worse": "= not worse",
    "cannot tell": "? cannot tell",
}
COLUMNS: Final = (
    Column("metric", "metric", 184),
    Column("before", "before", 192, "With its 95% interval", "right"),
    Column("before_n", "n", 50, align="right"),
    Column("after", "after", 192, "With its 95% interval", "right"),
    Column("after_n", "n", 50, align="right"),
    Column("difference", "difference", 214, "With its 95% interval; pp: percentage points", "right"),
    Column("word", "that is", 104, "Not worse: the interval ends before what still counts as not worse"),
    Column("note", "", 250),
)
_WRITTEN: Final[dict[str, Callable[[Any], str]]] = {
    "share": part,
    "usd": money,
    "ms": duration,
    "tokens": lambda value: tokens(round(value)),
    "score": lambda value: f"{value:.3g}",
}
Key = tuple[str | None, str | None]


def figure(unit: str, value: float | None) -> str:
    """Return a figure in its unit, its sign kept; "–" for unknown."""
    if value is None:
        return NOTHING
    return f"-{_WRITTEN[unit](-value)}" if value < 0 else _WRITTEN[unit](value)


def with_interval(unit: str, found: Estimate) -> str:
    """Return a figure and its interval."""
    if found.low is None or found.high is None or found.value is None:
        return figure(unit, found.value)
    return f"{figure(unit, found.value)} ({figure(unit, found.low)} – {figure(unit, found.high)})"


def _difference(row: Compared) -> str:
    change = row.difference
    if change.value is None:
        return NOTHING
    told = _signed(row.unit, change.value)
    if change.low is None or change.high is None:
        return told
    return f"{told} ({_signed(row.unit, change.low)} to {_signed(row.unit, change.high)})"


def _signed(unit: str, value: float) -> str:
    """Return a difference; of shares in percentage points, which are no per cent of what was."""
    if unit == "share":
        return f"{100 * value:+.1f} pp"
    return ("+" if value > 0 else "") + figure(unit, value)


def metric_row(row: Compared) -> dict[str, Any]:
    """Return the row of one metric."""
    return {
        "href": None,
        "status": "error" if row.word == "worse" else "ok",
        "cells": [
            one_line(row.title, 80), with_interval(row.unit, row.before), f"{row.before.n:,}",
            with_interval(row.unit, row.after), f"{row.after.n:,}", _difference(row), WORDS[row.word],
            one_line(row.note, 160),
        ],
    }  # fmt: skip


def _named(key: Key) -> str:
    return one_line(" ".join(word or "unknown" for word in key), 60)


def newest_two(keys: list[Key]) -> tuple[int, int]:
    """Return which versions to compare at first, before and after: the newest two of the newest pack."""
    same = [at for at, key in enumerate(keys) if key[0] == keys[0][0]]
    return (same[1], same[0]) if len(same) > 1 else (1, 0)


def _only(filters: RunFilters, key: Key) -> RunFilters:
    return filters._replace(pack_name=key[0], pack_version=key[1])


def scorecard_card(scope: Scope) -> None:
    """Draw which two versions are compared, and the comparison."""
    found = scope.lake.ask(versions, scope.filters, MOST_OFFERED).to_pylist()
    keys: list[Key] = [
        (row["pack_name"], row["pack_version"])
        for row in found
        if row["pack_name"] is not None and row["pack_version"] is not None
    ]
    with card("Two versions side by side"):
        if len(keys) < 2:
            st.caption("There is one version of one pack here, or none that is named: nothing to compare.")
            return
        first, second = newest_two(keys)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            at = [
                st.selectbox(
                    label, range(len(keys)), index=index, format_func=lambda at: _named(keys[at]), width=260,
                    key=f"card-{label.lower()}",
                )
                for label, index in (("Before", first), ("After", second))
            ]  # fmt: skip
            before, after = (_only(scope.filters, keys[number]) for number in at)
            list_link("Runs before", before)
            list_link("Runs after", after)
        told = scope.lake.ask(scorecard, before, after)
        st.markdown(escape(told.summary, 600))
        rows = [metric_row(row) for row in told.rows]
        table_of_links("Scorecard", [c._asdict() for c in COLUMNS], rows, min(len(rows), MOST_ROWS))
        st.caption(f"{told.before_runs:,} runs before, {told.after_runs:,} after.")
