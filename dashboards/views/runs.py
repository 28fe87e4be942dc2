"""The runs page: which runs need a look, and why?"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

import streamlit as st

from dashboards.source import RunSource, published
from dashboards.views.filters import Choice, clear_filters, filter_row
from dashboards.views.navigation import OTHER, back_parameter
from dashboards.views.run_table import run_table
from dashboards.views.tiles import tile_row
from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters

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


def _first_steps(otlp_endpoint: str, data: Path) -> None:
    """Say how the first trace gets here."""
    st.markdown("#### No runs yet")
    st.markdown("Send traces over OTLP from anything that speaks OpenTelemetry:")
    st.code(
        f"export OTEL_EXPORTER_OTLP_ENDPOINT={otlp_endpoint}\n"
        "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"
        "export OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental\n"
        "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
        language="bash",
    )
    st.markdown("or load the traces that come with Spotlight:")
    st.code(f"spotlight load sample_traces/ --data {shlex.quote(str(data.absolute()))}", language="bash")
    st.caption("This page shows them as soon as they arrive.")


def _page_number(count: int, *, other: bool) -> int:
    """Draw how many runs there are and, beyond one page, the pages; return the page, from 1."""
    pages = -(-count // PAGE_ROWS)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        noun = ("trace" if other else "run") + ("" if count == 1 else "s")
        said = st.empty()
        page = st.pagination(pages, key="page", width=260, bind="query-params") if pages > 1 else 1
        first = (page - 1) * PAGE_ROWS + 1
        last = min(page * PAGE_ROWS, count)
        rows = f"{first:,}–{last:,} of {count:,} {noun}" if pages > 1 else f"{count:,} {noun}"
        said.caption(f"{rows} · times in UTC")
    return page


def _list(source: RunSource, choice: Choice) -> None:
    count = source.run_count(choice.filters)
    if not count:
        named = ", ".join(choice.named)
        noun = "traces" if choice.filters.other else "runs"
        st.info(f"No {noun} match these filters: {named}.", icon=":material/filter_alt_off:")
        st.button("Clear filters", on_click=clear_filters)
        return
    figures = st.container()
    table = st.container()
    page = _page_number(count, other=choice.filters.other)
    listed = source.runs(choice.filters, PAGE_ROWS, (page - 1) * PAGE_ROWS)
    if not choice.filters.other:  # of traces without an agent, tokens and failures say nothing
        with figures:
            tile_row(source.runs_summary(choice.filters), listed)
    with table:
        run_table(listed, back_parameter())


def _show_other() -> None:
    """Open the list of the other traces, all of them; a callback, as for `clear_filters`."""
    clear_filters()
    st.query_params.from_dict({OTHER: "1"})


def _show_runs() -> None:
    clear_filters()
    st.query_params.clear()


def _other_traces(source: RunSource) -> None:
    """Lead to the traces that are no runs, where there are any."""
    count = source.run_count(RunFilters(other=True))
    if count:
        noun = "other trace" if count == 1 else "other traces"
        label = f"{count:,} {noun} (no agent at work)"
        st.button(label, key="other-traces", type="tertiary", on_click=_show_other)


def _title(*, other: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.subheader("Other traces" if other else "Runs", anchor=False, width="content")
        if not other:
            st.caption("Which runs need a look, and why?")
            return
        st.caption("No agent, model or tool was at work: clients starting up, indexes being built.")
        st.button("All runs", type="tertiary", icon=":material/arrow_back:", on_click=_show_runs)


def draw() -> None:
    """Draw the page."""
    source, otlp_endpoint, data = published()
    version = source.data_version()
    other = OTHER in st.query_params
    _title(other=other)
    facets = source.run_facets(other=other)
    if any(facets.values()):
        _list(source, filter_row(facets, other=other))
    elif not other:
        _first_steps(otlp_endpoint(), data)
    else:
        st.info("There are no other traces: an agent was at work in every one.")
    if not other:
        _other_traces(source)
    _watch(source, version)
