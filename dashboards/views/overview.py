"""The overview page."""

from __future__ import annotations

import streamlit as st

from dashboards.views.filters import Scope


def draw(scope: Scope) -> None:
    """Draw the page."""
    st.write(scope.filters)
    st.write(scope.baseline)
