"""The sources page: who sent what, what is odd about it, and what to do."""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st

from dashboards.answers import Lake, lake, sources
from dashboards.components.trace.component import table_of_links
from dashboards.text import one_line
from dashboards.views.filters import WINDOWS, since_ns
from dashboards.views.run_table import Column
from dashboards.views.watch import watch
from spotlight.reports.source_hints import PROBLEM

WATCH_SECONDS: Final = 5
CELL_LIMIT: Final = 200
# What the address of a source is made of.
PARAMETERS: Final = {"service": "service_name", "scope": "scope_name", "signal": "signal"}
# Streamlit takes `period`, to which a widget of the list is bound, out of addresses of other pages.
WITHIN: Final = "within"
NAMELESS: Final = "not named"
# For which period the reader has seen all that is known; another page forgets it.
LOOKED_INTO: Final = "looked_into"
COLUMNS: Final = (
    Column("service", "service", 116, "resource service.name; a click in the row shows more"),
    Column("scope", "scope", 190, "instrumentation scope"),
    Column("signal", "signal", 64, ""),
    Column("dialect", "vocabulary", 100, "How the attributes were read"),
    Column("requests", "requests", 74, "Requests that held items of the source", "right"),
    Column("items", "items", 66, "Spans, log records or data points, resent ones included", "right"),
    Column("keys", "attribute keys", 132, "Different keys; unmapped: those no column reads", "right"),
    Column("dropped", "dropped", 76, "Attributes that the client's limit dropped", "right"),
    Column("cut", "cut", 52, "Texts that were cut before they were sent", "right"),
    Column("bad", "bad JSON", 76, "Texts that begin like JSON and do not parse", "right"),
    Column("again", "again", 58, "Spans that came more than once", "right"),
    Column("session", "session", 116, "Where most traces of runs name the session"),
    Column("hints", "hints", 250, "What is odd; the row's page says what to do"),
)  # fmt: skip


def source_cells(facts: dict[str, Any]) -> dict[str, str]:
    """Return what the columns say about one source; "" is what does not apply."""
    keyed = facts["signal"] != "metrics"  # the attributes of metrics are not looked into
    return {
        "service": _text(facts["service_name"]) or NAMELESS,
        "scope": _text(facts["scope_name"]) or NAMELESS,
        "signal": facts["signal"],
        "dialect": _text(facts["dialects"]),
        "requests": f"{facts['requests']:,}",
        "items": f"{facts['items']:,}",
        "keys": _keys_said(facts["mapped_keys"], facts["unmapped_keys"]) if keyed else "",
        "dropped": _some(facts["dropped_attributes"]),
        "cut": _some(facts["truncated_values"]),
        "bad": _some(facts["bad_json"]),
        "again": _some(facts["resent"] + facts["replaced"]),
        "session": facts["session"] or "",
        "hints": " ".join(hint["text"] for hint in facts["hints"]),
    }


def _text(value: Any) -> str:
    return "" if value is None else one_line(value, CELL_LIMIT)


def _keys_said(mapped: int, unmapped: int) -> str:
    total = f"{mapped + unmapped:,}"
    return f"{total} · {unmapped:,} unmapped" if unmapped else total


def _some(count: int) -> str:
    return f"{count:,}" if count else ""


def _address(facts: dict[str, Any], window: str) -> str:
    said = {key: facts[column] for key, column in PARAMETERS.items() if facts[column] is not None}
    if window != WINDOWS[0]:
        said[WITHIN] = window
    if told_in := st.query_params.get("tz"):
        said["tz"] = told_in
    return "/source?" + urlencode(said)


def _table(label: str, found: list[dict[str, Any]], window: str) -> None:
    cells = [source_cells(facts) for facts in found]
    # A column about which no source says anything only takes room from the others.
    columns = [column for column in COLUMNS if any(said[column.name] for said in cells)]
    rows = []
    for facts, said in zip(found, cells, strict=True):
        is_odd = any(hint["level"] == PROBLEM for hint in facts["hints"])
        rows.append(
            {
                "href": _address(facts, window),
                "status": "problem" if is_odd else "ok",
                "cells": [said[column.name] for column in columns],
            }
        )
    table_of_links(label, [column._asdict() for column in columns], rows)


def _tables(asked: Lake, window: str) -> None:
    """Draw what came in, then, in its place, the same with what looking into it tells."""
    since = since_ns(window, time.time_ns())
    place, below = st.empty(), st.empty()
    if st.session_state.get(LOOKED_INTO) != window:  # else the whole table is there until the next one
        with place:
            _table("What came in", asked.ask(sources, since, looked_into=False), window)
        below.caption("Looking into what came in …")
    found = asked.ask(sources, since)
    st.session_state[LOOKED_INTO] = window
    with place:
        _table("Sources", found, window)
    noun = "source" if len(found) == 1 else "sources"
    odd = sum(any(hint["level"] == PROBLEM for hint in facts["hints"]) for facts in found)
    below.caption(f"{len(found):,} {noun} · {odd:,} with a problem")


def draw() -> None:
    """Draw the page."""
    asked = lake()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-title"):
        st.subheader("Sources", anchor=False, width="content")
        st.caption("Who sends what, and is it read right?", width="stretch")
        window = st.selectbox(
            "Period", WINDOWS, key="period", label_visibility="collapsed", width=110, bind="query-params"
        )
    if asked.ask(sources, since_ns(window, time.time_ns()), looked_into=False):
        _tables(asked, window)
    else:
        said = "Nothing has come in yet." if window == WINDOWS[0] else "Nothing came in in this time."
        st.info(said, icon=":material/inbox:")
    watch(asked.source, asked.version, WATCH_SECONDS)
