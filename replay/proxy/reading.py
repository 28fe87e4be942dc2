"""Bodies that agents send, as the canonical requests that recordings hold: read by the same readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import orjson

from replay.model import Request
from replay.providers.models import Api
from replay.recording import instructions
from replay.recording_body import asked_of, body_of
from spotlight.errors import SpotlightError
from spotlight.messages import read_conversation
from spotlight.messages.canonical import Json

PROVIDERS: Final[Mapping[Api, str]] = {"chat": "openai", "responses": "openai", "messages": "anthropic"}
# How an answer travels is no part of what is asked.
_TRANSPORT: Final = frozenset(["stream", "stream_options"])


class Asking(NamedTuple):
    """A request of an agent, and how it wants its answer."""

    request: Request
    body: Mapping[str, Json]
    is_streamed: bool
    wants_usage: bool  # chat completions: a last chunk with usage


def read_asking(api: Api, sent: bytes) -> Asking:
    """Return what an agent asks. Raises: SpotlightError for what is no request of this API."""
    try:
        text = sent.decode()
        body = body_of(text) and orjson.loads(sent)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise SpotlightError("the body is no request: JSON with a model and messages is expected")
    said = read_conversation({"input_messages": text}, dialect=api)
    system, messages = instructions(said)
    asked = asked_of(body, None, {})
    request = Request(
        PROVIDERS[api], api, body["model"], system, messages, tuple(said.tools), asked.tool_choice,
        without_transport(asked.params), without_transport(asked.extra),
    )  # fmt: skip
    options = body.get("stream_options")
    wants = isinstance(options, dict) and bool(options.get("include_usage"))
    return Asking(request, body, body.get("stream") is True, wants)


def without_transport(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Return parameters without those that only say how an answer travels."""
    return {name: value for name, value in fields.items() if name not in _TRANSPORT}
