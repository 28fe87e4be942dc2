"""What two model calls were given: instructions, tools, model, parameters and messages, compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from spotlight.reports.alignment import Pair, Step, align, words
from spotlight.reports.json_diff import canonical, json_diff
from spotlight.reports.word_diff import Piece, word_diff

Part = Literal["system", "tools", "model", "parameters", "messages"]
# What providers and clients draw anew for every call says nothing about the context.
_DRAWN: Final = frozenset(("id", "extra", "signature"))


# Parameters that are parts of their own; some clients repeat them.
_ELSEWHERE: Final = frozenset(("model", "model_name", "tools", "messages", "system", "input", "contents"))
MOST_VALUE: Final = 60  # characters of a parameter's value; the calls themselves have all of it


class ContextChange(NamedTuple):
    """One part of the context that is not the same; texts are hostile."""

    part: Part
    said: str  # in a sentence
    words: tuple[Piece, ...] = ()  # how the text differs, where the part is a text


class ContextDifference(NamedTuple):
    """What differed between two model calls, and what was not recorded on a side and cannot be compared."""

    a: str  # span ids of the calls
    b: str
    changes: tuple[ContextChange, ...]
    same: tuple[Part, ...]
    unknown: tuple[Part, ...]


def context_difference(a: Mapping[str, Any], b: Mapping[str, Any]) -> ContextDifference:
    """Return how the contexts of two model calls differ, each given as `span_document` returns it.

    A part that neither or only one of them recorded is unknown, not different.
    """
    sides = [_context(document) for document in (a, b)]
    changes: list[ContextChange] = []
    same: list[Part] = []
    unknown: list[Part] = []
    for part, compare in _COMPARE.items():
        before, after = (side[part] for side in sides)
        if before is None or after is None:
            unknown.append(part)
        elif canonical(before) == canonical(after):
            same.append(part)
        else:
            changes.append(compare(before, after))
    spans = [document["span"]["span_id"] for document in (a, b)]
    return ContextDifference(spans[0], spans[1], tuple(changes), tuple(same), tuple(unknown))


def _context(document: Mapping[str, Any]) -> dict[Part, Any]:
    """Return the parts of a call's context, None for what was not recorded."""
    span, told = document["span"], document["messages"]
    messages = [_plain(message) for message in told["input"]]
    # Some clients send instructions as the first messages.
    first = [part for message in messages if message["role"] == "system" for part in message["parts"]]
    system = [_words(part) for part in (*told["system"], *first)]
    return {
        "system": "\n\n".join(system) if system or messages else None,
        "tools": {tool["name"]: [tool["description"], tool["parameters"]] for tool in told["tools"]} or None,
        "model": span.get("response_model") or span.get("request_model"),
        "parameters": _parameters_of(span.get("model_params")),
        "messages": [message for message in messages if message["role"] != "system"] or None,
    }


def _parameters_of(told: Any) -> Any:
    """Return what a call asked for beside model and tools, under the names of the semantic conventions."""
    if not isinstance(told, dict):
        return told
    named = {key.removeprefix("gen_ai.request."): value for key, value in told.items()}
    return {key: value for key, value in named.items() if key not in _ELSEWHERE} or None


def _plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message without what is drawn anew for every call; what its parts carry stays whole."""
    kept = {key: value for key, value in message.items() if key not in _DRAWN}
    return kept | {"parts": [{k: v for k, v in p.items() if k not in _DRAWN} for p in message["parts"]]}


def _system(before: str, after: str) -> ContextChange:
    return ContextChange("system", "the instructions are not the same", tuple(word_diff(before, after)))


def _tools(before: Mapping[str, Any], after: Mapping[str, Any]) -> ContextChange:
    shared = [name for name in before if name in after]
    said = {
        "removed": [name for name in before if name not in after],
        "added": [name for name in after if name not in before],
        "changed": [name for name in shared if canonical(before[name]) != canonical(after[name])],
    }
    return ContextChange(
        "tools", "; ".join(f"{what}: {', '.join(names)}" for what, names in said.items() if names)
    )


def _model(before: str, after: str) -> ContextChange:
    return ContextChange("model", f"{before} → {after}")


def _parameters(before: Any, after: Any) -> ContextChange:
    said = []
    for change in json_diff(before, after):
        name = (change.after_pointer or change.before_pointer or "").lstrip("/") or "all"
        values = (change.before, change.after)
        told = [
            "nothing" if change.op == op else _short(canonical(value))
            for op, value in zip(("added", "removed"), values, strict=True)
        ]
        said.append(f"{name}: {told[0]} → {told[1]}")
    return ContextChange("parameters", "; ".join(said))


def _short(text: str) -> str:
    return text if len(text) <= MOST_VALUE else f"{text[: MOST_VALUE - 1]}…"


def _messages(before: Sequence[Any], after: Sequence[Any]) -> ContextChange:
    pairs = align([_message(m) for m in before], [_message(m) for m in after])
    first = next(at for at, pair in enumerate(pairs) if not pair.is_equal)
    counts = {
        "the same": sum(pair.is_equal for pair in pairs),
        "changed": sum(not pair.is_equal and pair.a is not None and pair.b is not None for pair in pairs),
        "only before": sum(pair.b is None for pair in pairs),
        "only after": sum(pair.a is None for pair in pairs),
    }
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    texts = [_text(side, place) for side, place in ((before, pairs[first].a), (after, pairs[first].b))]
    return ContextChange(
        "messages", f"{said}; first at message {_place(pairs[first])}", tuple(word_diff(texts[0], texts[1]))
    )


def _place(pair: Pair) -> int:
    return (pair.a if pair.a is not None else pair.b or 0) + 1


def _message(message: Mapping[str, Any]) -> Step:
    text = _text([message], 0)
    return Step(str(message["role"]), "", canonical(message), words(text))


def _text(messages: Sequence[Mapping[str, Any]], place: int | None) -> str:
    """Return what a message says, part below part."""
    return "" if place is None else "\n".join(_words(part) for part in messages[place]["parts"])


def _words(part: Mapping[str, Any]) -> str:
    """Return the words of a part as a reader knows them; other parts as JSON."""
    content = part.get("content")
    return content if isinstance(content, str) else canonical(part)


_COMPARE: Final[Mapping[Part, Any]] = {
    "system": _system,
    "tools": _tools,
    "model": _model,
    "parameters": _parameters,
    "messages": _messages,
}
