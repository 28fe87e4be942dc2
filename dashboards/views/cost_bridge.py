"""Why the cost changed: the bridge between the baseline and what the filters leave."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.palette import palette
from dashboards.text import escape, money, one_line
from dashboards.views.behind import RUNS, href, show_behind
from dashboards.views.cost_charts import waterfall
from dashboards.views.figures import selected
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from spotlight.reports.bridge import Bridge, BridgeSide, bridge

COLUMNS: Final = (
    Column("effect", "effect", 120, "A click opens the runs that weigh most in it"),
    Column("usd", "USD", 86, align="right"),
    Column("meaning", "what it is", 420),
)


def bridge_card(scope: Scope) -> None:
    """Draw the bridge; without a baseline, say how to choose one."""
    with st.container(border=True):
        if scope.baseline is None:
            st.markdown("**Why it changed**")
            st.caption("Choose a time window or a version to compare with: the filter “compared with” above.")
            return
        st.markdown(f"**Why it changed** :gray[against {escape(scope.against)}]")
        found = scope.lake.ask(bridge, scope.baseline, scope.filters)
        if not found.before.runs:
            st.caption("There are no runs to compare with.")
            return

        def opened() -> None:
            point = selected(st.session_state.get("bridge"), "effect")
            if point is not None and 0 <= int(point["place"]) < len(found.lines):
                show_behind([(RUNS, found.lines[int(point["place"])].runs)])

        left, right = st.columns([3, 2], gap="medium")
        with left:
            chart = waterfall(found, palette())
            st.altair_chart(chart, width="stretch", key="bridge", on_select=opened, selection_mode="effect")
        with right:
            _lines(found)
        st.caption(escape(f"Before: {_side(found.before)}. After: {_side(found.after)}.", 500))


def _side(side: BridgeSide) -> str:
    unpriced = f", {side.unpriced_calls:,} without a price" if side.unpriced_calls else ""
    return f"{side.runs:,} runs, {money(side.cost_usd)}, {side.calls:,} paid calls{unpriced}"


def _lines(found: Bridge) -> None:
    rows = [
        {
            "href": href([(RUNS, line.runs)]) if line.runs else None,
            "status": "ok",
            "cells": [
                one_line(line.label),
                ("+" if line.cost_usd > 0 else "") + money(line.cost_usd),
                one_line(line.meaning, 300),
            ],
        }
        for line in found.lines
        if abs(line.cost_usd) > 1e-6
    ]
    table_of_links("Effects", [column._asdict() for column in COLUMNS], rows, len(rows))
