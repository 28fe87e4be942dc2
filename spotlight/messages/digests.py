"""What messages are known by: digests of their canonical form, alone and with all that came before.

What only the wire shape says (`extra`: marks for a cache, ids of transport) and how an answer ended is no
part of it, so that a message keeps its digest from call to call and from client to client.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, Final

import orjson

_WIRE_ONLY: Final = frozenset(["extra", "finish_reason"])


def bare_part(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part, as `part_json` writes it, without what only its wire shape says."""
    return {key: value for key, value in part.items() if key not in _WIRE_ONLY}


def bare_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message, as `message_json` writes it, without what only its wire shape says."""
    told = {key: value for key, value in message.items() if key not in _WIRE_ONLY}
    return told | {"parts": [bare_part(part) for part in message["parts"]]}


def bare_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model is told of a tool: its name, description and parameters."""
    return {key: tool[key] for key in ("name", "description", "parameters")}


def canonical_json(value: Any) -> str:
    """Return JSON text that is the same for equal values: keys sorted, no spaces."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # integers beyond 64 bits, halves of surrogate pairs
        return json.dumps(value, default=str, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the SHA-256 of a text, 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def message_digest(message: Mapping[str, Any]) -> str:
    """Return the digest of a message as `message_json` writes it."""
    return digest(canonical_json(bare_message(message)))


def prefix_digests(digests: Iterable[str]) -> list[str]:
    """Return, for each of some digests, that of everything up to and with it.

    Two histories are alike up to the last place at which these are equal.
    """
    return list(accumulate(digests, lambda before, own: digest(before + own)))
