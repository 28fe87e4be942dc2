"""Canonical request -> the body that is sent, in the form of the model's API, with notes on what it lost.

A request of the same API keeps its unknown fields, its tool definitions and its tool choice as they were
sent. For another API what has the same meaning there is written in its words, and the rest is noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from replay.model import Request
from replay.providers.choices import Choice, read_choice, read_format, write_choice, write_format
from replay.providers.models import PROVIDERS, Api, Model, origin_of
from replay.providers.pairing import with_ids
from replay.providers.searching import keep_from_searching
from spotlight.messages import Written, to_anthropic, to_gemini, to_openai, to_responses
from spotlight.messages.canonical import Json, Message, Reasoning, ToolCall, ToolDefinition
from spotlight.messages.values import parse_or_text

_WRITERS: Final[Mapping[Api, Callable[..., Written]]] = {
    "chat": to_openai, "responses": to_responses, "messages": to_anthropic, "generate": to_gemini,
}  # fmt: skip
_NAMES: Final[Mapping[Api, str]] = {
    "chat": "OpenAI's chat API", "responses": "OpenAI's responses API", "messages": "Anthropic's API",
    "generate": "Gemini's API",
}  # fmt: skip
_GEMINI: Final = "generationConfig"
# OTel's parameter -> field of the body, by API; what is not here has no place there.
_PARAMS: Final[Mapping[Api, Mapping[str, str]]] = {
    "chat": {
        "max_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p", "seed": "seed",
        "stop_sequences": "stop", "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
    },
    "responses": {"max_tokens": "max_output_tokens", "temperature": "temperature", "top_p": "top_p"},
    "messages": {
        "max_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p", "top_k": "top_k",
        "stop_sequences": "stop_sequences",
    },
    "generate": {
        "max_tokens": "maxOutputTokens", "temperature": "temperature", "top_p": "topP", "top_k": "topK",
        "stop_sequences": "stopSequences", "seed": "seed", "frequency_penalty": "frequencyPenalty",
        "presence_penalty": "presencePenalty",
    },
}  # fmt: skip
_OTEL: Final = frozenset(name for known in _PARAMS.values() for name in known) | {"choice.count"}
# Fields of bodies that spans tell of as if they were OTel's parameters, often as the server said them back.
_FIELDS: Final[Mapping[Api, frozenset[str]]] = {
    "chat": frozenset(
        ["logit_bias", "logprobs", "modalities", "parallel_tool_calls", "prediction", "reasoning_effort",
         "response_format", "service_tier", "top_logprobs", "user", "verbosity"]
    ),
    "responses": frozenset(
        ["include", "max_tool_calls", "parallel_tool_calls", "previous_response_id", "reasoning",
         "service_tier", "text", "top_logprobs", "truncation", "user"]
    ),
    "messages": frozenset(["output_config", "service_tier", "thinking"]),
    "generate": frozenset(
        ["response_mime_type", "response_schema", "response_json_schema", "safety_settings",
         "thinking_config"]
    ),
}  # fmt: skip
_OURS: Final = frozenset(
    ["stream", "streaming", "stream_options", "model", "n", "automatic_function_calling"]
)
_TOP_OF_GEMINI: Final = frozenset(["safetySettings", "cachedContent", "labels", "serviceTier", "store"])
_MOST_OF_ANTHROPIC: Final = 4096  # the API needs a limit; every model of it takes this one
# From Gemini 3 on, calls without the model's own signature are refused; Google's word for calls that another
# model made: https://ai.google.dev/gemini-api/docs/thought-signatures
_CHECKS_THOUGHTS: Final = re.compile(r"gemini-(?:[3-9]|\d\d)")
_SKIP_CHECK: Final = "skip_thought_signature_validator"
_SCORE: Final = re.compile(r"_([a-z])")


class Body(NamedTuple):
    """What is sent besides the model's name, and in words what the request lost."""

    fields: dict[str, Json]
    notes: tuple[str, ...]


