"""The filters that all pages share: their state is the address, so what is shown can be sent to someone.

They are drawn by the script itself and not by a page: Streamlit takes what a page's own widgets wrote
into the address out of the addresses of other pages, and filters are carried from page to page.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import streamlit as st

from dashboards.addresses import NUMBER_FIELDS, TEXT_FIELDS, TIME_FIELDS, filters_of, query_of
from dashboards.answers import Lake, newest_start, run_facets
from dashboards.clock import Zone
from dashboards.components.find.component import search_field
from dashboards.text import duration, escape, moment
from spotlight.reports import RunFilters
from spotlight.reports.find.checking import read

STATUS_WORDS: Final = {"ok": "ok", "error": "failed", "incomplete": "incomplete"}
WINDOW_HOURS: Final = {"1h": 1, "24h": 24, "7d": 24 * 7, "30d": 24 * 30}
ALL_TIME: Final = "all time"
WINDOWS: Final = (ALL_TIME, *WINDOW_HOURS)
ORDERS: Final = {
    "newest": "newest",
    "failed first": "failed_first",
    "slowest": "slowest",
    "most tokens": "most_tokens",
    "most expensive": "most_expensive",
}
HOUR_NS: Final = 3_600_000_000_000
MINUTE_NS: Final = 60_000_000_000
AGAINST: Final = "against"
PREVIOUS: Final = "previous period"
VERSION: Final = "version "
# The selectboxes: key -> label and width, in the order they are drawn in.
PICKED: Final = {
    "pack": ("Pack", 120),
    "version": ("Version", 100),
    "env": ("Environment", 122),
    "tenant": ("Tenant", 100),
    "user": ("User", 95),
    "model": ("Model", 120),
    "session": ("Session", 120),
    "agent": ("Agent", 130),
    "feature": ("Feature", 130),
    "surface": ("Surface", 130),
}
LIST_ROW: Final = ("pack", "version", "session")
FIGURES_ROW: Final = ("pack", "version", "env", "tenant", "user", "model")
# What only links set: told beside the filters, each with a way to take it away.
LINKED: Final = {"experiment": "of replay", "variant": "by variant", "replay_of": "replays of run"}
SPANS_OF_TIME: Final = (*TIME_FIELDS, *NUMBER_FIELDS)
SEARCH: Final = "q"
CLEARED: Final[dict[str, Any]] = {"status": [], "time": ALL_TIME, **dict.fromkeys(PICKED)}


class Scope(NamedTuple):
    """What a page is about: the data, the filters, what it is compared with, and how times are told.

    `baseline` is None where nothing was chosen to compare with; `against` names it, as plain text.
    """

    lake: Lake
    zone: Zone
    filters: RunFilters
    named: tuple[str, ...]
    baseline: RunFilters | None
    against: str


def since_ns(window: str, now_ns: int) -> int | None:
    """Return the start of a window that ends now, ns UTC; None for all time.

    Cut to the minute: two reruns a moment apart ask the same question.
    """
    hours = WINDOW_HOURS.get(window)
    if hours is None:
        return None
    return (now_ns - hours * HOUR_NS) // MINUTE_NS * MINUTE_NS


def fitting_window(newest_ns: int | None, now_ns: int) -> str:
    """Return the window that figures begin with: the last week or month that holds any run, else all time."""
    for window in ("7d", "30d"):
        start = since_ns(window, now_ns)
        if newest_ns is not None and start is not None and start <= newest_ns:
            return window
    return ALL_TIME


def clear_filters() -> None:
    """Take every filter away; a callback, since a widget's state is set before it is drawn."""
    for key, value in CLEARED.items():
        st.session_state[key] = value
    for key in (SEARCH, *SPANS_OF_TIME, *LINKED):
        _forget(key)


def _forget(key: str) -> None:
    if key in st.query_params:
        del st.query_params[key]


def _by_hand(key: str, usual: Any, draw: Callable[[], Any]) -> Any:
    """Return what a widget says whose state is the address: a link, Back and another page change it, too.

    Streamlit's own `bind` takes a value out of the address where a click ends the script before the widget
    is drawn, and on a link within Spotlight holds the widget for right.
    """
    given = st.query_params.get(key)
    said = usual if given is None else given or None
    if key not in st.session_state or st.session_state.get(f"{key}_said", said) != said:
        st.session_state[key] = said
    chosen = draw()
    if chosen != said:
        if (chosen or None) == (usual or None):
            _forget(key)
        else:
            st.query_params[key] = chosen or ""
    st.session_state[f"{key}_said"] = chosen
    return chosen


def _picked(key: str, values: list[str], width: int | None = None) -> str | None:
    label, usual = PICKED[key]

    def draw() -> str | None:
        # accept_new_options: a link may name a session that is not among the newest ones offered.
        return st.selectbox(
            label,
            values,
            index=None,
            key=key,
            placeholder=label,
            accept_new_options=True,
            label_visibility="collapsed",
            width=width or usual,
        )

    said: str | None = _by_hand(key, None, draw)
    return said or None


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


def _one_of(label: str, key: str, known: Iterable[str], usual: str, width: int) -> str:
    """Draw a choice of known words; an address that says another one means the usual."""
    words = list(known)
    if st.query_params.get(key, usual) not in words:
        _forget(key)

    def draw() -> str:
        return st.selectbox(label, words, key=key, label_visibility="collapsed", width=width)

    return str(_by_hand(key, usual, draw))


