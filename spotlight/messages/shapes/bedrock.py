"""Bedrock Converse, as Strands sends it: parts known by their key."""

from __future__ import annotations

from spotlight.messages.canonical import Blob, Part, Reasoning, ToolCall, ToolCallResponse
from spotlight.messages.shapes.anthropic import single_text
from spotlight.messages.shapes.table import Raw, Shape
from spotlight.messages.values import join, parse_or_text, rest, take, take_text


def tool_use(kind: str, left: Raw) -> Part | None:
    """Read {"toolUse": {"toolUseId", "name", "input"}}."""
    inner = left.pop(kind)
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    more = dict(inner)
    name = more.pop("name")
    arguments = parse_or_text(take(more, "input"))
    return ToolCall(take_text(more, "toolUseId"), name, arguments, join(rest(left), rest(more)))


def tool_result(kind: str, left: Raw) -> Part | None:
    """Read {"toolResult": {"toolUseId", "content", "status"}}; status success or error."""
    inner = left.pop(kind)
    if not isinstance(inner, dict):
        return None
    more = dict(inner)
    answer = single_text(take(more, "content"))
    status = more.get("status")
    if status in ("success", "error"):
        more.pop("status")
    failed = {"success": False, "error": True}.get(status) if isinstance(status, str) else None
    return ToolCallResponse(take_text(more, "toolUseId"), answer, None, failed, join(rest(left), rest(more)))


def reasoning(kind: str, left: Raw) -> Part | None:
    """Read {"reasoningContent": {"reasoningText": {"text", "signature"}}}."""
    inner = left.pop(kind)
    said = inner.get("reasoningText") if isinstance(inner, dict) else None
    if not isinstance(said, dict) or not isinstance(said.get("text"), str):
        return None
    more = join(said, {k: v for k, v in inner.items() if k != "reasoningText"})
    content = more.pop("text")
    return Reasoning(content, take_text(more, "signature"), join(rest(left), rest(more)))


def media(kind: str, left: Raw) -> Part | None:
    """Read {"image": {"format", "source": {"bytes"}}}, documents and videos likewise."""
    inner = left.pop(kind)
    source = inner.get("source") if isinstance(inner, dict) else None
    if not isinstance(source, dict) or not isinstance(source.get("bytes"), str):
        return None
    more = join(source, {k: v for k, v in inner.items() if k != "source"})
    content, form = more.pop("bytes"), take_text(more, "format")
    prefix = "application" if kind == "document" else kind
    return Blob(f"{prefix}/{form}" if form else None, kind, content, join(rest(left), rest(more)))


SHAPE = Shape(
    "bedrock",
    keyed={
        "toolUse": tool_use,
        "toolResult": tool_result,
        "reasoningContent": reasoning,
        **dict.fromkeys(("image", "document", "video"), media),
    },
)
