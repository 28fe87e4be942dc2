"""What was judged of a run: its scores in a line, and all that is known of each behind a button."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.addresses import address
from dashboards.clock import Zone
from dashboards.components.trace.component import table_of_links
from dashboards.text import escape, moment, one_line, short_id
from dashboards.views.run_table import Column

IN_LINE: Final = 6
COLUMNS: Final = (
    Column("name", "score", 120, "A click opens the step that was judged"),
    Column("value", "value", 70, align="right"),
    Column("label", "label", 100),
    Column("of", "of", 110, "What is judged: the run, a step, or the session"),
    Column("by", "by", 130),
    Column("when", "when", 180),
    Column("why", "explanation", 320),
)


def number(value: float | None) -> str:
    """Return the number of a judgement with the digits that count; "" where there is only a label."""
    return "" if value is None else f"{value:.4g}"


def verdict(score: dict[str, Any]) -> str:
    """Return a score in a few words, as plain text: its name and what it says."""
    said = [number(score["value"]), one_line(score["label"] or "", 24)]
    return f"{one_line(score['name'] or 'score', 40)} {' '.join(part for part in said if part)}".strip()


def _row(score: dict[str, Any], run_id: str, zone: Zone) -> dict[str, Any]:
    span = score["span_id"]
    tz = {"tz": [zone.name]} if zone.name != "UTC" else {}
    by = " · ".join(one_line(score[key], 60) for key in ("annotator", "evaluator") if score[key])
    return {
        "href": address("/run", {"run": [run_id], "span": [span], **tz}) if span else None,
        "status": "ok",
        "cells": [
            one_line(score["name"] or "", 80),
            number(score["value"]),
            one_line(score["label"] or "", 80),
            f"step {short_id(span)}" if span else one_line(score["target_type"] or "", 20),
            by,
            moment(None if score["time_ns"] is None else int(score["time_ns"]), zone),
            one_line(score["explanation"] or "", 400),
        ],
    }


def scores_line(scores: list[dict[str, Any]], run_id: str, zone: Zone) -> None:
    """Draw the scores of a run; nothing where there is none."""
    if not scores:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-scores"):
        for score in scores[:IN_LINE]:
            st.badge(escape(verdict(score), 70), color="blue")
        noun = "score" if len(scores) == 1 else "scores"
        with st.popover(f"{len(scores):,} {noun}", type="tertiary"):
            rows = [_row(score, run_id, zone) for score in scores]
            table_of_links("Scores", [column._asdict() for column in COLUMNS], rows, min(len(rows), 12))
