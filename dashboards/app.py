"""The Streamlit script: navigation between the pages, and errors turned into output.

Streamlit executes this file for every visitor and every click.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.text import escape
from dashboards.views import run, runs, source, sources
from dashboards.views.navigation import same_list, way_back
from spotlight.errors import SpotlightError

ICON: Final = Path(__file__).with_name("icon.png")
# Streamlit has no option for these: narrower gutters, a denser sidebar, lower tiles, plain filters.
STYLE: Final = """<style>
[data-testid="stHeader"] { background: transparent; }
[data-testid="stHeader"], [data-testid="stHeader"] div { pointer-events: none; }
[data-testid="stHeader"] button { pointer-events: auto; }
.st-key-run-header, .st-key-runs-title { padding-right: 2.6rem; }
.st-key-other-traces p { font-size: 0.85rem; opacity: .75; }
.stMainBlockContainer { padding: 1.5rem 1.4rem 1rem; max-width: none; }
section[data-testid="stSidebar"] { width: 184px !important; min-width: 184px; }
.stMainBlockContainer [data-testid="stVerticalBlock"] { gap: 0.7rem; }
[data-testid="stMetric"] { padding: 0.3rem 0.4rem 0.4rem; }
[data-testid="stMetric"] > div:first-child { padding: 0.35rem 0.6rem 0; }
[data-testid="stMetricChart"] { margin-bottom: 0 !important; }
[data-testid="stMetricDelta"] { font-size: 0.8rem; padding-left: 0; background: none; }
.stSelectbox div, .stTextInput div { background-color: transparent !important; }
@media (min-width: 769px) {
  .st-key-run-header { flex-wrap: nowrap; }
  .st-key-run-header > * { flex-shrink: 0; }
  .st-key-run-header > :has(.stCaption, [data-testid="stCaptionContainer"]) { flex: 1 1 0; min-width: 0; }
}
@media (max-width: 768px) {
  .st-key-run-header, .st-key-runs-title { padding-left: 1.8rem; }
  [data-testid="stMetricChart"] { display: none !important; }
  .st-key-tiles [data-testid="stHorizontalBlock"] { flex-direction: row; flex-wrap: wrap; }
  .st-key-tiles [data-testid="stColumn"] { flex: 1 1 40%; min-width: 40%; width: auto; }
}
</style>"""


def _sidebar(runs_page: Page, run_page: Page, sources_page: Page, page: Page) -> None:
    """Draw the ways to the list as it was left, and to the run that was opened last."""
    on_run = page == run_page
    back = way_back() if on_run else same_list() if page == runs_page else {}
    if on_run and st.query_params.get("run"):
        st.session_state["last_run"] = {key: st.query_params.get_all(key) for key in st.query_params}
    with st.sidebar:
        st.page_link(runs_page, query_params=back)
        if last := st.session_state.get("last_run"):
            st.page_link(run_page, query_params=last)
        st.page_link(sources_page)


def main() -> None:
    """Draw the page the address names."""
    st.set_page_config(page_title="Spotlight", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    runs_page: Page = st.Page(runs.draw, title="Runs", icon=":material/list:", default=True, url_path="runs")
    run_page: Page = st.Page(
        lambda: run.draw(runs_page), title="Run", icon=":material/account_tree:", url_path="run"
    )
    sources_page: Page = st.Page(sources.draw, title="Sources", icon=":material/sensors:", url_path="sources")
    source_page: Page = st.Page(lambda: source.draw(sources_page), title="Source", url_path="source")
    page = st.navigation([runs_page, run_page, sources_page, source_page], position="hidden")
    _sidebar(runs_page, run_page, sources_page, page)
    try:
        page.run()
    except SpotlightError as exc:
        st.error(escape(exc.message, 600), icon=":material/error:")
        if exc.hint:
            st.code(exc.hint, language=None)


main()
