"""The context of a model call part by part: tools, instructions, messages; sizes, digests and sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from spotlight.messages.digests import (
    bare_message,
    bare_part,
    bare_tool,
    canonical_json,
    digest,
    prefix_digests,
)

TOOLS: Final = "tools"
SYSTEM: Final = "system"
MESSAGE: Final = "message"
# Media whose bytes stand in the message: their base64 says nothing of the tokens they take.
_MEDIA: Final = frozenset(["blob", "uri", "file"])
_NO_ROLE: Final = "no role"
_NO_NAME: Final = "tool without a name"
# Where the words of a tool's answer come from, by the kind of the step that gave it.
_KIND_SOURCES: Final = {"retrieval": "retrieval", "rerank": "retrieval", "embedding": "retrieval",
                        "memory_read": "memory", "memory_write": "memory"}  # fmt: skip


class Part(NamedTuple):
    """One tool definition, part of the instructions or message of a context.

    `place` counts all parts from 0 in the order in which providers cache them, `number` those of the same
    `kind`. `text` is what a reader is shown, `chars` and `bytes` (UTF-8) are its size; `media` counts images
    and files in it, which no size tells. `value` is the canonical JSON, `digest` the SHA-256 of it,
    `prefix_digest` that of everything up to here. `sources` are (whence, characters), `answers` the ids of
    tool calls that it answers or makes.
    """

    place: int
    kind: str
    number: int
    role: str
    name: str | None
    text: str
    chars: int
    bytes: int
    media: int
    value: Mapping[str, Any]
    digest: str
    prefix_digest: str
    sources: tuple[tuple[str, int], ...]
    answers: frozenset[str]


class Sources(NamedTuple):
    """What tells where words come from: kinds of steps by tool, what retrieval and memory had answered."""

    tool_kinds: Mapping[str, str] = {}
    retrieved: Sequence[tuple[str, str]] = ()  # (retrieval or memory, text), the longest first


def context_parts(conversation: Mapping[str, Any], sources: Sources = Sources()) -> list[Part]:
    """Return the parts of what a call saw, from its conversation as `messages.to_json` writes it."""
    drafts = list(_drafts(conversation, sources))
    prefixes = prefix_digests(draft.digest for draft in drafts)
    return [
        draft._replace(place=place, prefix_digest=prefix)
        for place, (draft, prefix) in enumerate(zip(drafts, prefixes, strict=True))
    ]


def answer_parts(conversation: Mapping[str, Any]) -> list[Part]:
    """Return the messages that a call answered with, as parts."""
    calls = _call_names(conversation["output"])
    return [_message(k, message, calls, Sources()) for k, message in enumerate(conversation["output"])]


def part_text(part: Mapping[str, Any]) -> str:
    """Return a part of a message as a reader is shown it; bytes within it only as their size."""
    write = _WRITERS.get(str(part["type"]))
    return write(part) if write else canonical_json(bare_part(part))


def message_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message, its parts one below the other."""
    return "\n".join(part_text(part) for part in message["parts"])


def _drafts(conversation: Mapping[str, Any], sources: Sources) -> Iterator[Part]:
    for k, tool in enumerate(conversation["tools"]):
        text = canonical_json(bare_tool(tool))
        yield _part(TOOLS, k, "tool definition", tool["name"], text, bare_tool(tool), ((TOOLS, len(text)),))
    for k, part in enumerate(conversation["system"]):
        text = part_text(part)
        whence = tuple(_by_source(SYSTEM, text, sources).items())
        yield _part(SYSTEM, k, SYSTEM, None, text, bare_part(part), whence, _is_media(part))
    calls = _call_names(conversation["input"])
    for k, message in enumerate(conversation["input"]):
        yield _message(k, message, calls, sources)


def _message(number: int, message: Mapping[str, Any], calls: Mapping[str, str], sources: Sources) -> Part:
    counted: Counter[str] = Counter()
    role = str(message["role"] or _NO_ROLE)
    for part in message["parts"]:
        if not _is_media(part):
            counted.update(_part_sources(role, part, calls, sources))
    ids = frozenset(str(part["id"]) for part in message["parts"] if part.get("id") is not None)
    names = [_answerer(part, calls) for part in message["parts"] if part["type"] == "tool_call_response"]
    name = message.get("name") or ", ".join(dict.fromkeys(n for n in names if n)) or None
    media = sum(map(_is_media, message["parts"]))
    whence = tuple(counted.items())
    draft = _part(MESSAGE, number, role, name, message_text(message), bare_message(message), whence, media)
    return draft._replace(answers=ids)


def _part(
    kind: str, number: int, role: str, name: str | None, text: str, value: Mapping[str, Any],
    sources: tuple[tuple[str, int], ...], media: int = 0,
) -> Part:  # fmt: skip
    size = len(text.encode("utf-8", "surrogatepass"))
    known = digest(canonical_json(value))
    return Part(
        0, kind, number, role, name, text, len(text), size, int(media), value, known, "", sources, frozenset()
    )


def _part_sources(
    role: str, part: Mapping[str, Any], calls: Mapping[str, str], sources: Sources
) -> Mapping[str, int]:
    text = part_text(part)
    if part["type"] == "compaction":
        return {"summary": len(text)}
    if part["type"] in ("tool_call_response", "server_tool_call_response"):
        tool = _answerer(part, calls)
        whence = _KIND_SOURCES.get(sources.tool_kinds.get(tool or "", ""))
        return {whence or (f"tool: {tool}" if tool else "tool results"): len(text)}
    return _by_source("tool results" if role == "tool" else role, text, sources)


def _by_source(own: str, text: str, sources: Sources) -> dict[str, int]:
    """Return how many characters of a text were retrieved or remembered, word for word; the rest is `own`."""
    counted: Counter[str] = Counter()
    left = text
    for whence, found in sources.retrieved:
        if found in left:
            counted[whence] += len(found)
            left = left.replace(found, "\0", 1)
    counted[own] += max(0, len(text) - counted.total())
    return {whence: size for whence, size in counted.items() if size}


def _call_names(messages: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the tool that each call of a history named, by the id of the call."""
    return {
        str(part["id"]): str(part.get("name") or _NO_NAME)
        for message in messages
        for part in message["parts"]
        if part["type"] in ("tool_call", "server_tool_call") and part.get("id") is not None
    }


def _answerer(part: Mapping[str, Any], calls: Mapping[str, str]) -> str | None:
    return part.get("name") or calls.get(str(part.get("id")))


def _is_media(part: Mapping[str, Any]) -> bool:
    return part["type"] in _MEDIA


def _words(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else canonical_json(value)


def _call_text(part: Mapping[str, Any], given: str) -> str:
    return f"{part.get('name') or _NO_NAME}({_words(part.get(given))})"


def _media_text(part: Mapping[str, Any]) -> str:
    what = part.get("mime_type") or part.get("modality") or part["type"]
    where = part.get("uri") or part.get("file_id")
    told = where if where is not None else f"{len(str(part.get('content', ''))):,} characters of base64"
    return f"[{what}: {told}]"


_WRITERS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "text": lambda part: _words(part.get("content")),
    "reasoning": lambda part: _words(part.get("content")),
    "compaction": lambda part: _words(part.get("content")),
    "tool_call": lambda part: _call_text(part, "arguments"),
    "server_tool_call": lambda part: _call_text(part, "server_tool_call"),
    "tool_call_response": lambda part: _words(part.get("response")),
    "server_tool_call_response": lambda part: _words(part.get("server_tool_call_response")),
} | dict.fromkeys(sorted(_MEDIA), _media_text)
