"""Contexts and where facts are in them as JSON documents, for the browser and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from spotlight.exact_json import plain
from spotlight.reports.context import ESTIMATED, Context, context_of, part_differences
from spotlight.reports.context_compare import Entry
from spotlight.reports.context_find import where_is
from spotlight.reports.context_parts import Part
from spotlight.reports.context_read import Call
from spotlight.reports.json_diff import Change
from spotlight.reports.questions import Reports
from spotlight.reports.word_diff import word_diff

PREVIEW: Final = 240  # characters of a part that a line of a list shows
# Of a part that only the earlier call saw, what is sent with the document; the rest is at that call.
MOST_OLD_CHARACTERS: Final = 32_768
MOST_OLD_IN_ALL: Final = 2_000_000  # of all such parts together; of what follows, a preview
# Differences are told word by word up to so many characters of all parts together; beyond, only their sizes.
MOST_COMPARED: Final = 2_000_000
_SECONDS: Final = 0.1  # for the words of one part


def context_document(reports: Reports, run_id: str, span_id: str) -> dict[str, Any]:
    """Return `context.context_of` as JSON: the parts this call saw as previews, what changed in full.

    `entries` name parts by their place in `parts`, and in `old`, which holds those of the earlier call that
    are no longer the same. Integers beyond 2**53 are text.
    """
    context = context_of(reports, run_id, span_id)
    document = {
        "run_id": context.run_id,
        "span_id": context.call.span_id,
        "step": context.call.step,
        "previous": _call(context.previous),
        "previous_why": context.previous_why,
        "chars": context.chars,
        "bytes": context.bytes,
        "input_tokens": context.call.input_tokens,
        "parts": [_part(part) for part in context.parts],
        "old": _old_parts(context),
        "entries": _entries(context),
        "tools": [
            {"name": tool.name, "change": tool.change, "differences": _changes(tool.differences)}
            for tool in context.tools
        ],
        "parameters": _changes(context.parameters),
        "prefix": _prefix(context),
        "shares": [share._asdict() for share in context.shares],
        "estimated": ESTIMATED,
        "notes": list(context.notes),
    }
    return {key: plain(value) for key, value in document.items()}


def fact_document(reports: Reports, run_id: str, text: str) -> dict[str, Any]:
    """Return `context_find.where_is` as JSON."""
    found = where_is(reports, run_id, text)
    return {
        "run_id": found.run_id,
        "text": found.text,
        "first": _call(found.first),
        "last": _call(found.last),
        "stays": found.stays,
        "exits": [
            exit._asdict() | {"last": _call(exit.last), "next": _call(exit.next)} for exit in found.exits
        ],
        "held": [
            {"span_id": one.call.span_id, "step": one.call.step, "holds": one.holds} for one in found.held
        ],
        "calls": found.calls,
        "calls_read": found.calls_read,
    }


def _call(call: Call | None) -> dict[str, Any] | None:
    if call is None:
        return None
    return {
        "run_id": call.run_id,
        "span_id": call.span_id,
        "step": call.step,
        "agent": call.agent_name,
        "model": call.model,
        "started_ns": str(call.started_ns),
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "number": part.number,
        "role": part.role,
        "name": part.name,
        "chars": part.chars,
        "bytes": part.bytes,
        "media": part.media,
        "digest": part.digest,
        "prefix_digest": part.prefix_digest,
        "preview": part.text[:PREVIEW],
    }


def _old_parts(context: Context) -> Mapping[str, Any]:
    """Return, by place, the parts of the earlier call that this one saw not or not so."""
    gone = {entry.before for entry in context.entries if entry.mark != "kept"} - {None}
    left = MOST_OLD_IN_ALL
    told = {}
    for part in context.before:
        if part.place in gone:
            text = part.text[: MOST_OLD_CHARACTERS if left > 0 else PREVIEW]
            left -= len(text)
            told[str(part.place)] = _part(part) | {"text": text}
    return told


def _entries(context: Context) -> list[dict[str, Any]]:
    left = MOST_COMPARED
    entries = []
    for entry in context.entries:
        both = part_differences(context, entry)
        said = entry._asdict()
        if both is not None:
            left -= len(both[0]) + len(both[1])
            if left >= 0:
                said["words"] = [[piece.op, piece.text] for piece in word_diff(*both, timeout_s=_SECONDS)]
        entries.append(said)
    return entries or _unmarked(context)


def _unmarked(context: Context) -> list[dict[str, Any]]:
    """Return a line for every part of a context with nothing to compare it with."""
    return [Entry("kept", None, part.place)._asdict() | {"mark": None} for part in context.parts]


def _changes(changes: list[Change]) -> list[dict[str, Any]]:
    return [
        {
            "op": change.op,
            "path": change.after_pointer if change.after_pointer is not None else change.before_pointer,
            "before": change.before,
            "after": change.after,
        }
        for change in changes
    ]


def _prefix(context: Context) -> dict[str, Any]:
    prefix = context.prefix
    told = prefix._asdict()
    change = prefix.change
    if change is not None:
        keys = ("part", "place", "what", "same_chars", "before", "after", "said")
        told["change"] = {key: getattr(change, key) for key in keys}
    return told
