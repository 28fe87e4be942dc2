"""OTel message events (semconv 1.28 to 1.36) as JSON objects, as pydantic-ai v1 lists them."""

from __future__ import annotations

from typing import Final

from spotlight.messages.canonical import Json
from spotlight.messages.shapes.table import Raw, Rewrite, Shape
from spotlight.messages.values import join, parse_or_text, rest, take

NAME: Final = "event.name"
CHOICE: Final = "gen_ai.choice"
ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    CHOICE: "assistant",
}
_NOISE: Final = ("gen_ai.system", "gen_ai.provider.name", NAME)
"""Keys every event repeats: the provider, and the name that gave the role."""
_PROMPTKIT: Final = {
    "gen_ai.message.content": "content",
    "gen_ai.tool_calls": "tool_calls",
    "gen_ai.tool_result": "tool_result",
}
"""What PromptKit calls the members of a message; lists and objects as JSON text."""


def event_message(name: str, fields: Raw) -> list[Raw]:
    """Return the message an event is, as {role, content, ...}; a choice may hold one under `message`."""
    left = {k: v for k, v in fields.items() if k not in _NOISE}
    if not left.keys().isdisjoint(_PROMPTKIT):
        left = _in_plain_words(left)
    role = ROLES[name]
    message = take(left, "message")
    result: Raw = {"role": role, **left}
    if isinstance(message, dict):
        result = {"role": role, **join(message, left)}
    elif message is not None:
        result["content"] = _blocks(message)
    else:
        result["content"] = _blocks(left.get("content"))
    if role == "tool" and "tool_call_id" not in result and "id" in result:
        result["tool_call_id"] = result.pop("id")
    answers = take(result, "tool.result")
    found = [result]
    if answers is not None:
        found.append({"role": "tool", "content": _blocks(answers)})
    return found


def _in_plain_words(fields: Raw) -> Raw:
    """Return PromptKit's members of a message under the names that others use."""
    found = {_PROMPTKIT.get(k, k): parse_or_text(v) if k in _PROMPTKIT else v for k, v in fields.items()}
    calls = found.get("tool_calls")
    if isinstance(calls, list):
        found["tool_calls"] = [{"type": "tool_call", **c} if isinstance(c, dict) else c for c in calls]
    answer = found.get("tool_result")
    if isinstance(answer, dict):
        del found["tool_result"]
        content = answer.get("error") or answer.get("content") or answer.get("parts")
        found |= {"content": content, "tool_call_id": answer.get("id"), "name": answer.get("name")}
        if answer.get("error"):
            found["is_error"] = True
    return found


def _blocks(content: Json) -> Json:
    """Return the blocks a content text holds (Strands), else the content as it is."""
    found = parse_or_text(content)
    return found if isinstance(found, list) and all(isinstance(b, dict) for b in found) else content


def _is_event(raw: Raw) -> bool:
    return isinstance(raw.get(NAME), str) and raw[NAME] in ROLES


def _event(raw: Raw) -> list[Raw]:
    noise = rest({k: raw.get(k) for k in _NOISE if k != NAME})
    return [
        {**m, "envelope": noise} if noise and i == 0 else m
        for i, m in enumerate(event_message(raw[NAME], raw))
    ]


SHAPE = Shape("event_objects", rewrites=(Rewrite(_is_event, _event),))
