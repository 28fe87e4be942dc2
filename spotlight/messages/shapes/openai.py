"""OpenAI Chat Completions: content parts, tool calls, choices, requests and responses.

Source: the OpenAI API reference; legacy `function_call` messages are read as tool calls.
"""

from __future__ import annotations

from spotlight.messages.canonical import Part, ToolCall
from spotlight.messages.shapes.otel import file as otel_file
from spotlight.messages.shapes.table import (
    Envelope,
    EnvelopeReader,
    Raw,
    Rewrite,
    Shape,
    file_part,
    media,
)
from spotlight.messages.values import join, parse_or_text, rest, take, take_text

_REQUEST_KEYS = frozenset(
    ["model", "tools", "system", "temperature", "stream", "max_tokens", "functions", "instructions"]
)


def image_url(kind: str, left: Raw) -> Part | None:
    """Read {"image_url": {"url", "detail"}} or the bare url of the Responses API."""
    inner = left.pop("image_url", None)
    more: Raw = {}
    if isinstance(inner, dict):
        more = dict(inner)
        inner = take_text(more, "url")
    if isinstance(inner, str):
        return media(inner, None, "image", join(rest(left), rest(more)))
    file_id = take_text(left, "file_id")
    return None if file_id is None else file_part(file_id, None, "image", join(rest(left), rest(more)))


def input_audio(kind: str, left: Raw) -> Part | None:
    """Read {"input_audio": {"data", "format"}}."""
    inner = left.pop("input_audio", None)
    if not isinstance(inner, dict):
        return None
    more = dict(inner)
    data, form = take_text(more, "data"), take_text(more, "format")
    if data is None:
        return None
    return media(data, f"audio/{form}" if form else None, "audio", join(rest(left), rest(more)))


def file(kind: str, left: Raw) -> Part | None:
    """Read {"file": {"file_id" | "file_data", "filename"}}, the AI SDK's data/url or OTel's file."""
    inner = left.pop("file", None)
    found = join(inner, left) if isinstance(inner, dict) else left
    mime = take_text(found, "mediaType", "mimeType")
    source = take_text(found, "file_data", "data", "url", "file_url")
    if source is not None:
        return media(source, mime, "document", rest(found))
    return otel_file(kind, {**found, **({"mime_type": mime} if mime else {})})


def function(kind: str, left: Raw) -> Part | None:
    """Read one of `tool_calls`: {"id", "function": {"name", "arguments"}}; custom tools likewise."""
    inner = left.pop("function", None) or left.pop("custom", None)
    if not isinstance(inner, dict):
        return None
    more = dict(inner)
    name = take_text(more, "name")
    if name is None:
        return None
    arguments = parse_or_text(take(more, "arguments", "input"))
    return ToolCall(take_text(left, "id"), name, arguments, join(rest(left), rest(more)))


def _choice(raw: Raw) -> list[Raw]:
    left = dict(raw)
    message = left.pop("message", None) or left.pop("delta", None)
    return [{"role": "assistant", **join(message, left)}] if isinstance(message, dict) else [left]


def _is_choice(raw: Raw) -> bool:
    return isinstance(raw.get("message") or raw.get("delta"), dict) and (
        "finish_reason" in raw or "index" in raw
    )


def _is_request(raw: Raw) -> bool:
    return "role" not in raw and "parts" not in raw and isinstance(raw.get("messages"), list)


def _request(raw: Raw) -> Envelope:
    """Take a request apart; Anthropic's has the same keys, with `system` beside the messages."""
    left = dict(raw)
    tools = take(left, "tools", "functions", "tool_definitions")
    return Envelope(
        system=take(left, "system", "instructions", "system_instructions"),
        input=left.pop("messages"),
        tools=tools,
        rest=rest(left),
    )


def _is_response(raw: Raw) -> bool:
    return isinstance(raw.get("choices"), list) and "role" not in raw


def _response(raw: Raw) -> Envelope:
    left = dict(raw)
    return Envelope(output=left.pop("choices"), rest=rest(left))


def _is_prompted(raw: Raw) -> bool:
    return "prompt" in raw and "role" not in raw and bool(_REQUEST_KEYS & raw.keys())


def _prompted(raw: Raw) -> Envelope:
    left = dict(raw)
    tools = take(left, "tools", "functions", "tool_definitions")
    return Envelope(
        system=take(left, "system", "instructions", "system_instructions"),
        input=left.pop("prompt"),
        tools=tools,
        rest=rest(left),
    )


SHAPE = Shape(
    "openai",
    parts={
        "image_url": image_url,
        "input_audio": input_audio,
        "file": file,
        "function": function,
        "custom": function,
    },
    keyed={"function": function},
    rewrites=(Rewrite(_is_choice, _choice),),
    envelopes=(
        EnvelopeReader(_is_response, _response),
        EnvelopeReader(_is_request, _request),
        EnvelopeReader(_is_prompted, _prompted),
    ),
)
