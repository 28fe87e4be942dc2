"""OTel GenAI parts; the same readers serve every shape that uses these type names.

Source: gen-ai-input-messages.json and gen-ai-output-messages.json of the semantic
conventions (v1.41). The registry's example writes `result` where the schema requires
`response`: both are read.
"""

from __future__ import annotations

from spotlight.messages.canonical import (
    Blob,
    Compaction,
    File,
    Part,
    Reasoning,
    ServerToolCall,
    ServerToolCallResponse,
    Text,
    ToolCall,
    ToolCallResponse,
    Uri,
)
from spotlight.messages.shapes.table import Raw, Shape, modality
from spotlight.messages.values import parse_or_text, rest, take, take_bool, take_text


def text(kind: str, left: Raw) -> Part | None:
    """Read words, under `content` (OTel) or `text` (everybody else)."""
    content = take_text(left, "content", "text")
    return None if content is None else Text(content, rest(left))


def reasoning(kind: str, left: Raw) -> Part | None:
    """Read thoughts: OTel `content`, AI SDK and LangChain `text`/`reasoning`, Anthropic `thinking`."""
    content = take_text(left, "content", "text", "thinking", "reasoning")
    if content is None:
        return None
    return Reasoning(content, take_text(left, "signature"), rest(left))


def tool_call(kind: str, left: Raw) -> Part | None:
    """Read a call: `arguments` (OTel), `args` (LangChain) or `input`."""
    name = take_text(left, "name")
    if name is None:
        return None
    arguments = take(left, "arguments", "args", "input")
    return ToolCall(take_text(left, "id"), name, parse_or_text(arguments), rest(left))


def tool_call_response(kind: str, left: Raw) -> Part | None:
    """Read an answer: `response` of the schema, `result` of the registry's example."""
    response = take(left, "response", "result", "content")
    error = take_bool(left, "is_error")
    return ToolCallResponse(
        take_text(left, "id"),
        response,
        take_text(left, "name"),
        error,
        rest(left),
    )


def server_tool_call(kind: str, left: Raw) -> Part | None:
    """Read a call the provider runs itself."""
    call = take(left, "server_tool_call")
    name = take_text(left, "name")
    return None if name is None else ServerToolCall(take_text(left, "id"), name, call, rest(left))


def server_tool_call_response(kind: str, left: Raw) -> Part | None:
    """Read the answer of a tool the provider ran."""
    answer = take(left, "server_tool_call_response")
    if answer is None:
        return None
    return ServerToolCallResponse(take_text(left, "id"), answer, take_text(left, "name"), rest(left))


def blob(kind: str, left: Raw) -> Part | None:
    """Read inline bytes, pydantic-ai's `binary` among them."""
    content = take_text(left, "content", "data")
    mime = take_text(left, "mime_type", "media_type")
    if content is None:
        return None
    return Blob(mime, take_text(left, "modality") or modality(mime), content, rest(left))


def uri(kind: str, left: Raw) -> Part | None:
    """Read a pointer to bytes; pydantic-ai calls it `image-url`, `audio-url`, ..."""
    found = take_text(left, "uri", "url")
    mime = take_text(left, "mime_type", "media_type")
    if found is None:
        return None
    default = kind.removesuffix("-url") if kind.endswith("-url") else modality(mime)
    return Uri(mime, take_text(left, "modality") or default, found, rest(left))


def file(kind: str, left: Raw) -> Part | None:
    """Read a file the provider holds."""
    file_id = take_text(left, "file_id")
    mime = take_text(left, "mime_type", "media_type")
    if file_id is None:
        return None
    return File(mime, take_text(left, "modality") or modality(mime), file_id, rest(left))


def compaction(kind: str, left: Raw) -> Part | None:
    """Read the place where earlier messages were replaced by a summary."""
    return Compaction(take_text(left, "id"), take_text(left, "content"), rest(left))


SHAPE = Shape(
    "otel",
    parts={
        "text": text,
        "reasoning": reasoning,
        "thinking": reasoning,
        "tool_call": tool_call,
        "tool_call_response": tool_call_response,
        "server_tool_call": server_tool_call,
        "server_tool_call_response": server_tool_call_response,
        "blob": blob,
        "binary": blob,
        "uri": uri,
        **{f"{kind}-url": uri for kind in ("image", "audio", "video", "document")},
        "compaction": compaction,
    },
)
