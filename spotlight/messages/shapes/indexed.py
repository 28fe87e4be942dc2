"""Messages flattened into attributes with numbers in their keys: OpenInference and OpenLLMetry.

They are stored as one JSON object of the flat keys as sent. Numbers may be missing: a client
that drops attributes drops the oldest, and some clients begin lists at 1.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from spotlight.messages.canonical import Json
from spotlight.messages.shapes.table import DATA_URL, Envelope, EnvelopeReader, Raw, Shape
from spotlight.messages.values import parse_or_text, rest, take, take_text

_KEY: Final = re.compile(
    r"\A(llm\.(?:input_messages|output_messages|prompts|choices|tools|request\.functions)"
    r"|gen_ai\.(?:prompt|completion))\.(\d{1,6})(?:\.(.*))?\Z",
    re.DOTALL,
)
_LISTS: Final = frozenset(["contents", "tool_calls"])
_INPUT: Final = ("llm.input_messages", "llm.prompts", "gen_ai.prompt")
_OUTPUT: Final = ("llm.output_messages", "llm.choices", "gen_ai.completion")
_TOOLS: Final = ("llm.tools", "llm.request.functions")


class Indexed(NamedTuple):
    """Lists by the prefix of their keys, and what was no indexed key."""

    lists: dict[str, dict[int, Raw]]
    other: Raw


def is_indexed_key(key: str) -> bool:
    """True for a flattened key of a message list or of the tool definitions."""
    return _KEY.match(key) is not None


def gather(raw: Raw) -> Indexed:
    """Return the flat keys as lists of nested objects; `contents` and `tool_calls` become lists too."""
    lists: dict[str, dict[int, Raw]] = {}
    other: Raw = {}
    for key, value in raw.items():
        found = _KEY.match(key)
        if found is None:
            other[key] = value
            continue
        target = lists.setdefault(found[1], {}).setdefault(int(found[2]), {})
        _put(target, found[3] or "", value)
    return Indexed(lists, other)


def _put(target: Raw, path: str, value: Json) -> None:
    """Put a value under `tool_calls.1.tool_call.id` and the like; lists stay keyed by number."""
    names = path.split(".")
    if names[0] == "message":
        names = names[1:]
    if len(names) > 2 and names[0] in _LISTS and names[1].isdecimal() and len(names[1]) < 7:
        entries = target.setdefault(names[0] + "#", {})
        inner = names[2:]
        if len(inner) > 1 and inner[0] in ("message_content", "tool_call"):
            entries = entries.setdefault(int(names[1]), {}).setdefault(inner[0], {})
            entries[".".join(inner[1:])] = value
            return
        entries.setdefault(int(names[1]), {}).setdefault("", {})[".".join(inner)] = value
        return
    target[".".join(names)] = value


def _message(raw: Raw, default_role: str) -> Raw:
    """Return one flattened message as {role, content, tool_calls, ...}."""
    left = dict(raw)
    contents = [_content(left_part) for _, left_part in sorted(left.pop("contents#", {}).items())]
    calls = [_calls(entry) for _, entry in sorted(left.pop("tool_calls#", {}).items())]
    function = take(left, "function_call_name", "function_call.name")
    if function is not None:
        arguments = take(left, "function_call_arguments_json", "function_call.arguments")
        calls.append({"type": "tool_call", "name": function, "arguments": arguments})
    text = take(left, "content", "completion.text", "prompt.text")
    blocks = parse_or_text(text) if text is not None else None
    if isinstance(blocks, list) and blocks and all(isinstance(b, dict) and "type" in b for b in blocks):
        text = blocks
    if contents:
        text = contents if text is None or _repeats(contents, text) else [_as_part(text), *contents]
    return {"role": default_role, **left, "content": text, "tool_calls": calls}


def _as_part(text: Json) -> Json:
    return {"type": "text", "text": text} if isinstance(text, str) else {"type": "json", "value": text}


def _repeats(contents: list[Json], text: Json) -> bool:
    """True where the message's own content says what its content parts say."""
    words: list[str] = [c["text"] for c in contents if isinstance(c, dict) and isinstance(c.get("text"), str)]
    return text in ("", "".join(words), "\n".join(words)) or text in words


def _content(entry: Raw) -> Raw:
    """Return one of `contents`: message_content.{type, text, image.image.url, ...} or a tool call."""
    if "tool_call" in entry:
        return _calls(entry)
    left = {**entry.get("message_content", {}), **entry.get("", {})}
    url = take_text(left, "image.image.url", "image.url")
    if url is not None:
        kind = "image_url" if url.startswith(DATA_URL) or "://" in url else "image"
        return {**left, "type": kind, kind: {"url": url} if kind == "image_url" else url}
    if isinstance(left.get("text"), str) and left.get("type") in (None, "text", "input_text", "output_text"):
        return {**left, "type": "text"}
    return left


def _calls(entry: Raw) -> Raw:
    """Return one of `tool_calls`: tool_call.{id, function.name, function.arguments} or flat."""
    left = {**entry.get("message_content", {}), **entry.get("tool_call", {}), **entry.get("", {})}
    name = take(left, "function.name", "name")
    arguments = take(left, "function.arguments", "arguments")
    left.pop("type", None)
    return {"type": "tool_call", "id": left.pop("id", None), "name": name, "arguments": arguments, **left}


def _is_indexed(raw: Raw) -> bool:
    return any(is_indexed_key(key) for key in raw)


def _split(raw: Raw) -> Envelope:
    found = gather(raw)
    sides: dict[str, list[Raw]] = {"user": [], "assistant": []}
    for role, prefixes in (("user", _INPUT), ("assistant", _OUTPUT)):
        for prefix in prefixes:
            entries = found.lists.get(prefix, {})
            sides[role] += [_message(entries[index], role) for index in sorted(entries)]
    tools = [_tool(e) for p in _TOOLS for _, e in sorted(found.lists.get(p, {}).items())]
    return Envelope(
        input=sides["user"] or None,
        output=sides["assistant"] or None,
        tools=tools or None,
        rest=rest(found.other),
    )


def _tool(entry: Raw) -> Json:
    """Return a tool definition: its JSON schema, or {name, description, parameters}."""
    left = dict(entry)
    schema = take(left, "tool.json_schema", "json_schema")
    return schema if schema is not None and not rest(left) else rest(entry)


def missing(raw: Raw) -> str | None:
    """Return a note where the first messages of a list are missing, None where none is."""
    for prefix, entries in gather(raw).lists.items():
        absent = sorted(set(range(max(entries) + 1 if max(entries) < 100_000 else 0)) - entries.keys())
        if absent and prefix not in _TOOLS:
            return f"{prefix}: {len(absent)} of {max(entries) + 1} messages are missing (first: {absent[0]})"
    return None


SHAPE = Shape("indexed", envelopes=(EnvelopeReader(_is_indexed, _split),))
