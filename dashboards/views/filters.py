"""The filter row of the runs page: its state is the address, so a filtered list can be sent to someone."""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

import streamlit as st

from spotlight.reports import RunFilters

STATUS_WORDS: Final = {"ok": "ok", "error": "failed", "incomplete": "incomplete"}
WINDOW_HOURS: Final = {"1h": 1, "24h": 24, "7d": 24 * 7, "30d": 24 * 30}
WINDOWS: Final = ("all time", *WINDOW_HOURS)
ORDERS: Final = {
    "newest": "newest",
    "failed first": "failed_first",
    "slowest": "slowest",
    "most tokens": "most_tokens",
}
HOUR_NS: Final = 3_600_000_000_000


CLEARED: Final[dict[str, Any]] = {
    "q": "",
    "status": [],
    "pack": None,
    "version": None,
    "session": None,
    "time": WINDOWS[0],
}


class Choice(NamedTuple):
    """What the reader filters by; `named` says which filters are set, for the line above the table."""

    filters: RunFilters
    named: tuple[str, ...]


def since_ns(window: str, now_ns: int) -> int | None:
    """Return the start of a window that ends now, ns UTC; None for all time.

    Cut to the minute: two reruns a moment apart ask the same question.
    """
    hours = WINDOW_HOURS.get(window)
    if hours is None:
        return None
    return (now_ns - hours * HOUR_NS) // 60_000_000_000 * 60_000_000_000


def clear_filters() -> None:
    """Take every filter away; a callback, since a widget's state is set before it is drawn."""
    for key, value in CLEARED.items():
        st.session_state[key] = value


def _picked(label: str, key: str, values: list[str], width: int) -> str | None:
    # accept_new_options: a link may name a session that is not among the newest ones offered.
    return st.selectbox(
        label,
        values,
        index=None,
        key=key,
        placeholder=label,
        accept_new_options=True,
        label_visibility="collapsed",
        width=width,
        bind="query-params",
    )


def _status_pills() -> list[str]:
    """Draw the statuses; the address says `status=error` where the page says "failed".

    `bind` would write the label into the address, so this one is bound by hand.
    """
    given = st.query_params.get_all("status")
    said = [status for status, word in STATUS_WORDS.items() if status in given or word in given]
    if "status" not in st.session_state or st.session_state.get("status_said") != said:
        st.session_state["status"] = said  # a link, Back or another page: the address is right
    chosen = st.pills(
        "Status",
        list(STATUS_WORDS),
        format_func=lambda status: STATUS_WORDS.get(status, "unknown"),
        selection_mode="multi",
        key="status",
        label_visibility="collapsed",
    )
    chosen = [status for status in STATUS_WORDS if status in chosen]
    if chosen != said:
        st.query_params["status"] = chosen
    st.session_state["status_said"] = chosen
    return chosen


def filter_row(facets: dict[str, list[str]], *, other: bool = False) -> Choice:
    """Draw the filters and return what they say; `other` asks for the traces without an agent."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text = st.text_input(
            "Search runs",
            key="q",
            type="search",
            live="300ms",
            placeholder="Search id, name, session, user, error",
            label_visibility="collapsed",
            width=270,
            bind="query-params",
        )
        status = _status_pills()
        pack = _picked("Pack", "pack", facets.get("pack_name", []), 150)
        version = _picked("Version", "version", facets.get("pack_version", []), 120)
        session = _picked("Session", "session", facets.get("session_id", []), 140)
        window = st.selectbox(
            "Time", WINDOWS, key="time", label_visibility="collapsed", width=110, bind="query-params"
        )
        order = st.selectbox(
            "Order", list(ORDERS), key="order", label_visibility="collapsed", width=130, bind="query-params"
        )
    said = {"search": text, "status": status, "pack": pack, "version": version, "session": session}
    if window != WINDOWS[0]:
        said["time"] = window
    filters = RunFilters(
        status=tuple(status or ()),
        pack_name=pack or None,
        pack_version=version or None,
        session_id=session or None,
        text=text or None,
        since_ns=since_ns(window, time.time_ns()),
        order=ORDERS[order],
        other=other,
    )
    return Choice(filters, tuple(name for name, value in said.items() if value))
