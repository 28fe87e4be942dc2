"""The tables of the reliability page: failure signatures, tools, loops, decisions and guardrails."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, part, short_id
from dashboards.views.behind import RUNS, href
from dashboards.views.cost_tables import run_address
from dashboards.views.failure_links import failure_href
from dashboards.views.figures import card
from dashboards.views.filters import Scope
from dashboards.views.run_table import STATUS_WORDS, Column
from spotlight.reports.failures import named
from spotlight.reports.reliability import LOOP, loops, reliability
from spotlight.reports.safety import safety

SEEN: Final = 12
CELL_LIMIT: Final = 300
WHEN: Final = "%b %d %H:%M"
TRENDS: Final = {
    "new": "● new",
    "growing": "▲ growing",
    "shrinking": "▽ shrinking",
    "gone": "○ gone",
    "steady": "= steady",
}
ALL: Final = "all"
WORSE: Final = ("new", "growing")
SIGNATURES: Final = (
    Column("signature", "failure", 360, "A click opens its page: since when, which versions, examples"),
    Column("trend", "trend", 96, "Its share of all runs, where it changed by more than chance would"),
    Column("runs", "runs", 56, align="right"),
    Column("share", "share", 64, "Of the failed runs", "right"),
    Column("before", "before", 60, "Runs in what it is compared with", "right"),
    Column("step", "failed first", 180, "The step that failed first"),
    Column("first", "first seen", 96, "Within both periods"),
    Column("last", "last seen", 96),
    Column("versions", "versions", 220),
)
TOOLS: Final = (
    Column("tool", "tool", 180, "A click opens the newest runs in which it failed"),
    Column("calls", "calls", 64, align="right"),
    Column("failed", "failed", 60, align="right"),
    Column("rate", "error rate", 150, "With its 95% interval", "right"),
    Column("late", "timeouts", 70, "HTTP 408 or 504, or an error that says timeout or deadline", "right"),
    Column("late_rate", "timeout rate", 150, "With its 95% interval", "right"),
    Column("retries", "retries", 64, align="right"),
    Column("denied", "denied", 64, "Calls that were not approved", "right"),
    Column("p50", "p50", 74, "Duration", "right"),
    Column("p95", "p95", 74, "Duration", "right"),
)
LOOPS: Final = (
    Column("run", "run", 84, "A click opens the run"),
    Column("status", "status", 110),
    Column("name", "name", 200),
    Column("repeats", "in a row", 80, "Calls of one tool in a row", "right"),
    Column("started", "started", 130),
    Column("version", "version", 160),
    Column("took", "took", 84, align="right"),
    Column("cost", "cost", 84, align="right"),
)
DECISIONS: Final = (
    Column("decision", "decision", 110, "The word that was sent; a click opens runs with it"),
    Column("meaning", "means", 84),
    Column("source", "source", 90, "Who decided, as sent"),
    Column("by", "decided by", 84),
    Column("steps", "steps", 56, align="right"),
    Column("runs", "runs", 56, align="right"),
    Column("tools", "tools", 130),
)
GUARDRAILS: Final = (
    Column("name", "guardrail", 160, "A click opens runs with it"),
    Column("verdict", "verdict", 110, "The word that was sent"),
    Column("meaning", "means", 84),
    Column("steps", "checks", 64, align="right"),
    Column("runs", "runs", 56, align="right"),
)


def rate_told(value: float | None, low: float | None, high: float | None) -> str:
    """Return a share with its interval: 9.3% (7.9 – 11.0)."""
    if value is None or low is None or high is None:
        return part(value)
    return f"{part(value)} ({100 * low:.1f} – {100 * high:.1f})"


def _drawn(name: str, columns: tuple[Column, ...], rows: list[dict[str, Any]]) -> None:
    table_of_links(name, [column._asdict() for column in columns], rows, min(len(rows), SEEN))


def _behind(row: dict[str, Any]) -> str | None:
    return href([(RUNS, row["run_ids"])]) if row["run_ids"] else None


def signature_row(scope: Scope, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one failure; a click opens its page."""
    return {
        "href": failure_href(named(row)),
        "status": "error" if row["trend"] in WORSE else "ok",
        "cells": [
            one_line(row["error_signature"] or row["error_type"] or "no error was sent", CELL_LIMIT),
            TRENDS.get(row["trend"], NOTHING),
            f"{row['runs']:,}",
            part(row["share"]),
            NOTHING if row["before_runs"] is None else f"{row['before_runs']:,}",
            one_line(row["error_step"] or "unknown", CELL_LIMIT),
            moment(row["first_ns"], scope.zone, WHEN),
            moment(row["last_ns"], scope.zone, WHEN),
            one_line(", ".join(row["versions"]) or "unknown", CELL_LIMIT),
        ],
    }


