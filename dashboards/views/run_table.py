"""The dense table of runs: every text cell is drawn on a canvas, so nothing from a span becomes markup."""

from __future__ import annotations

from typing import Any, Final, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from dashboards.text import one_line, short_id

STATUS_WORDS: Final = {"ok": "● ok", "error": "▲ error", "incomplete": "◐ incomplete"}
STATUS_COLORS: Final = {
    "light": {"error": "#c01f38", "incomplete": "#8a5a00"},
    "dark": {"error": "#ff6b57", "incomplete": "#fbbe5d"},
}
LINK_COLORS: Final = {"light": "#0f35a8", "dark": "#e0e9ff"}  # a pinned column is drawn fainter
SELECTION: Final[tuple[Literal["single-row", "single-cell"], ...]] = ("single-row", "single-cell")
ROW_HEIGHT: Final = 28
# The grid draws in the browser; a run's megabyte of error message must not travel for 60 visible characters.
CELL_LIMIT: Final = 200


def _text(value: Any) -> str:
    return "" if value is None else one_line(value, CELL_LIMIT)


def _calls(calls: int | None, silent: int | None) -> str:
    if calls is None:
        return ""
    return f"{calls} · {silent}?" if silent else str(calls)


def _tools(calls: int | None, failed: int | None) -> str:
    if not calls:
        return "" if calls is None else "0"
    return f"{calls} · {failed} failed" if failed else str(calls)


def run_frame(runs: pa.Table, ms_per_unit: float) -> pd.DataFrame:
    """Return the rows as the table shows them, in the same order; durations in the given unit."""
    rows = runs.to_pylist()
    return pd.DataFrame(
        {
            "run": [short_id(r["run_id"]) for r in rows],
            "status": [STATUS_WORDS.get(r["status"], _text(r["status"])) for r in rows],
            "started": pd.to_datetime([r["started_ns"] for r in rows], unit="ns"),
            "name": [_text(r["name"]) for r in rows],
            "pack": [_text(r["pack_name"]) for r in rows],
            "version": [_text(r["pack_version"]) for r in rows],
            "duration": [None if r["duration_ms"] is None else r["duration_ms"] / ms_per_unit for r in rows],
            "in": pd.array([r["input_tokens"] for r in rows], dtype="Int64"),
            "out": pd.array([r["output_tokens"] for r in rows], dtype="Int64"),
            "llm": [_calls(r["generations"], r["generations_without_usage"]) for r in rows],
            "tools": [_tools(r["tool_calls"], r["failed_tool_calls"]) for r in rows],
            "error": [_text(r["error_message"] or r["error_type"] or r["status_reason"]) for r in rows],
            "models": [_text(", ".join(r["models"] or ())) for r in rows],
            "agent": [_text(r["agent_name"]) for r in rows],
            "session": [_text(r["session_id"]) for r in rows],
            "user": [_text(r["user_id"]) for r in rows],
        }
    )


def _columns(slowest: float, unit_format: str) -> dict[str, Any]:
    text = st.column_config.TextColumn
    number = st.column_config.NumberColumn
    return {
        "run": text("run", width=78, pinned=True, help="Click to open the run"),
        "status": text("status", width=100),
        "started": st.column_config.DatetimeColumn("started (UTC)", format="MMM DD HH:mm:ss", width=118),
        "name": text("name", width=120),
        "pack": text("pack", width=104),
        "version": text("version", width=68),
        "duration": st.column_config.ProgressColumn(
            "duration", format=unit_format, min_value=0, max_value=max(slowest, 0.001), width=128
        ),
        "in": number("tokens in", format="localized", width=84, help="Cache included; empty: not reported"),
        "out": number("out", format="localized", width=70, help="Reasoning included; empty: not reported"),
        "llm": text("llm", width=56, help="Model calls; 4 · 2? says that two of four reported no tokens"),
        "tools": text("tools", width=88, help="Tool calls, and how many failed"),
        "error": text("error", width=206),
        "models": text("models", width=130),
        "agent": text("agent", width=90),
        "session": text("session", width=90),
        "user": text("user", width=90),
    }


def _styled(frame: pd.DataFrame, statuses: list[str]) -> Any:
    theme = "dark" if st.context.theme.type == "dark" else "light"
    colors = STATUS_COLORS[theme]
    said = [f"color: {colors[s]}" if s in colors else "" for s in statuses]
    link = f"color: {LINK_COLORS[theme]}"
    return (
        frame.style.apply(lambda _: said, axis=0, subset=["status"])
        .apply(lambda column: [link] * len(column), axis=0, subset=["run"])
        .apply(lambda _: said, axis=0, subset=["error"])
    )


def run_table(runs: pa.Table, key: str) -> str | None:
    """Draw the table; return the id of the run the reader opens: its row ticked, or its id clicked."""
    slowest_ms = float(pc.max(runs.column("duration_ms")).as_py() or 0)
    ms_per_unit, unit_format = (1.0, "%.0f ms") if slowest_ms < 1000 else (1000.0, "%.2f s")
    statuses = [str(status) for status in runs.column("status").to_pylist()]
    frame = run_frame(runs, ms_per_unit)
    state = st.dataframe(
        _styled(frame, statuses),
        key=key,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(frame), 100) + 1) + 4 if len(frame) < 16 else 576,
        column_config=_columns(slowest_ms / ms_per_unit, unit_format),
        on_select="rerun",
        selection_mode=SELECTION,
        placeholder="",
        alt="Runs; open one by ticking its row or clicking its id",
    )
    picked = list(state.selection.rows) + [row for row, name in state.selection.cells if name == "run"]
    run_ids = runs.column("run_id").to_pylist()
    return str(run_ids[picked[0]]) if picked and picked[0] < len(run_ids) else None
