"""The sources page: who sent what, what is odd about it, and what to do."""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.components.trace.component import table_of_links
from dashboards.source import RunSource, published
from dashboards.text import escape, one_line, share, utc
from dashboards.views.filters import WINDOWS, since_ns
from dashboards.views.run_table import Column
from spotlight.errors import SpotlightError
from spotlight.reports import Source
from spotlight.reports.source_hints import PROBLEM

WATCH_SECONDS: Final = 5
CELL_LIMIT: Final = 200
MOST_KEYS: Final = 500
NAMELESS: Final = "not named"
_SIGNALS: Final = ("traces", "logs", "metrics")
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


@st.fragment(run_every=WATCH_SECONDS)
def _watch(source: RunSource, drawn_version: int) -> None:
    """Redraw the page when something new is visible."""
    try:
        arrived = source.data_version() != drawn_version
    except SpotlightError:
        return  # the next look, or the next full draw, says what is wrong
    if arrived:
        st.rerun()


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
    said = {key: facts[column] for key, column in _PARAMETERS.items() if facts[column] is not None}
    if window != WINDOWS[0]:
        said["period"] = window
    return "/sources?" + urlencode(said)


_PARAMETERS: Final = {"service": "service_name", "scope": "scope_name", "signal": "signal"}


def _chosen() -> Source | None:
    """Return the source that the address names; None for the list of all."""
    signal = st.query_params.get("signal")
    if signal not in _SIGNALS:
        return None
    return Source(st.query_params.get("service"), st.query_params.get("scope"), signal)


def _table(found: list[dict[str, Any]], window: str) -> None:
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
    table_of_links("Sources", [column._asdict() for column in columns], rows)
    noun = "source" if len(found) == 1 else "sources"
    odd = sum(row["status"] == "problem" for row in rows)
    st.caption(f"{len(found):,} {noun} · {odd:,} with a problem")


def _tiles(facts: dict[str, Any]) -> None:
    share_mapped = share(facts["mapped_attributes"], facts["attributes"])
    said = [
        ("Requests", f"{facts['requests']:,}", f"last {utc(facts['last_received_ns'])}"),
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


def _detail(source: RunSource, found: list[dict[str, Any]], chosen: Source, window: str, page: Page) -> None:
    facts = next((f for f in found if Source(*(f[c] for c in _PARAMETERS.values())) == chosen), None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-header"):
        st.subheader(escape(chosen.service_name or NAMELESS, 60), anchor=False, width="content")
        st.badge(chosen.signal, color="gray")
        st.caption(f"scope {escape(chosen.scope_name or NAMELESS, 120)}", width="stretch")
        back = {} if window == WINDOWS[0] else {"period": window}
        st.page_link(page, label="All sources", icon=":material/arrow_back:", query_params=back)
    if facts is None:
        st.warning("This source has sent nothing in this time.", icon=":material/search_off:")
        return
    _tiles(facts)
    _hints(facts)
    _keys(source, chosen, since_ns(window, time.time_ns()))


def draw(page: Page) -> None:
    """Draw all sources, or the one that the address names; `page` is this page."""
    source = published().source
    version = source.data_version()
    chosen = _chosen()
    window = st.query_params.get("period", WINDOWS[0])
    if chosen is None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-title"):
            st.subheader("Sources", anchor=False, width="content")
            st.caption("Who sends what, and is it read right?", width="stretch")
            window = st.selectbox(
                "Period", WINDOWS, key="period", label_visibility="collapsed", width=110, bind="query-params"
            )
    found = source.sources(since_ns(window, time.time_ns()))
    if chosen is not None:
        _detail(source, found, chosen, window, page)
    elif found:
        _table(found, window)
    else:
        st.info("Nothing has come in yet." if window == WINDOWS[0] else "Nothing came in in this time.",
                icon=":material/inbox:")  # fmt: skip
    _watch(source, version)
