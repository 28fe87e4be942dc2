"""What differs about some runs: features and numbers beside those of the other runs, corrected for chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from dashboards.answers import runs_summary
from dashboards.components.find.component import search_field
from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, duration, escape, money, one_line, part
from dashboards.views.behind import RUNS, href, list_link
from dashboards.views.figures import card
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from spotlight.reports.find.writing import all_of
from spotlight.reports.lift import RATE, Feature, Lift, Number, lift

THESE: Final = "these"
USUAL: Final = "status:error"
SHOWN: Final = 16
MOST_FEATURES: Final = 200
FEATURES: Final = (
    Column("value", "feature", 260, "A click opens runs of these that have it"),
    Column("what", "of", 116),
    Column("inside", "these runs", 200, "How many of these runs have it", "right"),
    Column("outside", "other runs", 216, "How many of the others have it", "right"),
    Column("lift", "times", 70, "How many times as frequent among these; –: no other run has it", "right"),
    Column("difference", "difference", 150, "In percentage points, with the 95% interval", "right"),
    Column("q", "q", 70, "The false discovery rate at which it counts", "right"),
    Column("alike", "also true of the very same runs", 300),
)
# Columns of a card beside others, and their width.
BRIEF: Final = {"value": 130, "what": 92, "inside": 96, "outside": 96, "lift": 56}
NUMBERS: Final = (
    Column("what", "number", 200),
    Column("inside", "these runs", 110, "Median", "right"),
    Column("outside", "other runs", 110, "Median", "right"),
    Column(
        "larger", "larger in", 120, "Of 100 pairs of one of these and another run; ties count half", "right"
    ),
    Column("n", "known in", 150, "Runs in which it is known, of these and of the others", "right"),
    Column("q", "q", 70, "The false discovery rate at which it counts", "right"),
)
_IN_MS: Final = ("duration", "time to first token", "time to first action", "unaccounted time",
                 "time waiting for people")  # fmt: skip


def draw(scope: Scope) -> None:
    """Draw the page: which runs, then what differs about them."""
    chosen = st.query_params.get(THESE, "").strip() or USUAL
    search_field(
        chosen, THESE, "These runs: status:error, duration>30s, signature:timeout, run:ID or run:ID …"
    )
    _suggested(scope)
    found = scope.lake.ask(lift, chosen, scope.filters)
    st.caption(escape(_said(found, chosen), 700))
    if not found.inside_n or not found.outside_n:
        which = "No run is among these" if not found.inside_n else "No other run is left"
        st.info(f"{which}: there is nothing to compare.", icon=":material/compare:")
        return
    those = scope.filters._replace(query=all_of(scope.filters.query, chosen))
    list_link(f"Open these {found.inside_all:,} runs", those)
    _features(found)
    _numbers(found)


def _suggested(scope: Scope) -> None:
    """Draw searches that are often asked, as links."""
    summary = scope.lake.ask(runs_summary, scope.filters)
    searches = {"failed": USUAL}
    if summary.p95_ms:
        searches["slowest 5%"] = f"duration>={summary.p95_ms:.0f}ms"
    searches |= {
        "looping": "repeats>=10",
        "with a failed tool call": "failed_tool_calls>0",
        "retried": "retries>0",
    }
    along = {key: st.query_params.get_all(key) for key in st.query_params if key != THESE}
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="suggested"):
        for label, search in searches.items():
            st.page_link(
                st.Page(lambda: None, title="Lift", url_path="lift"),
                label=label,
                query_params=along | {THESE: [search]},
            )


def _said(found: Lift, chosen: str) -> str:
    sides = f"{found.inside_all:,} runs that “{chosen}” finds, against {found.outside_all:,} others"
    if (found.inside_n, found.outside_n) != (found.inside_all, found.outside_all):
        sides += f" (samples of {found.inside_n:,} and {found.outside_n:,})"
    left = ", ".join(found.left_out)
    return " ".join(
        [
            f"{sides}. {found.tested:,} features were tested; told are those with q up to {RATE:g}:",
            f"of them about {RATE:.0%} differ by chance alone (Fisher's exact test, Mann and Whitney's for",
            "numbers, corrected by Benjamini and Hochberg). What differs need not be the cause.",
            f"Left out, since these runs were chosen by it: {left}." if left else "",
        ]
    )


def _q(q: float) -> str:
    return "<0.001" if q < 0.001 else f"{q:.3f}"


def feature_row(feature: Feature, inside_n: int, outside_n: int, brief: bool = False) -> dict[str, Any]:
    """Return the row of one feature; `brief` tells shares without what they are of."""
    points = None if feature.difference is None else 100 * feature.difference
    sides = (
        (feature.inside, inside_n, feature.inside_share),
        (feature.outside, outside_n, feature.outside_share),
    )
    more = len(feature.same_as) - 2
    alike = ", ".join(feature.same_as[:2]) + (f" and {more:,} more" if more > 0 else "")
    said = [part(share) if brief else f"{count:,} of {n:,} · {part(share)}" for count, n, share in sides]
    interval = "" if feature.low is None else f" ({100 * feature.low:.0f} to {100 * (feature.high or 0):.0f})"
    return {
        "href": href([(RUNS, list(feature.run_ids))]) if feature.run_ids else None,
        "status": "ok",
        "shares": {"inside": feature.inside_share or 0, "outside": feature.outside_share or 0},
        "cells": [
            one_line(feature.value, 160),
            feature.what,
            *said,
            NOTHING if feature.lift is None else f"{feature.lift:.1f}×",
            NOTHING if points is None else f"{'▲' if points > 0 else '▼'} {abs(points):.0f} pp{interval}",
            _q(feature.q),
            one_line(alike, 200),
        ],
    }


def feature_table(label: str, found: Lift, told: Sequence[Feature], shown: int, brief: bool = False) -> None:
    """Draw features as a table; `brief` leaves out what only the page has room for."""
    kept = [at for at, column in enumerate(FEATURES) if not brief or column.name in BRIEF]
    columns = [FEATURES[at] for at in kept]
    if brief:
        columns = [column._replace(width=BRIEF[column.name]) for column in columns]
    rows = [feature_row(feature, found.inside_n, found.outside_n, brief) for feature in told]
    rows = [row | {"cells": [row["cells"][at] for at in kept]} for row in rows]
    table_of_links(label, [column._asdict() for column in columns], rows, shown)


def lift_link(label: str, these: str, along: dict[str, list[str]]) -> None:
    """Draw a link to what differs about the runs that a search finds, with filters along."""
    st.page_link(
        st.Page(lambda: None, title="Lift", url_path="lift"),
        label=label,
        icon=":material/difference:",
        query_params=along | {THESE: [these]},
    )


def _features(found: Lift) -> None:
    told = found.features[:MOST_FEATURES]
    more = len(found.features) - len(told)
    with card("Features", f"the most certain first{f', {more:,} more are not listed' if more else ''}"):
        if not told:
            st.caption("No feature differs by more than chance would make differ.")
            return
        feature_table("Features", found, told, min(len(told), SHOWN))


def _told(what: str, value: float) -> str:
    if what in _IN_MS:
        return duration(value)
    if what == "cost":
        return money(value)
    return part(value) if what.startswith("share") else f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


def _number_row(number: Number) -> dict[str, object]:
    return {
        "href": None,
        "status": "ok",
        "cells": [
            number.what,
            _told(number.what, number.inside_median),
            _told(number.what, number.outside_median),
            f"{100 * number.superiority:.0f} of 100",
            f"{number.inside_n:,} and {number.outside_n:,}",
            _q(number.q),
        ],
    }


def _numbers(found: Lift) -> None:
    with card("Numbers", "how often the number of one of these runs is the larger one"):
        if not found.numbers:
            st.caption("No number differs by more than chance would make differ.")
            return
        rows = [_number_row(number) for number in found.numbers]
        table_of_links("Numbers", [column._asdict() for column in NUMBERS], rows, len(rows))
