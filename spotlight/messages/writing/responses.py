"""Canonical messages -> OpenAI Responses."""

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
    Text,
    ToolCall,
    ToolCallResponse,
    ToolDefinition,
    Uri,
)
from spotlight.messages.values import dump
from spotlight.messages.writing.written import Written, answer_text, schema_of, system_of, words_of


def to_responses(
    messages: Sequence[Message], *, system: Sequence[Part] = (), tools: Sequence[ToolDefinition] = ()
) -> Written:
    """Return {"instructions"?, "input", "tools"?}; thoughts, calls and answers are items of their own.

    Reasoning without its encrypted content would be refused by the API and is left out, with a note.
    """
    notes: dict[str, None] = {}
    head, others = system_of(system, messages)
    body: dict[str, Json] = {"input": [item for m in others for item in _items(m, notes)]}
    if head:
        body["instructions"] = "\n\n".join(words_of(part) for part in head)
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
    return Written(body, tuple(notes))


def _items(message: Message, notes: dict[str, None]) -> list[dict[str, Json]]:
    """Return the items of one message; content between other items stays between them."""
    role = message.role if message.role in ("system", "user", "assistant") else "user"
    if role != message.role and message.role != "tool":
        notes[f"role {message.role} was written as {role}"] = None
    items: list[dict[str, Json]] = []
    for part in message.parts:
        if isinstance(part, Reasoning) and part.signature is None:
            notes["reasoning without its encrypted content is left out: the API would refuse it"] = None
            continue
        item = _item(part, notes)
        if item is not None:
            items.append(item)
            continue
        content = _content(part, role, notes)
        if items and items[-1].get("role") == role:
            items[-1]["content"].append(content)
        else:
            items.append({"type": "message", "role": role, "content": [content]})
    return items


def _item(part: Part, notes: dict[str, None]) -> dict[str, Json] | None:
    """Return the item a part is by itself; None for content of a message."""
    if isinstance(part, ToolCall):
        arguments = part.arguments if isinstance(part.arguments, str) else dump(part.arguments)
        arguments = "{}" if part.arguments is None else arguments
        return {"type": "function_call", "call_id": part.id or "", "name": part.name, "arguments": arguments}
    if isinstance(part, ToolCallResponse):
        if part.is_error:
            notes["OpenAI has no place for the error mark of a tool's answer"] = None
        return {
            "type": "function_call_output",
            "call_id": part.id or "",
            "output": answer_text(part.response),
        }
    if isinstance(part, Reasoning):
        item: dict[str, Json] = {"type": "reasoning", "encrypted_content": part.signature}
        item["summary"] = [{"type": "summary_text", "text": part.content}] if part.content else []
        return item | ({"id": part.extra["id"]} if "id" in part.extra else {})
    if isinstance(part, ServerToolCall) and isinstance(part.server_tool_call, dict):
        kind = part.server_tool_call.get("type")
        if isinstance(kind, str) and kind.endswith("_call"):
            return {**part.server_tool_call, "id": part.id}
    return None


def _content(part: Part, role: str, notes: dict[str, None]) -> dict[str, Json]:
    if role == "assistant":
        if isinstance(part, Generic) and part.type == "refusal":
            return {"type": "refusal", "refusal": part.fields.get("refusal", "")}
        if not isinstance(part, Text):
            notes[f"OpenAI's answers hold no part like {part.type}: written as text"] = None
        return {"type": "output_text", "text": words_of(part)}
    if isinstance(part, Blob | Uri) and part.modality == "image":
        detail = {"detail": part.extra["detail"]} if "detail" in part.extra else {}
        return {"type": "input_image", "image_url": _url(part), **detail}
    if isinstance(part, File):
        kind = "input_image" if part.modality == "image" else "input_file"
        return {"type": kind, "file_id": part.file_id}
    if isinstance(part, Blob):
        name = part.extra.get("filename")
        return {"type": "input_file", "file_data": _url(part)} | ({"filename": name} if name else {})
    if isinstance(part, Uri):
        return {"type": "input_file", "file_url": part.uri}
    if not isinstance(part, Text):
        notes[f"OpenAI has no part like {part.type}: written as text"] = None
    return {"type": "input_text", "text": words_of(part)}


def _url(part: Blob | Uri) -> str:
    if isinstance(part, Uri):
        return part.uri
    return f"data:{part.mime_type or 'application/octet-stream'};base64,{part.content}"


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    about = {"description": tool.description} if tool.description else {}
    # `strict` is on by default in this API alone, and refuses schemas that are fine elsewhere
    return {"type": "function", "name": tool.name, **about, "parameters": schema_of(tool), "strict": False}
