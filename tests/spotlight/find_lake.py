"""Four runs whose every figure is known, for searches: what each query finds is written down by hand."""

from __future__ import annotations

import json
from pathlib import Path

from spotlight.reports import Reports
from tests.made_lake import SECOND, made_lake, of_run, run, score, step
from tests.rows import START, payload, span, span_id, trace_id

# As most Python clients write it: letters beyond ASCII, and line breaks, escaped.
SEATS = json.dumps({"seats": 0, "via": "Zürich\nKloten", "to": "İZMİR"})


def said(*messages: tuple[str, str]) -> str:
    """Return messages as a client sends them."""
    return json.dumps([{"role": role, "content": content} for role, content in messages])


def found_lake(data: Path) -> Reports:
    """Return four runs: one found a flight, one failed, one says little, one is no agent's."""
    booked = run("booked", models=["gpt-4o", "o3"], cost_usd=0.2, duration_ms=40_000.0, user_id="Ann",
                 session_id="s-100", agent_name="planner", input_tokens=900, output_tokens=200,
                 started_ns=START, environment="prod")  # fmt: skip
    full = run("full", models=["gpt-4o-mini"], cost_usd=0.01, duration_ms=2_000.0, status="error",
               error_type="ToolError", error_message="Connection reset by peer", session_id="s-200",
               agent_name="planner", started_ns=START + 60 * SECOND, input_tokens=50)  # fmt: skip
    quiet = run("quiet", pack_name=None, status="incomplete", started_ns=START + 120 * SECOND)
    steps = [
        step(booked, "b-plan", "agent", step=1, agent_name="planner"),
        step(booked, "b-ask", "llm", step=2, parent_span_id=span_id("b-plan"), model="gpt-4o", cost_usd=0.2),
        step(booked, "search#1", step=3, parent_span_id=span_id("b-plan"), duration_ms=5000.0),
        step(booked, "search#2", step=4, parent_span_id=span_id("b-ask")),
        step(booked, "book#1", step=5, agent_name="clerk"),
        step(full, "book#2", step=1, failed=True, error_type="ToolError", error_message="reset"),
        step(full, "search#3", step=2, skill_name="travel"),
    ]
    asked = said(("system", "You book flights."), ("user", "Is the Flight\nis FULL?"))
    later = said(("system", "You book flights."), ("user", "Is the Flight\nis FULL?"), ("assistant", "No."))
    spans = {
        "b-ask": span("b-ask", trace="booked", attributes='{"http.method":"POST","limit":7}',
                      model_params='{"gen_ai.request.temperature":0.7}'),
        "search#2": span("search#2", trace="booked", started_ns=START + SECOND),
        "book#2": span("book#2", trace="full", attributes='{"limit":"9"}'),
    }  # fmt: skip
    content = [
        payload(spans["b-ask"], input_messages=asked, output_messages=said(("assistant", "I will look."))),
        payload(spans["search#2"], input_messages=later, tool_result=SEATS),
        payload(spans["book#2"], tool_arguments='{"flight": "LH 100%"}', tool_result="the flight left"),
    ]
    return made_lake(
        data,
        runs=[booked, full, quiet, run("other", is_agent_run=False)],
        steps=steps,
        spans=list(spans.values()),
        payloads=content,
        scores=[
            score("Correct-ness", 0.4, **of_run(booked)),
            score("tone", None, label="Rude", **of_run(full)),
        ],
    )


NAMES = {trace_id(name): name for name in ("booked", "full", "quiet", "other")}
