"""The live page: which runs are at work, what each has open, and whether what is sent arrives."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

import streamlit as st

from dashboards import answers
from dashboards.addresses import address
from dashboards.answers import Lake, lake
from dashboards.clock import zone
from dashboards.components.trace.component import table_of_links
from dashboards.source import Intake, published
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, short_id
from dashboards.views.figures import tile
from dashboards.views.first_steps import first_steps
from dashboards.views.run_table import STATUS_WORDS, Column
from spotlight.errors import SpotlightError
from spotlight.figures import size
from spotlight.reports import RunFilters
from spotlight.reports.live import Live, LiveRun, LiveStep, Received, live, received

EVERY_SECONDS: Final = 2
MINUTE_NS: Final = 60_000_000_000
WITHIN: Final = {"5 minutes": 5, "15 minutes": 15, "1 hour": 60, "1 day": 1_440}
QUIET_NS: Final = MINUTE_NS
STEP_NS: Final = 5_000_000_000
PAUSED: Final = "live_paused"
OPEN_SHOWN: Final = 3
COLUMNS: Final = (
    Column("run", "run", 78, "A click anywhere in the row opens the run"),
    Column("status", "status", 116, "At work: no end of its root is known; a killed run looks so, too"),
    Column("heard", "last heard", 92, "Since anything of it was received", "right"),
    Column("elapsed", "time", 76, "So far, by the clock of its sender, or in all", "right"),
    Column("now", "now", 330, "Its open steps; where clients send none, the last that ended"),
    Column("agent", "agent", 118),
    Column("version", "version", 110),
    Column("llm", "llm", 48, "Model calls so far", "right"),
    Column("tools", "tools", 92, "Tool calls so far, and how many failed", "right"),
    Column("cost", "cost", 84, "List price so far; –: no price or no tokens reported", "right"),
    Column("session", "session", 112),
    Column("user", "user", 90),
)  # fmt: skip


class Seen(NamedTuple):
    """What one look at the lake found, and when it was."""

    now_ns: int
    found: Live
    lately: Received  # in the last minute
    before: Received  # in the last hour


def open_said(run: LiveRun, now_ns: int) -> str:
    """Return what a run is doing: its innermost open steps with their age, else the last that ended."""
    inner = run.open[-OPEN_SHOWN:]
    if run.at_work and inner:
        more = len(run.open) - len(inner)
        return " › ".join(_named(s, now_ns, s.started_ns) for s in inner) + (
            f" (in {more} more)" if more else ""
        )
    if run.last is None:
        return ""
    how = "failed" if run.last.failed else "ended"
    return f"last {how}: {_named(run.last, now_ns, run.last.ended_ns)} ago"


def _named(step: LiveStep, now_ns: int, since_ns: int | None) -> str:
    age = "" if since_ns is None else f" {_age(now_ns, since_ns)}"
    return f"{step.kind} {one_line(step.what, 40)}{age}"


def _age(now_ns: int, since_ns: int) -> str:
    return duration(max(0, now_ns - since_ns) // 1_000_000_000 * 1000)


def cells(run: LiveRun, now_ns: int) -> dict[str, str]:
    """Return what the columns say about one run."""
    row = run.row
    failed = row["failed_tool_calls"]
    state = "◌ at work" if run.at_work else STATUS_WORDS.get(row["status"], one_line(row["status"]))
    if run.at_work and now_ns - run.heard_ns > QUIET_NS:
        state = "◌ silent"
    until = now_ns if run.at_work else row["ended_ns"]
    elapsed = NOTHING if None in (until, row["started_ns"]) else _age(until, row["started_ns"])
    return {
        "run": short_id(row["run_id"]),
        "status": state,
        "heard": f"{_age(now_ns, run.heard_ns)} ago",
        "elapsed": elapsed,
        "now": open_said(run, now_ns),
        "agent": one_line(row["agent_name"] or row["name"] or ""),
        "version": one_line(row["pack_version"] or ""),
        "llm": "" if row["generations"] is None else f"{row['generations']:,}",
        "tools": _tools(row["tool_calls"], failed),
        "cost": NOTHING if row["cost_usd"] is None else money(row["cost_usd"]),
        "session": one_line(row["session_id"] or ""),
        "user": one_line(row["user_id"] or ""),
    }


def _tools(calls: int | None, failed: int | None) -> str:
    if calls is None:
        return ""
    return f"{calls:,} · {failed:,} failed" if failed else f"{calls:,}"


def _table(found: Live, now_ns: int) -> None:
    said = [cells(run, now_ns) for run in found.runs]
    columns = [c for c in COLUMNS if any(cell[c.name] not in ("", NOTHING) for cell in said)]
    rows = [
        {
            "href": address("/run", {"run": [run.row["run_id"]], "tz": [zone().name]}),
            "status": run.row["status"] if run.row["status"] in STATUS_WORDS else "unknown",
            "cells": [cell[c.name] for c in columns],
        }
        for run, cell in zip(found.runs, said, strict=True)
    ]
    table_of_links("Runs now", [c._asdict() for c in columns], rows)
    shown = len(found.runs)
    rest = found.at_work + found.ended - shown
    st.caption(
        f"{found.at_work:,} at work · {found.ended:,} ended"
        + (f" · the {shown:,} heard of last are listed" if rest else "")
    )


def _strip(seen: Seen, intake: Intake) -> None:
    """Draw whether what is sent arrives."""
    now_ns, _, lately, before = seen
    places = st.columns(5)
    down = [name for name, running in intake.running.items() if not running]
    tile(places[0], "Items in the last minute", f"{lately.items:,}", note=f"{lately.requests:,} requests",
         explained="Spans, log records, data points and scores that are visible.")  # fmt: skip
    refused = f"{before.refused_requests:,} requests"
    tile(places[1], "Refused in the last hour", f"{before.refused_items:,} items", note=refused,
         explained="Refused, rejected in part, or unreadable; `spotlight status` says why.")  # fmt: skip
    waiting, dead = intake.waiting_bytes, intake.dead_requests
    tile(places[2], "Waiting to be written", NOTHING if waiting is None else size(waiting),
         note="acknowledged, not yet visible",
         explained="Bytes of the journal that the writer has not brought into the lake yet.")  # fmt: skip
    heard = NOTHING if before.last_ns is None else f"{_age(now_ns, before.last_ns)} ago"
    tile(places[3], "Last received", heard, note="" if before.last_ns else "nothing in the last hour")
    state = f"{', '.join(down)} down" if down else "running" if intake.running else NOTHING
    tile(places[4], "Collector and writer", state,
         note="" if dead is None else f"{dead:,} unreadable requests kept")  # fmt: skip


def _look(asked: Lake, within: str, now_ns: int) -> Seen:
    """Ask the lake, or remember: within STEP_NS and while nothing new is visible the answers stand."""
    until = now_ns - now_ns % STEP_NS
    return Seen(
        now_ns,
        asked.ask(live, until - WITHIN[within] * MINUTE_NS),
        asked.ask(received, until - MINUTE_NS),
        asked.ask(received, until - 60 * MINUTE_NS),
    )


def _paused(within: str, now: Seen) -> Seen:
    """Return what was seen when the page was paused, and say what has happened since."""
    kept: tuple[str, Seen] | None = st.session_state.get(PAUSED)
    if kept is None or kept[0] != within:
        kept = st.session_state[PAUSED] = (within, now)
    seen = kept[1]
    newer = sum(run.heard_ns > seen.now_ns for run in now.found.runs)
    since = (
        f"{newer:,} {'run was' if newer == 1 else 'runs were'} heard of since" if newer else "nothing since"
    )
    st.caption(f"Paused at {escape(moment(seen.now_ns, zone()))}: {since}.")
    return seen


def draw() -> None:
    """Draw the page; it draws itself anew every few seconds."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-title"):
        st.subheader("Live", anchor=False, width="content")
        st.caption("What is at work, and does what is sent arrive?", width="stretch")
        is_paused = st.toggle("Pause", key="live_pause", help="Keep what is seen; the page counts on.")
        within = st.selectbox(
            "Heard within", WITHIN, index=1, key="within", label_visibility="collapsed", width=120,
            bind="query-params",
        )  # fmt: skip

    @st.fragment(run_every=EVERY_SECONDS)
    def now() -> None:
        try:
            seen = _look(lake(), within, time.time_ns())
        except SpotlightError as exc:
            st.error(escape(exc.message, 300), icon=":material/error:")
            return
        if is_paused:
            seen = _paused(within, seen)
        else:
            st.session_state.pop(PAUSED, None)
        _strip(seen, published().intake())
        if seen.found.runs:
            _table(seen.found, seen.now_ns)
        elif seen.before.last_ns is None and not lake().ask(answers.run_count, RunFilters()):
            first_steps()
        else:
            st.info(
                f"No run was heard of within {within}. Choose a longer time above, or see what arrived in "
                "Sources.",
                icon=":material/bedtime:",
            )

    now()
