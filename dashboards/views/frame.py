"""The frame of a page of figures: what it is about, that there is nothing to show, and staying up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from dashboards.answers import Lake, run_count
from dashboards.views.behind import runs_dialog
from dashboards.views.filters import Scope, clear_filters
from dashboards.views.first_steps import first_steps
from dashboards.views.watch import watch

WATCH_SECONDS: Final = 15


def title(name: str, question: str) -> None:
    """Draw the name of a page and the question it answers."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.subheader(name, anchor=False, width="content")
        st.caption(question)


def nothing_matches(named: tuple[str, ...], noun: str = "runs") -> None:
    """Say that the filters leave nothing, and offer to take them away."""
    st.info(f"No {noun} match these filters: {', '.join(named)}.", icon=":material/filter_alt_off:")
    st.button("Clear filters", on_click=clear_filters)


def figures_page(lake: Lake, scope: Scope | None, draw: Callable[[Scope], None]) -> None:
    """Draw a page of figures about what the filters leave; first steps while there is no run."""
    if scope is None:
        first_steps()
    elif not lake.ask(run_count, scope.filters):
        nothing_matches(scope.named or ("time",))
    else:
        draw(scope)
        runs_dialog(scope)
    watch(lake.source, lake.version, WATCH_SECONDS)
