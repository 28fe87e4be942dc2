"""Messages of Inspect logs: attachments put in, tool calls in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_REFERENCES: Final = ("attachment://", "tc://")
# Attachments that are larger stay references: an image would be repeated in every later call's input.
_MAX_INLINE: Final = 1 << 20
_MAX_DEPTH: Final = 60


def openai_messages(messages: Any) -> Any:
    """Return messages whose tool calls are in OpenAI's shape; all else as it is.

    Inspect writes {"function": name, "arguments": {...}} where OpenAI nests both, and names the tool of
    an answer by `function`.
    """
    return [_openai(message) for message in messages] if isinstance(messages, list) else messages


def _openai(message: Any) -> Any:
    if not isinstance(message, Mapping):
        return message
    made = dict(message)
    if message.get("role") == "tool" and isinstance(message.get("function"), str):
        made["name"] = made.pop("function")
    if isinstance(message.get("tool_calls"), list):
        made["tool_calls"] = [_openai_call(call) for call in message["tool_calls"]]
    return made


def _openai_call(call: Any) -> Any:
    if not isinstance(call, Mapping) or not isinstance(call.get("function"), str):
        return call
    left = {k: v for k, v in call.items() if k not in ("function", "arguments", "type")}
    return {
        **left,
        "type": "function",
        "function": {"name": call["function"], "arguments": call.get("arguments")},
    }


def resolved(value: Any, attachments: Mapping[str, Any], depth: int = 0) -> Any:
    """Return the value with references to attachments replaced by what they refer to.

    Large attachments and ones that are not there stay references.
    """
    if isinstance(value, str):
        for beginning in _REFERENCES:
            if value.startswith(beginning):
                found = attachments.get(value.removeprefix(beginning))
                return found if isinstance(found, str) and len(found) <= _MAX_INLINE else value
        return value
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, list):
        return [resolved(part, attachments, depth + 1) for part in value]
    if isinstance(value, Mapping):
        return {key: resolved(part, attachments, depth + 1) for key, part in value.items()}
    return value
