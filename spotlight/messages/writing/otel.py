"""Canonical messages -> OTel GenAI messages; the canonical form is theirs, so nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence

from spotlight.messages.canonical import Message, Part, ToolDefinition, message_json, part_json
from spotlight.messages.writing.written import Written, schema_of


def to_otel(
    messages: Sequence[Message], *, system: Sequence[Part] = (), tools: Sequence[ToolDefinition] = ()
) -> Written:
    """Return {"messages", "system_instructions"?, "tool_definitions"?}; `extra` is carried along."""
    body = {"messages": [message_json(m) for m in messages]}
    if system:
        body["system_instructions"] = [part_json(p) for p in system]
    if tools:
        body["tool_definitions"] = [
            {"type": t.type, "name": t.name, "parameters": schema_of(t)}
            | ({"description": t.description} if t.description else {})
            for t in tools
        ]
    return Written(body, ())
