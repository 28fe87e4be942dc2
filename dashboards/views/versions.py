"""The packs and versions page: what ran under each, and is one better than another?"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.palette import palette
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, part
from dashboards.views.behind import runs_href, show_behind
from dashboards.views.figures import card, guarded, selected
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from dashboards.views.scorecard import scorecard_card
from dashboards.views.version_chart import stretch_hours, timeline
from spotlight.reports.versions import versions, versions_over_time

SHOWN_ROWS: Final = 12
MOST_DRAWN: Final = 12
CHANGED: Final = "content changed"
CONTENT: Final = "content"  # the column that is drawn only where a content changed
COLUMNS: Final = (
    Column("pack", "pack", 130, "A click opens the runs of the version"),
    Column("version", "version", 120),
    Column(CONTENT, "content", 120, "Says where runs of one version had different prompts, tools or models"),
    Column("first", "first seen", 130),
    Column("last", "last seen", 130),
    Column("runs", "runs", 64, align="right"),
    Column("failed", "failed", 116, "Of the runs that ended, with its 95% interval", "right"),
    Column("success", "success", 116, "Task success as judged; –: not judged", "right"),
    Column("cost", "cost/run", 84, "Of the priced runs", "right"),
    Column("p50", "p50", 74, "Median duration", "right"),
    Column("p95", "p95", 74, "95th percentile of the duration", "right"),
    Column("users", "users", 60, align="right"),
)


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """Return a share with its interval: 12% (9–15)."""
    if value is None or low is None or high is None:
        return part(value)
    return f"{part(value)} ({100 * low:.0f}–{100 * high:.0f})"


def version_row(scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one version; a click opens its runs."""
    named = row["pack_name"] is not None and row["pack_version"] is not None
    only = scope.filters._replace(pack_name=row["pack_name"], pack_version=row["pack_version"])
    digests = len(row["digests"] or ())
    changed = row["same_version_different_content"]
    return {
        "href": runs_href(only) if named else None,  # filters cannot ask for what is unknown
        "status": "problem" if changed else "ok",
        "cells": [
            one_line(row["pack_name"] or "unknown", 80),
            one_line(row["pack_version"] or "unknown", 80),
            f"{CHANGED} · {digests:,}" if changed else "",
            moment(row["first_ns"], scope.zone, "%Y-%m-%d %H:%M"),
            moment(row["last_ns"], scope.zone, "%Y-%m-%d %H:%M"),
            f"{row['runs']:,}",
            interval(row["failure_rate"], row["failure_low"], row["failure_high"]),
            interval(row["success_rate"], row["success_low"], row["success_high"]),
            money(row["cost_per_run_usd"]),
            NOTHING if row["p50_ms"] is None else duration(row["p50_ms"]),
            NOTHING if row["p95_ms"] is None else duration(row["p95_ms"]),
            f"{row['users']:,}",
        ],
    }


def _table(scope: Scope) -> None:
    found = scope.lake.ask(versions, scope.filters).to_pylist()
    with card("Versions", "the newest first"):
        rows = [version_row(scope, row) for row in found]
        shown = min(len(rows), SHOWN_ROWS)
        changed = [row for row in found if row["same_version_different_content"]]
        columns = [column._asdict() for column in COLUMNS if changed or column.name != CONTENT]
        if not changed:
            place = [column.name for column in COLUMNS].index(CONTENT)
            for row in rows:
                del row["cells"][place]
        table_of_links("Versions", columns, rows, shown)
        if changed:
            noun = "version was" if len(changed) == 1 else "versions were"
            said = (
                f"{len(changed):,} {noun} run with different content under the same name: "
                "`spotlight packs` shows the digests."
            )
            st.caption(said)


def _timeline(scope: Scope) -> None:
    found = scope.lake.ask(versions, scope.filters).to_pylist()
    drawn = [(row["pack_name"], row["pack_version"]) for row in found][:MOST_DRAWN]
    first = min((row["first_ns"] for row in found if row["first_ns"] is not None), default=None)
    last = max((row["last_ns"] for row in found if row["last_ns"] is not None), default=None)
    hours = stretch_hours(first, last)
    rows = scope.lake.ask(versions_over_time, scope.filters, hours).to_pylist()
    note = f"runs per {hours} h" + (
        f", the newest {MOST_DRAWN} of {len(found)}" if len(found) > MOST_DRAWN else ""
    )
    with card("When each version ran", note):

        def opened() -> None:
            point = selected(st.session_state.get("timeline"), "version")
            if point is not None:
                pack, version = drawn[int(point["place"])]
                show_behind([("pack", pack), ("version", version)])

        chart = timeline(rows, drawn, scope.zone, palette())
        st.altair_chart(chart, width="stretch", key="timeline", on_select=opened, selection_mode="version")


def draw(scope: Scope) -> None:
    """Draw the page."""
    guarded(scorecard_card, scope)
    guarded(_timeline, scope)
    guarded(_table, scope)
    st.caption(
        escape("Failure and success with 95% intervals (Wilson); runs without an end are in neither.", 200)
    )
