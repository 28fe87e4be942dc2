"""The page of one failure: since when, in which versions, how often, at what cost, with runs to look at."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.palette import palette
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, part, short_id
from dashboards.views.behind import list_link, runs_href
from dashboards.views.cost_tables import run_address
from dashboards.views.failure_links import asked_failure, failure_href
from dashboards.views.failure_tables import TRENDS, rate_told, signatures_card
from dashboards.views.figures import card, tile
from dashboards.views.filters import Scope, carried
from dashboards.views.run_table import Column
from dashboards.views.version_chart import stretch_hours, timeline
from spotlight.reports.failures import Failure, FailurePage, failure
from spotlight.reports.filters import RunFilters
from spotlight.reports.find.writing import all_of, term
from spotlight.reports.reliability import failure_signatures
from spotlight.reports.versions import versions_over_time

MOST_VERSIONS: Final = 12
WHEN: Final = "%b %d %H:%M:%S"
VERSIONS: Final = (
    Column("version", "version", 240, "A click opens its runs with this failure"),
    Column("runs", "runs", 60, "Runs of the version with this failure", "right"),
    Column("share", "of its runs", 170, "With the 95% interval; runs without an end are in no rate", "right"),
)
EXAMPLES: Final = (
    Column("run", "run", 84, "A click opens the run where it first went wrong"),
    Column("why", "example of", 190),
    Column("started", "started", 130),
    Column("version", "version", 180),
    Column("took", "took", 84, align="right"),
    Column("cost", "cost", 84, align="right"),
    Column("said", "what the error said", 420),
)
SIMILAR: Final = (
    Column("signature", "similar failures", 420, "Their words are alike; a click opens them"),
    Column("step", "failed first", 240),
    Column("runs", "runs", 60, align="right"),
)


def draw(scope: Scope) -> None:
    """Draw the failure that the address names, among the runs that the filters leave; else all of them."""
    of = asked_failure()
    if of == Failure(None, None, None):
        signatures_card(scope)
        return
    found = scope.lake.ask(failure, scope.filters, of, scope.baseline)
    st.code(of.signature or of.error_type or "The error said nothing.", language=None, wrap_lines=True)
    kind = of.error_type if of.error_type and of.error_type not in (of.signature or "") else None
    said = [f"failed first: {of.step}" if of.step else "no step failed", kind or ""]
    st.caption(escape(" · ".join(part for part in said if part), 300))
    if not found.summary.runs:
        st.info("No run that the filters leave failed so.", icon=":material/check_circle:")
        if found.last_ns is not None:
            st.caption(escape(f"It was last seen at {moment(found.last_ns, scope.zone)}."))
        return
    _tiles(scope, found)
    those = scope.filters._replace(query=all_of(scope.filters.query, found.search))
    with st.container(horizontal=True, gap="medium"):
        list_link(f"Open {_counted(found.summary.runs)}", those)
        st.page_link(
            st.Page(lambda: None, title="Lift", url_path="lift"),
            label="What differs about them",
            icon=":material/compare:",
            query_params=carried() | {"these": [found.search]},
        )
    left, right = st.columns([3, 2])
    with left:
        _over_time(scope, found, those)
    with right:
        _versions(found, those)
    _examples(scope, found)
    _similar(found)


def _counted(runs: int) -> str:
    return f"{runs:,} {'run' if runs == 1 else 'runs'}"


def _tiles(scope: Scope, found: FailurePage) -> None:
    places = st.columns(5)
    runs = found.summary.runs
    before = "" if found.before_runs is None else f"{found.before_runs:,} in {scope.against}"
    share = part(runs / found.failed) if found.failed else NOTHING
    tile(places[0], "Runs", f"{runs:,}", note=before, explained=f"{share} of the runs that failed")
    trend = TRENDS.get(found.trend or "", NOTHING)
    tile(
        places[1], "Trend", trend, note=f"against {scope.against}" if found.trend else "no period to compare"
    )
    first, last = (NOTHING if ns is None else moment(ns, scope.zone, "%b %d %H:%M")
                   for ns in (found.first_ns, found.last_ns))  # fmt: skip
    tile(places[2], "First seen", first, note="of all time")
    tile(places[3], "Last seen", last, note="of all time")
    unpriced = found.summary.unpriced_generations
    tile(places[4], "Cost of these runs", money(found.summary.cost_usd),
         note=f"{unpriced:,} calls without a price" if unpriced else "")  # fmt: skip


def _over_time(scope: Scope, found: FailurePage, those: RunFilters) -> None:
    with card("Since when, in which versions", "a dot per stretch of time, as large as its failed runs"):
        ends = scope.lake.ask(failure_signatures, those, limit=1).to_pylist()
        hours = stretch_hours(ends[0]["first_ns"], ends[0]["last_ns"])
        rows = scope.lake.ask(versions_over_time, those, hours).to_pylist()
        most = {(v.pack, v.version) for v in sorted(found.versions, key=lambda v: -v.runs)[:MOST_VERSIONS]}
        keys = dict.fromkeys((row["pack_name"], row["pack_version"]) for row in rows)
        drawn = [key for key in keys if key in most]
        chart = timeline(rows, drawn, scope.zone, palette(), rated=False)
        st.altair_chart(chart, width="stretch", key="failure-time")
        if len(keys) > len(drawn):
            st.caption(
                f"The {len(drawn)} with the most runs; {len(keys) - len(drawn):,} more are in the table."
            )


def _versions(found: FailurePage, those: RunFilters) -> None:
    rows = []
    for version in found.versions:
        one = all_of(those.query, f"{term('pack', version.pack)} {term('version', version.version)}")
        share = version.share
        rows.append(
            {
                "href": runs_href(those._replace(query=one)),
                "status": "ok",
                "cells": [
                    one_line(" ".join(word or "unknown" for word in (version.pack, version.version)), 160),
                    f"{version.runs:,}",
                    rate_told(share.value, share.low, share.high),
                ],
            }
        )
    with card("By version"):
        table_of_links("By version", [column._asdict() for column in VERSIONS], rows, min(len(rows), 10))


def _examples(scope: Scope, found: FailurePage) -> None:
    rows = [
        {
            "href": run_address(row["run_id"]),
            "status": "error",
            "cells": [
                short_id(row["run_id"]),
                why,
                moment(row["started_ns"], scope.zone, WHEN),
                one_line(" ".join(row[c] or "unknown" for c in ("pack_name", "pack_version")), 160),
                NOTHING if row["duration_ms"] is None else duration(row["duration_ms"]),
                money(row["cost_usd"]),
                one_line(row["error_message"] or row["status_reason"] or "", 200),
            ],
        }
        for why, row in found.examples
    ]
    with card("Examples"):
        table_of_links("Examples", [column._asdict() for column in EXAMPLES], rows, len(rows))


def _similar(found: FailurePage) -> None:
    if found.similar:
        with card("Similar failures", "other signatures with many of the same words"):
            _listed("Similar failures", list(found.similar))


def _listed(label: str, failures: list[tuple[Failure, int]]) -> None:
    rows = [
        {
            "href": failure_href(of),
            "status": "error",
            "cells": [
                one_line(of.signature or of.error_type or "no error was sent", 200),
                one_line(of.step or "unknown", 160),
                f"{runs:,}",
            ],
        }
        for of, runs in failures
    ]
    table_of_links(label, [column._asdict() for column in SIMILAR], rows, min(len(rows), 14))
