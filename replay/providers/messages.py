"""Anthropic's messages, through the `anthropic` client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from replay.model import Response, Usage
from replay.providers.events import ServerSaid, read_events
from replay.providers.models import Model
from replay.providers.wires import PLACEHOLDER, Wire, left_over, number, text_of, total
from spotlight.messages import read_messages
from spotlight.messages.canonical import Json
from spotlight.messages.values import parse_or_text

# Delta of a block -> field of the block that it goes on with.
_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "text_delta": ("text", "text"), "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"), "input_json_delta": ("partial_json", "partial_json"),
    "compaction_delta": ("content", "content"),
}  # fmt: skip


def wire() -> Wire:
    """Return this form; imports the client."""
    import anthropic

    return Wire(_open, _stream, Events, read, (anthropic.AnthropicError, ServerSaid))


def _open(model: Model, http: Any) -> Any:
    import anthropic

    return anthropic.AsyncAnthropic(
        api_key=PLACEHOLDER, base_url=model.base_url, max_retries=0, http_client=http
    )


async def _stream(client: Any, model: Model, body: Mapping[str, Json]) -> AsyncGenerator[dict[str, Json]]:
    import anthropic

    asked = {"model": model.name, **body, "stream": True}
    stream = await client.post(
        "/v1/messages", body=asked, cast_to=object, stream=True, stream_cls=anthropic.AsyncStream[object]
    )
    async with stream, aclosing(read_events(stream.response)) as events:
        async for event in events:
            yield event


class Events:
    """Events of one message: blocks by their index; arguments of calls come as pieces of JSON text."""

    def __init__(self) -> None:
        self._message: dict[str, Json] = {}
        self._blocks: dict[int, dict[str, Json]] = {}

    def add(self, event: dict[str, Json]) -> bool:
        """Take one event."""
        kind = event.get("type")
        if kind == "message_start":
            self._message = dict(event["message"])
        elif kind == "content_block_start":
            self._blocks[event["index"]] = dict(event["content_block"])
        elif kind == "content_block_delta":
            self._go_on(self._blocks[event["index"]], event["delta"])
            return True
        elif kind == "message_delta":
            said = {name: value for name, value in event.items() if name not in ("type", "delta", "usage")}
            told = {name: value for name, value in (event.get("usage") or {}).items() if value is not None}
            usage = {**(self._message.get("usage") or {}), **told}
            self._message |= {**said, **event["delta"], "usage": usage}
        return False

    def _go_on(self, block: dict[str, Json], delta: dict[str, Json]) -> None:
        kind = delta.get("type")
        if kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
        elif isinstance(kind, str) and kind in _TEXTS:
            source, field = _TEXTS[kind]
            block[field] = (block.get(field) or "") + (delta.get(source) or "")

    def wire(self) -> dict[str, Json]:
        """Return the message."""
        return {**self._message, "content": [_whole(self._blocks[i]) for i in sorted(self._blocks)]}


def _whole(block: dict[str, Json]) -> dict[str, Json]:
    """Return a block with its arguments read; text that is no JSON stays text."""
    pieces = block.get("partial_json")
    kept = {name: value for name, value in block.items() if name != "partial_json"}
    return {**kept, "input": parse_or_text(pieces)} if pieces else kept


def read(wire: dict[str, Json]) -> Response:
    """Return what a message says; input tokens include those read from and written to the cache."""
    usage = wire.get("usage") or {}
    reason = text_of(wire.get("stop_reason"))
    read_from, written = (
        number(usage, "cache_read_input_tokens"),
        number(usage, "cache_creation_input_tokens"),
    )
    fresh = number(usage, "input_tokens")
    said = {"role": "assistant", "content": wire["content"], "finish_reason": reason}
    return Response(
        messages=tuple(read_messages([said])),
        finish_reason=reason,
        model=text_of(wire.get("model")),
        response_id=text_of(wire.get("id")),
        usage=Usage(
            None if fresh is None else total(fresh, read_from, written),
            number(usage, "output_tokens"),
            read_from,
            written,
            number(usage, "output_tokens_details", "thinking_tokens"),
        ),
        extra=left_over(wire, "content", "model", "id", "type", "role", "stop_reason"),
    )
