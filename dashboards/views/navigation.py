"""Ways between pages: a run's address carries the query of the list that it was opened from."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboards.addresses import LIST_KEYS

BACK: Final = "back"
OTHER: Final = "other"
ZONE: Final = "tz"
BACK_LIMIT: Final = 2000


def same_list() -> dict[str, list[str]]:
    """Return the query of the list that is shown, {} without a filter."""
    return {key: values for key in (*LIST_KEYS, ZONE) if (values := st.query_params.get_all(key))}


def back_parameter() -> str:
    """Return what the address of a run opened from this list ends with."""
    query = urlencode([(key, value) for key in LIST_KEYS for value in st.query_params.get_all(key)])
    zone = [(ZONE, value) for value in st.query_params.get_all(ZONE)]
    ending = urlencode([*([(BACK, query)] if query else []), *zone])
    return "&" + ending if ending else ""


def way_back() -> dict[str, list[str]]:
    """Return the query of the list this address of a run came from: only names the list knows."""
    said: dict[str, list[str]] = {}
    for key, value in parse_qsl(st.query_params.get(BACK, "")[:BACK_LIMIT]):
        if key in LIST_KEYS:
            said.setdefault(key, []).append(value)
    if zone := st.query_params.get_all(ZONE):
        said[ZONE] = zone
    return said
