"""OpenAI's responses, through the `openai` client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from replay.model import Response, Usage
from replay.providers.chat import open_openai, stream_openai
from replay.providers.events import ServerSaid
from replay.providers.models import Model
from replay.providers.wires import Wire, left_over, number, text_of
from spotlight.messages import read_messages
from spotlight.messages.canonical import Json

# What the server says back of the request is no part of the answer.
_ECHOED: Final = (
    "instructions", "tools", "tool_choice", "text", "temperature", "top_p", "parallel_tool_calls",
    "max_output_tokens", "metadata", "truncation", "user",
)  # fmt: skip


def wire() -> Wire:
    """Return this form; imports the client."""
    import openai

    return Wire(open_openai, _stream, Events, read, (openai.OpenAIError, ServerSaid))


def _stream(client: Any, model: Model, body: Mapping[str, Json]) -> AsyncGenerator[dict[str, Json]]:
    return stream_openai(client, "/responses", {"model": model.name, **body, "stream": True})


class Events:
    """Events of one response: items as they end, and the whole response with the last event."""

    def __init__(self) -> None:
        self._response: dict[str, Json] = {}
        self._items: list[Json] = []

    def add(self, event: dict[str, Json]) -> bool:
        """Take one event."""
        kind = str(event.get("type"))
        if isinstance(event.get("response"), dict):
            self._response = event["response"]
        elif kind == "response.output_item.done":
            self._items.append(event.get("item"))
        return kind.endswith(".delta")

    def wire(self) -> dict[str, Json]:
        """Return the response; of one that was cut off, the items that had ended."""
        return {"object": "response", **self._response, "output": self._response.get("output") or self._items}


def read(wire: dict[str, Json]) -> Response:
    """Return what a response says: its status is its finish reason, or why it is incomplete."""
    usage = wire.get("usage") or {}
    status, details = wire.get("status"), wire.get("incomplete_details") or {}
    reasons = {"completed": "completed", "incomplete": details.get("reason") or "incomplete"}
    error = wire.get("error") or {}
    failed = f"{error.get('code') or 'failed'}: {error.get('message') or ''}" if status == "failed" else None
    reason = reasons.get(str(status))
    messages = read_messages(wire["output"], role_hint="assistant") if wire["output"] else []
    if messages and reason:
        messages[-1] = messages[-1]._replace(finish_reason=reason)
    return Response(
        messages=tuple(messages),
        finish_reason=reason,
        model=text_of(wire.get("model")),
        response_id=text_of(wire.get("id")),
        usage=Usage(
            number(usage, "input_tokens"),
            number(usage, "output_tokens"),
            number(usage, "input_tokens_details", "cached_tokens"),
            number(usage, "input_tokens_details", "cache_write_tokens"),
            number(usage, "output_tokens_details", "reasoning_tokens"),
        ),
        error=failed,
        extra=left_over(wire, "output", "model", "id", "object", "error", *_ECHOED),
    )