def signatures_card(scope: Scope) -> None:
    """Draw the failures, grouped by what failed first."""
    found = scope.lake.ask(reliability, scope.filters, scope.baseline).signatures.to_pylist()
    compared = any(row["trend"] for row in found)
    against = escape(scope.against or "the period before")
    with card("Failure signatures", f"against {against}" if compared else ""):
        if not found:
            st.caption("No run here failed.")
            return
        if compared:
            found = _of_trend(found)
        else:
            st.caption("What is new is said where there is a time window, or something to compare with.")
        _drawn("Failure signatures", SIGNATURES, [signature_row(scope, row) for row in found])


def _of_trend(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw the trends with how many failures each has; return the failures of the chosen one."""
    counts = {trend: sum(row["trend"] == trend for row in found) for trend in TRENDS}
    there = [trend for trend, count in counts.items() if count]
    chosen = st.segmented_control(
        "Trend",
        [ALL, *there],
        default=ALL,
        key="trend",
        format_func=lambda trend: f"{trend} · {counts.get(trend, len(found)):,}",
        label_visibility="collapsed",
    )
    return [row for row in found if chosen in (None, ALL, row["trend"])]


def tool_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one tool; a click opens runs in which it failed."""
    return {
        "href": _behind(row),
        "status": "ok",
        "cells": [
            one_line(row["tool"] or "unknown", CELL_LIMIT),
            f"{row['calls']:,}",
            f"{row['failed']:,}",
            rate_told(row["error_rate"], row["error_low"], row["error_high"]),
            f"{row['timeouts']:,}",
            rate_told(row["timeout_rate"], row["timeout_low"], row["timeout_high"]),
            NOTHING if row["retries"] is None else f"{row['retries']:,}",
            NOTHING if row["denied"] is None else f"{row['denied']:,}",
            NOTHING if row["p50_ms"] is None else duration(row["p50_ms"]),
            NOTHING if row["p95_ms"] is None else duration(row["p95_ms"]),
        ],
    }


def tools_card(scope: Scope) -> None:
    """Draw errors and timeouts by tool."""
    found = scope.lake.ask(reliability, scope.filters, scope.baseline).tools.to_pylist()
    with card("Tools", "the most failures first"):
        if not found:
            st.caption("No tool was called here.")
            return
        _drawn("Tools", TOOLS, [tool_row(row) for row in found])


def loops_card(scope: Scope) -> None:
    """Draw the runs that went round in a loop; nothing where none did."""
    found = scope.lake.ask(loops, scope.filters).to_pylist()
    if not found:
        return
    with card("Runs that went round in a loop", f"one tool {LOOP} times or more in a row"):
        rows = [
            {
                "href": run_address(row["run_id"]),
                "status": row["status"] if row["status"] in STATUS_WORDS else "unknown",
                "cells": [
                    short_id(row["run_id"]),
                    STATUS_WORDS.get(row["status"], one_line(row["status"])),
                    one_line(row["name"] or "", CELL_LIMIT),
                    f"{row['repeats']:,}",
                    moment(row["started_ns"], scope.zone, WHEN),
                    one_line(
                        " ".join(row[c] or "unknown" for c in ("pack_name", "pack_version")), CELL_LIMIT
                    ),
                    NOTHING if row["duration_ms"] is None else duration(row["duration_ms"]),
                    money(row["cost_usd"]),
                ],
            }
            for row in found
        ]
        _drawn("Loops", LOOPS, rows)


def decisions_card(scope: Scope) -> None:
    """Draw what was decided about steps that had to be approved."""
    found = scope.lake.ask(safety, scope.filters).decisions.to_pylist()
    with card("Approvals", "by the word that was sent"):
        if not found:
            st.caption("No decision was sent.")
            return
        rows = [
            {
                "href": _behind(row),
                "status": "ok",
                "cells": [
                    one_line(row["decision"] or NOTHING, CELL_LIMIT),
                    row["meaning"],
                    one_line(row["source"] or "unknown", CELL_LIMIT),
                    row["decided_by"],
                    f"{row['steps']:,}",
                    f"{row['runs']:,}",
                    one_line(", ".join(row["tools"]), CELL_LIMIT),
                ],
            }
            for row in found
        ]
        _drawn("Approvals", DECISIONS, rows)


def guardrails_card(scope: Scope) -> None:
    """Draw what guardrails said."""
    found = scope.lake.ask(safety, scope.filters).guardrails.to_pylist()
    with card("Guardrails", "by verdict"):
        if not found:
            st.caption("No guardrail was sent.")
            return
        rows = [
            {
                "href": _behind(row),
                "status": "ok",
                "cells": [
                    one_line(row["name"] or "unknown", CELL_LIMIT),
                    one_line(row["verdict"] or NOTHING, CELL_LIMIT),
                    row["meaning"],
                    f"{row['steps']:,}",
                    f"{row['runs']:,}",
                ],
            }
            for row in found
        ]
        _drawn("Guardrails", GUARDRAILS, rows)
