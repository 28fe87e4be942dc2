"""What differs about some runs: those of a brushed part of the heatmap, else the slowest."""

from __future__ import annotations

import math
from typing import Final

import streamlit as st

from dashboards.answers import run_count
from dashboards.text import duration, escape, moment
from dashboards.views.behind import list_link
from dashboards.views.figures import card
from dashboards.views.filters import Scope, carried
from dashboards.views.lift import MOST_FEATURES, feature_table, lift_link
from spotlight.reports import RunFilters
from spotlight.reports.find.writing import bounds_of
from spotlight.reports.latency import latency
from spotlight.reports.lift import lift

KEY: Final = "region"
DRAWN: Final = "heatmaps_drawn"
SHOWN: Final = 10


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


def difference_card(scope: Scope) -> None:
    """Draw what the runs of the region have in common that the other runs have not."""
    chosen = read(st.query_params.get(KEY), scope.filters)
    region = chosen or slowest(scope)
    with card("What differs about", "the brushed runs" if chosen else "the slowest 5%: brush for others"):
        if region is None:
            st.caption("No run here has a duration.")
            return
        count = scope.lake.ask(run_count, region)
        these = bounds_of(region if chosen else RunFilters(min_ms=region.min_ms)) or ""
        said = _said(region, scope) if chosen else f"took {duration(region.min_ms)} or longer"
        st.caption(escape(f"{count:,} {'run' if count == 1 else 'runs'}: {said}", 200))
        _features(scope, these)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if count:
                noun = "this run" if count == 1 else f"these {count:,} runs"
                list_link(f"Open {noun}", region._replace(order="slowest"))
                lift_link("All that differs", these, carried())
            if chosen:
                st.button("The slowest 5% again", type="tertiary", icon=":material/close:", on_click=_forget)


def _features(scope: Scope, these: str) -> None:
    """Draw the features that differ, the most certain first."""
    found = scope.lake.ask(lift, these, scope.filters)
    if not found.inside_n or not found.outside_n:
        st.caption("All runs are inside, or none is: there is nothing to compare.")
    elif not found.features:
        st.caption("No feature differs by more than chance would make differ.")
    else:
        feature_table("What differs", found, found.features[:MOST_FEATURES], SHOWN, brief=True)
