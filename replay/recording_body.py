"""What a request says besides its messages: parameters, tool choice, unknown fields.

A client records the body of a request as it was sent, or its parameters alone, in OTel's words, in the
provider's or in its own. Names of parameters become OTel's, without `gen_ai.request.`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from spotlight.exact_json import parsed
from spotlight.messages.canonical import Json
from spotlight.messages.values import parse

# Fields that hold the messages of a request, by the wire form they belong to; `messages` is two forms'.
_MESSAGE_FIELDS: Final = ("messages", "input", "contents", "prompt")
_CONTEXT: Final = frozenset(
    ["model", "modelId", *_MESSAGE_FIELDS, "system", "instructions", "systemInstruction",
     "system_instruction", "tools", "functions", "history"]
)  # fmt: skip
_NESTED: Final = ("generationConfig", "generation_config", "config", "inferenceConfig")
_CHOICES: Final = ("tool_choice", "toolChoice", "toolConfig", "tool_config", "function_call")
# What providers and frameworks call OTel's parameters, in snake case.
_NAMES: Final[Mapping[str, str]] = {
    "max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens", "max_new_tokens": "max_tokens",
    "stop": "stop_sequences", "n": "choice.count", "candidate_count": "choice.count",
}  # fmt: skip
_PARAMS: Final = frozenset(
    ["temperature", "top_p", "top_k", "max_tokens", "stop_sequences", "seed", "frequency_penalty",
     "presence_penalty", "choice.count", "stream"]
)  # fmt: skip
# Words of frameworks about the client and not about the request.
_NOT_SENT: Final = frozenset(
    ["_type", "model_name", "base_url", "context_window", "num_output", "is_chat_model",
     "is_function_calling_model", "system_role", "max_retries", "timeout", "request_timeout", "api_key",
     "headers", "extra_headers", "http_options", "abort_signal", "kwargs", "id", "object", "created_at",
     "status", "billing", "finishReason", "finish_reason", "is_stream", "maxRetries"]
)  # fmt: skip
_OTEL: Final = "gen_ai.request."
_AI_SDK: Final = "ai.settings."
_HUMP: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


class Asked(NamedTuple):
    """What a request says besides its context."""

    params: Mapping[str, Json]
    tool_choice: Json
    extra: Mapping[str, Json]


def body_of(text: str | None) -> dict[str, Json] | None:
    """Return the body of a request that a recorded text is, whole; None for anything else.

    A body names its model and holds its messages as objects, not as a framework's printed ones.
    """
    if not text or text.lstrip()[:1] != "{":
        return None
    found = parse(text)
    body = found.value
    if found.cut or not isinstance(body, dict) or not isinstance(body.get("model"), str):
        return None
    return body if any(_holds_messages(body.get(name)) for name in _MESSAGE_FIELDS) else None


def _holds_messages(value: Json) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def api_of(body: Mapping[str, Json] | None, provider: str | None, response_id: str | None) -> str | None:
    """Return the wire form of a request: chat, responses, messages or generate; None where unknown."""
    if body is not None:
        if "contents" in body:
            return "generate"
        if "input" in body:
            return "responses"
        is_anthropic = "system" in body or provider == "anthropic" or "anthropic_version" in body
        return "messages" if is_anthropic else "chat"
    if provider in ("anthropic", "google"):
        return {"anthropic": "messages", "google": "generate"}[provider]
    begins = (response_id or "").partition("-")[0].partition("_")[0]
    return {"chatcmpl": "chat", "resp": "responses", "msg": "messages"}.get(begins)


def asked_of(body: Mapping[str, Json] | None, recorded: Json, beside: Mapping[str, Any]) -> Asked:
    """Return what a request asks for: from its body, else from the parameters that its span names.

    `recorded` is the span's column of parameters, parsed; `beside` its other attributes.
    """
    said: dict[str, Json] = {}
    if isinstance(recorded, Mapping):
        said.update(_flat(recorded))
    if body is not None:
        said = _flat(body)
    params: dict[str, Json] = {}
    extra: dict[str, Json] = {}
    choice = parse(beside.get("ai.prompt.toolChoice")).value
    for name, (value, is_otel) in said.items():
        if name in _CHOICES or _snake(name) in _CHOICES:
            choice = parse(value).value if choice is None else choice
        elif value is None or _endless(value):
            continue
        elif (known := _NAMES.get(_snake(name), _snake(name))) in _PARAMS:
            if known != "max_tokens" or not isinstance(value, int) or value > 0:  # -1: as many as it likes
                params[known] = value
        elif is_otel:
            params[name] = value
        else:
            extra[name] = value
    return Asked(params, choice, extra)


def _flat(said: Mapping[str, Json]) -> dict[str, Json]:
    """Return fields with whether OTel named them; those of nested settings stand for themselves."""
    found: dict[str, Json] = {}
    for name, value in said.items():
        if name in _CONTEXT or name in _NOT_SENT or name.startswith("ls_"):
            continue
        if name in _NESTED and isinstance(value, Mapping):
            found |= _flat(value)
        elif name.startswith(_OTEL):
            found |= _otel(name.removeprefix(_OTEL), value)
        elif name.startswith(_AI_SDK):
            known = _NAMES.get(_snake(name.removeprefix(_AI_SDK)), _snake(name.removeprefix(_AI_SDK)))
            if known in _PARAMS:  # the rest tells the client how to go about it
                found[known] = (value, True)
        else:
            found[name] = (value, False)
    return found


def _otel(name: str, value: Json) -> dict[str, Json]:
    """Return a parameter in OTel's words; some clients write the values as JSON text."""
    value = parsed(value)
    if name in _CONTEXT or name in _NOT_SENT or value in ("", [], {}):
        return {}
    return {name: (value, True)}


def _snake(name: str) -> str:
    return _HUMP.sub(r"_\1", name).lower()


def _endless(value: Json) -> bool:
    """True for the figure that a framework writes where none was given."""
    return value == "Infinity" or (isinstance(value, float) and not math.isfinite(value))
