"""Canonical messages -> OpenAI Chat Completions."""

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
    Text,
    ToolCall,
    ToolCallResponse,
    ToolDefinition,
    Uri,
)
from spotlight.messages.values import dump
from spotlight.messages.writing.written import Written, answer_text, schema_of, words_of


def to_openai(
    messages: Sequence[Message], *, system: Sequence[Part] = (), tools: Sequence[ToolDefinition] = ()
) -> Written:
    """Return {"messages", "tools"?}; reasoning has no place in this form and is left out, with a note."""
    notes: dict[str, None] = {}
    head = [Message("system", tuple(system))] if system else []
    written = [w for m in (*head, *messages) for w in _message(m, notes)]
    body: dict[str, Json] = {"messages": written}
    if tools:
        body["tools"] = [_tool(t) for t in tools]
    return Written(body, tuple(notes))


def _message(message: Message, notes: dict[str, None]) -> list[dict[str, Json]]:
    """Return one message, or one per answer where it holds answers of tools."""
    result: list[dict[str, Json]] = [
        {"role": "tool", "tool_call_id": p.id or "", "content": answer_text(p.response)}
        for p in message.parts
        if isinstance(p, ToolCallResponse)
    ]
    if any(isinstance(p, ToolCallResponse) and p.is_error for p in message.parts):
        notes["OpenAI has no place for the error mark of a tool's answer"] = None
    content = [c for p in message.parts if (c := _content(p, notes)) is not None]
    calls = [_call(p) for p in message.parts if isinstance(p, ToolCall)]
    if result and not content and not calls:
        return result
    role = message.role if message.role in ("system", "user", "assistant") else "user"
    if role != message.role:
        notes[f"role {message.role} was written as {role}"] = None
    main: dict[str, Json] = {"role": role, "content": _joined(content)}
    if message.name and role != "tool":
        main["name"] = message.name
    if calls:
        main["tool_calls"] = calls
    return [*result, main]


def _joined(content: list[dict[str, Json]]) -> Json:
    """Return one text as a string, no content as null, everything else as a list of parts."""
    if not content:
        return None
    return content[0]["text"] if len(content) == 1 and content[0]["type"] == "text" else content


def _call(call: ToolCall) -> dict[str, Json]:
    arguments = call.arguments if isinstance(call.arguments, str) else dump(call.arguments)
    return {
        "id": call.id or "",
        "type": "function",
        "function": {"name": call.name, "arguments": "{}" if call.arguments is None else arguments},
    }


def _content(part: Part, notes: dict[str, None]) -> dict[str, Json] | None:
    if isinstance(part, ToolCall | ToolCallResponse):
        return None
    if isinstance(part, Reasoning):
        notes["OpenAI chat messages carry no reasoning: left out"] = None
        return None
    if isinstance(part, Text):
        return {"type": "text", "text": part.content}
    if isinstance(part, Uri) and part.modality == "image":
        return {"type": "image_url", "image_url": {"url": part.uri}}
    if isinstance(part, Blob):
        return _blob(part)
    if isinstance(part, File):
        return {"type": "file", "file": {"file_id": part.file_id}}
    if isinstance(part, Generic) and part.type == "refusal":
        return {"type": "refusal", "refusal": part.fields.get("refusal", "")}
    notes[f"OpenAI has no part like {part.type}: written as text"] = None
    return {"type": "text", "text": words_of(part)}


def _blob(part: Blob) -> dict[str, Json]:
    mime = part.mime_type or "application/octet-stream"
    if part.modality == "audio":
        return {"type": "input_audio", "input_audio": {"data": part.content, "format": mime.split("/")[-1]}}
    url = f"data:{mime};base64,{part.content}"
    if part.modality == "image":
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"file_data": url}}


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    about = {"description": tool.description} if tool.description else {}
    return {"type": "function", "function": {"name": tool.name, **about, "parameters": schema_of(tool)}}
