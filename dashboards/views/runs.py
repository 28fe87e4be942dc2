"""The runs page: which runs need a look, and why?"""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards import answers
from dashboards.answers import Lake
from dashboards.clock import Zone
from dashboards.components.find.component import passages
from dashboards.views.filters import Scope, carried, clear_filters, filter_bar
from dashboards.views.first_steps import first_steps
from dashboards.views.frame import nothing_matches
from dashboards.views.lift import lift_link
from dashboards.views.navigation import OTHER, back_parameter
from dashboards.views.passage_rows import passage_row
from dashboards.views.run_table import run_table
from dashboards.views.tiles import tile_row
from dashboards.views.watch import watch
from spotlight.reports import RunFilters
from spotlight.reports.find.writing import search_of

PAGE_ROWS: Final = 200
WATCH_SECONDS: Final = 2
MOST_PASSAGES: Final = 50


def _page_number(count: int, zone: Zone, *, other: bool) -> int:
    """Draw how many runs there are and, beyond one page, the pages; return the page, from 1."""
    pages = -(-count // PAGE_ROWS)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        noun = ("trace" if other else "run") + ("" if count == 1 else "s")
        said = st.empty()
        page = st.pagination(pages, key="page", width=260, bind="query-params") if pages > 1 else 1
        first = (page - 1) * PAGE_ROWS + 1
        last = min(page * PAGE_ROWS, count)
        rows = f"{first:,}–{last:,} of {count:,} {noun}" if pages > 1 else f"{count:,} {noun}"
        said.caption(f"{rows} · times in {zone.name}")
    return page


def _list(scope: Scope) -> None:
    lake, filters = scope.lake, scope.filters
    count = lake.ask(answers.run_count, filters)
    if not count:
        nothing_matches(scope.named, "traces" if filters.other else "runs")
        return
    figures = st.container()
    table = st.container()
    page = _page_number(count, scope.zone, other=filters.other)
    listed = lake.ask(answers.runs, filters, PAGE_ROWS, (page - 1) * PAGE_ROWS)
    if not filters.other:  # of traces without an agent, tokens and failures say nothing
        with figures:
            tile_row(lake.ask(answers.runs_summary, filters), listed)
            _passages(scope)
    _lift_link(scope)
    with table:
        noted = lake.ask(answers.noted_runs, tuple(listed.column("run_id").to_pylist()))
        run_table(listed, noted, back_parameter(), scope.zone)


def _passages(scope: Scope) -> None:
    """Draw where the text that is searched for stands, where the search looks for any."""
    found = scope.lake.ask(answers.passages, scope.filters, MOST_PASSAGES)
    if not found.rows:
        return
    noun = "step says" if found.steps == 1 else "steps say"
    more = f", the first {len(found.rows)} shown" if found.steps > len(found.rows) else ""
    st.caption(f"Where it is said: {found.steps:,} {noun} it{more}")
    ending = back_parameter()
    passages([passage_row(row, ending) for row in found.rows])


def _lift_link(scope: Scope) -> None:
    """Lead to what differs about the listed runs, where there are others to hold them against."""
    these = search_of(scope.filters)
    if these is not None and not scope.filters.other:
        along = {key: values for key, values in carried().items() if key in ("time", "since", "until", "tz")}
        lift_link("What differs about these", these, along)


def _show_other() -> None:
    """Open the list of the other traces, all of them; a callback, as for `clear_filters`."""
    clear_filters()
    st.query_params.from_dict({OTHER: "1"})


def _show_runs() -> None:
    clear_filters()
    st.query_params.clear()


def _other_traces(lake: Lake) -> None:
    """Lead to the traces that are no runs, where there are any."""
    count = lake.ask(answers.run_count, RunFilters(other=True))
    if count:
        noun = "other trace" if count == 1 else "other traces"
        label = f"{count:,} {noun} (no agent at work)"
        st.button(label, key="other-traces", type="tertiary", on_click=_show_other)


def head(lake: Lake, zone: Zone) -> Scope | None:
    """Draw title and filters; return what they say, None where there is nothing to filter."""
    other = OTHER in st.query_params
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.subheader("Other traces" if other else "Runs", anchor=False, width="content")
        if not other:
            st.caption("Which runs need a look, and why?")
        else:
            st.caption("No agent, model or tool was at work: clients starting up, indexes being built.")
            st.button("All runs", type="tertiary", icon=":material/arrow_back:", on_click=_show_runs)
    return filter_bar(lake, zone, for_list=True, other=other)


def draw(scope: Scope | None) -> None:
    """Draw the page."""
    lake = scope.lake if scope else answers.lake()
    other = OTHER in st.query_params
    if scope:
        _list(scope)
    elif not other:
        first_steps()
    else:
        st.info("There are no other traces: an agent was at work in every one.")
    if not other:
        _other_traces(lake)
    watch(lake.source, lake.version, WATCH_SECONDS)
