"""The context of a model call: exactly what it saw, beside what the call before it saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from spotlight.exact_json import parsed
from spotlight.reports.context_compare import Entry, compare_contexts
from spotlight.reports.context_parts import TOOLS, Part, Sources, answer_parts
from spotlight.reports.context_read import (
    Call,
    Seen,
    before,
    call_of,
    calls_of,
    compactions_of,
    seen,
    shared,
    sources_of,
)
from spotlight.reports.json_diff import Change, json_diff
from spotlight.reports.questions import Reports
from spotlight.reports.waste_prefix import PrefixChange, compared

ESTIMATED: Final = "estimated: the reported input tokens, divided by characters"
_COMPACTED: Final = "the run tells of a compaction between the two calls"
_STATES: Final = {
    "truncated": "the client cut content short: what is missing here was sent to the model",
    "redacted": "content is redacted",
    "absent": "no content was sent for this call",
}


class Share(NamedTuple):
    """What one source takes of a context; `tokens` is estimated, None where the call reported none."""

    source: str
    chars: int
    share: float
    tokens: int | None


class ToolChange(NamedTuple):
    """A tool that came, went or changed; `differences` are those of its definition, path by path."""

    name: str
    change: str  # added, removed or changed
    differences: list[Change]


class CachedPrefix(NamedTuple):
    """What a provider's cache could have held, beside what the call reports it read.

    `change` says where the prompt first differs from that of the call before; None with no call before.
    """

    change: PrefixChange | None
    same_share: float | None  # characters in front of the first difference, of all
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    input_tokens: int | None


class Context(NamedTuple):
    """What a call saw: `parts` in order, `before` and `entries` where there was a call to compare with.

    `previous_why` says how that call was chosen, or why there is none. Sizes are exact; `shares` are by
    size, and their tokens estimated. `notes` say what is known to be missing.
    """

    run_id: str
    call: Call
    previous: Call | None
    previous_why: str
    parts: list[Part]
    before: list[Part]
    entries: list[Entry]
    tools: list[ToolChange]
    parameters: list[Change]
    prefix: CachedPrefix
    shares: list[Share]
    chars: int
    bytes: int
    notes: tuple[str, ...]


def context_of(reports: Reports, run_id: str, span_id: str) -> Context:
    """Return exactly what a model call saw, compared with the call before it in its thread.

    That is the agent's latest call where this one goes on from its answer, else the one of the latest with
    which it shares most.
    Raises: NotFound for a run that does not exist, and for a span that is none of its model calls.
    """
    run = str(reports.run(run_id)["run_id"])
    calls = calls_of(reports, run)
    call = call_of(calls, run, span_id)
    sources = sources_of(reports, call)
    own = seen(reports, run, [call], sources)
    if not own:
        return _without_content(run, call)
    earlier = _earlier(reports, own[0], before(calls, call), sources)
    return told_context(run, own[0], earlier, compactions_of(reports, run))


def told_context(run_id: str, own: Seen, earlier: Sequence[Seen], compactions: Sequence[int] = ()) -> Context:
    """Return the context of a call, given what it and the calls before it saw, the latest first.

    `compactions` are the times, ns UTC, at which the run tells that its context was compacted.
    """
    previous, why = _chosen(own, earlier)
    parts, old = own.parts, previous.parts if previous else []
    answer = answer_parts(previous.document["messages"]) if previous else []
    since = previous.call.started_ns if previous else own.call.started_ns
    is_compacted = any(since <= time_ns <= own.call.started_ns for time_ns in compactions)
    entries = compare_contexts(old, parts, answer, is_compacted=is_compacted) if previous else []
    chars = sum(part.chars for part in parts)
    return Context(
        run_id, own.call, previous.call if previous else None, why, parts, old, entries,
        _tool_changes(old, parts, entries),
        json_diff(_parameters(previous), _parameters(own)) if previous else [],
        _prefix(run_id, own, previous, chars),
        _shares(parts, own.call.input_tokens), chars, sum(part.bytes for part in parts),
        (*_notes(own, previous), *([_COMPACTED] if previous and is_compacted else ())),
    )  # fmt: skip


def part_differences(context: Context, entry: Entry) -> tuple[str, str] | None:
    """Return the two texts of a part that stands on both sides and is not the same."""
    if entry.before is None or entry.now is None or entry.mark == "kept":
        return None
    return context.before[entry.before].text, context.parts[entry.now].text


def _earlier(reports: Reports, own: Seen, candidates: Sequence[Call], sources: Sources) -> list[Seen]:
    """Return what the calls before saw: the latest alone where it is plain that the call goes on from it."""
    latest = seen(reports, candidates[0].run_id, candidates[:1], sources) if candidates else []
    if len(candidates) < 2 or any(goes_on(one, own) for one in latest):
        return latest
    return latest + seen(reports, candidates[0].run_id, candidates[1:], sources)


def goes_on(earlier: Seen, own: Seen) -> bool:
    """Return whether a context is an earlier one unchanged, followed by what that call answered."""
    there = len(earlier.parts)
    if (
        not there
        or len(own.parts) <= there
        or own.parts[there - 1].prefix_digest != earlier.parts[-1].prefix_digest
    ):
        return False
    follows = own.parts[there]
    return any(
        follows.digest == part.digest or (part.text and follows.text == part.text)
        for part in answer_parts(earlier.document["messages"])
    )


def _chosen(own: Seen, earlier: Sequence[Seen]) -> tuple[Seen | None, str]:
    if not own.parts:
        return None, "no content was recorded for this call"
    told = [(shared(one.parts, own.parts), one) for one in earlier if one.parts]
    if not told:
        return None, (
            "no content was recorded for the calls before" if earlier else "no call of the agent came before"
        )
    plain = told[0][1] is earlier[0] and goes_on(earlier[0], own)
    most, best = (
        told[0] if plain else max(told, key=lambda pair: pair[0])
    )  # the first of equals is the latest
    if not most:
        return None, "it shares nothing with the calls of the agent before it: another conversation"
    all_of = sum(part.chars for part in own.parts)
    whose = "in the run before it" if best.call.run_id != own.call.run_id else "of the agent before it"
    how = "from whose answer it goes on" if plain else "with which it shares most"
    return best, f"the call {whose} {how}: {most:,} of {all_of:,} characters are the same"


def _tool_changes(old: Sequence[Part], new: Sequence[Part], entries: Sequence[Entry]) -> list[ToolChange]:
    found = []
    for entry in entries:
        was = old[entry.before] if entry.before is not None else None
        now = new[entry.now] if entry.now is not None else None
        part = now or was
        if part is None or part.kind != TOOLS or entry.mark == "kept":
            continue
        change = {"added": "added", "dropped": "removed"}.get(entry.mark, "changed")
        both = json_diff(was.value, now.value) if was is not None and now is not None else []
        found.append(ToolChange(str(part.name), change, both))
    return found


def _parameters(one: Seen | None) -> dict[str, Any]:
    """Return what a call asked for beside its messages."""
    if one is None:
        return {}
    params = one.document["span"]["model_params"]
    told = params if isinstance(params, Mapping) else parsed(params)
    return {"model": one.call.request_model or one.call.model} | (
        dict(told) if isinstance(told, Mapping) else {}
    )


def _prefix(run_id: str, own: Seen, previous: Seen | None, chars: int) -> CachedPrefix:
    call = own.call
    change = None
    if previous is not None:
        messages = previous.document["messages"], own.document["messages"]
        change = compared(run_id, call.span_id, previous.call.span_id, *messages)
    size = _same_front(previous, own)
    return CachedPrefix(
        change, size / chars if chars and size is not None else None,
        call.cache_read_tokens, call.cache_write_tokens, call.input_tokens,
    )  # fmt: skip


def _same_front(previous: Seen | None, own: Seen) -> int | None:
    """Return the characters of the parts that stand unchanged in front; None without a call before."""
    if previous is None:
        return None
    known = {part.prefix_digest for part in previous.parts}
    return sum(part.chars for part in own.parts if part.prefix_digest in known)


def _shares(parts: Sequence[Part], input_tokens: int | None) -> list[Share]:
    sizes: Counter[str] = Counter()
    for part in parts:
        sizes.update(dict(part.sources))
    total = sizes.total()
    return [
        Share(
            source, size, size / total, None if input_tokens is None else round(input_tokens * size / total)
        )
        for source, size in sizes.most_common()
        if size
    ]


def _notes(own: Seen, previous: Seen | None) -> tuple[str, ...]:
    messages = own.document["messages"]
    notes = [*messages["notes"]]
    if messages["state"] in _STATES:
        notes.append(_STATES[messages["state"]])
    if previous is not None and (state := previous.document["messages"]["state"]) in _STATES:
        notes.append(f"of the call before: {_STATES[state]}")
    media = sum(part.media for part in own.parts)
    if media:
        notes.append(f"{media} images or files are in no size and no share")
    return tuple(dict.fromkeys(notes))


def _without_content(run_id: str, call: Call) -> Context:
    why = "the span of this call is not in the lake"
    empty = CachedPrefix(None, None, call.cache_read_tokens, call.cache_write_tokens, call.input_tokens)
    return Context(run_id, call, None, why, [], [], [], [], [], empty, [], 0, 0, (why,))
