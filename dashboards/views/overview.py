"""The overview: is the fleet healthy, and what changed?"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.addresses import address
from dashboards.answers import run_count
from dashboards.components.trace.component import table_of_links
from dashboards.palette import palette
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, part
from dashboards.views.behind import WHOLE, list_link, page_link, runs_href, show_behind
from dashboards.views.cost_over_time import cost_over_time
from dashboards.views.figures import card, change, guarded, selected, tile
from dashboards.views.filters import Scope, carried
from dashboards.views.outcome_chart import outcome_bars
from dashboards.views.run_table import Column
from spotlight.reports import RunFilters
from spotlight.reports.changes import Change, changes
from spotlight.reports.overview import Health, Moment, health
from spotlight.reports.quality import success_by
from spotlight.reports.versions import versions

SHOWN_VERSIONS: Final = 10
CHANGE_COLUMNS: Final = (
    Column("subject", "", 62),
    Column("name", "what changed", 220, "A click opens what is behind it"),
    Column("change", "change", 92, align="right"),
    Column("from", "from → to", 150, align="right"),
    Column("n", "n", 52, "Runs or calls that it rests on", "right"),
    Column("note", "", 120),
)
VERSION_COLUMNS: Final = (
    Column("pack", "pack", 86, "A click opens the runs of the version"),
    Column("version", "version", 62),
    Column("runs", "runs", 50, align="right"),
    Column("failed", "failed", 56, "Of the runs that ended", "right"),
    Column("cost", "cost/run", 82, "Of the priced runs", "right"),
    Column("p95", "p95", 66, "Duration", "right"),
    Column("success", "success", 66, "Task success as judged; –: not judged", "right"),
)


def _course(found: Health, name: str) -> list[float]:
    """Return the known values of one figure over time."""
    values = [getattr(step, name) for step in found.steps]
    return [float(value) for value in values if value is not None]


def _ended(whole: Moment) -> str:
    return f"{whole.failed:,} of {whole.runs - whole.incomplete:,} runs that ended"


def _tiles(scope: Scope) -> Any:
    """Draw the figures that are quickly asked; return the place of the fifth."""
    filters = scope.filters
    found = scope.lake.ask(health, filters)
    before = scope.lake.ask(health, scope.baseline) if scope.baseline else None
    whole, old = found.whole, before.whole if before else None
    against = scope.against
    with st.container(key="tiles"):
        columns = st.columns(5, gap="small")
    with columns[0]:
        delta = change(whole.runs, old and old.runs)
        tile(
            st, "Runs", f"{whole.runs:,}", note=f"{whole.incomplete:,} incomplete", against=against,
            delta=delta, series=_course(found, "runs"), bars=True,
            explained=f"{whole.incomplete:,} of them incomplete: their root has not arrived.",
        )  # fmt: skip
        list_link("All runs", filters, None)
    with columns[1]:
        delta = change(whole.failure_rate, old and old.failure_rate)
        tile(
            st, "Failure rate", part(whole.failure_rate), note=_ended(whole), against=against,
            delta=delta, good="down", series=_course(found, "failure_rate"), explained=_ended(whole),
        )  # fmt: skip
        list_link("Failed runs", filters._replace(status=("error",)), None)
    with columns[2]:
        _cost_tile(scope, found, before, against)
    with columns[3]:
        delta = change(whole.p95_ms, old and old.p95_ms)
        tile(
            st, "p95 duration", NOTHING if whole.p95_ms is None else duration(whole.p95_ms),
            note=f"of {whole.timed_runs:,} runs", against=against, delta=delta, good="down",
            series=_course(found, "p95_ms"), explained=f"Of {whole.timed_runs:,} runs of known duration.",
        )  # fmt: skip
        list_link("Slowest runs", filters._replace(order="slowest"), None)
    return columns[4]


def _cost_tile(scope: Scope, found: Health, before: Health | None, against: str) -> None:
    cost = found.cost
    delta = change(cost.cost_usd, before and before.cost.cost_usd)
    each = f"{money(cost.cost_per_run_usd)} per run"
    missing = f"{cost.unpriced_generations:,} of {cost.generations:,} model calls have no price"
    tile(
        st, "Cost", money(cost.cost_usd), note=each, against=against,
        delta=delta, good="down", series=_course(found, "cost_usd"),
        explained=f"{each}. List price. {missing}, {cost.generations_without_usage:,} reported no tokens.",
    )  # fmt: skip
    list_link("Most expensive runs", scope.filters._replace(order="most_expensive"), None)


def _success(scope: Scope, filters: RunFilters) -> dict[str, Any]:
    """Return task success of all matching runs together."""
    rows: list[dict[str, Any]] = scope.lake.ask(success_by, filters, ()).to_pylist()
    return rows[0] if rows else {"judged": 0, "success_rate": None}


def _quality_tile(scope: Scope) -> None:
    now = _success(scope, scope.filters)
    old = _success(scope, scope.baseline) if scope.baseline else {"success_rate": None}
    if not now["judged"]:
        tile(st, "Task success", NOTHING, note="not reported: no run was judged")
    else:
        days = scope.lake.ask(success_by, scope.filters, ("day",)).column("success_rate").to_pylist()
        count = f"{now['judged']:,} of {now['runs']:,} runs judged"
        tile(
            st, "Task success", part(now["success_rate"]), note=count, against=scope.against,
            delta=change(now["success_rate"], old["success_rate"]), good="up",
            series=[rate for rate in days if rate is not None],
            explained=f"{part(now['low'])} to {part(now['high'])} with 95%, {count}. The line: UTC days.",
        )  # fmt: skip
    page_link("quality", "Quality")


def change_row(line: Change, along: dict[str, list[str]]) -> dict[str, Any]:
    """Return the row of one change; a click opens the page or the runs behind it."""
    arrow = {"more": "▲", "less": "▼", "new": "● new", "growing": "▲", "slower": "▲"}[line.trend]
    if line.subject == "cost":
        told, between = f"{arrow} {money(abs(line.difference))}", ""
        opened = address("/cost", along)
    elif line.subject == "failure":
        told = arrow if line.trend == "new" else f"{arrow} {line.difference:+,.0f} runs"
        between = f"{line.before or 0:,.0f} → {line.after or 0:,.0f} runs"
        opened = runs_href(line.filters)
    else:
        told = f"{arrow} {duration(line.difference)}"
        between = f"{duration(line.before)} → {duration(line.after)} p95"
        opened = runs_href(line.filters)
    return {
        "href": opened,
        "status": "error" if line.subject == "failure" else "ok",
        "cells": [
            line.subject, one_line(line.name, 160), told, between, f"{line.n:,}", one_line(line.note, 160)
        ],
    }  # fmt: skip


def _changes(scope: Scope) -> None:
    with card("What changed", f"against {escape(scope.against)}" if scope.against else ""):
        if scope.baseline is None:
            st.caption("Choose a time window or a version to compare with: the filter “compared with” above.")
            return
        if not scope.lake.ask(run_count, scope.baseline):
            st.caption("There are no runs to compare with.")
            return
        found = scope.lake.ask(changes, scope.filters, scope.baseline)
        if not found:
            st.caption("Nothing moved by more than a percent, no failure is new, nothing got slower.")
            return
        rows = [change_row(line, carried()) for line in found]
        table_of_links("What changed", [column._asdict() for column in CHANGE_COLUMNS], rows, SHOWN_VERSIONS)


def _versions(scope: Scope) -> None:
    with card("Versions", "the newest first"):
        table = scope.lake.ask(versions, scope.filters)
        rows = [
            {
                "href": _version_href(scope, row),
                "status": "ok",
                "cells": [
                    one_line(row["pack_name"] or "unknown", 60),
                    one_line(row["pack_version"] or "unknown", 60),
                    f"{row['runs']:,}",
                    part(row["failure_rate"]),
                    money(row["cost_per_run_usd"]),
                    NOTHING if row["p95_ms"] is None else duration(row["p95_ms"]),
                    part(row["success_rate"]),
                ],
            }
            for row in table.slice(0, SHOWN_VERSIONS).to_pylist()
        ]
        table_of_links("Versions", [column._asdict() for column in VERSION_COLUMNS], rows, SHOWN_VERSIONS)
        if table.num_rows > SHOWN_VERSIONS:
            st.caption(f"{SHOWN_VERSIONS} of {table.num_rows:,}")


def _version_href(scope: Scope, row: dict[str, Any]) -> str | None:
    if row["pack_name"] is None or row["pack_version"] is None:
        return None  # filters cannot ask for what is unknown
    return runs_href(scope.filters._replace(pack_name=row["pack_name"], pack_version=row["pack_version"]))


def _runs_over_time(scope: Scope) -> None:
    found = scope.lake.ask(health, scope.filters)
    with card("Runs over time", "ok, incomplete and failed"):
        chart = outcome_bars(found.steps, scope.zone, palette())

        def opened() -> None:
            point = selected(st.session_state.get("outcomes"), "step")
            if point is not None:
                step = found.steps[int(point["place"])]
                bounds = [("since", step.first_ns), ("until", (step.last_ns or 0) + 1)]
                status = [("status", point["status"])] if "status" in point else []
                show_behind([*bounds, *status, (WHOLE, True)])

        st.altair_chart(chart, width="stretch", key="outcomes", on_select=opened, selection_mode="step")


def draw(scope: Scope) -> None:
    """Draw the page."""
    place = _tiles(scope)
    left, right = st.columns([3, 2], gap="small")
    found = scope.lake.ask(health, scope.filters)
    below_left, below_right = st.columns(2, gap="small")
    bottom = st.container()
    with below_left:
        guarded(_runs_over_time, scope)
    with below_right:
        guarded(lambda given: cost_over_time(given, found, "pack"), scope)
    with right:
        guarded(_versions, scope)
    with place:  # the two questions that take longest come last: the rest is there to be read
        guarded(_quality_tile, scope)
    with left:
        guarded(_changes, scope)
    whole = found.whole
    first, last = moment(whole.first_ns, scope.zone), moment(whole.last_ns, scope.zone)
    bottom.caption(escape(f"{whole.runs:,} runs from {first} to {last}.", 200))
