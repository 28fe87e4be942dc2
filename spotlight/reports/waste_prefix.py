"""Where the prompt of a model call stops being like that of the call before it: what a cache needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson
import pyarrow as pa

from spotlight.errors import NotFound
from spotlight.messages.digests import bare_part, bare_tool
from spotlight.reports.questions import Reports

EXCERPT: Final = 200  # characters shown from the first difference on
_LEAD: Final = 20  # and so many in front of it
_STATES: Final = {"truncated": "the client cut content short", "redacted": "content is redacted"}


class PrefixChange(NamedTuple):
    """Where a model call's prompt first differs from that of the call before it.

    `part` is "tools", "system", "message" or "none" (all of the earlier prompt stands unchanged at the
    front), or "not reported". `place` counts tools, parts of the instructions or messages from 0, `what`
    names the tool or the message's role, `before` and `after` are excerpts around the first differing
    character (None: nothing stands there), `same_chars` the length of what is alike in front of it.
    `said` is the sentence for a reader.
    """

    run_id: str
    span_id: str
    previous_span_id: str | None
    part: str
    place: int | None
    what: str | None
    same_chars: int | None
    before: str | None
    after: str | None
    said: str


class Piece(NamedTuple):
    """One tool, part of the instructions or message of a prompt, as canonical text."""

    part: str
    place: int
    what: str
    text: str


def where_prefix_changed(reports: Reports, run_id: str, span_id: str) -> PrefixChange:
    """Return where the prompt of a model call first differs from that of the agent's call before it.

    Prompts are compared in the order in which providers cache them: tools, instructions, messages.
    Raises: NotFound for a run that does not exist, and for a span that is none of its model calls.
    """
    run = str(reports.run(run_id)["run_id"])
    rows = reports.ask("waste_previous_call", {"run_id": run, "span_id": span_id}).to_pylist()
    if not rows:
        raise NotFound(
            f"run {run!r} has no model call {span_id!r}", hint="see them with `spotlight show RUN`"
        )
    previous = rows[0]["previous_span_id"]
    if previous is None:
        said = "no call of the same agent came before: there was no prefix to read"
        return _unknown(run, span_id, None, said)
    try:
        told = [reports.span_document(run, of)["messages"] for of in (previous, span_id)]
    except NotFound:  # the step outlived its span
        return _unknown(run, span_id, previous, "the span of one of the two calls is not in the lake")
    return compared(run, span_id, previous, told[0], told[1])


def with_changes(reports: Reports, misses: pa.Table, most: int = 5) -> pa.Table:
    """Return missed calls, as `waste.cache_misses` gives them, with two more columns: changed_part, changed.

    They hold `part` and `said` of `where_prefix_changed` for the first `most` calls, NULL for the others:
    each one reads two whole prompts.
    """
    asked = misses.slice(0, most).select(["run_id", "span_id"]).to_pylist()
    found = [where_prefix_changed(reports, call["run_id"], call["span_id"]) for call in asked]
    rest = [None] * (misses.num_rows - len(found))
    parts = pa.array([change.part for change in found] + rest, pa.string())
    said = pa.array([change.said for change in found] + rest, pa.string())
    return misses.append_column("changed_part", parts).append_column("changed", said)


def compared(run_id: str, span_id: str, previous_span_id: str, before: Any, after: Any) -> PrefixChange:
    """Return where two prompts first differ, each a conversation as `messages.to_json` writes it."""
    if not before["input"] or not after["input"]:
        return _unknown(
            run_id, span_id, previous_span_id, "the messages of one of the two calls were not sent"
        )
    old, new = list(_pieces(before)), list(_pieces(after))
    doubts = [_STATES[c["state"]] for c in (before, after) if c["state"] in _STATES]
    doubt = f" ({doubts[0]}: the difference may lie elsewhere)" if doubts else ""
    same = 0
    for was, now in zip(old, [*new, *[None] * len(old)], strict=False):
        if was == now:
            same += len(was.text)
            continue
        first = was if now is None or _comes_before(was, now) else now
        now_here = now if now is not None and now[:2] == first[:2] else None
        was_here = was if was[:2] == first[:2] else None
        at = _alike(was_here.text if was_here else "", now_here.text if now_here else "")
        return PrefixChange(
            run_id, span_id, previous_span_id, first.part, first.place, first.what, same + at,
            _excerpt(was_here, at), _excerpt(now_here, at), _sentence(first, was_here, now_here) + doubt,
        )  # fmt: skip
    said = "the earlier prompt stands unchanged in front: a cache missed had expired or lay elsewhere"
    return PrefixChange(run_id, span_id, previous_span_id, "none", None, None, same, None, None, said + doubt)


def _unknown(run_id: str, span_id: str, previous_span_id: str | None, said: str) -> PrefixChange:
    return PrefixChange(run_id, span_id, previous_span_id, "not reported", None, None, None, None, None, said)


def _pieces(conversation: Mapping[str, Any]) -> Iterator[Piece]:
    """Yield a prompt piece by piece, without what only its wire shape says, such as marks for the cache."""
    for place, tool in enumerate(conversation["tools"]):
        yield Piece("tools", place, tool["name"], _text(bare_tool(tool)))
    for place, part in enumerate(conversation["system"]):
        yield Piece("system", place, "instructions", _text(bare_part(part)))
    for place, message in enumerate(conversation["input"]):
        parts = [bare_part(part) for part in message["parts"]]
        yield Piece("message", place, message["role"], _text(parts))


def _text(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


_ORDER: Final = ("tools", "system", "message")


def _comes_before(one: Piece, other: Piece) -> bool:
    return (_ORDER.index(one.part), one.place) < (_ORDER.index(other.part), other.place)


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their front."""
    length = min(len(one), len(other))
    return next((at for at in range(length) if one[at] != other[at]), length)


def _excerpt(piece: Piece | None, at: int) -> str | None:
    if piece is None:
        return None
    begin = max(0, at - _LEAD)
    return piece.text[begin : at + EXCERPT]


_NAMES: Final = {"tools": "tool", "system": "part of the instructions", "message": "message"}


def _sentence(first: Piece, was: Piece | None, now: Piece | None) -> str:
    name = f"{_NAMES[first.part]} {first.place + 1}"
    if was is None:
        return f"{name} ({first.what}) is new"
    if now is None:
        return f"{name} ({first.what}) is no longer there"
    return f"{name} changed ({was.what})" if was.what == now.what else f"{name} was {was.what}, is {now.what}"
