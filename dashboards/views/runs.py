"""The runs page: which runs need a look, and why?"""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.source import RunSource, published
from dashboards.views.filters import Choice, clear_filters, filter_row
from dashboards.views.run_table import run_table
from dashboards.views.tiles import tile_row
from spotlight.errors import SpotlightError

PAGE_ROWS: Final = 200
WATCH_SECONDS: Final = 2


@st.fragment(run_every=WATCH_SECONDS)
def _watch(source: RunSource, drawn_version: int) -> None:
    """Redraw the page when something new is visible; draws nothing itself, so looking costs one number."""
    try:
        arrived = source.data_version() != drawn_version
    except SpotlightError:
        return  # the next look, or the next full draw, says what is wrong
    if arrived:
        st.rerun()


def _first_steps(otlp_endpoint: str) -> None:
    """Say how the first trace gets here."""
    st.markdown("#### No runs yet")
    st.markdown("Send traces over OTLP from anything that speaks OpenTelemetry:")
    st.code(
        f"export OTEL_EXPORTER_OTLP_ENDPOINT={otlp_endpoint}\n"
        "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"
        "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
        language="bash",
    )
    st.markdown("or load the traces that come with Spotlight:")
    st.code("spotlight load sample_traces/", language="bash")
    st.caption("This page shows them as soon as they arrive.")


def _page_number(count: int) -> int:
    """Draw how many runs there are and, beyond one page, the pages; return the page, from 1."""
    pages = -(-count // PAGE_ROWS)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        noun = "run" if count == 1 else "runs"
        said = st.empty()
        page = st.pagination(pages, key="page", width=260, bind="query-params") if pages > 1 else 1
        first = (page - 1) * PAGE_ROWS + 1
        last = min(page * PAGE_ROWS, count)
        rows = f"{first:,}–{last:,} of {count:,} {noun}" if pages > 1 else f"{count:,} {noun}"
        said.caption(f"{rows} · times in UTC")
    return page


def _list(source: RunSource, choice: Choice, run_page: Page) -> None:
    count = source.run_count(choice.filters)
    if not count:
        named = ", ".join(choice.named)
        st.info(f"No runs match these filters: {named}.", icon=":material/filter_alt_off:")
        st.button("Clear filters", on_click=clear_filters)
        return
    figures = st.container()
    table = st.container()
    page = _page_number(count)
    listed = source.runs(choice.filters, PAGE_ROWS, (page - 1) * PAGE_ROWS)
    with figures:
        tile_row(source.runs_summary(choice.filters), listed)
    with table:
        opened = run_table(listed, f"runs-{page}")
    if opened:
        st.session_state["runs_query"] = st.query_params.to_dict()
        st.switch_page(run_page, query_params={"run": opened})


def draw(run_page: Page) -> None:
    """Draw the page; `run_page` is where an opened run goes."""
    source, otlp_endpoint = published()
    version = source.data_version()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.subheader("Runs", anchor=False, width="content")
        st.caption("Which runs need a look, and why?")
    facets = source.run_facets()
    if not any(facets.values()):
        _first_steps(otlp_endpoint())
    else:
        _list(source, filter_row(facets), run_page)
    _watch(source, version)
