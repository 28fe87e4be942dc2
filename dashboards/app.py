"""The Streamlit script: navigation between the pages, and errors turned into output.

Streamlit executes this file for every visitor and every click.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.answers import lake
from dashboards.appearance import STYLE
from dashboards.clock import zone, zone_picker
from dashboards.text import escape
from dashboards.views import (
    compare,
    cost,
    experiment,
    failure,
    latency,
    lift,
    live,
    overview,
    quality,
    reliability,
    replay,
    replays,
    run,
    runs,
    session,
    sessions,
    source,
    sources,
    versions,
)
from dashboards.views.filters import Scope, carried, filter_bar
from dashboards.views.frame import figures_page, title
from dashboards.views.navigation import same_list, way_back
from spotlight.errors import SpotlightError

LOG: Final = logging.getLogger(__name__)
ICON: Final = Path(__file__).with_name("icon.png")


class Figures(NamedTuple):
    """A page of figures: it shares its filters with the others and answers one question."""

    path: str
    title: str
    icon: str
    question: str
    draw: Callable[[Scope], None]


OVERVIEW: Final = Figures(
    "overview", "Overview", "monitoring", "Is the fleet healthy, and what changed?", overview.draw
)
FIGURES: Final = (
    Figures("cost", "Cost", "payments", "Who spends the money, on what, and what changed?", cost.draw),
    Figures("latency", "Latency", "timer", "Where does time go, and for whom is it slow?", latency.draw),
    Figures("quality", "Quality", "grade", "Is it right, and since which version?", quality.draw),
    Figures(
        "reliability",
        "Reliability",
        "emergency",
        "What fails, how often, and is it new?",
        reliability.draw,
    ),
    Figures("sessions", "Sessions", "forum", "What did users live through?", sessions.draw),
    Figures(
        "versions",
        "Versions",
        "deployed_code_history",
        "What ran under each version, and is one better?",
        versions.draw,
    ),
)


DEBUG: Final = (
    Figures("failure", "Failures", "bug_report", "What failed alike, since when, and where?", failure.draw),
    Figures("lift", "Lift", "difference", "What differs about these runs?", lift.draw),
)


class Pages(NamedTuple):
    """The pages of one run of the script; `start` is drawn at an address without a path."""

    start: Page
    figures: dict[str, Page]
    runs: Page
    run: Page
    compare: Page
    live: Page
    replays: Page
    replay: Page
    experiment: Page
    session: Page
    sources: Page
    source: Page

    def listed(self) -> list[Page]:
        """Return all of them."""
        return [
            self.start,
            *self.figures.values(),
            self.runs,
            self.run,
            self.compare,
            self.live,
            self.replays,
            self.replay,
            self.experiment,
            self.session,
            self.sources,
            self.source,
        ]


def _pages(scopes: list[Scope | None]) -> Pages:
    """Return the pages; what the filters say is put into `scopes` before one of them is drawn."""

    def page(path: str, named: str, icon: str | None, draw: Callable[[], None], **more: Any) -> Page:
        made: Page = st.Page(draw, title=named, icon=icon and f":material/{icon}:", url_path=path, **more)
        return made

    def about(figures: Figures, **more: Any) -> Page:
        def draw() -> None:
            figures_page(lake(), scopes[-1], figures.draw)

        return page(more.pop("path", figures.path), figures.title, figures.icon, draw, **more)

    runs_page = page("runs", "Runs", "list", lambda: runs.draw(scopes[-1]))
    sources_page = page("sources", "Sources", "input", sources.draw)
    compare_page = page("compare", "Compare", "compare_arrows", lambda: compare.draw(runs_page))
    # The form and the list of replays lead to each other.
    replays_page = page(
        "replays",
        "Replays",
        "replay",
        lambda: replays.draw(replays.Ways(runs_page, experiment_page), replay_page),
    )
    experiment_page = page(
        "experiment", "Experiment", None, lambda: experiment.draw(experiment.Ways(replays_page, runs_page))
    )
    replay_page = page("replay", "Replay", None, lambda: replay.draw(replays_page))
    run_page = page("run", "Run", "account_tree", lambda: run.draw(runs_page, compare_page, replay_page))
    figures_pages = {figures.path: about(figures) for figures in (OVERVIEW, *DEBUG, *FIGURES)}
    return Pages(
        about(OVERVIEW, path="start", default=True),
        figures_pages,
        runs_page,
        run_page,
        compare_page,
        page("live", "Live", "sensors", live.draw),
        replays_page,
        replay_page,
        experiment_page,
        page("session", "Session", None, lambda: session.draw(figures_pages["sessions"], run_page)),
        sources_page,
        page("source", "Source", None, lambda: source.draw(sources_page)),
    )


def _links(pages: Pages, page: Page) -> None:
    """Draw the ways to the pages with the filters as they are, and to the run that was opened last."""
    along = carried()
    back = way_back() if page == pages.run else same_list() if page == pages.runs else along
    if page == pages.run and st.query_params.get("run"):
        st.session_state["last_run"] = {key: st.query_params.get_all(key) for key in st.query_params}
    st.page_link(pages.figures[OVERVIEW.path], query_params=along)
    st.caption("Debug")
    st.page_link(pages.runs, query_params=back)
    if last := st.session_state.get("last_run"):
        st.page_link(pages.run, query_params=last)
    for figures in DEBUG:
        st.page_link(pages.figures[figures.path], query_params=along)
    for unfiltered in (pages.compare, pages.replays, pages.live, pages.sources):
        st.page_link(unfiltered, query_params={key: along[key] for key in ("tz",) if key in along})
    st.caption("Attribute")
    for figures in FIGURES:
        st.page_link(pages.figures[figures.path], query_params=along)


def _head(pages: Pages, page: Page) -> Scope | None:
    """Draw title and filters of a page that has filters; return what they say."""
    if page == pages.runs:
        return runs.head(lake(), zone())
    for figures in (OVERVIEW, *DEBUG, *FIGURES):
        if page == pages.figures[figures.path] or (figures is OVERVIEW and page == pages.start):
            title(figures.title, figures.question)
            return filter_bar(lake(), zone())
    return None


def main() -> None:
    """Draw the page the address names."""
    st.set_page_config(page_title="Spotlight", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    scopes: list[Scope | None] = []
    pages = _pages(scopes)
    page = st.navigation(pages.listed(), position="hidden")
    if page != pages.sources:
        st.session_state.pop(sources.LOOKED_INTO, None)
    with st.sidebar:
        links = st.container(key="ways", gap=None)
        zone_picker()
    try:
        try:
            scopes.append(_head(pages, page))
        finally:  # also beside a search that cannot be read
            with links:
                _links(pages, page)
        page.run()
    except SpotlightError as exc:
        st.error(escape(exc.message, 600), icon=":material/error:")
        if exc.hint:
            st.code(exc.hint, language=None)
    except Exception:
        LOG.exception("the page /%s cannot be drawn", page.url_path)
        st.error(
            "This page cannot be drawn: something in Spotlight is broken. The log of `spotlight up` says "
            "what. Reload the page, and report it if it stays so.",
            icon=":material/error:",
        )


main()
