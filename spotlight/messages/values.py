"""JSON values out of stored text: whole, doubly encoded, or cut short.

Source of the shapes: section "Value shapes" of docs/dialects.md.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import orjson

from spotlight.messages.canonical import Json

DEEPEST: Final = 96  # levels of nesting kept as they are; orjson writes at most 254
_JSON_START: Final = frozenset('{["')
_CUT_MARK: Final = re.compile(r"\.{3}\s?\[TRUNCATED[^\]]*\]?\s*\Z", re.IGNORECASE)
_TOKEN: Final = re.compile(
    r'[ \t\r\n]*(?:(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")|(?P<open>[\[{])|(?P<close>[\]}])|(?P<colon>:)'
    r"|(?P<comma>,)|(?P<literal>true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=[\s,\]}]))",
    re.DOTALL,
)
_PARTIAL_STRING: Final = re.compile(r'\s*"[^"\\]*(?:\\.[^"\\]*)*\\?\Z', re.DOTALL)
_PARTIAL_LITERAL: Final = re.compile(r"\s*(?:[tfn][a-z]{0,4}|-?[\d.eE+-]*)\Z")
_PARTIAL_ESCAPE: Final = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)\Z")
_LONE_SURROGATE: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")


class Parsed(NamedTuple):
    """A JSON value read from text; `cut` says that its end was missing."""

    value: Json
    cut: bool = False


def parse(value: Json) -> Parsed:
    """Return the JSON value of a text that holds one (encoded once or twice), else the value as given."""
    cut = False
    for _ in range(2):
        if not isinstance(value, str):
            break
        step = _parse_text(value)
        if step is None:
            break
        value, cut = step.value, cut or step.cut
    return Parsed(plain(value), cut)


def parse_or_text(value: Json) -> Json:
    """Return the JSON object or list a text holds, else the value as given."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return plain(value)
    try:
        return plain(orjson.loads(value))
    except orjson.JSONDecodeError:
        return value


def _parse_text(text: str) -> Parsed | None:
    """Return the JSON value of the text, cut or not; None for text that is no JSON."""
    stripped = text.lstrip()
    if stripped[:1] not in _JSON_START:
        return None
    try:
        return Parsed(orjson.loads(stripped))
    except orjson.JSONDecodeError:
        pass
    mark = _CUT_MARK.search(stripped)
    candidates = [] if stripped[0] == '"' and mark is None else [stripped]
    if mark is not None:
        candidates.append(stripped[: mark.start()])
    for candidate in candidates:
        repaired = _close(candidate)
        if repaired is None:
            continue
        try:
            return Parsed(orjson.loads(repaired), cut=True)
        except orjson.JSONDecodeError:
            continue
    return None


def _close(text: str) -> str | None:
    """Return a prefix of JSON made whole, None where something other than its end is wrong."""
    stack: list[str] = []
    position, last = 0, ""
    while (token := _TOKEN.match(text, position)) is not None:
        kind = token.lastgroup or ""
        if kind == "open":
            stack.append("}" if token["open"] == "{" else "]")
        elif kind == "close" and (not stack or stack.pop() != token["close"]):
            return None
        if kind == "string" and last in ("{", ",") and stack and stack[-1] == "}":
            kind = "key"
        last = token["open"] if kind == "open" else "," if kind == "comma" else kind
        position = token.end()
        if not stack:
            return None
    tail = text[position:]
    start = text[:position]
    in_key = last in ("{", ",") and bool(stack) and stack[-1] == "}"
    if _PARTIAL_STRING.match(tail) and '"' in tail:
        tail = _PARTIAL_ESCAPE.sub(lambda m: m[0][: m.start(1) - m.start(0)], tail)
        start, last = start + _LONE_SURROGATE.sub("", tail) + '"', "key" if in_key else "string"
    elif tail.strip() and not _PARTIAL_LITERAL.match(tail):
        return None
    if not stack:
        return start if last == "string" else None
    endings = {"key": ":null", "colon": "null"}
    start = start.rstrip().removesuffix(",") if last == "," else start + endings.get(last, "")
    return start + "".join(reversed(stack))


def plain(value: Json) -> Json:
    """Return the value as plain JSON, what nests deeper than DEEPEST replaced by a list of its leaves."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return _plain(value, 0)


def _plain(value: Json, depth: int) -> Json:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if depth >= DEEPEST:
        return list(leaves(value))
    if isinstance(value, Mapping):
        return {k if isinstance(k, str) else str(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, Iterable):
        return [_plain(v, depth + 1) for v in value]
    return str(value)


def leaves(value: Json) -> list[Json]:
    """Return every leaf of a nested value, in order; takes any depth."""
    found: list[Json] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(reversed(list(item.values())))
        elif isinstance(item, list | tuple):
            waiting.extend(reversed(item))
        elif isinstance(item, str | int | float):
            found.append(item)
    return found


def take(left: dict[str, Json], *keys: str) -> Json:
    """Remove and return the first of the keys that holds something, None where none does."""
    for key in keys:
        if left.get(key) is not None:
            return left.pop(key)
    return None


def take_text(left: dict[str, Json], *keys: str) -> str | None:
    """Remove and return the first of the keys that holds text; other values stay."""
    for key in keys:
        if isinstance(left.get(key), str):
            text: str = left.pop(key)
            return text
    return None


def take_bool(left: dict[str, Json], key: str) -> bool | None:
    """Remove and return a true or false; other values stay."""
    if isinstance(left.get(key), bool):
        found: bool = left.pop(key)
        return found
    return None


def rest(left: Mapping[str, Json]) -> dict[str, Json]:
    """Return what nobody took and is not empty: the `extra` of a part or message."""
    return {k: v for k, v in left.items() if v is not None and v != "" and v != [] and v != {}}


def join(first: Mapping[str, Json], second: Mapping[str, Json]) -> dict[str, Json]:
    """Return both together; what the second says otherwise stands in the list `more`."""
    clash = {k: v for k, v in second.items() if k in first and first[k] != v}
    result = {**second, **first}
    if clash:
        before = result.get("more", [])
        result["more"] = [*(before if isinstance(before, list) else [before]), clash]
    return result


def dump(value: Json) -> str:
    """Return the value as JSON text."""
    return orjson.dumps(value).decode()
