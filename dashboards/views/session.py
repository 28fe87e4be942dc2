"""The page of one session: its turns as a conversation, with what each cost and how long it took."""

from __future__ import annotations

from typing import Any, Final, Literal

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.answers import lake
from dashboards.clock import Zone, zone
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, tokens
from dashboards.views.run_scores import verdict
from dashboards.views.run_table import STATUS_WORDS
from dashboards.views.watch import watch
from spotlight.reports.sessions import Session, Turn, session

WATCH_SECONDS: Final = 5
PAGE_TURNS: Final = 50
FOLD_AT: Final = 900  # characters of a turn's text that are shown without a click
MOST_SHOWN: Final = 60_000  # the run page has the rest
COLORS: Final[dict[str, Literal["gray", "red", "orange"]]] = {
    "ok": "gray", "error": "red", "incomplete": "orange",
}  # fmt: skip
NOT_SENT: Final = {
    "user": "What the user asked was not sent.",
    "assistant": "What the agent answered was not sent.",
}


def _said(role: str, text: str | None) -> None:
    """Draw what somebody said: plain text, long text folded."""
    with st.chat_message(role, avatar=":material/person:" if role == "user" else ":material/smart_toy:"):
        if text is None:
            st.caption(NOT_SENT[role])
            return
        st.text(text if len(text) <= FOLD_AT else text[:FOLD_AT].rstrip() + " …")
        if len(text) > FOLD_AT:
            with st.expander(f"All {len(text):,} characters"):
                st.text(text[:MOST_SHOWN])
                if len(text) > MOST_SHOWN:
                    st.caption(f"The run has the other {len(text) - MOST_SHOWN:,} characters.")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _figures(turn: Turn) -> str:
    """Return what a turn took, as Markdown."""
    missing = turn.unpriced_generations
    unpriced = f" ({_counted(missing, 'call')} without a price)" if missing else ""
    used = (turn.input_tokens, turn.output_tokens)
    facts = [
        NOTHING if turn.duration_ms is None else duration(turn.duration_ms),
        f"first token {duration(turn.ttft_ms)}" if turn.ttft_ms is not None else "",
        money(turn.cost_usd) + unpriced,
        "tokens not reported" if None in used else f"{tokens(used[0])} in, {tokens(used[1])} out",
        _counted(turn.generations, "model call"),
        _counted(turn.tool_calls, "tool call") if turn.tool_calls else "",
        f"{turn.failed_tool_calls:,} of them failed" if turn.failed_tool_calls else "",
        " ".join(one_line(name, 40) for name in (turn.pack_name, turn.pack_version) if name),
    ]
    return escape(" · ".join(fact for fact in facts if fact), 400)


def _turn(number: int, turn: Turn, run_page: Page, told_in: Zone) -> None:
    with st.container(border=True, key=f"turn-{number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            waited = f" · {duration(turn.waited_ms)} after the turn before" if turn.waited_ms else ""
            when = moment(turn.started_ns, told_in)
            st.caption(escape(f"Turn {number} · {when}{waited}", 200))
            st.badge(STATUS_WORDS[turn.status], color=COLORS[turn.status])
            for score in turn.scores[:4]:
                st.badge(escape(verdict(dict(score)), 70), color="blue")
            st.page_link(run_page, label="Open the run", query_params={"run": turn.run_id})
        _said("user", turn.question)
        _said("assistant", turn.answer)
        if turn.status != "ok" and (turn.error_message or turn.status_reason):
            st.error(escape(turn.error_message or turn.status_reason or "", 400), icon=":material/error:")
        st.caption(_figures(turn))


def _head(found: Session, told_in: Zone) -> None:
    row: dict[str, Any] = found.row
    facts = [
        _counted(row["turns"], "turn"),
        f"{row['failed']:,} failed" if row["failed"] else "",
        money(row["cost_usd"]),
        duration(row["duration_ms"]),
        f"user {one_line(row['user_id'], 60)}" if row["user_id"] else "",
        f"{moment(row['first_ns'], told_in)} to {moment(row['last_ns'], told_in)}",
    ]
    st.caption(escape(" · ".join(fact for fact in facts if fact), 400))
    if found.scores:
        with st.container(horizontal=True, gap="small"):
            for score in found.scores[:8]:
                st.badge(escape(verdict(dict(score)), 70), color="blue")


def draw(sessions_page: Page, run_page: Page) -> None:
    """Draw the page. Raises: NotFound where no run names the session."""
    given, told_in = lake(), zone()
    session_id = st.query_params.get("id", "")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.page_link(sessions_page, label="All sessions", icon=":material/arrow_back:")
        st.subheader(escape(session_id or "No session is named", 80), anchor=False, width="content")
    if not session_id:
        st.info("The address names no session: open one from the list.", icon=":material/forum:")
        return
    first = given.ask(session, session_id, limit=PAGE_TURNS)
    total = len(first.turns) + first.more_turns
    _head(first, told_in)
    page = st.pagination(-(-total // PAGE_TURNS), key="turns-page", width=260) if first.more_turns else 1
    start = (page - 1) * PAGE_TURNS
    found = first if page == 1 else given.ask(session, session_id, limit=PAGE_TURNS, offset=start)
    for number, turn in enumerate(found.turns, start + 1):
        _turn(number, turn, run_page, told_in)
    watch(given.source, given.version, WATCH_SECONDS)
