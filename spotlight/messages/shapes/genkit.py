"""Genkit: parts known by their key (tool requests and responses, media, reasoning), and its answers."""

from __future__ import annotations

from collections.abc import Mapping

from spotlight.messages.canonical import Part, Reasoning, ToolCall, ToolCallResponse
from spotlight.messages.shapes.table import Raw, Rewrite, Shape
from spotlight.messages.shapes.table import media as media_part
from spotlight.messages.values import join, rest, take, take_text


def tool_request(kind: str, left: Raw) -> Part | None:
    """Read {"toolRequest": {"name", "ref", "input"}}."""
    inner = left.pop(kind)
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    more = dict(inner)
    name = more.pop("name")
    return ToolCall(take_text(more, "ref"), name, take(more, "input"), join(rest(left), rest(more)))


def tool_response(kind: str, left: Raw) -> Part | None:
    """Read {"toolResponse": {"name", "ref", "output"}}."""
    inner = left.pop(kind)
    if not isinstance(inner, dict):
        return None
    more = dict(inner)
    name = take_text(more, "name")
    answer = take(more, "output")
    failed = True if isinstance(answer, Mapping) and answer.keys() == {"error"} else None
    return ToolCallResponse(take_text(more, "ref"), answer, name, failed, join(rest(left), rest(more)))


def media(kind: str, left: Raw) -> Part | None:
    """Read {"media": {"url", "contentType"}}, the URL often a data URL."""
    inner = left.pop(kind)
    if not isinstance(inner, dict) or not isinstance(inner.get("url"), str):
        return None
    more = dict(inner)
    url = more.pop("url")
    return media_part(url, take_text(more, "contentType"), "document", join(rest(left), rest(more)))


def reasoning(kind: str, left: Raw) -> Part | None:
    """Read {"reasoning": text}; the signature stands in its metadata and is kept there."""
    content = take_text(left, kind)
    return None if content is None else Reasoning(content, None, rest(left))


def _is_response(raw: Raw) -> bool:
    message = raw.get("message")
    return "role" not in raw and "finishReason" in raw and isinstance(message, dict) and "role" in message


def _response(raw: Raw) -> list[Raw]:
    """Read {"message", "finishReason", "usage"}: the answer, with the reason it ended."""
    left = dict(raw)
    message = dict(left.pop("message"))
    reason = take(left, "finishReason")
    return [{"finish_reason": reason, **message, "envelope": rest(left)}]


SHAPE = Shape(
    "genkit",
    keyed={
        "toolRequest": tool_request,
        "toolResponse": tool_response,
        "media": media,
        "reasoning": reasoning,
    },
    rewrites=(Rewrite(_is_response, _response),),
)
