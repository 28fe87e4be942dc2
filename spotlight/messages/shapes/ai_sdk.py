"""AI SDK ModelMessage (versions 4 to 7), its results, and the spans' `ai.prompt`, `ai.response.*`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spotlight.messages.canonical import Json, Part, ToolCall, ToolCallResponse
from spotlight.messages.shapes.table import Envelope, EnvelopeReader, Raw, Rewrite, Shape
from spotlight.messages.values import join, parse, parse_or_text, rest, take, take_bool, take_text

_RESPONSE: Final = "ai.response."
_OLD_RESPONSE: Final = "ai.result."


def tool_call(kind: str, left: Raw) -> Part | None:
    """Read {"toolCallId", "toolName", "input" (v5+) | "args" (v4)}."""
    name = take_text(left, "toolName")
    if name is None:
        return None
    arguments = parse_or_text(take(left, "input", "args"))
    return ToolCall(take_text(left, "toolCallId"), name, arguments, rest(left))


def tool_result(kind: str, left: Raw) -> Part | None:
    """Read {"toolCallId", "output": {"type", "value"} (v5+) | "result" (v4)}; also `tool-error`."""
    answer = take(left, "output", "result", "error")
    failed: bool | None = True if kind == "tool-error" else None
    if isinstance(answer, Mapping) and answer.keys() == {"type", "value"}:
        form = answer["type"]
        failed = True if isinstance(form, str) and form.startswith("error-") else failed
        answer = answer["value"] if form in _OUTPUT_TYPES else answer
    marked = take_bool(left, "isError")
    failed = marked if marked is not None else failed
    return ToolCallResponse(
        take_text(left, "toolCallId"), answer, take_text(left, "toolName"), failed, rest(left)
    )


_OUTPUT_TYPES: Final = ("text", "json", "error-text", "error-json", "content")


def keyed_tool(kind: str, left: Raw) -> Part | None:
    """Read an entry of `toolCalls` or `toolResults`, which have no type."""
    answered = "output" in left or "result" in left
    return tool_result("tool-result", left) if answered else tool_call("tool-call", left)


def _is_tool(raw: Raw) -> bool:
    return "role" not in raw and "toolCallId" in raw and isinstance(raw.get("toolName"), str)


def _tool(raw: Raw) -> list[Raw]:
    answered = "output" in raw or "result" in raw
    return [{"role": "tool" if answered else "assistant", "content": [raw]}]


def _result_parts(text: Json, reasoning: Json, calls: Json, obj: Json) -> list[Json]:
    """Return the parts of a result: thoughts, words, an object, tool calls."""
    parts: list[Json] = []
    for thought in reasoning if isinstance(reasoning, list) else [reasoning]:
        if thought:
            parts.append({"type": "reasoning", "text": thought} if isinstance(thought, str) else thought)
    if text:
        parts.append(text if not isinstance(text, str) else {"type": "text", "text": text})
    if obj is not None:
        parts.append({"type": "object", "object": obj})
    for call in calls if isinstance(calls, list) else [calls]:
        if call:
            parts.append(call)
    return parts


def _is_result(raw: Raw) -> bool:
    if "role" in raw or "type" in raw:
        return False
    has_text = isinstance(raw.get("text"), str)
    return isinstance(raw.get("toolCalls"), list) or (
        has_text and bool({"files", "toolResults"} & raw.keys())
    )


def _result(raw: Raw) -> list[Raw]:
    """Read {"text", "reasoning", "toolCalls", "files", ...}: generateText's result, Mastra's steps."""
    left = dict(raw)
    parts = _result_parts(
        take(left, "text"), take(left, "reasoning"), take(left, "toolCalls"), take(left, "object")
    )
    parts += left.pop("files") if isinstance(left.get("files"), list) else []
    reason = take(left, "finishReason")
    return [{"role": "assistant", "content": parts, "finish_reason": reason, "envelope": rest(left)}]


def _is_attributes(raw: Raw) -> bool:
    return any(k.startswith((_RESPONSE, _OLD_RESPONSE)) for k in raw)


def _attributes(raw: Raw) -> Envelope:
    """Read the span's own keys, gathered into one object: `ai.response.text`, `.toolCalls`, ..."""
    old = {k.removeprefix(_OLD_RESPONSE): v for k, v in raw.items() if not k.startswith(_RESPONSE)}
    left = join({k.removeprefix(_RESPONSE): v for k, v in raw.items() if k.startswith(_RESPONSE)}, old)
    found = {name: take(left, name) for name in ("text", "reasoning", "toolCalls", "object")}
    calls, obj = parse(found["toolCalls"]), parse(found["object"])
    parts = _result_parts(found["text"], parse_or_text(found["reasoning"]), calls.value, obj.value)
    message = {"role": "assistant", "content": parts, "finish_reason": take(left, "finishReason")}
    return Envelope(output=[message] if parts else None, rest=rest(left))


def _is_mastra_content(raw: Raw) -> bool:
    inner = raw.get("content")
    return "role" in raw and isinstance(inner, dict) and isinstance(inner.get("parts"), list)


def _mastra_content(raw: Raw) -> list[Raw]:
    """Read Mastra's stored messages: content = {"format": 2, "parts": [...], "content": the same text}."""
    left = dict(raw)
    inner = dict(left.pop("content"))
    parts = inner.pop("parts")
    words = [p.get("text") for p in parts if isinstance(p, dict)]
    if inner.get("content") in words:
        inner.pop("content")
    return [join({**left, "content": parts}, {"envelope": rest(inner)})]


SHAPE = Shape(
    "ai_sdk",
    parts={
        "tool-call": tool_call,
        "tool-result": tool_result,
        "tool-error": tool_result,
    },
    keyed={"toolCallId": keyed_tool},
    rewrites=(
        Rewrite(_is_tool, _tool),
        Rewrite(_is_result, _result),
        Rewrite(_is_mastra_content, _mastra_content),
    ),
    envelopes=(EnvelopeReader(_is_attributes, _attributes),),
)
