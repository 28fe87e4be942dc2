"""OpenAI Responses: items in a flat list, requests with `input`, responses with `output`."""

from __future__ import annotations

from typing import Final

from spotlight.messages.canonical import Json, Part, Reasoning, ServerToolCall, ToolCall, ToolCallResponse
from spotlight.messages.shapes.openai import file as openai_file
from spotlight.messages.shapes.openai import image_url
from spotlight.messages.shapes.otel import reasoning as plain_reasoning
from spotlight.messages.shapes.otel import text
from spotlight.messages.shapes.table import Envelope, EnvelopeReader, Raw, Rewrite, Shape
from spotlight.messages.values import parse_or_text, rest, take, take_text

_CALLS: Final = ("function_call", "custom_tool_call")
_ANSWERS: Final = ("function_call_output", "custom_tool_call_output")
_SERVER_CALLS: Final = (
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call",
    "computer_call", "local_shell_call", "mcp_call",
)  # fmt: skip
_ITEMS: Final = frozenset([*_CALLS, *_ANSWERS, *_SERVER_CALLS, "reasoning", "item_reference"])


def function_call(kind: str, left: Raw) -> Part | None:
    """Read {"call_id", "name", "arguments"}; the item's own `id` is kept beside."""
    name = take_text(left, "name")
    if name is None:
        return None
    arguments = parse_or_text(take(left, "arguments", "input"))
    return ToolCall(take_text(left, "call_id", "id"), name, arguments, rest(left))


def function_call_output(kind: str, left: Raw) -> Part | None:
    """Read {"call_id", "output"}."""
    answer = take(left, "output")
    return ToolCallResponse(
        take_text(left, "call_id", "id"), answer, take_text(left, "name"), None, rest(left)
    )


def reasoning(kind: str, left: Raw) -> Part | None:
    """Read {"summary": [{"text"}], "encrypted_content"}; other reasoning parts have their text inline."""
    summary = left.get("summary")
    if not isinstance(summary, list) or not all(isinstance(s, dict) for s in summary):
        return plain_reasoning(kind, left)
    words = [s.get("text") for s in summary]
    if not all(isinstance(w, str) for w in words):
        return None
    left.pop("summary")
    kept = [{k: v for k, v in s.items() if k not in ("text", "type")} for s in summary]
    signature = take_text(left, "encrypted_content")
    extra = rest(left) | ({"summary": kept} if any(kept) else {})
    return Reasoning("\n\n".join(words), signature, extra)


def server_call(kind: str, left: Raw) -> Part | None:
    """Read a call the provider ran; its answer stands inside the item."""
    name = take_text(left, "name") or kind.removesuffix("_call")
    return ServerToolCall(take_text(left, "id", "call_id"), name, {"type": kind, **left})


def is_item(raw: Json) -> bool:
    """True for an item of the Responses API that is not a message."""
    if not isinstance(raw, dict) or "role" in raw:
        return False
    kind = raw.get("type")
    return isinstance(kind, str) and kind in _ITEMS and (kind != "reasoning" or "summary" in raw)


def _item(raw: Raw) -> list[Raw]:
    role = "tool" if raw["type"] in _ANSWERS else "assistant"
    return [{"role": role, "content": [raw]}]


def _is_request(raw: Raw) -> bool:
    return "role" not in raw and "input" in raw and ("model" in raw or "instructions" in raw)


def _request(raw: Raw) -> Envelope:
    left = dict(raw)
    return Envelope(
        system=take(left, "instructions"), input=left.pop("input"), tools=take(left, "tools"), rest=rest(left)
    )


def _is_response(raw: Raw) -> bool:
    return raw.get("object") == "response" and isinstance(raw.get("output"), list)


def _response(raw: Raw) -> Envelope:
    left = dict(raw)
    return Envelope(
        system=take(left, "instructions"),
        output=left.pop("output"),
        tools=take(left, "tools"),
        rest=rest(left),
    )


SHAPE = Shape(
    "responses",
    parts={
        **dict.fromkeys(("input_text", "output_text", "summary_text", "reasoning_text"), text),
        **dict.fromkeys(_CALLS, function_call),
        **dict.fromkeys(_ANSWERS, function_call_output),
        **dict.fromkeys(_SERVER_CALLS, server_call),
        "reasoning": reasoning,
        "input_image": image_url,
        "input_file": openai_file,
    },
    rewrites=(Rewrite(is_item, _item),),
    envelopes=(EnvelopeReader(_is_response, _response), EnvelopeReader(_is_request, _request)),
)
