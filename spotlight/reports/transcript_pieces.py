"""Messages as pieces, and which of them were told before: a growing history is told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from spotlight.exact_json import plain
from spotlight.messages import (
    Blob,
    Compaction,
    File,
    Generic,
    Message,
    Part,
    Reasoning,
    ServerToolCall,
    ServerToolCallResponse,
    Text,
    ToolCall,
    ToolCallResponse,
    Uri,
)
from spotlight.messages.digests import canonical_json
from spotlight.messages.values import dump
from spotlight.reports.transcript import Piece, What

_WORDS: Final[Mapping[str, What]] = {
    "system": "system", "user": "user", "assistant": "text", "tool": "result"
}  # fmt: skip
Key = tuple[str, ...]


def as_text(value: Any) -> str:
    """Return words as they are, nothing as "", any other value as compact JSON."""
    if isinstance(value, str):
        return value
    try:
        return "" if value is None else dump(plain(value))
    except TypeError:  # halves of surrogate pairs
        return canonical_json(plain(value))


def pieces_of(messages: Iterable[Message]) -> list[Piece]:
    """Return what messages say, piece by piece; parts without words are left out.

    A model's words in a row are one piece: some clients record them as they were streamed.
    """
    found: list[Piece] = []
    for message in messages:
        for part in message.parts:
            piece = _piece(part, message)
            if piece is None:
                continue
            last = found[-1] if found else piece
            if found and piece.what == last.what and piece.what in ("text", "thought"):
                found[-1] = last._replace(text=last.text + piece.text)
            else:
                found.append(piece)
    return found


def _piece(part: Part, message: Message) -> Piece | None:
    match part:
        case Text():
            what = _WORDS.get(message.role, "other")
            name = message.role if what == "other" else message.name
            return Piece(what, part.content, name) if part.content.strip() else None
        case Reasoning():
            return Piece("thought", part.content) if part.content.strip() else None
        case ToolCall():
            return Piece("call", as_text(part.arguments), part.name, part.id)
        case ServerToolCall():
            return Piece("call", as_text(part.server_tool_call), part.name, part.id)
        case ToolCallResponse():
            return Piece("result", as_text(part.response), part.name, part.id, part.is_error)
        case ServerToolCallResponse():
            return Piece("result", as_text(part.server_tool_call_response), part.name, part.id)
        case Compaction():
            return Piece("summary", part.content or "", None, part.id)
        case Blob():
            return Piece("media", part.content, part.mime_type or part.modality)
        case Uri():
            return Piece("media", part.uri, part.mime_type or part.modality)
        case File():
            return Piece("media", part.file_id, part.mime_type or part.modality)
        case Generic():
            return Piece("other", as_text(dict(part.fields)), part.type)


def keys_of(piece: Piece) -> list[Key]:
    """Return what a piece is known by; one of them told before is enough, since clients add and drop ids."""
    words = piece.text.strip()
    if piece.what not in ("call", "result"):
        return [(piece.what, words)]
    by_id: list[Key] = [(piece.what, "id", piece.id)] if piece.id else []
    return [
        *by_id,
        (piece.what, "text", piece.name or "", words)
        if piece.what == "call"
        else (piece.what, "text", words),
    ]


class Told:
    """What was told in a thread so far, and how often: a word said twice is told twice."""

    def __init__(self) -> None:
        self._told: Counter[Key] = Counter()
        self._sent: Counter[Key] = Counter()  # what the call before was sent, thoughts aside

    def tell(self, piece: Piece) -> None:
        """Remember that a piece is told."""
        self._told.update(keys_of(piece))

    def is_told(self, piece: Piece) -> bool:
        """Return whether a model's step told the same."""
        return any(self._told[key] for key in keys_of(piece))

    def new(self, sent: Sequence[Piece]) -> list[Piece]:
        """Return the pieces of one call's input that were not told before, in order, and remember them."""
        seen: Counter[Key] = Counter()
        found = []
        for piece in sent:
            keys = keys_of(piece)
            seen.update(keys)
            if not any(seen[key] <= self._told[key] for key in keys):
                found.append(piece)
        for piece in found:
            self.tell(piece)
        return found

    def lost(self, sent: Sequence[Piece]) -> int:
        """Return how many pieces the call before was sent and this one is not; 0 where they share nothing."""
        now = Counter(keys_of(piece)[0] for piece in sent if piece.what not in ("thought", "system"))
        before, self._sent = self._sent, now
        return (before - now).total() if before & now else 0
