"""Haystack's ChatMessage as a dictionary: parts known by their key; tool calls within the content.

Source: haystack-ai 3.4.1, dataclasses/chat_message.py (to_dict).
"""

from __future__ import annotations

from spotlight.messages.canonical import Part, ToolCall, ToolCallResponse
from spotlight.messages.shapes.table import Raw, Shape
from spotlight.messages.values import join, parse_or_text, rest, take, take_text


def tool_call(kind: str, left: Raw) -> Part | None:
    """Read {"tool_call": {"tool_name", "arguments", "id"}}."""
    inner = left.pop(kind)
    if not isinstance(inner, dict) or not isinstance(inner.get("tool_name"), str):
        return None
    more = dict(inner)
    name = more.pop("tool_name")
    arguments = parse_or_text(take(more, "arguments"))
    return ToolCall(take_text(more, "id"), name, arguments, join(rest(left), rest(more)))


def tool_call_result(kind: str, left: Raw) -> Part | None:
    """Read {"tool_call_result": {"result", "origin": {"tool_name", "id"}, "error"}}."""
    inner = left.pop(kind)
    origin = inner.get("origin") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(origin, dict):
        return None
    more = {k: v for k, v in inner.items() if k != "origin"}
    asked = {k: v for k, v in origin.items() if k != "arguments"}
    call_id, name = take_text(asked, "id"), take_text(asked, "tool_name")
    answer, failed = take(more, "result"), more.get("error")
    if isinstance(failed, bool):
        more.pop("error")
    left_over = join(rest(left), join(rest(more), rest(asked)))
    return ToolCallResponse(call_id, answer, name, failed if isinstance(failed, bool) else None, left_over)


SHAPE = Shape("haystack", keyed={"tool_call": tool_call, "tool_call_result": tool_call_result})
