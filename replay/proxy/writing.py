"""Answers as whole bodies of OpenAI's chat completions and responses, and of Anthropic's messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from replay.agreement import tool_calls
from replay.model import Response
from replay.providers.models import Api
from spotlight.messages import Message, Reasoning, ToolCall, to_anthropic, to_openai, to_responses
from spotlight.messages.canonical import Json, Part

# What the APIs, and the conventions of telemetry, call one reason to stop.
_LENGTH: Final = frozenset(["length", "max_tokens", "max_output_tokens", "MAX_TOKENS", "incomplete"])
_FILTER: Final = frozenset(["content_filter", "refusal", "SAFETY", "error"])
_REASONS: Final[Mapping[Api, Mapping[str, str]]] = {
    "chat": {"calls": "tool_calls", "length": "length", "filter": "content_filter", "stop": "stop"},
    "messages": {"calls": "tool_use", "length": "max_tokens", "filter": "refusal", "stop": "end_turn"},
    "responses": {"length": "max_output_tokens", "filter": "content_filter"},
}
_OWN: Final[Mapping[Api, frozenset[str]]] = {
    "chat": frozenset(["stop", "length", "tool_calls", "content_filter", "function_call"]),
    "messages": frozenset(
        ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal",
         "model_context_window_exceeded"]
    ),
    "responses": frozenset(["max_output_tokens", "content_filter"]),
}  # fmt: skip


class Answered(NamedTuple):
    """A body, and in words what of the answer it has no place for."""

    body: dict[str, Json]
    notes: tuple[str, ...]


class About(NamedTuple):
    """What an answer is made for: what stands in it where nothing is recorded."""

    name: str  # makes up ids that are not recorded; the same for the same call
    model: str
    created_s: int
    asked: Mapping[str, Json]  # the body of the request: responses say it back


def write_answer(api: Api, response: Response, about: About) -> Answered:
    """Return the body that says an answer in an API's form; ids that are missing are made up."""
    parts = [part for message in response.messages for part in message.parts]
    whole = Message("assistant", tuple(_with_ids(parts, about.name)))
    return _WRITERS[api](response._replace(messages=(whole,)), about)


def _with_ids(parts: list[Part], name: str) -> list[Part]:
    return [
        ToolCall(part.id or f"call_{name}_{place}", part.name, part.arguments, part.extra)
        if isinstance(part, ToolCall)
        else part
        for place, part in enumerate(parts, 1)
    ]


def _reason(api: Api, response: Response) -> str:
    told = response.finish_reason or ""
    if told in _OWN[api]:
        return told
    kind = "length" if told in _LENGTH else "filter" if told in _FILTER else "stop"
    if kind == "stop" and tool_calls(response):
        kind = "calls"
    return _REASONS[api].get(kind, "")


def _chat(response: Response, about: About) -> Answered:
    thoughts = [p.content for m in response.messages for p in m.parts if isinstance(p, Reasoning)]
    said = tuple(p for m in response.messages for p in m.parts if not isinstance(p, Reasoning))
    written = to_openai([Message("assistant", said)])
    message: dict[str, Json] = {"refusal": None, **written.body["messages"][0]}
    if isinstance(message["content"], list):  # answers hold text alone, in pieces or not
        message["content"] = "".join(p.get("text") or "" for p in message["content"])
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)  # as vLLM and DeepSeek send them
    body = {
        "id": response.response_id or f"chatcmpl-{about.name}", "object": "chat.completion",
        "created": about.created_s, "model": response.model or about.model,
        "system_fingerprint": response.fingerprint,
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason("chat", response)}
        ],
        "usage": _chat_usage(response),
    }  # fmt: skip
    return Answered(body, written.notes)


def _chat_usage(response: Response) -> Json:
    used = response.usage
    if used.input_tokens is None or used.output_tokens is None:
        return None
    return {
        "prompt_tokens": used.input_tokens, "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        "prompt_tokens_details": _known(cached_tokens=used.cache_read_tokens),
        "completion_tokens_details": _known(reasoning_tokens=used.reasoning_tokens),
    }  # fmt: skip


def _known(**figures: int | None) -> Json:
    found = {name: value for name, value in figures.items() if value is not None}
    return found or None


def _responses(response: Response, about: About) -> Answered:
    written = to_responses(response.messages)
    output = [_item(item, place, about) for place, item in enumerate(written.body["input"])]
    reason = _reason("responses", response)
    echoed = {
        name: about.asked.get(name)
        for name in ("instructions", "temperature", "top_p", "max_output_tokens", "previous_response_id")
    }
    body = {
        "id": response.response_id or f"resp_{about.name}", "object": "response",
        "created_at": about.created_s, "status": "incomplete" if reason else "completed", "error": None,
        "incomplete_details": {"reason": reason} if reason else None, **echoed,
        "metadata": about.asked.get("metadata") or {}, "model": response.model or about.model,
        "output": output, "parallel_tool_calls": about.asked.get("parallel_tool_calls", True),
        "tool_choice": about.asked.get("tool_choice") or "auto", "tools": about.asked.get("tools") or [],
        "usage": _responses_usage(response),
    }  # fmt: skip
    return Answered(body, written.notes)


def _item(item: dict[str, Json], place: int, about: About) -> dict[str, Json]:
    """Return an item with what the API says of each: an id, a status, annotations of its texts."""
    made = {"id": f"item_{about.name}_{place + 1}", **item}
    if made["type"] in ("message", "function_call"):
        made["status"] = "completed"
    if made["type"] == "message":
        made["content"] = [
            {**piece, "annotations": [], "logprobs": []} if piece["type"] == "output_text" else piece
            for piece in made["content"]
        ]
    return made


def _responses_usage(response: Response) -> Json:
    used = response.usage
    if used.input_tokens is None or used.output_tokens is None:
        return None
    return {
        "input_tokens": used.input_tokens, "output_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        "input_tokens_details": {"cached_tokens": used.cache_read_tokens},
        "output_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
    }  # fmt: skip


def _messages(response: Response, about: About) -> Answered:
    written = to_anthropic(response.messages)
    said = written.body["messages"]
    used = response.usage
    fresh = used.input_tokens
    if fresh is not None:  # OTel's input holds the cache, Anthropic's does not
        fresh = max(0, fresh - (used.cache_read_tokens or 0) - (used.cache_write_tokens or 0))
    body = {
        "id": response.response_id or f"msg_{about.name}", "type": "message", "role": "assistant",
        "model": response.model or about.model, "content": said[0]["content"] if said else [],
        "stop_reason": _reason("messages", response), "stop_sequence": None,
        "usage": {
            "input_tokens": fresh, "output_tokens": used.output_tokens,
            "cache_read_input_tokens": used.cache_read_tokens,
            "cache_creation_input_tokens": used.cache_write_tokens,
        },
    }  # fmt: skip
    return Answered(body, written.notes)


_WRITERS: Final[Mapping[Api, Callable[[Response, About], Answered]]] = {
    "chat": _chat, "responses": _responses, "messages": _messages,
}  # fmt: skip
