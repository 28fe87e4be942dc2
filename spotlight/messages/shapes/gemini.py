"""Gemini: parts known by their key, contents, requests and candidates; ADK and Gemini CLI wrap them."""

from __future__ import annotations

from collections.abc import Mapping

from spotlight.messages.canonical import (
    Part,
    Reasoning,
    ServerToolCall,
    ServerToolCallResponse,
    Text,
    ToolCall,
    ToolCallResponse,
)
from spotlight.messages.shapes.table import Envelope, EnvelopeReader, Raw, Rewrite, Shape, media
from spotlight.messages.values import join, parse_or_text, rest, take, take_text


def text(kind: str, left: Raw) -> Part | None:
    """Read words, or a thought where `thought` is set."""
    content = take_text(left, "text")
    if content is None:
        return None
    if left.get("thought") is not True:
        return Text(content, rest(left))
    left.pop("thought")
    return Reasoning(content, take_text(left, "thoughtSignature", "thought_signature"), rest(left))


def function_call(kind: str, left: Raw) -> Part | None:
    """Read {"functionCall": {"name", "args", "id"}}."""
    inner = left.pop(kind)
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    more = dict(inner)
    name = more.pop("name")
    arguments = parse_or_text(take(more, "args", "arguments"))
    return ToolCall(take_text(more, "id"), name, arguments, join(rest(left), rest(more)))


def function_response(kind: str, left: Raw) -> Part | None:
    """Read {"functionResponse": {"name", "response", "id"}}."""
    inner = left.pop(kind)
    if not isinstance(inner, dict):
        return None
    more = dict(inner)
    answer = take(more, "response")
    failed = True if isinstance(answer, Mapping) and answer.keys() == {"error"} else None
    name = take_text(more, "name")
    return ToolCallResponse(take_text(more, "id"), answer, name, failed, join(rest(left), rest(more)))


def data(kind: str, left: Raw) -> Part | None:
    """Read inlineData {"mimeType", "data"} and fileData {"mimeType", "fileUri"}."""
    inner = left.pop(kind)
    if not isinstance(inner, dict):
        return None
    more = dict(inner)
    mime = take_text(more, "mimeType", "mime_type")
    found = take_text(more, "data", "fileUri", "file_uri")
    return None if found is None else media(found, mime, "document", join(rest(left), rest(more)))


def code(kind: str, left: Raw) -> Part | None:
    """Read code that Gemini runs itself, and its result."""
    inner = left.pop(kind)
    if not isinstance(inner, dict):
        return None
    if kind in ("executableCode", "executable_code"):
        return ServerToolCall(None, "code_execution", {"type": kind, **inner}, rest(left))
    return ServerToolCallResponse(None, {"type": kind, **inner}, "code_execution", rest(left))


def _is_content_holder(raw: Raw) -> bool:
    inner = raw.get("content")
    return "role" not in raw and isinstance(inner, dict) and isinstance(inner.get("parts"), list)


def _content_holder(raw: Raw) -> list[Raw]:
    """Read a candidate or an ADK event: its content, with the reason it ended."""
    left = dict(raw)
    inner = left.pop("content")
    reason = take(left, "finishReason", "finish_reason")
    ended = {"finish_reason": reason} if reason else {}
    return [join({"role": "model", **inner}, {**ended, "envelope": rest(left)})]


def _is_invocation(raw: Raw) -> bool:
    return "role" not in raw and isinstance(raw.get("new_message"), dict)


def _invocation(raw: Raw) -> Envelope:
    """Take apart what ADK's runner was called with: {"user_id", "session_id", "new_message"}."""
    left = dict(raw)
    return Envelope(input=[left.pop("new_message")], rest=rest(left))


def _is_request(raw: Raw) -> bool:
    return "contents" in raw and "role" not in raw and not any(k.startswith("llm.") for k in raw)


def _request(raw: Raw) -> Envelope:
    left = dict(raw)
    config = dict(left["config"]) if isinstance(left.get("config"), dict) else {}
    places = (left, config)
    system = next((s for p in places if (s := take(p, "systemInstruction", "system_instruction"))), None)
    tools = next((t for p in places if (t := take(p, "tools"))), None)
    if config:
        left["config"] = rest(config)
    return Envelope(system=system, input=left.pop("contents"), tools=tools, rest=rest(left))


def _is_response(raw: Raw) -> bool:
    return isinstance(raw.get("candidates"), list) and "role" not in raw


def _response(raw: Raw) -> Envelope:
    left = dict(raw)
    return Envelope(output=left.pop("candidates"), rest=rest(left))


def _is_cli_call(raw: Raw) -> bool:
    return "role" not in raw and isinstance(raw.get("callId"), str) and isinstance(raw.get("name"), str)


def _cli_call(raw: Raw) -> list[Raw]:
    """Read Gemini CLI's request of a tool: {"callId", "name", "args"}."""
    left = dict(raw)
    call = {
        "type": "tool_call",
        "id": left.pop("callId"),
        "name": left.pop("name"),
        "args": left.pop("args", None),
    }
    return [{"role": "assistant", "content": [call], **left}]


def _is_cli_result(raw: Raw) -> bool:
    answer = raw.get("response")
    return "role" not in raw and "request" in raw and isinstance(answer, dict) and "responseParts" in answer


def _cli_result(raw: Raw) -> list[Raw]:
    left = dict(raw)
    answer = dict(left.pop("response"))
    return [{"role": "tool", "content": answer.pop("responseParts"), **left, "response": answer}]


SHAPE = Shape(
    "gemini",
    keyed={
        "text": text,
        **dict.fromkeys(("functionCall", "function_call"), function_call),
        **dict.fromkeys(("functionResponse", "function_response"), function_response),
        **dict.fromkeys(("inlineData", "inline_data", "fileData", "file_data"), data),
        **dict.fromkeys(("executableCode", "executable_code"), code),
        **dict.fromkeys(("codeExecutionResult", "code_execution_result"), code),
    },
    rewrites=(
        Rewrite(_is_content_holder, _content_holder),
        Rewrite(_is_cli_call, _cli_call),
        Rewrite(_is_cli_result, _cli_result),
    ),
    envelopes=(
        EnvelopeReader(_is_response, _response),
        EnvelopeReader(_is_request, _request),
        EnvelopeReader(_is_invocation, _invocation),
    ),
)
