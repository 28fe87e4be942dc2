"""What a writer returns, and what the writers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spotlight.messages.canonical import Json, Message, Part, Text, ToolCall, ToolDefinition, part_json
from spotlight.messages.values import dump


class Written(NamedTuple):
    """A part of a request body, ready to be merged into one, and what it could not carry."""

    body: dict[str, Json]
    notes: tuple[str, ...]


def answer_text(response: Json) -> str:
    """Return a tool's answer as text: as it is, or as JSON."""
    return response if isinstance(response, str) else dump(response)


def arguments_object(call: ToolCall) -> Json:
    """Return the arguments as an object; those that are none stand under `value`."""
    if call.arguments is None or call.arguments == "":
        return {}
    return call.arguments if isinstance(call.arguments, dict) else {"value": call.arguments}


def words_of(part: Part) -> str:
    """Return the part as text for a form that has no place for it."""
    return part.content if isinstance(part, Text) else dump(part_json(part))


def system_of(system: Sequence[Part], messages: Sequence[Message]) -> tuple[list[Part], list[Message]]:
    """Return the instructions (sent apart, then those of leading system messages) and the other messages."""
    head = list(system)
    others = list(messages)
    while others and others[0].role == "system":
        head.extend(others.pop(0).parts)
    return head, others


def schema_of(tool: ToolDefinition) -> Json:
    """Return the tool's JSON schema; an object without properties where it has none."""
    return tool.parameters if isinstance(tool.parameters, dict) else {"type": "object", "properties": {}}
