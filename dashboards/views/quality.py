"""The quality page: is it right, and since which version?"""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.palette import palette
from dashboards.text import escape, moment, one_line, short_id
from dashboards.views.behind import RUNS, WHOLE, show_behind
from dashboards.views.cost_tables import run_address
from dashboards.views.figures import card, guarded, selected
from dashboards.views.filters import Scope
from dashboards.views.interval_chart import SELECTION, Measured, interval_chart
from dashboards.views.metrics import metric_tiles
from dashboards.views.newest_versions import newest_note, newest_versions
from dashboards.views.run_scores import number
from dashboards.views.run_table import STATUS_WORDS, Column
from dashboards.views.scores import scores_cards
from spotlight.reports.quality import quality, success_by, worst_runs
from spotlight.reports.signals import SUCCESS

SEEN: Final = 10
MOST_WORST: Final = 50
WORST: Final = (
    Column("run", "run", 76, "A click opens the run"),
    Column("status", "status", 100),
    Column("started", "started", 100),
    Column("version", "version", 112),
    Column("score", "score", 72, "The lowest of its scores"),
    Column(
        "value", "value", 50, "Lowest verdict; where nobody judges success the mean of all scores", "right"
    ),
    Column("why", "explanation", 84, "Of the judgement, or its label"),
)


def _tiles(scope: Scope) -> None:
    found = scope.lake.ask(quality, scope.filters)
    before = scope.lake.ask(quality, scope.baseline).metrics if scope.baseline else ()
    metric_tiles(found.metrics, before, scope.against)


def _success(scope: Scope) -> None:
    found = scope.lake.ask(quality, scope.filters)
    keys = newest_versions(scope)
    by_key = {
        (row["pack"], row["version"]): row for row in scope.lake.ask(success_by, scope.filters).to_pylist()
    }
    judged = [key for key in keys.drawn if key in by_key and by_key[key]["judged"]]
    with card("Task success by version", newest_note(keys)):
        if not judged:
            st.caption("No run here was judged, and its status is not asked. To judge one:")
            st.code("spotlight score RUN --name task_success --value 1", language=None)
            return

        def opened() -> None:
            point = selected(st.session_state.get("success"), SELECTION)
            if point is not None:
                key = judged[int(point["place"])]
                failed = by_key[key]["failed_run_ids"]
                show_behind(
                    [(RUNS, failed)] if failed else [("pack", key[0]), ("version", key[1]), (WHOLE, True)]
                )

        rows = [
            Measured(key, row["success_rate"], row["low"], row["high"], row["judged"])
            for key in judged
            for row in [by_key[key]]
        ]
        whole = found.metrics[0].value
        chart = interval_chart(
            rows, palette(), is_share=True, what="judged runs that did their task", whole=whole
        )
        st.altair_chart(chart, width="stretch", key="success", on_select=opened, selection_mode=SELECTION)
        st.caption("n = judged runs; dashed: all together. A dot opens the runs that did not do their task.")


def _worst(scope: Scope) -> None:
    found = scope.lake.ask(quality, scope.filters)
    names = SUCCESS if found.judged_runs else None
    rows = scope.lake.ask(worst_runs, scope.filters, names, MOST_WORST).to_pylist()
    with card("Worst runs", "lowest verdict first" if names else "lowest mean of their scores first"):
        if not rows:
            st.caption("No run here has a score between 0 and 1, or a label that says yes or no.")
            return
        listed = [
            {
                "href": run_address(row["run_id"]),
                "status": row["status"] if row["status"] in STATUS_WORDS else "unknown",
                "cells": [
                    short_id(row["run_id"]),
                    STATUS_WORDS.get(row["status"], one_line(row["status"])),
                    moment(row["started_ns"], scope.zone, "%b %d %H:%M"),
                    one_line(" ".join(row[c] or "unknown" for c in ("pack_name", "pack_version")), 80),
                    one_line(row["score_name"] or "", 80),
                    number(row["value"]),
                    one_line(row["explanation"] or row["label"] or "", 300),
                ],
            }
            for row in rows
        ]
        table_of_links("Worst runs", [column._asdict() for column in WORST], listed, min(len(rows), SEEN))
        if len(rows) == MOST_WORST:
            st.caption(f"The {MOST_WORST} worst, of equals the newest.")


def draw(scope: Scope) -> None:
    """Draw the page."""
    guarded(_tiles, scope)
    left, right = st.columns(2, gap="small")
    with left:
        guarded(_success, scope)
    with right:
        guarded(_worst, scope)
    guarded(scores_cards, scope)
    found = scope.lake.ask(quality, scope.filters)
    said = [f"{found.judged_runs:,} of {found.runs:,} runs were judged for success"]
    if found.unjoined:
        said.append(f"{found.unjoined:,} scores are of runs that have not arrived")
    st.caption(escape("; ".join(said) + ". Shares with Wilson's interval, means with Student's, 95%.", 300))
