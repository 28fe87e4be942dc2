"""The tables of the latency page: where the time goes, the critical path, slow models, tools and steps."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.addresses import address
from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, duration, escape, moment, one_line, part, short_id
from dashboards.views.behind import RUNS, href, runs_href
from dashboards.views.figures import card, change
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from spotlight.reports.cost_flow import label
from spotlight.reports.find.writing import all_of, term
from spotlight.reports.latency import (
    MEASURES,
    STEPS,
    critical_path,
    latency,
    slowest_steps,
    step_latency,
)
from spotlight.reports.latency_time import longest_runs

# What a run's time is made of: together they are its duration.
PARTS: Final = {
    "model": "model", "tool": "tools", "human": "human", "queue": "queue",
    "unaccounted": "unaccounted",
}  # fmt: skip
# Critical path by -> the steps that are asked about.
PATHS: Final = {"kind": "all", "tool": "tool_calls", "model": "model_calls", "agent": "all"}
PART_COLUMNS: Final = (
    Column("part", "where", 96, "A click opens the runs in which it is longest"),
    Column("duration", "share", 100, "Of the whole time of all runs", "right"),
    Column("mean", "per run", 68, "Mean of the runs in which it is known", "right"),
    Column("change", "change", 64, "Of the mean, against what the page is compared with", "right"),
    Column("p95", "p95", 66, align="right"),
    Column("n", "runs", 60, "Runs in which it is known; 90 · 10?: ten in which it is not", "right"),
)
PATH_COLUMNS: Final = (
    Column("duration", "share", 96, "Of the time on critical paths", "right"),
    Column("time", "time", 80, "On the critical path, all runs together", "right"),
    Column("steps", "steps", 70, "On the critical path", "right"),
    Column("runs", "runs", 64, align="right"),
)
# Dimensions of runs, and the field by which a list of runs is narrowed to one of their values.
WHOM: Final = {
    "tenant": "tenant_claimed", "user": "user_id", "session": "session_id", "pack": "pack_name",
    "version": "pack_version", "agent": "agent_name", "environment": "environment", "feature": "feature",
    "surface": "surface", "status": "status",
}  # fmt: skip
WHOM_COLUMNS: Final = (
    Column("n", "runs", 56, "90 · 10?: the duration of ten is unknown", "right"),
    Column("p50", "p50", 64, align="right"),
    Column("duration", "p95", 96, align="right"),
    Column("p99", "p99", 62, align="right"),
    Column("max", "longest", 64, align="right"),
)
STEP_COLUMNS: Final = (
    Column("calls", "calls", 54, "90 · 10?: the duration of ten is unknown", "right"),
    Column("failed", "failed", 56, align="right"),
    Column("p50", "p50", 64, align="right"),
    Column("p95", "p95", 66, align="right"),
    Column("max", "longest", 66, align="right"),
    Column("duration", "total", 104, "All calls together, and as part of the largest", "right"),
)
MODEL_COLUMNS: Final = (
    Column("first", "first token", 82, "Median; –: not reported", "right"),
    Column("speed", "tokens/s", 66, "Output tokens per second, median; –: not reported", "right"),
)
SLOW_COLUMNS: Final = (
    Column("step", "step", 190, "A click opens the run at the step"),
    Column("kind", "kind", 76),
    Column("duration", "took", 110, align="right"),
    Column(
        "critical", "critical", 80, "Of it on the critical path: what the end of the run waited for", "right"
    ),
    Column("first", "first token", 86, "–: not reported", "right"),
    Column("out", "tokens out", 80, "–: not reported", "right"),
    Column("agent", "agent", 120),
    Column("version", "version", 84),
    Column("started", "started", 140),
    Column("run", "run", 78),
)
CHOICES: Final = dict(zip(("all steps", "model calls", "tool calls"), STEPS, strict=True))
SHOWN: Final = 10
SLOWEST: Final = 20
MOST_ROWS: Final = 200


def took(ms: float | None) -> str:
    """Return a duration as tables say it; "–" is unknown."""
    return NOTHING if ms is None else duration(ms)


def known(n: int, unknown: int) -> str:
    """Return of how many something is known, and of how many it is not: 90 · 10?"""
    return f"{n:,} · {unknown:,}?" if unknown else f"{n:,}"


def longest(scope: Scope, measure: str) -> list[str]:
    """Return the ids of the runs in which a measure is longest."""
    ids: list[str] = scope.lake.ask(longest_runs, scope.filters, measure).column("run_id").to_pylist()
    return ids


def _means(scope: Scope) -> dict[str, float | None]:
    if scope.baseline is None:
        return {}
    rows = scope.lake.ask(latency, scope.baseline, measures=tuple(PARTS)).to_pylist()
    return {row["measure"]: row["mean_ms"] for row in rows}


def parts_card(scope: Scope) -> None:
    """Draw what the time of runs is made of."""
    found = scope.lake.ask(latency, scope.filters, measures=tuple(PARTS)).to_pylist()
    before = _means(scope)
    totals = {row["measure"]: (row["mean_ms"] or 0.0) * row["n"] for row in found}
    whole = sum(totals.values())
    with card("Where the time goes", "of the time from start to end"):
        if not whole:
            st.caption("Not reported: no run here tells when its steps began and ended.")
            return
        rows = []
        for row in sorted(found, key=lambda row: -totals[row["measure"]]):
            measure, portion = row["measure"], totals[row["measure"]] / whole
            rows.append(
                {
                    "href": href([(RUNS, longest(scope, measure))]) if row["max_ms"] else None,
                    "status": "ok",
                    "share": portion,
                    "cells": [
                        PARTS[measure],
                        part(portion) if row["n"] else NOTHING,
                        took(row["mean_ms"]),
                        change(row["mean_ms"], before.get(measure)) or NOTHING,
                        took(row["p95_ms"]),
                        known(row["n"], row["unknown"]),
                    ],
                }
            )
        table_of_links("Where the time goes", [column._asdict() for column in PART_COLUMNS], rows, len(rows))
        with st.expander("What each is"):
            for measure, name in PARTS.items():
                st.markdown(f"**{name}** · {MEASURES[measure]}")


def path_card(scope: Scope) -> None:
    """Draw what the ends of runs waited for."""
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Critical path by**", width="content")
            by = st.segmented_control(
                "By", list(PATHS), default="kind", key="path", label_visibility="collapsed",
                bind="query-params",
            ) or "kind"  # fmt: skip
        found = scope.lake.ask(critical_path, scope.filters, (by,), steps=PATHS[by]).to_pylist()
        if not found:
            st.caption("Not reported: no step here tells when it began and ended.")
            return
        rows = [
            {
                "href": href([(by, row["by_1"])]),
                "status": "ok",
                "share": row["share"],
                "cells": [
                    one_line(label(by, row["by_1"]), 80),
                    part(row["share"]),
                    duration(row["critical_ms"]),
                    f"{row['steps']:,}",
                    f"{row['runs']:,}",
                ],
            }
            for row in found[:MOST_ROWS]
        ]
        columns = (Column("value", by, 130, "A click opens the runs that have such steps"), *PATH_COLUMNS)
        table_of_links("Critical path", [column._asdict() for column in columns], rows, SHOWN)
        st.caption("Only what the end of a run waited for: what ran beside it counts 0.")


def _step_rows(found: list[dict[str, Any]], by: str, more: bool) -> list[dict[str, Any]]:
    most = max((row["total_ms"] or 0.0 for row in found), default=0.0) or 1.0
    return [
        {
            "href": href([(by, row["by_1"])]),
            "status": "ok",
            "share": (row["total_ms"] or 0.0) / most,
            "cells": [
                one_line(label(by, row["by_1"]), 80),
                known(row["n"], row["unknown"]),
                f"{row['failed']:,}" if row["failed"] else "",
                took(row["p50_ms"]),
                took(row["p95_ms"]),
                took(row["max_ms"]),
                took(row["total_ms"]),
                *((took(row["ttft_p50_ms"]), _speed(row["output_tokens_per_s"])) if more else ()),
            ],
        }
        for row in found
    ]


def _speed(per_second: float | None) -> str:
    return NOTHING if per_second is None else f"{per_second:.0f}"


def _calls_card(scope: Scope, by: str, steps: str, name: str) -> None:
    found = scope.lake.ask(step_latency, scope.filters, (by,), steps=steps).to_pylist()
    more = steps == "model_calls"
    with card(name, "the most time first"):
        if not found:
            st.caption(f"No {by} was called here.")
            return
        columns = (
            Column(by, by, 140, f"A click opens the runs that use the {by}"),
            *STEP_COLUMNS,
            *(MODEL_COLUMNS if more else ()),
        )
        rows = _step_rows(found[:MOST_ROWS], by, more)
        table_of_links(name, [column._asdict() for column in columns], rows, SHOWN)


def models_card(scope: Scope) -> None:
    """Draw how long the calls of each model take."""
    _calls_card(scope, "model", "model_calls", "Models")


def tools_card(scope: Scope) -> None:
    """Draw how long the calls of each tool take."""
    _calls_card(scope, "tool", "tool_calls", "Tools")


def whom_card(scope: Scope) -> None:
    """Draw how long runs take by any dimension: for whom is it slow?"""
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Runs by**", width="content")
            by = st.selectbox(
                "For whom", list(WHOM), key="whom", label_visibility="collapsed", width=130,
                bind="query-params",
            )  # fmt: skip
            st.caption("the slowest p95 first", width="content")
        found = scope.lake.ask(latency, scope.filters, (by,), measures=("completion",)).to_pylist()
        found = sorted(found, key=lambda row: -(row["p95_ms"] or 0.0))[:MOST_ROWS]
        most = max((row["p95_ms"] or 0.0 for row in found), default=0.0) or 1.0
        rows = [
            {
                "href": _whom_href(scope, by, row["by_1"]),
                "status": "ok",
                "share": (row["p95_ms"] or 0.0) / most,
                "cells": [
                    one_line(label(by, row["by_1"]), 80),
                    known(row["n"], row["unknown"]),
                    *(took(row[name]) for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")),
                ],
            }
            for row in found
        ]
        columns = (Column("value", by, 110, "A click opens the runs"), *WHOM_COLUMNS)
        table_of_links("Runs by", [column._asdict() for column in columns], rows, SHOWN)


def _whom_href(scope: Scope, by: str, value: str | None) -> str:
    filters = scope.filters._replace(order="slowest")
    if value is None:
        return runs_href(filters._replace(query=all_of(filters.query, term(f"run.{by}", None))))
    narrowed: Any = (value,) if by == "status" else value
    return runs_href(filters._replace(**{WHOM[by]: narrowed}))


def step_address(row: dict[str, Any]) -> str:
    """Return the address of a run, opened at one of its steps, in the reader's time zone."""
    zone = {"tz": st.query_params.get_all("tz")} if "tz" in st.query_params else {}
    return address("/run", {"run": [row["run_id"]], "span": [row["span_id"]], **zone})


