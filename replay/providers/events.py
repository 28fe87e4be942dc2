"""Server-sent events, read as strictly as they must be to lose none of them.

The vendors' clients skip events that have no name, and break lines where JSON text may hold a character of
the kind; a piece of an answer would be missing, and nobody told.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

import orjson

from spotlight.messages.canonical import Json

_DONE: Final = b"[DONE]"


class ServerSaid(Exception):
    """An error that the server told of within a stream that had begun well."""


async def read_events(response: Any) -> AsyncGenerator[dict[str, Json]]:
    """Yield the JSON objects of a stream; `response` is the httpx2.Response of the vendor's client.

    Raises: ValueError for an event that is no JSON object; ServerSaid for one that tells of an error.
    Source: WHATWG HTML, 9.2.6 Interpreting an event stream. An event whose end never came is none.
    """
    data: list[bytes] = []
    begun = b""
    async for piece in response.aiter_bytes():
        *lines, begun = (begun + piece).split(b"\n")
        for line in lines:
            line = line.rstrip(b"\r")
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line and data:
                payload = b"\n".join(data)
                data = []
                if payload.strip() != _DONE:
                    yield _event(payload)


def _event(payload: bytes) -> dict[str, Json]:
    found = orjson.loads(payload)
    if not isinstance(found, dict):
        raise ValueError(f"an event is no JSON object: {payload[:80]!r}")
    error = found.get("error")
    if error or found.get("type") == "error":
        raise ServerSaid(orjson.dumps(error or found).decode())
    return found
