"""A page that is left open draws itself anew when something new is visible."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboards.source import RunSource
from spotlight.errors import SpotlightError


def watch(
    source: RunSource, drawn_version: int, every_seconds: float, changed: Callable[[], bool] = lambda: True
) -> None:
    """Look every few seconds; draws nothing itself, so looking costs one number.

    `changed` is asked when anything is new: whether that concerns the page.
    """

    @st.fragment(run_every=every_seconds)
    def look() -> None:
        try:
            arrived = source.data_version() != drawn_version and changed()
        except SpotlightError:
            return  # the next look, or the next full draw, says what is wrong
        if arrived:
            st.rerun()

    look()
