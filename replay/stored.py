"""Answers as JSON text and back, exactly: how journals and caches keep them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from replay.model import Response, Usage
from spotlight.messages import canonical
from spotlight.messages.canonical import NO_EXTRA, Generic, Json, Message, Part, message_json

_PARTS: Final[Mapping[str, Any]] = {
    part.type: part
    for part in (
        canonical.Text, canonical.Reasoning, canonical.ToolCall, canonical.ToolCallResponse,
        canonical.ServerToolCall, canonical.ServerToolCallResponse, canonical.Blob, canonical.Uri,
        canonical.File, canonical.Compaction,
    )
}  # fmt: skip
# Fields without a default, which `part_json` leaves out where they are None.
_NEEDED: Final = {
    name: {f.name: None for f in fields(part) if f.name != "extra"} for name, part in _PARTS.items()
}


def response_text(response: Response) -> str:
    """Return an answer as JSON text."""
    told = response._asdict()
    told["messages"] = [message_json(message) for message in response.messages]
    told["usage"] = response.usage._asdict()
    told["extra"] = dict(response.extra)
    return json.dumps(told, default=str)


def read_response(text: str) -> Response:
    """Return the answer that a JSON text of `response_text` holds."""
    told = json.loads(text)
    told["messages"] = tuple(read_message(message) for message in told["messages"])
    told["usage"] = Usage(**told["usage"])
    told["extra"] = told["extra"] or NO_EXTRA
    return Response(**told)


def read_message(told: Mapping[str, Json]) -> Message:
    """Return the message that `message_json` wrote."""
    return Message(
        told["role"],
        tuple(read_part(part) for part in told["parts"]),
        told.get("name"),
        told.get("finish_reason"),
        told.get("extra") or NO_EXTRA,
    )


def read_part(told: Mapping[str, Json]) -> Part:
    """Return the part that `part_json` wrote."""
    values = {key: value for key, value in told.items() if key != "type"}
    kind = str(told["type"])
    if kind not in _PARTS or not values.keys() <= _NEEDED[kind].keys() | {"extra"}:
        return Generic(kind, values)
    made: Part = _PARTS[kind](**(_NEEDED[kind] | values))
    return made