def steps_card(scope: Scope) -> None:
    """Draw the steps that took longest; each opens its run at the step."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Slowest**", width="content")
            chosen = st.segmented_control(
                "Steps", list(CHOICES), default="all steps", key="steps", label_visibility="collapsed",
                bind="query-params",
            ) or "all steps"  # fmt: skip
        found = scope.lake.ask(slowest_steps, scope.filters, steps=CHOICES[chosen], limit=SLOWEST).to_pylist()
        if not found:
            st.caption("No step here has a known duration.")
            return
        most = found[0]["duration_ms"] or 1.0
        rows = [
            {
                "href": step_address(row),
                "status": "error" if row["failed"] else "ok",
                "share": row["duration_ms"] / most,
                "cells": [
                    one_line(row["name"] or label("step", None), 100),
                    one_line(row["kind"], 40),
                    duration(row["duration_ms"]),
                    took(row["critical_ms"]),
                    took(row["ttft_ms"]),
                    NOTHING if row["output_tokens"] is None else f"{row['output_tokens']:,}",
                    one_line(row["agent_name"] or "", 80),
                    one_line(row["pack_version"] or "", 80),
                    moment(row["started_ns"], scope.zone, "%Y-%m-%d %H:%M:%S"),
                    short_id(row["run_id"]),
                ],
            }
            for row in found
        ]
        table_of_links("Slowest steps", [column._asdict() for column in SLOW_COLUMNS], rows, SHOWN)
        st.caption(escape(f"The {len(rows):,} slowest, agents left out; times in {scope.zone.name}.", 120))
