"""What requests are known by: digests of their messages, of their context, and of all that is asked."""

from __future__ import annotations

from typing import NamedTuple

from replay.model import Request
from spotlight.messages import message_json, part_json
from spotlight.messages.digests import (
    bare_part,
    bare_tool,
    canonical_json,
    digest,
    message_digest,
    prefix_digests,
)


class RequestDigests(NamedTuple):
    """SHA-256 digests of a request, 64 hex digits each."""

    messages: tuple[str, ...]
    prefixes: tuple[str, ...]  # of all messages up to and with each
    context: str  # of instructions, messages and tools
    request: str  # of that with model, tool choice, parameters and unknown fields


def request_digests(request: Request) -> RequestDigests:
    """Return what a request is known by; tools that are not known and no tools make different contexts."""
    messages = tuple(message_digest(message_json(message)) for message in request.messages)
    context = digest(
        canonical_json(
            {
                "system": [bare_part(part_json(part)) for part in request.system],
                "messages": messages,
                "tools": None if request.tools is None else [bare_tool(t._asdict()) for t in request.tools],
            }
        )
    )
    asked = {
        "context": context,
        "model": request.model,
        "tool_choice": request.tool_choice,
        "params": dict(request.params),
        "extra": dict(request.extra),
    }
    return RequestDigests(messages, tuple(prefix_digests(messages)), context, digest(canonical_json(asked)))
