"""Invented transcripts: what the models and tools of an invented run say, in plain words or as an attack."""

from __future__ import annotations

from typing import Any

from spotlight.reports.transcript import Answer, Piece, Step, Thread, Transcript
from tests.dashboards.invented_span import DAY_NS, HUGE, MARKUP

SAID = "The item is covered. Refund is allowed."


def invented_transcript(run_id: str, document: dict[str, Any], *, hostile: bool) -> Transcript:
    """Return the transcript of an invented run: each model call asks for the tool call after it."""
    cols, kinds = document["cols"], document["kinds"]
    rows = [row for row, kind in enumerate(cols["kind"]) if kinds[kind] in ("llm", "tool")]
    tools = {row: kinds[cols["kind"][row]] == "tool" for row in rows}
    steps = []
    for n, row in enumerate(rows):
        after = rows[n + 1] if n + 1 < len(rows) and tools[rows[n + 1]] else None
        asked = rows[n - 1] if n and not tools[rows[n - 1]] and tools[row] else None
        steps.append(_step(cols["id"][row], row, tools[row], after, asked, hostile=hostile))
    return Transcript(run_id, tuple(steps), (Thread(MARKUP, 0, None, None, tuple(rows)),), (MARKUP,))


def _step(
    span_id: str, row: int, is_tool: bool, after: int | None, asked: int | None, *, hostile: bool
) -> Step:
    text, name = (MARKUP + HUGE, MARKUP) if hostile else (f"{SAID} {row}", "search_orders")
    answer = Answer(text, None, after, after) if after is not None else None
    calls = (Piece("call", text, name, "c", answer=answer),) if after is not None else ()
    heard = (Piece("user", text), Piece("other", text, name)) if not is_tool else ()
    return Step(
        row=row, trace_id="t", span_id=span_id, kind="tool" if is_tool else "llm", name=name, agent=name,
        model=name, tool=name, thread=0, within=None, started_ns=DAY_NS + row, ended_ns=None, heard=heard,
        said=() if is_tool else (Piece("thought", text), Piece("text", text), *calls), known=0, lost=0,
        arguments=text, result=text, call_id="c", asked_by=asked, error=text if hostile else None,
        failed=hostile, decision=None, state="full", notes=(),
    )  # fmt: skip
