"""What importers make of a foreign file: spans, scores, and what fits neither."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NO_RESOURCE: Final[Mapping[str, Any]] = {}


class Event(NamedTuple):
    """One event of a span."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any]


class Span(NamedTuple):
    """One step, with the ids that its source gave it. 0 ns means that the source says no time.

    `scope` is the instrumentation scope where the source names one, "" where its attributes alone
    say the vocabulary, None for attributes of ours.
    """

    trace: str
    id: str
    parent: str | None
    name: str
    started_ns: int
    ended_ns: int
    attributes: Mapping[str, Any]
    status: str = "unset"  # or ok, or error
    message: str = ""
    events: tuple[Event, ...] = ()
    scope: str | None = None
    resource: Mapping[str, Any] = _NO_RESOURCE


class Score(NamedTuple):
    """A judgement. What it judges is the narrowest of span, trace and session that is named."""

    name: str
    value: float | None
    label: str | None = None
    explanation: str | None = None
    trace: str | None = None
    span: str | None = None
    session: str | None = None
    target: str | None = None  # run, where the trace as a whole is meant
    annotator: str | None = None  # human, llm or code
    evaluator: str | None = None
    time_ns: int = 0
    id: str | None = None  # where the source names it: a later version then replaces an earlier one
    metadata: Any = None


class Leftover(NamedTuple):
    """Something that is neither: kept as a log record. `reason` names its sort and is counted."""

    reason: str
    value: Any
    trace: str | None = None
    span: str | None = None
    time_ns: int = 0
    place: int = 0  # line or row of the file, counted from 1


class Request(NamedTuple):
    """An OTLP JSON request that the file holds, mended where it had to be."""

    signal: str
    value: dict[str, Any]


Item = Span | Score | Leftover | Request


def content_digest(value: object, size: int) -> str:
    """Return a digest of all that a value says, as hex of `size` bytes: the id of what has none."""
    return hashlib.blake2b(plain_json(value).encode("utf-8", "replace"), digest_size=size).hexdigest()


def plain_json(value: object) -> str:
    """Return JSON text of any value, keys sorted. What nests deeper than Python can follow only says so."""
    try:
        return json.dumps(value, default=str, sort_keys=True, skipkeys=True)
    except (RecursionError, TypeError, ValueError):
        return '"nested too deeply to be written"'


def trace_bytes(source: str, trace: str) -> bytes:
    """Return the 16 bytes of a trace id: its own where it has such, else a digest that never changes."""
    if len(trace) == 32 and _HEX.fullmatch(trace) and trace.strip("0"):
        return bytes.fromhex(trace)
    if _UUID.fullmatch(trace) and trace.strip("0-"):
        return bytes.fromhex(trace.replace("-", ""))
    return hashlib.blake2b(f"{source}\0{trace}".encode("utf-8", "replace"), digest_size=16).digest()


def span_bytes(source: str, trace: str, span: str) -> bytes:
    """Return the 8 bytes of a span id: its own where it has such, else a digest that never changes."""
    if len(span) == 16 and _HEX.fullmatch(span) and span.strip("0"):
        return bytes.fromhex(span)
    return hashlib.blake2b(f"{source}\0{trace}\0{span}".encode("utf-8", "replace"), digest_size=8).digest()
