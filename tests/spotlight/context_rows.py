"""A run whose history grows, is cut, loses its beginning to a summary, and whose tools change on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from spotlight.reports import Reports
from tests.made_lake import SECOND, made_lake, run, step
from tests.rows import START, llm, payload, span_id

RUN: Final = run("travel", session_id="s1", agent_name="travel")
RUN_ID: Final = str(RUN["run_id"])
Message = dict[str, Any]


def said(role: str, *parts: dict[str, Any]) -> Message:
    """Return a message of the OTel schema."""
    return {"role": role, "parts": list(parts)}


def text(words: str) -> dict[str, Any]:
    """Return a part that is words."""
    return {"type": "text", "content": words}


def called(call_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    """Return a part that calls a tool."""
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def answered(call_id: str, response: str) -> dict[str, Any]:
    """Return a part that answers a call."""
    return {"type": "tool_call_response", "id": call_id, "response": response}


def offered(name: str, description: str, **properties: Any) -> dict[str, Any]:
    """Return a tool definition."""
    schema = {"type": "object", "properties": properties}
    return {"type": "function", "name": name, "description": description, "parameters": schema}


FLIGHTS: Final = " ".join(f"Flight HAT{k:03d} to Seattle costs {k + 100} dollars." for k in range(40))
USER: Final = said("user", text("My passport is K7731204. Book me a flight to Seattle."))
LOOKS: Final = said("assistant", text("Let me look."), called("c1", "search", to="SEA"))
FOUND: Final = said("tool", answered("c1", FLIGHTS))
CUT: Final = said("tool", answered("c1", FLIGHTS[:200] + " [1,700 characters removed]"))
ASKS: Final = said("assistant", text("There are many flights. Which budget do you have?"))
BUDGET: Final = said("user", text("Under 110 dollars please, with a window seat."))
SUMMARY: Final = said(
    "user", text("Summary: the user wants a flight to Seattle under 110 dollars, window seat.")
)
BOOK: Final = said("user", text("Book the first one."))
SYSTEM: Final = "You are a travel agent. Today is {}."
TOOLS: Final = [offered("search", "Find flights.", to={"type": "string"}), offered("book", "Book one.")]
OTHER_TOOLS: Final = [
    offered("search", "Find cheap flights.", to={"type": "string"}),
    offered("cancel", "Cancel."),
]

# Messages in, answer, day of the instructions, tools, temperature, tokens in, read from the cache.
CALLS: Final = (
    ([USER], LOOKS, "Monday", TOOLS, 0.2, 100, 0),
    ([USER, LOOKS, FOUND], ASKS, "Monday", TOOLS, 0.2, 600, 90),
    ([USER, LOOKS, CUT, ASKS, BUDGET], ASKS, "Monday", TOOLS, 0.2, 300, 0),
    ([SUMMARY, ASKS, BOOK], ASKS, "Tuesday", OTHER_TOOLS, 0.7, 200, None),
)


def call_id(number: int) -> str:
    """Return the span id of a call, counted from 0."""
    return span_id(f"call {number}")


def travel(data: Path) -> Reports:
    """Return the questions to a lake that holds this run alone."""
    spans, steps, payloads = [], [], []
    for k, (messages, answer, day, tools, temperature, tokens, cached) in enumerate(CALLS):
        at: dict[str, Any] = {"started_ns": START + k * SECOND, "ended_ns": START + k * SECOND + 10}
        params = json.dumps({"temperature": temperature})
        row = llm(f"call {k}", trace="travel", model_params=params, request_model="gpt-4.1", **at)
        spans.append(row)
        steps.append(
            step(RUN, f"call {k}", "llm", step=k + 1, input_tokens=tokens, cache_read_tokens=cached, **at)
        )
        payloads.append(
            payload(
                row,
                input_messages=json.dumps(messages),
                output_messages=json.dumps([answer]),
                system_instructions=SYSTEM.format(day),
                tool_definitions=json.dumps(tools),
            )
        )
    return made_lake(data, runs=[RUN], spans=spans, steps=steps, payloads=payloads)
