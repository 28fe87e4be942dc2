"""The sessions page: what did users live through?"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboards.addresses import address
from dashboards.clock import Zone
from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, tokens
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from spotlight.reports.sessions import session_count, sessions

PAGE_ROWS: Final = 100
CELL_LIMIT: Final = 200
PATH: Final = "/session"
ORDERS: Final = {
    "newest": "newest",
    "most expensive": "most_expensive",
    "slowest": "slowest",
    "most turns": "most_turns",
    "most failures": "most_failures",
    "lowest score": "lowest_score",
}
COLUMNS: Final = (
    Column("session", "session", 170, "A click opens the conversation"),
    Column("last", "last seen", 150),
    Column("user", "user", 110),
    Column("pack", "pack", 150),
    Column("turns", "turns", 60, "Runs of the conversation that the filters leave", "right"),
    Column("failed", "failed", 64, "Turns that ended in error", "right"),
    Column("took", "time", 84, "All turns together; the user's own time between them left out", "right"),
    Column("p50", "per turn", 84, "Median of its turns", "right"),
    Column("longest", "longest", 84, "Its longest turn", "right"),
    Column("cost", "cost", 90, "–: nothing in it has a price; $1 · 2?: two calls have none", "right"),
    Column("tokens", "tokens", 84, "In and out; –: not reported", "right"),
    Column("score", "score", 84, "Mean of its scores between 0 and 1, and how many", "right"),
)


def _names(values: list[str] | None) -> str:
    return one_line(", ".join(values or ()), CELL_LIMIT)


def _cost(row: dict[str, Any]) -> str:
    unpriced = row["unpriced_generations"]
    return money(row["cost_usd"]) + (f" · {unpriced:,}?" if unpriced and row["cost_usd"] is not None else "")


def _used(row: dict[str, Any]) -> str:
    used = (row["input_tokens"], row["output_tokens"])
    return NOTHING if None in used else tokens(sum(used))


def _score(row: dict[str, Any]) -> str:
    return NOTHING if row["score_mean"] is None else f"{row['score_mean']:.2f} · {row['scores']:,}"


def session_row(row: dict[str, Any], zone: Zone) -> dict[str, Any]:
    """Return the row of one session; a click opens it."""
    tz = {"tz": [zone.name]} if zone.name != "UTC" else {}
    return {
        "href": address(PATH, {"id": [row["session_id"]], **tz}),
        "status": "error" if row["failed"] else "ok",
        "cells": [
            one_line(row["session_id"], CELL_LIMIT),
            moment(row["last_ns"], zone, "%Y-%m-%d %H:%M"),
            one_line(row["user_id"] or "", CELL_LIMIT),
            _names([*(row["packs"] or ()), *(row["versions"] or ())]),
            f"{row['turns']:,}",
            f"{row['failed']:,}" if row["failed"] else "",
            NOTHING if row["duration_ms"] is None else duration(row["duration_ms"]),
            NOTHING if row["p50_ms"] is None else duration(row["p50_ms"]),
            NOTHING if row["longest_ms"] is None else duration(row["longest_ms"]),
            _cost(row),
            _used(row),
            _score(row),
        ],
    }


def draw(scope: Scope) -> None:
    """Draw the page."""
    count = scope.lake.ask(session_count, scope.filters)
    if not count:
        st.info("No run here names a session.", icon=":material/forum:")
        st.markdown(
            "Send the conversation's id as `gen_ai.conversation.id` or `session.id` on any span of the run."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        noun = "session" if count == 1 else "sessions"
        st.caption(f"{count:,} {noun} · times in {escape(scope.zone.name)}")
        order = st.selectbox(
            "Order", list(ORDERS), key="sessions-order", label_visibility="collapsed", width=150
        )
        pages = -(-count // PAGE_ROWS)
        page = st.pagination(pages, key="sessions-page", width=260) if pages > 1 else 1
    found = scope.lake.ask(
        sessions, scope.filters, ORDERS[order], limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS
    )
    rows = [session_row(row, scope.zone) for row in found.to_pylist()]
    table_of_links("Sessions", [column._asdict() for column in COLUMNS], rows)