def _offered(row: tuple[str, ...], facets: dict[str, list[str]]) -> dict[str, str | None]:
    """Draw the selectboxes of a row, and the rest behind "More"; return what they say."""
    chosen: dict[str, str | None] = {}
    for key in row:
        if facets.get(TEXT_FIELDS[key]) or key in st.query_params or key in ("pack", "version", "session"):
            chosen[key] = _picked(key, facets.get(TEXT_FIELDS[key], []))
    more = [
        key for key in PICKED if key not in row and (facets.get(TEXT_FIELDS[key]) or key in st.query_params)
    ]
    if more:
        said = sum(key in st.query_params for key in more)
        with st.popover(f"More · {said}" if said else "More", key="more-filters"):
            for key in more:
                chosen[key] = _picked(key, facets.get(TEXT_FIELDS[key], []), 260)
    return chosen


def _baseline_said(facets: dict[str, list[str]], *, has_start: bool) -> str | None:
    """Draw what the figures are compared with; return it as it stands in the address."""
    versions = [VERSION + version for version in facets.get("pack_version", ())]

    def draw() -> str | None:
        return st.selectbox(
            "Compared with",
            [PREVIOUS, *versions] if has_start else versions,
            index=None,
            key=AGAINST,
            placeholder="compared with",
            accept_new_options=True,
            label_visibility="collapsed",
            width=138,
            help="What the figures are compared with: the period before, or one version",
        )

    said: str | None = _by_hand(AGAINST, PREVIOUS if has_start else None, draw)
    return said or None


def baseline_of(filters: RunFilters, said: str | None, now_ns: int) -> RunFilters | None:
    """Return the runs that `said` means to compare with; None where it means none."""
    if said is None:
        return None
    if said.startswith(VERSION):
        return filters._replace(pack_version=said.removeprefix(VERSION))
    if filters.since_ns is None:
        return None
    until = now_ns // MINUTE_NS * MINUTE_NS if filters.until_ns is None else filters.until_ns
    return filters._replace(since_ns=filters.since_ns - (until - filters.since_ns), until_ns=filters.since_ns)


def _bounds(filters: RunFilters, zone: Zone) -> list[str]:
    """Draw what only links set, each with a way to take it away; return the names."""
    said: dict[str, Any] = {
        "since": filters.since_ns is not None and f"since {moment(filters.since_ns, zone)}",
        "until": filters.until_ns is not None and f"until {moment(filters.until_ns, zone)}",
    }
    for key in NUMBER_FIELDS:
        value = getattr(filters, key)
        said[key] = value is not None and f"{'from' if key == 'min_ms' else 'below'} {duration(value)}"
    for key, word in LINKED.items():
        value = getattr(filters, TEXT_FIELDS[key])
        said[key] = value is not None and f"{word} {value}"
    named = [key for key, label in said.items() if label]
    for key in named:
        st.button(
            escape(said[key], 60), key=f"drop-{key}", icon=":material/close:", on_click=_forget, args=(key,)
        )
    return named


def filter_bar(lake: Lake, zone: Zone, *, for_list: bool = False, other: bool = False) -> Scope | None:
    """Draw the filters and return what they say; None where there is nothing to filter.

    `for_list` adds the order, else what the figures are compared with is
    asked. `other`: filters of the traces without an agent.

    Raises: UnreadableSearch.
    """
    facets = lake.ask(run_facets, other=other)
    if not any(facets.values()):
        return None
    now = time.time_ns()
    linked = filters_of({key: st.query_params.get_all(key) for key in (*SPANS_OF_TIME, *LINKED)}, now)
    order, said = "newest", None
    text = st.query_params.get(SEARCH, "").strip()
    search_field(text)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        status = _status_pills()
        usual = ALL_TIME if for_list else fitting_window(lake.ask(newest_start), now)
        window_place = st.container(width="content")
        chosen = _offered(LIST_ROW if for_list else FIGURES_ROW, facets)
        window = ALL_TIME
        if linked.since_ns is None and linked.until_ns is None:
            with window_place:
                window = _one_of("Time", "time", WINDOWS, usual, 100)
        if for_list:
            order = _one_of("Order", "order", ORDERS, order, 140)
        start = since_ns(window, now) if linked.since_ns is None else linked.since_ns
        if not for_list:
            said = _baseline_said(facets, has_start=start is not None)
        bounds = _bounds(linked, zone)
    picked: dict[str, Any] = {TEXT_FIELDS[key]: value or None for key, value in chosen.items()}
    filters = linked._replace(
        **picked,
        status=tuple(status),
        query=text or None,
        since_ns=start,
        order=ORDERS[order],
        other=other,
    )
    named = {"search": text, "status": status, **chosen, "time": window != ALL_TIME}
    read(text, now)  # one that cannot be read is told before any question is asked
    baseline = baseline_of(filters, said, now)
    against = said if baseline and said else ""
    return Scope(lake, zone, filters, (*(n for n, v in named.items() if v), *bounds), baseline, against)


def carried() -> dict[str, list[str]]:
    """Return what of the address goes along to other pages."""
    keys = ("time", AGAINST, "tz", SEARCH, *CLEARED, *SPANS_OF_TIME, *LINKED)
    found = {key: values for key in dict.fromkeys(keys) if (values := st.query_params.get_all(key))}
    window = st.session_state.get("time")
    if window in WINDOWS and not any(key in found for key in TIME_FIELDS):
        found["time"] = [window]  # also where it is what the page begins with: another page begins otherwise
    return found


def runs_behind(filters: RunFilters) -> dict[str, list[str]]:
    """Return the query of the list of these runs, in the reader's time zone."""
    zone = {"tz": st.query_params.get_all("tz")} if "tz" in st.query_params else {}
    return query_of(filters) | zone
