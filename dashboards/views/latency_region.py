"""What differs about some runs: those of a brushed part of the heatmap, else the slowest."""

from __future__ import annotations

import math
from typing import Any, Final

import streamlit as st

from dashboards.answers import run_count
from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, duration, escape, moment, one_line, part
from dashboards.views.behind import RUNS, href, list_link, runs_href
from dashboards.views.figures import card
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from spotlight.reports import RunFilters
from spotlight.reports.cost_flow import label
from spotlight.reports.latency import latency
from spotlight.reports.latency_difference import runs_with_value, what_differs

KEY: Final = "region"
DRAWN: Final = "heatmaps_drawn"
PER_DIMENSION: Final = 3
WORTH_TELLING: Final = 0.01
FEW: Final = 20
SHOWN: Final = 10
SHOWN_RUNS: Final = 50
# Dimensions that a list of runs can be narrowed by, and the field that does it.
FIELDS: Final = {
    "tenant": "tenant_claimed", "user": "user_id", "session": "session_id", "feature": "feature",
    "surface": "surface", "environment": "environment", "agent": "agent_name", "pack": "pack_name",
    "version": "pack_version", "model": "model", "status": "status",
}  # fmt: skip
COLUMNS: Final = (
    Column("value", "value", 124, "A click opens the runs inside that have the value"),
    Column("dimension", "of", 72),
    Column("inside", "inside", 60, "Share of the runs inside that have the value", "right"),
    Column("outside", "outside", 62, "Share of all other runs that have it", "right"),
    Column("difference", "difference", 82, "Inside less outside, in percentage points", "right"),
    Column("lift", "times", 50, "How many times as frequent inside as outside", "right"),
)


def written(region: RunFilters) -> str:
    """Return what the address says of a region: its bounds of time, ns UTC, and of duration, ms."""
    return f"{region.since_ns},{region.until_ns},{region.min_ms!r},{region.max_ms!r}"


def read(text: str | None, filters: RunFilters) -> RunFilters | None:
    """Return the region that the address names, within the filters; None where it names none."""
    try:
        since, until, low, high = (text or "").split(",")
        bounds = (int(since), int(until), float(low), float(high))
    except ValueError:
        return None
    if not all(math.isfinite(bound) and 0 <= bound < 1 << 63 for bound in bounds):
        return None
    return filters._replace(
        since_ns=max(bounds[0], filters.since_ns or 0),
        until_ns=min(bounds[1], bounds[1] if filters.until_ns is None else filters.until_ns),
        min_ms=max(bounds[2], filters.min_ms or 0.0),
        max_ms=min(bounds[3], bounds[3] if filters.max_ms is None else filters.max_ms),
    )


def keep(region: RunFilters | None) -> None:
    """Put a region into the address, or take it out; for the callback of the heatmap."""
    if region is not None:
        st.query_params[KEY] = written(region)
    elif KEY in st.query_params:
        del st.query_params[KEY]


def _forget() -> None:
    keep(None)
    st.session_state[DRAWN] = st.session_state.get(DRAWN, 0) + 1  # a new chart has no brush


def slowest(scope: Scope) -> RunFilters | None:
    """Return the filters of the slowest twentieth of the runs; None where no duration is known."""
    row = scope.lake.ask(latency, scope.filters, measures=("completion",)).to_pylist()
    return scope.filters._replace(min_ms=row[0]["p95_ms"]) if row and row[0]["n"] else None


def _said(region: RunFilters, scope: Scope) -> str:
    began = (moment(ns, scope.zone, "%d %b %H:%M") for ns in (region.since_ns, region.until_ns))
    took = (duration(ms) for ms in (region.min_ms, region.max_ms))
    return f"began {' to '.join(began)}, took {' to '.join(took)}"


def _href(scope: Scope, region: RunFilters, row: dict[str, Any]) -> str | None:
    """Return the address of the list of the runs inside that have a value, else of a dialog of them."""
    dimension, value = row["dimension"], row["value"]
    field = FIELDS.get(dimension)
    if field and value is not None and getattr(region, field) in (None, (), value):
        narrowed: Any = (value,) if field == "status" else value
        return runs_href(region._replace(**{field: narrowed}, order="slowest"))
    if not row["inside"]:
        return None
    return href([(RUNS, scope.lake.ask(runs_with_value, region, dimension, value, limit=SHOWN_RUNS))])


def _row(scope: Scope, region: RunFilters, row: dict[str, Any]) -> dict[str, Any]:
    points = 100 * row["difference"]
    return {
        "href": _href(scope, region, row),
        "status": "ok",
        "cells": [
            one_line(label(row["dimension"], row["value"]), 100),
            row["dimension"],
            part(row["inside_share"]),
            part(row["outside_share"]),
            f"{'▲' if points > 0 else '▼'} {abs(points):.1f} pp",
            NOTHING if row["lift"] is None else f"{row['lift']:.1f}×",
        ],
    }


def difference_card(scope: Scope) -> None:
    """Draw what the runs of the region have in common that the other runs have not."""
    chosen = read(st.query_params.get(KEY), scope.filters)
    region = chosen or slowest(scope)
    with card("What differs about", "the brushed runs" if chosen else "the slowest 5%: brush for others"):
        if region is None:
            st.caption("No run here has a duration.")
            return
        count = scope.lake.ask(run_count, region)
        said = _said(region, scope) if chosen else f"took {duration(region.min_ms)} or longer"
        st.caption(escape(f"{count:,} {'run' if count == 1 else 'runs'}: {said}", 200))
        found = scope.lake.ask(what_differs, region, scope.filters, per_dimension=PER_DIMENSION).to_pylist()
        told = [row for row in found if abs(row["difference"] or 0.0) >= WORTH_TELLING]
        if told:
            rows = [_row(scope, region, row) for row in told]
            table_of_links("What differs", [column._asdict() for column in COLUMNS], rows, SHOWN)
        else:
            st.caption("Nothing differs: all runs are inside, none is, or both sides are alike.")
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if count:
                noun = "this run" if count == 1 else f"these {count:,} runs"
                list_link(f"Open {noun}", region._replace(order="slowest"))
            if chosen:
                st.button("The slowest 5% again", type="tertiary", icon=":material/close:", on_click=_forget)
        if 0 < count < FEW:
            st.caption("With so few runs some value always differs.")
