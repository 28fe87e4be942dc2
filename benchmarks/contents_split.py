"""Texts split into the messages that they repeat, byte for byte: what content-addressed storage would keep.

The alternative that docs/adr/005 weighs: every distinct element of a run is stored once, and a payload is a
list of what stands between the elements and of their numbers.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Final, NamedTuple

import pyarrow as pa

# Shorter elements cost more to name than to repeat, shorter texts more to split than to keep.
LEAST_ELEMENT: Final = 64
LEAST_TEXT: Final = 256
_DECODER: Final = json.JSONDecoder()
_SPACE: Final = " \t\n\r"
_SCHEMA: Final = pa.schema(
    [("trace_id", pa.string()), ("span_id", pa.string()), ("place", pa.int32()), ("text", pa.string()),
     ("content", pa.string())]
)  # fmt: skip


class Elements(NamedTuple):
    """Where the elements of a text are: [start, end) each, in order, none inside another."""

    spans: list[tuple[int, int]]


class Split(NamedTuple):
    """Rows of payloads and, beside those of the same run, of its distinct elements; counts of both."""

    rows: pa.Table
    sent: int
    distinct: int
    distinct_bytes: int


def elements(text: str) -> Elements:
    """Return the items of the list that a JSON text is, or of the lists and large values of its object."""
    found: list[tuple[int, int]] = []
    try:
        at = _skipped(text, 0)
        if text[at] == "[":
            _items(text, at, found)
        elif text[at] == "{":
            _members(text, at, found)
    except (ValueError, IndexError, RecursionError):  # no JSON, or cut short: what was found stands
        pass
    return Elements(found)


def pieces(text: str) -> list[str]:
    """Return a text cut at its elements: between, element, between, ..., joined the text itself."""
    cuts = [0, *(place for span in elements(text).spans for place in span), len(text)]
    return [text[start:end] for start, end in pairwise(cuts)]


def split_rows(payloads: pa.Table, column: str) -> Split:
    """Return one content column of payloads as templates and elements, by run."""
    known: dict[tuple[str, str], int] = {}
    rows: list[dict[str, object]] = []
    sent = 0
    columns = (payloads.column(name).to_pylist() for name in ("trace_id", "span_id", column))
    for trace, span, text in zip(*columns, strict=True):
        if text is None or len(text) < LEAST_TEXT:
            rows.append({"trace_id": trace, "span_id": span, "content": json.dumps([text or ""])})
            continue
        template: list[str | int] = []
        for number, piece in enumerate(pieces(text)):
            if number % 2 == 0:
                template += [piece] if piece else []
                continue
            sent += 1
            is_new = (trace, piece) not in known
            place = known.setdefault((trace, piece), len(known))
            if is_new:
                rows.append({"trace_id": trace, "place": place, "text": piece})
            template.append(place)
        content = json.dumps(template, separators=(",", ":"))
        rows.append({"trace_id": trace, "span_id": span, "content": content})
    size = sum(len(text.encode("utf-8", "surrogatepass")) for _, text in known)
    rows.sort(key=lambda row: (str(row["trace_id"]), "span_id" in row))
    return Split(pa.Table.from_pylist(rows, _SCHEMA), sent, len(known), size)


def _skipped(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at


def _value(text: str, at: int, found: list[tuple[int, int]]) -> int:
    _, end = _DECODER.raw_decode(text, at)
    if end - at >= LEAST_ELEMENT:
        found.append((at, end))
    return end


def _items(text: str, at: int, found: list[tuple[int, int]]) -> int:
    at = _skipped(text, at + 1)
    while text[at] != "]":
        at = _skipped(text, _value(text, at, found))
        if text[at] == ",":
            at = _skipped(text, at + 1)
    return at + 1


def _members(text: str, at: int, found: list[tuple[int, int]]) -> None:
    at = _skipped(text, at + 1)
    while text[at] != "}":
        _, at = _DECODER.raw_decode(text, at)
        at = _skipped(text, _skipped(text, at) + 1)
        at = _items(text, at, found) if text[at] == "[" else _value(text, at, found)
        at = _skipped(text, at)
        if text[at] == ",":
            at = _skipped(text, at + 1)
