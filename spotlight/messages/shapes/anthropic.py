"""Anthropic Messages: content blocks.  Its requests are taken apart with OpenAI's, by the same keys."""

from __future__ import annotations

from collections.abc import Mapping

from spotlight.messages.canonical import (
    Part,
    ServerToolCall,
    ServerToolCallResponse,
    ToolCall,
    ToolCallResponse,
)
from spotlight.messages.shapes.table import Raw, Shape, file_part, media
from spotlight.messages.values import join, parse_or_text, rest, take, take_bool, take_text

_SERVER_RESULTS = (
    "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result", "mcp_tool_result",
    "bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result",
)  # fmt: skip


def tool_use(kind: str, left: Raw) -> Part | None:
    """Read {"id", "name", "input"}."""
    name = take_text(left, "name")
    if name is None:
        return None
    return ToolCall(take_text(left, "id"), name, parse_or_text(take(left, "input")), rest(left))


def tool_result(kind: str, left: Raw) -> Part | None:
    """Read {"tool_use_id", "content", "is_error"}; content of one text block becomes that text."""
    answer = single_text(take(left, "content"))
    error = take_bool(left, "is_error")
    return ToolCallResponse(
        take_text(left, "tool_use_id"),
        answer,
        take_text(left, "name"),
        error,
        rest(left),
    )


def single_text(content: object) -> object:
    """Return the text of a list of exactly one bare text block, else the content as it is."""
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], Mapping):
        block = {k: v for k, v in content[0].items() if v is not None}
        if isinstance(block.get("text"), str) and block.keys() <= {"type", "text"}:
            return block["text"]
    return content


def sourced(kind: str, left: Raw) -> Part | None:
    """Read an image or document {"source": {"type": base64 | url | file | text, ...}}."""
    inner = left.pop("source", None)
    if not isinstance(inner, dict):
        return _bare(kind, left)
    more = dict(inner)
    form = more.pop("type", None)
    mime = take_text(more, "media_type")
    file_id = take_text(more, "file_id")
    found = None if file_id else take_text(more, "data", "url")
    extra = join(rest(left), rest(more))
    if file_id is not None:
        return file_part(file_id, mime, kind, extra)
    if found is None or form not in ("base64", "url", None):
        return None
    return media(found, mime, kind, extra)


def _bare(kind: str, left: Raw) -> Part | None:
    """Read the AI SDK's {"image" | "data", "mediaType"} and LangChain's {"base64" | "url", "mime_type"}."""
    mime = take_text(left, "mediaType", "mimeType", "mime_type", "media_type")
    found = take_text(left, "image", "data", "base64", "url")
    return None if found is None else media(found, mime, kind, rest(left))


def server_tool_use(kind: str, left: Raw) -> Part | None:
    """Read a call of Anthropic's own tools or of an MCP connector."""
    name = take_text(left, "name")
    if name is None:
        return None
    call = {"type": kind} | ({"input": left.pop("input")} if "input" in left else {})
    return ServerToolCall(take_text(left, "id"), name, call, rest(left))


def server_result(kind: str, left: Raw) -> Part | None:
    """Read what such a tool answered."""
    answer = {"type": kind, "content": take(left, "content")}
    return ServerToolCallResponse(take_text(left, "tool_use_id"), answer, None, rest(left))


SHAPE = Shape(
    "anthropic",
    parts={
        "tool_use": tool_use,
        "tool_result": tool_result,
        **dict.fromkeys(("image", "document", "audio", "video"), sourced),
        **dict.fromkeys(("server_tool_use", "mcp_tool_use"), server_tool_use),
        **dict.fromkeys(_SERVER_RESULTS, server_result),
    },
)