def write_body(model: Model, request: Request) -> Body:
    """Return the body that asks a model what the request asks."""
    is_same = request.api == model.api
    notes: dict[str, None] = {}
    request = _settled(request, model.api, notes)
    messages = request.messages if is_same else _without_thoughts(request.messages, notes)
    if not is_same or any(not p.id for m in messages for p in m.parts if isinstance(p, ToolCall)):
        messages = with_ids(messages, notes) if model.api != "generate" else messages
    tools = _tools(request.tools or (), model.api, is_same, notes)
    written = _WRITERS[model.api](messages, system=request.system, tools=tools)
    body = dict(written.body)
    notes |= dict.fromkeys(written.notes)
    if model.api == "generate" and _CHECKS_THOUGHTS.search(model.name):
        _skip_check(body["contents"], notes)
    if is_same:
        _restore_tools(body, tools, model.api)
    if model.api != "messages":
        _note_marks(request, notes)
    extra, choice = _foreign(request, model.api, notes) if not is_same else (request.extra, None)
    _add_extra(body, extra, model.api)
    _add_params(body, request, model, notes)
    if tools:
        body |= _choice(request, choice, model.api, notes)
    else:
        body.pop("parallel_tool_calls", None)  # refused where no tools are offered
    searching = keep_from_searching(body, model)
    if searching:
        notes[searching] = None
    return Body(body, tuple(notes))


def _settled(request: Request, api: Api, notes: dict[str, None]) -> Request:
    """Return the request with what only looks like OTel's parameters among its unknown fields."""
    others = {n: v for n, v in request.params.items() if n not in _OTEL and n not in _OURS and v is not None}
    if not others:
        return request
    unknown = sorted(others.keys() - _FIELDS[api]) if request.api == api else []
    if unknown:
        notes[f"{_NAMES[api]} is not known to have {', '.join(unknown)}: left out"] = None
    fields = {name: parse_or_text(value) for name, value in others.items() if name not in unknown}
    params = {name: value for name, value in request.params.items() if name not in others}
    return request._replace(params=params, extra={**fields, **request.extra})


def _without_thoughts(messages: Sequence[Message], notes: dict[str, None]) -> list[Message]:
    """Return the messages without reasoning, which only the API that made it takes back."""
    found = sum(isinstance(part, Reasoning) for message in messages for part in message.parts)
    if not found:
        return list(messages)
    notes["thoughts of the recorded model were left out: another API does not take them back"] = None
    bare = (m._replace(parts=tuple(p for p in m.parts if not isinstance(p, Reasoning))) for m in messages)
    return [message for message in bare if message.parts]


def _skip_check(contents: list[Json], notes: dict[str, None]) -> None:
    """Mark calls without a signature; of calls beside each other the first one carries it."""
    for content in contents:
        call = next((part for part in content["parts"] if "functionCall" in part), None)
        if call is not None and "thoughtSignature" not in call:
            call["thoughtSignature"] = _SKIP_CHECK
            notes["calls without Gemini's signature were sent with its word for calls of other models"] = None


def _tools(
    tools: Sequence[ToolDefinition], api: Api, is_same: bool, notes: dict[str, None]
) -> list[ToolDefinition]:
    """Return the tools a form can offer: those that a provider runs itself stay with their API."""
    kept = [tool for tool in tools if tool.type in ("function", "custom") or is_same]
    for tool in tools:
        if tool not in kept:
            notes[f"the tool {tool.name} is run by its provider and was left out"] = None
    return kept


def _restore_tools(body: dict[str, Json], tools: Sequence[ToolDefinition], api: Api) -> None:
    """Put tools back as they were sent, with fields that the canonical form does not have."""
    if not tools:
        return
    if api == "generate":
        own = [tool.raw for tool in tools if tool.type not in ("function", "custom")]
        declared = [
            written
            for tool, written in zip(tools, body["tools"][0]["functionDeclarations"], strict=True)
            if tool.type in ("function", "custom")
        ]
        body["tools"] = ([{"functionDeclarations": declared}] if declared else []) + own
        return
    body["tools"] = [
        tool.raw if _is_of(tool, api) else written for tool, written in zip(tools, body["tools"], strict=True)
    ]


def _is_of(tool: ToolDefinition, api: Api) -> bool:
    """Whether a definition as recorded is one of this API, and not a framework's account of it."""
    raw = tool.raw
    if not isinstance(raw, Mapping):
        return False
    if tool.type not in ("function", "custom"):
        return "type" in raw
    needed: Mapping[Api, tuple[str, ...]] = {
        "chat": ("type", "function"), "responses": ("type", "name", "parameters"),
        "messages": ("name", "input_schema"),
    }  # fmt: skip
    return all(key in raw for key in needed[api])


def _note_marks(request: Request, notes: dict[str, None]) -> None:
    parts = [*request.system, *(part for message in request.messages for part in message.parts)]
    if any("cache_control" in getattr(part, "extra", ()) for part in parts):
        notes["marks for the prompt cache are not sent: costs may differ, the context does not"] = None


