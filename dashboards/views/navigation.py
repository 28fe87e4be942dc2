"""The way back: the address of a run carries the query of the list it was opened from."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode

import streamlit as st

BACK: Final = "back"
OTHER: Final = "other"
BACK_LIMIT: Final = 2000
LIST_KEYS: Final = ("q", "status", "pack", "version", "session", "time", "order", "page", OTHER)


def list_query() -> str:
    """Return the query of the list that is shown, "" without a filter."""
    return urlencode([(key, value) for key in LIST_KEYS for value in st.query_params.get_all(key)])


def same_list() -> dict[str, list[str]]:
    """Return the query of the list that is shown, {} without a filter."""
    return {key: values for key in LIST_KEYS if (values := st.query_params.get_all(key))}


def back_parameter() -> str:
    """Return what the address of a run opened from this list ends with."""
    query = list_query()
    return "&" + urlencode({BACK: query}) if query else ""


def way_back() -> dict[str, list[str]]:
    """Return the query of the list this address of a run came from: only names the list knows."""
    said: dict[str, list[str]] = {}
    for key, value in parse_qsl(st.query_params.get(BACK, "")[:BACK_LIMIT]):
        if key in LIST_KEYS:
            said.setdefault(key, []).append(value)
    return said
