"""Canonical messages -> Gemini contents."""

from __future__ import annotations

from collections.abc import Sequence

from spotlight.messages.canonical import (
    Blob,
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
from spotlight.messages.writing.written import Written, arguments_object, schema_of, system_of, words_of


def to_gemini(
    messages: Sequence[Message], *, system: Sequence[Part] = (), tools: Sequence[ToolDefinition] = ()
) -> Written:
    """Return {"systemInstruction"?, "contents", "tools"?}; answers without a name get that of their call."""
    notes: dict[str, None] = {}
    head, others = system_of(system, messages)
    names = {p.id: p.name for m in others for p in m.parts if isinstance(p, ToolCall)}
    contents: list[dict[str, Json]] = []
    for message in others:
        role = "model" if message.role == "assistant" else "user"
        if message.role not in ("assistant", "user", "tool"):
            notes[f"role {message.role} was written as user"] = None
        parts = [_part(p, names, notes) for p in message.parts]
        if parts:
            contents.append({"role": role, "parts": parts})
    body: dict[str, Json] = {"contents": contents}
    if head:
        body["systemInstruction"] = {"parts": [{"text": words_of(p)} for p in head]}
    if tools:
        body["tools"] = [{"functionDeclarations": [_tool(t) for t in tools]}]
    return Written(body, tuple(notes))


def _part(part: Part, names: dict[str | None, str], notes: dict[str, None]) -> dict[str, Json]:
    if isinstance(part, Text):
        return {"text": part.content, **_signature(part.extra.get("thoughtSignature"))}
    if isinstance(part, Reasoning):
        return {"text": part.content, "thought": True, **_signature(part.signature)}
    if isinstance(part, ToolCall):
        if not isinstance(part.arguments, dict):
            notes["arguments that are no object were wrapped as {'value': ...}"] = None
        call: dict[str, Json] = {"name": part.name, "args": arguments_object(part)}
        call |= {"id": part.id} if part.id else {}
        return {"functionCall": call, **_signature(part.extra.get("thoughtSignature"))}
    if isinstance(part, ToolCallResponse):
        return {"functionResponse": _answer(part, names)}
    if isinstance(part, Blob):
        return {
            "inlineData": {"mimeType": part.mime_type or "application/octet-stream", "data": part.content}
        }
    if isinstance(part, Uri):
        return {"fileData": {"fileUri": part.uri} | ({"mimeType": part.mime_type} if part.mime_type else {})}
    inner = part.server_tool_call if isinstance(part, ServerToolCall) else None
    inner = part.server_tool_call_response if isinstance(part, ServerToolCallResponse) else inner
    if isinstance(inner, dict) and inner.get("type") in ("executableCode", "codeExecutionResult"):
        return {inner["type"]: {k: v for k, v in inner.items() if k != "type"}}
    notes[f"Gemini has no part like {part.type}: written as text"] = None
    return {"text": words_of(part)}


def _signature(signature: Json) -> dict[str, Json]:
    return {"thoughtSignature": signature} if isinstance(signature, str) else {}


def _answer(part: ToolCallResponse, names: dict[str | None, str]) -> dict[str, Json]:
    """Return a functionResponse: its `response` must be an object, an error stands under `error`."""
    key = "error" if part.is_error else "result"
    response = part.response if isinstance(part.response, dict) else {key: part.response}
    name = part.name or names.get(part.id) or ""
    return {"name": name, "response": response} | ({"id": part.id} if part.id else {})


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    about = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **about, "parametersJsonSchema": schema_of(tool)}
