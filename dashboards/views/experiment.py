"""The page of an experiment: what every variant of a replay changed, by how much, and how sure that is."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.components.experiment.component import experiment_view
from dashboards.json_answers import ID
from dashboards.source import published
from dashboards.text import escape
from dashboards.views.frame import title
from dashboards.views.navigation import back_parameter
from replay.sealing import load
from spotlight.errors import NotFound


def draw(replays_page: Page) -> None:
    """Draw the experiment that the address names; without one, lead to the list of replays."""
    title("Experiment", "What does each variant do differently, and is it better?")
    asked = st.query_params.get("id", "")
    if not asked or not ID.fullmatch(asked):
        st.info("Open a replay in the list of replays to see what came of it.", icon=":material/science:")
        st.page_link(replays_page, label="All replays", icon=":material/arrow_back:")
        return
    try:
        _, sealed = load(published().data, asked)
    except NotFound as exc:
        st.warning(escape(exc.message, 300), icon=":material/search_off:")
        st.page_link(replays_page, label="All replays", icon=":material/arrow_back:")
        return
    names = ", ".join(variant.name for variant in sealed.plan.all_variants())
    st.caption(f"Replay {escape(sealed.id)}: {escape(names, 300)}")
    chosen = {key: st.query_params.get(key, "") for key in ("case", "against")}
    experiment_view(sealed.id, chosen["case"], chosen["against"], back_parameter())
