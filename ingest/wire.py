"""Counting items in protobuf bytes before a parser builds an object for each.

4 MiB of empty spans are two million objects and 134 MB once parsed. Walking the tags
costs a fraction of a microsecond per field and stops at the cap.
"""

from __future__ import annotations

from typing import Final

from spotlight.errors import TooLarge

_ENVELOPE: Final = 2  # bytes of the smallest submessage: tag and length
_WALKED_BYTES: Final = 1 << 20
_SHAPES: Final = {  # field numbers from the request down to its items; 0 stands for any field
    "traces": (1, 2, 2),
    "logs": (1, 2, 2),
    "metrics": (1, 2, 2, 0, 1),
}
_FIXED: Final = {1: 8, 5: 4}


class TooManyItems(TooLarge):
    """More spans, log records, metrics or attributes than one request may hold."""


def guard_counts(signal: str, body: bytes, max_items: int, max_fields: int) -> None:
    """Raise TooManyItems where a large request holds over `max_items` envelopes and items, or an item
    over `max_fields` fields.

    Bodies up to 1 MiB are not walked: they parse to 65 MB at worst, and the walk would
    add a quarter to the cost of checking an ordinary batch. Malformed bytes end the
    walk: the parser is the judge of those.
    """
    if len(body) <= _WALKED_BYTES:
        return
    left = max_items
    level = [(0, len(body))]
    for number in _SHAPES[signal]:
        inner: list[tuple[int, int]] = []
        for start, end in level:
            inner += _children(body, start, end, number, (left if number else max_fields) - len(inner))
        left -= len(inner) if number else 0
        level = inner
    for start, end in level:
        if end - start > _ENVELOPE * max_fields:
            _children(body, start, end, 0, max_fields)


def _children(body: bytes, at: int, end: int, number: int, most: int) -> list[tuple[int, int]]:
    """Return (start, end) of each field `number` in body[at:end]; of any field where `number` is 0."""
    found: list[tuple[int, int]] = []
    try:
        while at < end:
            tag = body[at]
            at += 1
            if tag > 127:
                tag, at = _long_varint(body, at - 1)
            wire = tag & 7
            start = at
            if wire == 2:
                size = body[at]
                at += 1
                if size > 127:
                    size, at = _long_varint(body, at - 1)
                start = at
                at += size
            elif wire == 0:
                while body[at] > 127:
                    at += 1
                at += 1
            else:  # groups (3, 4) have no length: what they hold is walked as if it stood here
                at += _FIXED.get(wire, 0)
            if wire == 2 and number in (0, tag >> 3):
                found.append((start, min(at, end)))
                if len(found) > most:
                    raise TooManyItems("the request holds too many items", hint="send smaller batches")
    except IndexError:
        pass
    return found


def _long_varint(body: bytes, at: int) -> tuple[int, int]:
    """Return the varint at `at`, and where it ends; IndexError where the bytes or its ten bytes run out."""
    value = shift = 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise IndexError
