"""The dense table of runs: which columns there are, and what their cells say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pyarrow as pa

from dashboards.clock import Zone
from dashboards.components.trace.component import run_list
from dashboards.text import NOTHING, duration, moment, money, one_line, short_id

STATUS_WORDS: Final = {"ok": "● ok", "error": "▲ failed", "incomplete": "◐ incomplete"}
# The list is drawn in the browser; a run's megabyte of error must not travel for 60 visible characters.
CELL_LIMIT: Final = 200


class Column(NamedTuple):
    """One column: `width` in px is the least it gets; a wider screen shares the rest out."""

    name: str
    label: str
    width: int
    help: str = ""
    align: str | None = None


COLUMNS: Final = (
    Column("run", "run", 98, "A click opens the run; tick two to compare them, any to replay them"),
    Column("status", "status", 108),
    Column("notes", "notes", 52, "Notes that people wrote on the run and its steps"),
    Column("started", "started", 126),
    Column("name", "name", 116),
    Column("pack", "pack", 118),
    Column("version", "version", 84),
    Column("variant", "variant", 130, "Of a replay: which of its variants made this run"),
    Column("error", "error", 236),
    Column("duration", "duration", 96, align="right"),
    Column(
        "cost",
        "cost",
        104,
        "List price, USD; –: no price or no tokens reported; $1 · 2?: two calls have none",
        "right",
    ),
    Column("in", "tokens in", 80, "Cache included; empty: not reported", "right"),
    Column("out", "out", 52, "Reasoning included; empty: not reported", "right"),
    Column("llm", "llm", 58, "Model calls; 4 · 2? says that two of four reported no tokens", "right"),
    Column("tools", "tools", 96, "Tool calls, and how many failed", "right"),
    Column(
        "replay",
        "replay",
        74,
        "How much of what its models were sent is known: exact, semantic, partial or none",
    ),
    Column("models", "models", 146),
    Column("agent", "agent", 100),
    Column("session", "session", 112),
    Column("user", "user", 90),
)


def _text(value: Any) -> str:
    return "" if value is None else one_line(value, CELL_LIMIT)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _calls(calls: int | None, silent: int | None) -> str:
    if calls is None:
        return ""
    return f"{calls} · {silent}?" if silent else str(calls)


def _tools(calls: int | None, failed: int | None) -> str:
    if not calls:
        return "" if calls is None else "0"
    return f"{calls} · {failed} failed" if failed else str(calls)


def _error(run: dict[str, Any]) -> str:
    said = [str(part) for part in (run["error_type"], run["error_message"]) if part]
    if len(said) == 2 and said[1].startswith(said[0]):
        said = said[1:]
    return _text(": ".join(said) or run["status_reason"])


def _cost(usd: float | None, generations: int | None, unpriced: int | None) -> str:
    if usd is None:
        return NOTHING if generations else ""
    return f"{money(usd)} · {unpriced}?" if unpriced else money(usd)


def run_cells(run: dict[str, Any], notes: int, zone: Zone) -> dict[str, str]:
    """Return what the columns say about one run, by column; "" is what nobody reported or wrote."""
    return {
        "run": short_id(run["run_id"]),
        "status": STATUS_WORDS.get(run["status"], _text(run["status"])),
        "notes": f"✎ {notes:,}" if notes else "",
        "started": moment(run["started_ns"], zone, "%b %d %H:%M:%S") if run["started_ns"] is not None else "",
        "name": _text(run["name"]),
        "error": _error(run),
        "models": _text(", ".join(run["models"] or ())),
        "duration": "" if run["duration_ms"] is None else duration(run["duration_ms"]),
        "cost": _cost(run["cost_usd"], run["generations"], run["unpriced_generations"]),
        "in": _count(run["input_tokens"]),
        "out": _count(run["output_tokens"]),
        "llm": _calls(run["generations"], run["generations_without_usage"]),
        "tools": _tools(run["tool_calls"], run["failed_tool_calls"]),
        "replay": _text(run.get("replay_grade")),
        "variant": _text(run.get("variant") or (run.get("replay_of") and "replay")),
        "pack": _text(run["pack_name"]),
        "version": _text(run["pack_version"]),
        "agent": _text(run["agent_name"]),
        "session": _text(run["session_id"]),
        "user": _text(run["user_id"]),
    }


def run_table(runs: pa.Table, noted: Mapping[str, int], back: str, zone: Zone) -> None:
    """Draw the table; its rows open their run and carry `back`, the query of this list.

    `noted` is how many notes stand on a run, by run id.
    """
    rows = runs.to_pylist()
    cells = [run_cells(row, noted.get(row["run_id"], 0), zone) for row in rows]
    # A column about which no listed run says anything only takes room from the others.
    columns = [column for column in COLUMNS if any(said[column.name] not in ("", NOTHING) for said in cells)]
    named = {"started": f"started ({zone.name})"}
    columns = [column._replace(label=named.get(column.name, column.label)) for column in columns]
    slowest = max((row["duration_ms"] or 0 for row in rows), default=0) or 1
    listed = [
        {
            "id": row["run_id"],
            "status": row["status"] if row["status"] in STATUS_WORDS else "unknown",
            "share": round((row["duration_ms"] or 0) / slowest, 3),
            "cells": [said[column.name] for column in columns],
        }
        for row, said in zip(rows, cells, strict=True)
    ]
    run_list([column._asdict() for column in columns], listed, back)
