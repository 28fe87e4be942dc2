"""Whole bodies as the events that the APIs stream, so that the vendors' clients put them together again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from replay.providers.models import Api
from spotlight.messages.canonical import Json

_Event = dict[str, Json]


def stream_text(api: Api, body: Mapping[str, Json], *, wants_usage: bool) -> Iterator[str]:
    """Yield server-sent events that say a body; `wants_usage` adds the last chunk of chat completions."""
    for event in stream_events(api, body, wants_usage=wants_usage):
        yield event_text(api, event)
    yield end_text(api)


def stream_events(api: Api, body: Mapping[str, Json], *, wants_usage: bool) -> Iterator[_Event]:
    """Yield the events that say a body."""
    return _STREAMS[api](body, wants_usage)


def event_text(api: Api, event: Mapping[str, Json]) -> str:
    """Return an event as it is sent; in ASCII, since UTF-8 has no halves of surrogate pairs."""
    name = "" if api == "chat" else f"event: {event['type']}\n"
    return f"{name}data: {json.dumps(event)}\n\n"


def end_text(api: Api) -> str:
    """Return what follows the last event of a stream."""
    return "data: [DONE]\n\n" if api == "chat" else ""


def _chat(body: Mapping[str, Json], wants_usage: bool) -> Iterator[_Event]:
    kept = ("id", "created", "model", "system_fingerprint")
    around = {name: body[name] for name in kept} | {"object": "chat.completion.chunk"}
    choice = body["choices"][0]
    message = choice["message"]

    def chunk(delta: Json, reason: str | None = None) -> _Event:
        return {**around, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield chunk({"role": "assistant", "content": "" if message["content"] is not None else None})
    for name in ("reasoning_content", "content", "refusal"):
        if message.get(name):
            yield chunk({name: message[name]})
    for place, call in enumerate(message.get("tool_calls") or ()):
        begun = {**call, "function": {**call["function"], "arguments": ""}}
        yield chunk({"tool_calls": [{"index": place, **begun}]})
        rest = {"arguments": call["function"]["arguments"]}
        yield chunk({"tool_calls": [{"index": place, "function": rest}]})
    yield chunk({}, choice["finish_reason"])
    if wants_usage:
        yield {**around, "choices": [], "usage": body["usage"]}


def _messages(body: Mapping[str, Json], _: bool) -> Iterator[_Event]:
    begun = {**body, "content": [], "stop_reason": None}
    yield {"type": "message_start", "message": begun}
    for place, block in enumerate(body["content"]):
        start, deltas = _block(block)
        yield {"type": "content_block_start", "index": place, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": place, "delta": delta}
        yield {"type": "content_block_stop", "index": place}
    ended = {"stop_reason": body["stop_reason"], "stop_sequence": body["stop_sequence"]}
    yield {"type": "message_delta", "delta": ended, "usage": body["usage"]}
    yield {"type": "message_stop"}


def _block(block: _Event) -> tuple[_Event, list[_Event]]:
    """Return a block as it begins, and what is added to it."""
    if block["type"] == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": block["text"]}]
    if block["type"] in ("tool_use", "server_tool_use"):
        text = json.dumps(block.get("input") or {})
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": text}]
    if block["type"] == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": block["thinking"]}]
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return {**block, "thinking": "", "signature": ""}, [*deltas, signed]
    return block, []


def _responses(body: Mapping[str, Json], _: bool) -> Iterator[_Event]:
    begun = {**body, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}

    def events() -> Iterator[_Event]:
        yield {"type": "response.created", "response": begun}
        yield {"type": "response.in_progress", "response": begun}
        for place, item in enumerate(body["output"]):
            yield from _item(place, item)
        yield {"type": f"response.{body['status']}", "response": body}

    for number, event in enumerate(events()):
        yield event | {"sequence_number": number}


# What an item that is only begun does not have yet.
_EMPTY: Final[Mapping[str, _Event]] = {"message": {"content": []}, "function_call": {"arguments": ""}}


def _item(place: int, item: _Event) -> Iterator[_Event]:
    at = {"output_index": place, "item_id": item["id"]}
    empty = _EMPTY.get(item["type"], {})
    begun = {**item, **empty} | ({"status": "in_progress"} if empty else {})
    yield {"type": "response.output_item.added", "output_index": place, "item": begun}
    if item["type"] == "message":
        for index, piece in enumerate(item["content"]):
            yield from _piece({**at, "content_index": index}, piece)
    elif item["type"] == "function_call":
        kind = "response.function_call_arguments"
        yield {"type": f"{kind}.delta", **at, "delta": item["arguments"]}
        yield {"type": f"{kind}.done", **at, "name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": place, "item": item}


def _piece(at: _Event, piece: _Event) -> Iterator[_Event]:
    name = "text" if piece["type"] == "output_text" else "refusal"
    kind = f"response.{piece['type']}"
    logprobs: _Event = {"logprobs": []} if name == "text" else {}
    yield {"type": "response.content_part.added", **at, "part": {**piece, name: ""}}
    yield {"type": f"{kind}.delta", **at, "delta": piece[name], **logprobs}
    yield {"type": f"{kind}.done", **at, name: piece[name], **logprobs}
    yield {"type": "response.content_part.done", **at, "part": piece}


_STREAMS: Final[Mapping[Api, Callable[[Mapping[str, Json], bool], Iterator[_Event]]]] = {
    "chat": _chat, "responses": _responses, "messages": _messages,
}  # fmt: skip