def _foreign(request: Request, api: Api, notes: dict[str, None]) -> tuple[Mapping[str, Json], Choice | None]:
    """Return what unknown fields of another API mean here, and what they say of the tool choice."""
    wanted, used = read_format(request.extra)
    body: dict[str, Json] = {}
    if wanted is not None:
        asked = write_format(wanted, api)
        body |= asked or {}
        if asked is None:
            notes[f"{_NAMES[api]} has no answers in JSON without a schema: left out"] = None
    parallel = request.extra.get("parallel_tool_calls")
    choice = read_choice(request.tool_choice)
    if isinstance(parallel, bool) and api != "generate":
        choice = (choice or Choice("auto"))._replace(is_parallel=parallel)
        used |= {"parallel_tool_calls"}
    if {request.api, api} == {"chat", "responses"}:
        body |= _effort(request.extra, api)
        used |= {"reasoning_effort", "reasoning"}
    left = sorted(request.extra.keys() - used - _OURS)
    if left:
        notes[f"only the API it was sent to knows {', '.join(left)}: left out"] = None
    return body, choice


def _effort(extra: Mapping[str, Json], api: Api) -> dict[str, Json]:
    """Return how hard the model thinks, in OpenAI's other API."""
    inner = extra.get("reasoning")
    said = extra.get("reasoning_effort") or (inner.get("effort") if isinstance(inner, Mapping) else None)
    if said is None:
        return {}
    return {"reasoning_effort": said} if api == "chat" else {"reasoning": {"effort": said}}


def _add_extra(body: dict[str, Json], extra: Mapping[str, Json], api: Api) -> None:
    for name, value in extra.items():
        if name in _OURS:
            continue
        if api != "generate" or name == _GEMINI:
            known = body.get(name)
            both = isinstance(known, dict) and isinstance(value, Mapping)
            body[name] = {**known, **value} if both and known is not None else value
            continue
        field = _SCORE.sub(lambda m: m[1].upper(), name)
        place = body if field in _TOP_OF_GEMINI else body.setdefault(_GEMINI, {})
        place[field] = value


def _add_params(body: dict[str, Json], request: Request, model: Model, notes: dict[str, None]) -> None:
    place = body.setdefault(_GEMINI, {}) if model.api == "generate" else body
    for name, value in request.params.items():
        if name in _OURS or value is None:
            continue
        if name == "choice.count":
            if value != 1:
                notes[f"one answer is asked for, not {value}: repeats are calls of their own"] = None
            continue
        field = _PARAMS[model.api].get(name)
        if field is None:
            notes[f"{_NAMES[model.api]} has no {name}: left out"] = None
            continue
        if field == "max_tokens" and model.api == "chat" and _is_openai(model):
            field = "max_completion_tokens"  # its reasoning models refuse the older name
        if name == "stop_sequences":
            value = _stops(value)
            if not value:
                continue
        if model.api == "messages" and name == "temperature" and value > 1:
            notes[f"temperature {value} is above what {_NAMES['messages']} takes: 1 was sent"] = None
            value = 1
        place[field] = value
    if model.api == "messages" and "max_tokens" not in body:
        body["max_tokens"] = _MOST_OF_ANTHROPIC
        notes[f"no limit of tokens is recorded, and the API needs one: {_MOST_OF_ANTHROPIC} was sent"] = None
    if model.api == "generate" and not place:
        del body[_GEMINI]


def _stops(value: Json) -> list[str]:
    """Return the texts that end an answer: a list, one text, or a list as text."""
    found = parse_or_text(value)
    return [
        stop for stop in (found if isinstance(found, list) else [found]) if isinstance(stop, str) and stop
    ]


def _is_openai(model: Model) -> bool:
    return origin_of(model.base_url) == origin_of(PROVIDERS["openai"].base_url)


def _choice(request: Request, choice: Choice | None, api: Api, notes: dict[str, None]) -> dict[str, Json]:
    """Return the tool choice in the words of the API; one of the same API without a known meaning as sent."""
    if request.tool_choice is None and choice is None:
        return {}
    choice = choice or read_choice(request.tool_choice)
    if choice is not None:
        return write_choice(choice, api)
    if request.api == api:
        return {"toolConfig" if api == "generate" else "tool_choice": request.tool_choice}
    notes[f"{_NAMES[api]} cannot say this tool choice: left out"] = None
    return {}
