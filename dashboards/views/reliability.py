"""The reliability page: what fails, how often, and is it new? With memory and safety."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.palette import palette
from dashboards.text import escape, moment
from dashboards.views.behind import WHOLE, list_link, show_behind
from dashboards.views.failure_chart import STEP, failure_line
from dashboards.views.failure_tables import (
    decisions_card,
    guardrails_card,
    loops_card,
    signatures_card,
    tools_card,
)
from dashboards.views.figures import card, guarded, selected
from dashboards.views.filters import Scope
from dashboards.views.interval_chart import SELECTION, Measured, interval_chart
from dashboards.views.metrics import by_name, metric_tiles, metrics_card
from dashboards.views.newest_versions import newest_note, newest_versions
from spotlight.reports.memory import memory
from spotlight.reports.metric import Metric
from spotlight.reports.overview import health
from spotlight.reports.reliability import Reliability, failure_rates, reliability
from spotlight.reports.safety import safety

FAILED: Final = "error"
TILES: Final = (
    "failure_rate", "incomplete_rate", "tool_error_rate", "tool_timeout_rate", "retry_rate",
    "provider_fallback_rate",
)  # fmt: skip


def _failed(scope: Scope) -> list[tuple[str, Any]]:
    """Return what narrows runs to the failed ones; nothing where the filters leave none of them."""
    asked = scope.filters.status
    return [("status", FAILED)] if not asked or FAILED in asked else []


def _found(scope: Scope) -> Reliability:
    return scope.lake.ask(reliability, scope.filters, scope.baseline)


def _before(scope: Scope) -> tuple[Metric, ...]:
    return scope.lake.ask(reliability, scope.baseline).metrics if scope.baseline else ()


def _tiles(scope: Scope) -> None:
    found = by_name(_found(scope).metrics)
    metric_tiles([found[name] for name in TILES], _before(scope), scope.against)


def _over_time(scope: Scope) -> None:
    found = scope.lake.ask(health, scope.filters)
    old = by_name(_before(scope)).get("failure_rate")
    before = old.value if old else None
    with card("Failure rate over time", "" if before is None else f"dashed: {escape(scope.against)}"):

        def opened() -> None:
            point = selected(st.session_state.get("failures"), STEP)
            if point is not None:
                step = found.steps[int(point["place"])]
                bounds = [("since", step.first_ns), ("until", (step.last_ns or 0) + 1)]
                show_behind([*bounds, *_failed(scope), (WHOLE, True)])

        chart = failure_line(found.steps, scope.zone, palette(), before)
        st.altair_chart(chart, width="stretch", key="failures", on_select=opened, selection_mode=STEP)
        list_link("Failed runs", scope.filters._replace(status=(FAILED,)), None)


def _by_version(scope: Scope) -> None:
    keys = newest_versions(scope)
    rates = {
        (row["pack"], row["version"]): row
        for row in scope.lake.ask(failure_rates, scope.filters, ("pack", "version")).to_pylist()
        if row["failure_rate"] is not None
    }
    drawn = [key for key in keys.drawn if key in rates]
    with card("Failure rate by version", newest_note(keys)):
        if not drawn:
            st.caption("No run here has ended.")
            return

        def opened() -> None:
            point = selected(st.session_state.get("failure-versions"), SELECTION)
            if point is not None:
                pack, version = drawn[int(point["place"])]
                show_behind([("pack", pack), ("version", version), *_failed(scope), (WHOLE, True)])

        rows = [
            Measured(key, row["failure_rate"], row["low"], row["high"], row["runs"] - row["incomplete"])
            for key in drawn
            for row in [rates[key]]
        ]
        whole = by_name(_found(scope).metrics)["failure_rate"].value
        chart = interval_chart(rows, palette(), is_share=True, what="ended runs that failed", whole=whole)
        st.altair_chart(
            chart, width="stretch", key="failure-versions", on_select=opened, selection_mode=SELECTION
        )
        st.caption("n = runs that ended; dashed: all together. A dot opens its failed runs.")


def _recovery(scope: Scope) -> None:
    rest = [metric for metric in _found(scope).metrics if metric.name not in TILES]
    metrics_card("Retries, loops and checkpoints", rest, _before(scope), scope.against)


def _memory(scope: Scope) -> None:
    before = scope.lake.ask(memory, scope.baseline) if scope.baseline else ()
    metrics_card("Memory", scope.lake.ask(memory, scope.filters), before, scope.against)


def _safety(scope: Scope) -> None:
    before = scope.lake.ask(safety, scope.baseline).metrics if scope.baseline else ()
    metrics_card("Safety", scope.lake.ask(safety, scope.filters).metrics, before, scope.against)


def draw(scope: Scope) -> None:
    """Draw the page."""
    guarded(_tiles, scope)
    left, right = st.columns(2, gap="small")
    with left:
        guarded(_over_time, scope)
    with right:
        guarded(_by_version, scope)
    guarded(signatures_card, scope)
    guarded(tools_card, scope)
    guarded(_recovery, scope)
    guarded(loops_card, scope)
    guarded(_memory, scope)
    guarded(_safety, scope)
    left, right = st.columns(2, gap="small")
    with left:
        guarded(decisions_card, scope)
    with right:
        guarded(guardrails_card, scope)
    whole = scope.lake.ask(health, scope.filters).whole
    first, last = moment(whole.first_ns, scope.zone), moment(whole.last_ns, scope.zone)
    said = f"{whole.runs:,} runs from {first} to {last}; {whole.incomplete:,} without an end are in no rate."
    st.caption(escape(said, 200))
