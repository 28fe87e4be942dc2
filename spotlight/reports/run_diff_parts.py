"""What two steps are compared by: the parts that each said, and how they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from spotlight.exact_json import parsed
from spotlight.reports.alignment import Step, words
from spotlight.reports.json_diff import Change, canonical, json_diff
from spotlight.reports.transcript import Piece, What
from spotlight.reports.transcript import Step as Told
from spotlight.reports.word_diff import Piece as Words
from spotlight.reports.word_diff import word_diff

MODEL: Final = "llm"
# In the order in which a reader wants them.
PARTS: Final = ("user", "thought", "answer", "calls", "media", "arguments", "result", "decision", "error")
# Those in which something is done.
DEEDS: Final = frozenset(("calls", "arguments", "result", "decision", "error", "name"))
_SAID: Final[Mapping[What, str]] = {
    "thought": "thought",
    "text": "answer",
    "media": "media",
    "other": "answer",
}


class PartDifference(NamedTuple):
    """One part of two steps; texts are hostile. `changes` where both sides are JSON objects or lists.

    A part that only one side has is all removed or all added.
    """

    part: str  # one of PARTS
    before: str | None
    after: str | None
    words: tuple[Words, ...]  # () where `changes` say it
    changes: tuple[Change, ...] | None


def said_parts(step: Told) -> dict[str, str]:
    """Return what a step said, part by part; ids that every run draws anew are left out.

    All as recorded, but for arguments that a client tells as a Python call: they are those of the call.
    """
    heard = [piece.text for piece in step.heard if piece.what == "user"]
    found: dict[str, list[str]] = {"user": heard}
    for piece in step.said:
        if piece.what == "call":
            found.setdefault("calls", []).append(_call(piece))
        elif piece.what in _SAID:
            found.setdefault(_SAID[piece.what], []).append(piece.text)
    told = {part: "\n\n".join(texts) for part, texts in found.items() if texts}
    alone = {
        "arguments": _named(step.arguments),
        "result": step.result,
        "decision": step.decision,
        "error": step.error or ("failed" if step.failed else None),
    }
    return told | {part: text for part, text in alone.items() if text is not None}


def compared(step: Told | None, kind: str, name: str) -> Step:
    """Return what a step is aligned by; `step` is None where the transcript has none.

    JSON is the same where its values are, whatever the order of keys.
    """
    parts = said_parts(step) if step is not None else {}
    # Who made a model call helps to find its like; what it said alone decides whether it is the same.
    said = ((part, _normal(parts[part])) for part in PARTS if part in parts)
    key = (kind, "" if kind == MODEL else name, *said)
    return Step(kind, name, key, words("\n".join(parts[part] for part in PARTS if part in parts)))


def differing(before: Told | None, after: Told | None) -> tuple[str, ...]:
    """Return the names of the parts that two steps do not share."""
    a = said_parts(before) if before is not None else {}
    b = said_parts(after) if after is not None else {}
    return tuple(part for part in PARTS if _normal(a.get(part)) != _normal(b.get(part)))


def step_differences(before: Told | None, after: Told | None) -> list[PartDifference]:
    """Return every part that either of two steps has, equal parts too, in the order of PARTS."""
    a = said_parts(before) if before is not None else {}
    b = said_parts(after) if after is not None else {}
    return [_difference(part, a.get(part), b.get(part)) for part in PARTS if part in a or part in b]


def _difference(part: str, before: str | None, after: str | None) -> PartDifference:
    values = (parsed(before), parsed(after))
    if all(isinstance(value, dict | list) for value in values):
        return PartDifference(part, before, after, (), tuple(json_diff(*values)))
    return PartDifference(part, before, after, tuple(word_diff(before or "", after or "")), None)


def _call(piece: Piece) -> str:
    return f"{piece.name or 'tool'}({_normal(piece.text)})"


def _named(arguments: str | None) -> str | None:
    """Return arguments without what a Python call by names alone puts around: {"args": [], "kwargs": ...}."""
    if arguments is None or '"kwargs"' not in arguments:
        return arguments
    match parsed(arguments):
        case {"args": [], "kwargs": dict(named), **others} if not others:
            return canonical(named)
    return arguments


def _normal(text: str | None) -> str | None:
    """Return a text that is equal for equal JSON values; other text is itself."""
    if text is None or text.lstrip()[:1] not in ("{", "["):
        return text
    value: Any = parsed(text)
    return text if isinstance(value, str) else canonical(value)
