"""Messages in OpenTelemetry's shape: a role and parts.

Text and the messages of OpenAI's chat API are brought to it; every other shape stays as given, since whoever
reads it knows more about it than can be guessed here.
Source: gen-ai-input-messages.json and gen-ai-output-messages.json of the semantic conventions.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final

_CHAT: Final = frozenset(("role", "content", "name", "tool_calls", "tool_call_id", "refusal"))


def as_messages(messages: object, role: str) -> object:
    """Return messages for an attribute; text becomes one message of `role`, what cannot be read stays."""
    try:
        return _messages(messages, role)
    except Exception:
        return messages


def _messages(messages: object, role: str) -> object:
    if messages is None:
        return None
    if isinstance(messages, str):
        return [{"role": role, "parts": [_text(messages)]}]
    if isinstance(messages, Mapping):
        return [_as_message(messages)]
    if isinstance(messages, list | tuple):
        return [_as_message(message) if isinstance(message, Mapping) else message for message in messages]
    return [messages]


def as_instructions(system: object) -> object:
    """Return system instructions as a list of parts; what is no text stays as given."""
    return [_text(system)] if isinstance(system, str) else system


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def _as_message(message: Mapping[Any, Any]) -> object:
    content, calls = message.get("content"), message.get("tool_calls")
    is_chat = "role" in message and set(message) <= _CHAT and isinstance(content, str | None)
    if not is_chat or not isinstance(calls, list | tuple | None):
        return message
    answers = message.get("tool_call_id")
    parts: list[object] = []
    if content and answers is None:
        parts.append(_text(content))
    if answers is not None:
        parts.append({"type": "tool_call_response", "id": answers, "response": content})
    parts.extend(_as_call(call) for call in calls or ())
    name = {"name": message["name"]} if "name" in message else {}
    return {"role": message["role"], **name, "parts": parts}


def _as_call(call: object) -> object:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(call, Mapping) or not isinstance(function, Mapping):
        return call
    arguments = function.get("arguments")
    with contextlib.suppress(ValueError, RecursionError):  # a model may answer with broken JSON: as it is
        arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
    return {"type": "tool_call", "id": call.get("id"), "name": function.get("name"), "arguments": arguments}
