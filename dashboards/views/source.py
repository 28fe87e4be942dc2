"""The page of one source: what it sent, what is odd about it, what to do, and its attribute keys."""

from __future__ import annotations

import time
from typing import Any, Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.answers import lake, sources
from dashboards.clock import zone
from dashboards.components.trace.component import table_of_links
from dashboards.source import RunSource
from dashboards.text import escape, moment, one_line, share
from dashboards.views.filters import WINDOWS, since_ns
from dashboards.views.run_table import Column
from dashboards.views.sources import CELL_LIMIT, NAMELESS, PARAMETERS, WATCH_SECONDS, WITHIN
from dashboards.views.watch import watch
from spotlight.reports import Source
from spotlight.reports.source_hints import PROBLEM

MOST_KEYS: Final = 500
_SIGNALS: Final = ("traces", "logs", "metrics")
HINT_COLUMNS: Final = (
    Column("level", "", 84),
    Column("hints", "what is odd", 460),
    Column("advice", "what to do", 460),
)
KEY_COLUMNS: Final = (
    Column("key", "key", 420, "N stands for an index"),
    Column("mapped", "read as", 260),
    Column("count", "count", 100, align="right"),
    Column("type", "type", 100, "Of one value"),
)


def _chosen() -> Source | None:
    """Return the source that the address names; None where it names none."""
    signal = st.query_params.get("signal")
    if signal not in _SIGNALS:
        return None
    return Source(st.query_params.get("service"), st.query_params.get("scope"), signal)


def _facts(found: list[dict[str, Any]], chosen: Source) -> dict[str, Any] | None:
    """Return what is told of the chosen source; None where it sent nothing."""
    return next((f for f in found if Source(*(f[c] for c in PARAMETERS.values())) == chosen), None)


def _tiles(facts: dict[str, Any]) -> None:
    share_mapped = share(facts["mapped_attributes"], facts["attributes"])
    said = [
        ("Requests", f"{facts['requests']:,}", f"last {moment(facts['last_received_ns'], zone())}"),
        ("Items", f"{facts['items']:,}", f"{facts['resent'] + facts['replaced']:,} came again"),
        ("Attributes", f"{facts['attributes']:,}", f"{share_mapped} with a known key"),
        ("Dropped", f"{facts['dropped_attributes']:,}", "attributes, by the client's limit"),
        ("Cut", f"{facts['truncated_values']:,}", f"texts; {facts['bad_json']:,} bad JSON"),
    ]
    with st.container(key="tiles"):
        columns = st.columns(len(said), gap="small")
    for column, (label, value, note) in zip(columns, said, strict=True):
        column.metric(label, value, note, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _hints(facts: dict[str, Any]) -> None:
    if not facts["hints"]:
        st.success("Nothing odd was found.", icon=":material/check:")
        return
    rows = [
        {
            "href": None,
            "status": hint["level"],
            "cells": ["▲ problem" if hint["level"] == PROBLEM else "note", hint["text"], hint["advice"]],
        }
        for hint in facts["hints"]
    ]
    table_of_links("Hints", [column._asdict() for column in HINT_COLUMNS], rows)


def _keys(source: RunSource, chosen: Source, since: int | None) -> None:
    rows = source.source_keys(chosen, since, MOST_KEYS)
    if not rows:
        st.caption(
            "The attributes of metrics are not counted." if chosen.signal == "metrics" else "No attributes."
        )
        return
    unmapped = sum(not row["mapped"] for row in rows)
    st.markdown(f"##### Attribute keys: {len(rows) - unmapped:,} mapped, {unmapped:,} unmapped")
    listed = [
        {
            "href": None,
            "status": "ok" if row["mapped"] else "unmapped",
            "cells": [
                "other keys" if row["key"] is None else one_line(row["key"], CELL_LIMIT),
                "known" if row["mapped"] else "unmapped: kept, without a column",
                f"{row['count']:,}",
                row["type"] or "",
            ],
        }
        for row in rows
    ]
    table_of_links("Attribute keys", [column._asdict() for column in KEY_COLUMNS], listed)


def draw(sources_page: Page) -> None:
    """Draw the source that the address names."""
    chosen = _chosen()
    if chosen is None:
        st.subheader("Source", anchor=False)
        st.warning("No source is chosen.", icon=":material/search_off:")
        st.page_link(sources_page, label="All sources", icon=":material/arrow_back:")
        return
    asked = lake()
    window = st.query_params.get(WITHIN, WINDOWS[0])
    since = since_ns(window, time.time_ns())
    facts = _facts(asked.ask(sources, since, looked_into=False), chosen)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-header"):
        st.subheader(escape(chosen.service_name or NAMELESS, 60), anchor=False, width="content")
        st.badge(chosen.signal, color="gray")
        st.caption(f"scope {escape(chosen.scope_name or NAMELESS, 120)}", width="stretch")
        back = {} if window == WINDOWS[0] else {"period": window}
        st.page_link(sources_page, label="All sources", icon=":material/arrow_back:", query_params=back)
    if facts is None:
        st.warning("This source has sent nothing in this time.", icon=":material/search_off:")
        return
    _tiles(facts)
    above = st.container()
    _keys(asked.source, chosen, since)
    with above:  # last: to look into all that came in takes time
        _hints(_facts(asked.ask(sources, since), chosen) or facts)
    watch(asked.source, asked.version, WATCH_SECONDS)
