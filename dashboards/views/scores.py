"""What judges say: the scores of a chosen name by version, how they are spread, and a table of all."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.palette import palette
from dashboards.text import NOTHING, moment, one_line, part
from dashboards.views.behind import SCORE, WHOLE, href, show_behind
from dashboards.views.figures import card, selected
from dashboards.views.filters import Scope
from dashboards.views.interval_chart import SELECTION, Key, Measured, interval_chart
from dashboards.views.newest_versions import newest_note, newest_versions
from dashboards.views.run_table import Column
from dashboards.views.spread_chart import label_chart, spread_chart
from spotlight.reports.quality import BY, score_distribution, score_names, scores_by_name
from spotlight.reports.signals import SUCCESS

SEEN: Final = 14
MOST_ROWS: Final = 500
CELL_LIMIT: Final = 120
COLUMNS: Final = (
    Column("name", "score", 150, "A click opens the runs that have it, the lowest first"),
    Column("pack", "pack", 120),
    Column("version", "version", 100),
    Column(
        "measure", "measure", 100, "Share of 1 where all are 0 or 1, share of yes of labels, else the mean"
    ),
    Column("value", "value", 80, "–: labels that are no verdict", "right"),
    Column("interval", "95% interval", 120, align="right"),
    Column("n", "n", 64, "Judgements", "right"),
    Column("runs", "runs", 64, align="right"),
    Column("labels", "labels", 160),
    Column("by", "judged by", 120),
    Column("last", "last", 130),
)


def written(measure: str | None, value: float | None) -> str:
    """Return a value of `scores_by_name` as people read it; "–" for unknown."""
    if value is None:
        return NOTHING
    return part(value) if is_share(measure) else f"{value:.3g}"


def is_share(measure: str | None) -> bool:
    """Return whether a measure of `scores_by_name` is a share of one."""
    return (measure or "").startswith("share")


def _named(key: Key, score: str) -> list[tuple[str, Any]]:
    """Return what names the runs of a version that have a score; of an unnamed version all its runs."""
    return [("pack", key[0]), ("version", key[1]), (WHOLE, True), (SCORE, score)]


def score_row(scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one score of one version."""
    measure = row["measure"]
    ends = (row["low"], row["high"])
    return {
        "href": href(_named((row["pack"], row["version"]), row["name"])),
        "status": "ok",
        "cells": [
            one_line(row["name"] or "", CELL_LIMIT),
            one_line(row["pack"] or "unknown", CELL_LIMIT),
            one_line(row["version"] or "unknown", CELL_LIMIT),
            measure or NOTHING,
            written(measure, row["value"]),
            "" if None in ends else " – ".join(written(measure, end) for end in ends),
            f"{row['n']:,}",
            f"{row['runs']:,}",
            one_line(", ".join(row["labels"]), CELL_LIMIT),
            one_line(", ".join(row["annotators"]), CELL_LIMIT),
            moment(row["last_ns"], scope.zone, "%Y-%m-%d %H:%M"),
        ],
    }


def _chosen(names: list[str]) -> str:
    """Draw which score is shown, at first one that the chart of task success does not show already."""
    other = [at for at, name in enumerate(names) if name not in SUCCESS]
    chosen: str = st.selectbox(
        "Score",
        names,
        index=other[0] if other else 0,
        key="score",
        label_visibility="collapsed",
        width=240,
        bind="query-params",
    )
    return chosen


def _by_version(scope: Scope, score: str) -> None:
    keys = newest_versions(scope)
    rows = {
        (row["pack"], row["version"]): row
        for row in scope.lake.ask(scores_by_name, scope.filters).to_pylist()
        if row["name"] == score and row["value"] is not None
    }
    drawn = [key for key in keys.drawn if key in rows]
    with card("By version", newest_note(keys)):
        if not drawn:
            st.caption("Its labels say neither yes nor no, and it has no numbers: see how they are spread.")
            return

        def opened() -> None:
            point = selected(st.session_state.get("score-versions"), SELECTION)
            if point is not None:
                show_behind(_named(drawn[int(point["place"])], score))

        shares = all(is_share(rows[key]["measure"]) for key in drawn)
        measures = " or ".join(sorted({str(rows[key]["measure"]) for key in drawn}))
        chart = interval_chart(
            [Measured(key, r["value"], r["low"], r["high"], r["n"]) for key in drawn for r in [rows[key]]],
            palette(), is_share=shares, what=measures,
        )  # fmt: skip
        st.altair_chart(
            chart, width="stretch", key="score-versions", on_select=opened, selection_mode=SELECTION
        )


def _spread(scope: Scope, score: str) -> None:
    rows = scope.lake.ask(score_distribution, scope.filters, score).to_pylist()
    keys = newest_versions(scope)
    with card("How it is spread", newest_note(keys) or "coloured by the part of the version's judgements"):
        for place, chart, only in (
            ("spread-numbers", spread_chart, [row for row in rows if row["low"] is not None]),
            ("spread-labels", label_chart, [row for row in rows if row["label"] is not None]),
        ):
            there = {(row["pack"], row["version"]) for row in only}
            drawn = [key for key in keys.drawn if key in there]
            if not drawn:
                continue

            def opened(place: str = place, drawn: list[Key] = drawn) -> None:
                point = selected(st.session_state.get(place), SELECTION)
                if point is not None:
                    show_behind(_named(drawn[int(point["place"])], score))

            st.altair_chart(
                chart(only, drawn, palette()),
                width="stretch",
                key=place,
                on_select=opened,
                selection_mode=SELECTION,
            )


def scores_cards(scope: Scope) -> None:
    """Draw the scores; nothing where no run has one."""
    names = [row["name"] for row in scope.lake.ask(score_names, scope.filters).to_pylist() if row["name"]]
    if not names:
        st.caption("No run here has a score.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Scores named**", width="content")
        score = _chosen(names)
    left, right = st.columns(2, gap="small")
    with left:
        _by_version(scope, score)
    with right:
        _spread(scope, score)
    table = scope.lake.ask(scores_by_name, scope.filters, BY)
    with card("All scores", "by name, pack and version"):
        rows = [score_row(scope, row) for row in table.slice(0, MOST_ROWS).to_pylist()]
        table_of_links("All scores", [column._asdict() for column in COLUMNS], rows, min(len(rows), SEEN))
        cut = f", the {MOST_ROWS} with most judgements are shown" if table.num_rows > MOST_ROWS else ""
        st.caption(f"{table.num_rows:,} rows{cut}.")
