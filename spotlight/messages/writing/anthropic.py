"""Canonical messages -> Anthropic Messages."""

from __future__ import annotations

from collections.abc import Sequence

from spotlight.messages.canonical import (
    Blob,
    File,
    Generic,
    Json,
    Message,
    Part,
    Reasoning,
    ServerToolCall,
    ServerToolCallResponse,
    Text,
    ToolCall,
    ToolCallResponse,
    ToolDefinition,
    Uri,
)
from spotlight.messages.writing.written import (
    Written,
    answer_text,
    arguments_object,
    schema_of,
    system_of,
    words_of,
)

_SOURCED = ("image", "document")


def to_anthropic(
    messages: Sequence[Message], *, system: Sequence[Part] = (), tools: Sequence[ToolDefinition] = ()
) -> Written:
    """Return {"system"?, "messages", "tools"?}.

    Roles must alternate in this form: neighbours of one role are joined. Reasoning without its
    signature would be refused by the API and is left out, with a note.
    """
    notes: dict[str, None] = {}
    head, others = system_of(system, messages)
    body: dict[str, Json] = {}
    if head:
        body["system"] = [_marked(p, {"type": "text", "text": words_of(p)}) for p in head]
    written: list[dict[str, Json]] = []
    for message in others:
        role = "assistant" if message.role == "assistant" else "user"
        if message.role not in ("assistant", "user", "tool"):
            notes[f"role {message.role} was written as user"] = None
        blocks = [_marked(p, b) for p in message.parts if (b := _block(p, notes)) is not None]
        if written and written[-1]["role"] == role:
            written[-1]["content"].extend(blocks)
        elif blocks:
            written.append({"role": role, "content": blocks})
    body["messages"] = written
    if tools:
        body["tools"] = [_tool(t) for t in tools]
    return Written(body, tuple(notes))


def _block(part: Part, notes: dict[str, None]) -> dict[str, Json] | None:
    if isinstance(part, Text):
        return {"type": "text", "text": part.content} if part.content else None
    if isinstance(part, Reasoning):
        return _thinking(part, notes)
    if isinstance(part, ToolCall):
        if not isinstance(part.arguments, dict):
            notes["arguments that are no object were wrapped as {'value': ...}"] = None
        return {"type": "tool_use", "id": part.id or "", "name": part.name, "input": arguments_object(part)}
    if isinstance(part, ToolCallResponse):
        return _answer(part)
    if isinstance(part, Blob | Uri | File) and part.modality in _SOURCED:
        return {"type": part.modality, "source": _source(part)}
    if isinstance(part, ServerToolCall) and isinstance(part.server_tool_call, dict):
        return {"type": "server_tool_use", "id": part.id, "name": part.name, **part.server_tool_call}
    answer = part.server_tool_call_response if isinstance(part, ServerToolCallResponse) else None
    if isinstance(part, ServerToolCallResponse) and isinstance(answer, dict) and "type" in answer:
        return {**answer, "tool_use_id": part.id}
    if isinstance(part, Generic) and part.type == "redacted_thinking":
        return {"type": part.type, **part.fields}
    notes[f"Anthropic has no block like {part.type}: written as text"] = None
    return {"type": "text", "text": words_of(part)}


def _marked(part: Part, block: dict[str, Json]) -> dict[str, Json]:
    """Return the block with the mark up to which the prompt is cached, where the part was sent with one."""
    mark = getattr(part, "extra", {}).get("cache_control")
    return block | {"cache_control": mark} if isinstance(mark, dict) else block


def _thinking(part: Reasoning, notes: dict[str, None]) -> dict[str, Json] | None:
    if part.signature is None:
        notes["reasoning without a signature is left out: the API would refuse it"] = None
        return None
    return {"type": "thinking", "thinking": part.content, "signature": part.signature}


def _answer(part: ToolCallResponse) -> dict[str, Json]:
    blocks = part.response
    known = isinstance(blocks, list) and all(
        isinstance(b, dict) and b.get("type") in ("text", "image", "document", "search_result")
        for b in blocks
    )
    # MCP results are lists of blocks and go back as such; any other value goes as JSON text
    content = blocks if known and blocks else answer_text(part.response)
    result = {"type": "tool_result", "tool_use_id": part.id or "", "content": content}
    return result | ({"is_error": part.is_error} if part.is_error is not None else {})


def _source(part: Blob | Uri | File) -> dict[str, Json]:
    if isinstance(part, Blob):
        return {"type": "base64", "media_type": part.mime_type, "data": part.content}
    if isinstance(part, Uri):
        return {"type": "url", "url": part.uri}
    return {"type": "file", "file_id": part.file_id}


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    about = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **about, "input_schema": schema_of(tool)}
