"""The compare page: what did one run do differently from another, and where did they part?"""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.answers import lake
from dashboards.components.compare.component import compare_view
from dashboards.json_answers import ID
from dashboards.text import escape
from dashboards.views.navigation import back_parameter
from spotlight.errors import NotFound
from spotlight.reports.nearest_good import nearest_good

SIDES: Final = {"a": "Left run", "b": "Right run"}
HOW: Final = (
    "Tick two runs in the list of runs, or open a run and press “Compare with nearest good run”, or give "
    "two ids here; the beginning of an id is enough. Without a left run, the nearest good one is found."
)


def _title() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.subheader("Compare", anchor=False, width="content")
        st.caption("What did one run do differently, and where did they part?")


def _ask() -> None:
    """Ask for two runs; the address then names them."""
    st.caption(HOW)
    with st.form("compare-ids", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        given = {key: st.text_input(label, key=f"compare-{key}") for key, label in SIDES.items()}
        if st.form_submit_button("Compare"):
            st.query_params.update({key: value.strip() for key, value in given.items() if value.strip()})
            st.rerun()


def _nothing(error: str, hint: str, runs_page: Page) -> None:
    st.warning(escape(error, 300), icon=":material/search_off:")
    if hint:
        st.caption(escape(hint, 300))
    st.page_link(runs_page, label="All runs", icon=":material/arrow_back:")


def draw(runs_page: Page) -> None:
    """Draw the page of the two runs that the address names; without `a`, the nearest good run of `b`."""
    _title()
    asked = {key: st.query_params.get(key, "") for key in SIDES}
    if not asked["b"]:
        _ask()
        return
    if not all(ID.fullmatch(value) for value in asked.values() if value):
        _nothing("That is not the id of a run.", "Ids are 1 to 128 letters, digits or _ . : -", runs_page)
        return
    given = lake()
    try:
        right = given.source.run(asked["b"])["run_id"]
        if asked["a"]:
            left = given.source.run(asked["a"])["run_id"]
        else:
            found = given.ask(nearest_good, right)
            if found.run_id is None:
                _nothing(f"There is no good run to compare with: {found.why}.", "", runs_page)
                return
            left = found.run_id
            st.caption(f"Left is the nearest good run: {escape(found.why, 400)}.")
    except NotFound as exc:
        _nothing(exc.message, exc.hint, runs_page)
        return
    agents = {key: value for key in ("agent_a", "agent_b") if (value := st.query_params.get(key))}
    compare_view(left, right, agents, back_parameter())
