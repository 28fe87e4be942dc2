"""OpenAI's chat completions, which a hundred other servers speak, through the `openai` client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from replay.model import Response, Usage
from replay.providers.events import ServerSaid, read_events
from replay.providers.models import Model
from replay.providers.wires import PLACEHOLDER, Wire, left_over, number, text_of
from spotlight.messages import read_messages
from spotlight.messages.canonical import Json


def wire() -> Wire:
    """Return this form; imports the client."""
    import openai

    return Wire(open_openai, _stream, Chunks, read, (openai.OpenAIError, ServerSaid))


def open_openai(model: Model, http: Any) -> Any:
    """Return OpenAI's client for a model; it makes no second attempt by itself."""
    import openai

    return openai.AsyncOpenAI(api_key=PLACEHOLDER, base_url=model.base_url, max_retries=0, http_client=http)


def _stream(client: Any, model: Model, body: Mapping[str, Json]) -> AsyncGenerator[dict[str, Json]]:
    asked = {"model": model.name, **body, "stream": True, "stream_options": {"include_usage": True}}
    return stream_openai(client, "/chat/completions", asked)


async def stream_openai(client: Any, path: str, asked: dict[str, Json]) -> AsyncGenerator[dict[str, Json]]:
    """Yield the events of a stream of OpenAI's client."""
    import openai

    stream = await client.post(
        path, body=asked, cast_to=object, stream=True, stream_cls=openai.AsyncStream[object]
    )
    async with stream, aclosing(read_events(stream.response)) as events:
        async for event in events:
            yield event


class Chunks:
    """Chunks of one completion: text is joined, tool calls by their index; of several choices the first."""

    def __init__(self) -> None:
        self._around: dict[str, Json] = {}
        self._message: dict[str, Json] = {"role": "assistant"}
        self._calls: dict[Any, dict[str, Json]] = {}
        self._reason: str | None = None

    def add(self, event: dict[str, Json]) -> bool:
        """Take one chunk; usage comes in one of its own, without a choice."""
        for name, value in event.items():
            if name not in ("choices", "object") and value is not None:
                self._around[name] = value
        choice = next((c for c in event.get("choices") or () if not c.get("index")), None)
        if choice is None:
            return False
        self._reason = choice.get("finish_reason") or self._reason
        delta = choice.get("delta") or choice.get("message") or {}
        brought = [self._take(name, value) for name, value in delta.items() if value is not None]
        return any(brought)

    def _take(self, name: str, value: Json) -> bool:
        if name == "role":
            self._message["role"] = value
            return False
        if name == "tool_calls":
            for call in value:
                self._take_call(call)
            return bool(value)
        known = self._message.get(name)
        if isinstance(value, str):
            self._message[name] = (known or "") + value
        elif isinstance(value, list):
            self._message[name] = [*(known or ()), *value]
        elif isinstance(value, dict) and isinstance(known, dict):
            self._message[name] = known | value
        else:
            self._message[name] = value
        return bool(value)

    def _take_call(self, call: dict[str, Json]) -> None:
        # Some servers send no index: a call with an id of its own is the next one
        place = call.get("index")
        if place is None:
            place = call.get("id") or next(reversed(self._calls), 0)
        found = self._calls.setdefault(place, {"type": "function"})
        for name, value in call.items():
            if name == "index" or value is None:
                continue
            if isinstance(value, dict):
                inner = found.setdefault(name, {})
                for key, piece in value.items():
                    # names come whole, once or with every chunk; arguments come in pieces
                    joined = key != "name" and isinstance(piece, str)
                    inner[key] = inner.get(key, "") + piece if joined else piece or inner.get(key)
            else:
                found[name] = value or found.get(name)

    def wire(self) -> dict[str, Json]:
        """Return the completion."""
        calls = {"tool_calls": list(self._calls.values())} if self._calls else {}
        choice = {"index": 0, "message": self._message | calls, "finish_reason": self._reason}
        return {"object": "chat.completion", **self._around, "choices": [choice]}


def read(wire: dict[str, Json]) -> Response:
    """Return what a chat completion says."""
    choice = wire["choices"][0]
    usage = wire.get("usage") or {}
    reason = text_of(choice["finish_reason"])
    return Response(
        messages=tuple(read_messages([{**choice["message"], "finish_reason": reason}])),
        finish_reason=reason,
        model=text_of(wire.get("model")),
        response_id=text_of(wire.get("id")),
        fingerprint=text_of(wire.get("system_fingerprint")),
        usage=Usage(
            number(usage, "prompt_tokens"),
            number(usage, "completion_tokens"),
            number(usage, "prompt_tokens_details", "cached_tokens"),
            number(usage, "prompt_tokens_details", "cache_write_tokens"),
            number(usage, "completion_tokens_details", "reasoning_tokens"),
        ),
        extra=left_over(wire, "choices", "model", "id", "system_fingerprint", "object"),
    )
