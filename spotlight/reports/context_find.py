"""When a fact left the context: which calls of a run held a phrase, and what took it out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from spotlight.errors import BadRequest
from spotlight.reports.context import Context, told_context
from spotlight.reports.context_compare import Mark
from spotlight.reports.context_parts import Part
from spotlight.reports.context_read import Call, calls_of, compactions_of, seen
from spotlight.reports.questions import Reports

# Pairs of calls read to say what happened between them.
MOST_LOOKED_AT: Final = 40
_NOTES: Final[Mapping[str, str]] = {
    "dropped": "the message was dropped",
    "truncated": "the message was cut short",
    "compacted": "the message went",
    "changed": "the message was rewritten",
}


class Held(NamedTuple):
    """Whether a call held the phrase: a call of the run, in order of start."""

    call: Call
    holds: bool


class Exit(NamedTuple):
    """A place at which the phrase left a thread: the last call that held it, the next that did not.

    `mark` says what became of the message that held it (None: nothing shows it), `note` says it for a
    reader; `part` is that message's place in the context of `last`.
    """

    last: Call
    next: Call
    mark: Mark | None
    part: int | None
    note: str


class FactPlaces(NamedTuple):
    """Where a phrase was in the contexts of a run; `first` is None where no call held it.

    `exits` are found in the first MOST_LOOKED_AT places at which a call no longer held it; `calls_read` of
    `calls` showed what they saw.
    """

    run_id: str
    text: str
    first: Call | None
    last: Call | None
    stays: bool  # no call of its thread after `last` went without it
    exits: list[Exit]
    held: list[Held]
    calls: int
    calls_read: int


def where_is(reports: Reports, run_id: str, text: str) -> FactPlaces:
    """Return which model calls of a run held a phrase in their context, and what removed it.

    Letters are compared without their case. Raises: NotFound; BadRequest for an empty phrase.
    """
    wanted = text.strip().lower()
    if not wanted:
        raise BadRequest("there is no text to look for", hint="give a phrase that stood in the context")
    run = str(reports.run(run_id)["run_id"])
    calls = [call for call in calls_of(reports, run) if call.run_id == run]
    holds = _holds(reports, run, calls, wanted)
    held = [Held(call, holds[call.span_id]) for call in calls if call.span_id in holds]
    holders = [one.call for one in held if one.holds]
    exits = _exits(reports, run, held, wanted)
    last = holders[-1] if holders else None
    stays = last is not None and all(exit.last != last for exit in exits)
    first = holders[0] if holders else None
    return FactPlaces(run, text.strip(), first, last, stays, exits, held, len(calls), len(held))


def escaped_forms(text: str) -> list[str]:
    """Return a text as it may stand in stored JSON: plain, escaped once or twice, in ASCII or not."""
    forms = [text]
    for _ in range(2):
        forms += [
            json.dumps(form, ensure_ascii=ascii)[1:-1] for form in list(forms) for ascii in (True, False)
        ]
    return list(dict.fromkeys(forms))


def _holds(reports: Reports, run_id: str, calls: Sequence[Call], wanted: str) -> dict[str, bool]:
    """Return whether each call holds the phrase, by span id; calls without content are left out."""
    run = reports.run(run_id)
    key = {"traces": run["trace_ids"], "span_ids": [call.span_id for call in calls]}
    rows = reports.ask("context_held", key | {"texts": escaped_forms(wanted)}).to_pylist()
    holds: dict[str, bool] = {row["span_id"]: bool(row["holds"]) for row in rows}
    others = [call for call in calls if call.span_id not in holds]
    for one in seen(reports, run_id, others) if others else []:
        if one.parts:
            holds[one.call.span_id] = any(_in(part, wanted) for part in one.parts)
    return holds


def _exits(reports: Reports, run_id: str, held: Sequence[Held], wanted: str) -> list[Exit]:
    """Return, agent by agent, where a call no longer held the phrase; another conversation is no exit."""
    holders: dict[tuple[str | None, str | None], Call] = {}
    compactions = compactions_of(reports, run_id)
    found: list[Exit] = []
    looked = 0
    for call, holds in held:
        thread = (call.agent_span_id, call.agent_name)
        if holds:
            holders[thread] = call
        elif thread in holders and looked < MOST_LOOKED_AT:
            looked += 1
            left = _exit(reports, run_id, (holders[thread], call), wanted, compactions)
            if left is not None:
                found.append(left)
                del holders[thread]
    return found


def _exit(
    reports: Reports, run_id: str, calls: tuple[Call, Call], wanted: str, compactions: Sequence[int]
) -> Exit | None:
    last, after = calls
    both = {one.call.span_id: one for one in seen(reports, run_id, [last, after])}
    if len(both) < 2:
        return Exit(last, after, None, None, "the span of one of the two calls is not in the lake")
    context = told_context(run_id, both[after.span_id], [both[last.span_id]], compactions)
    places = {part.place for part in context.before if _in(part, wanted)}
    return _reason(context, last, after, places) if context.entries else None


def _reason(context: Context, last: Call, after: Call, places: set[int]) -> Exit:
    for entry in context.entries:
        if entry.before in places and entry.mark in _NOTES:
            note = _NOTES[entry.mark] + (f", {entry.note}" if entry.note else "")
            return Exit(last, after, entry.mark, entry.before, note)
    return Exit(last, after, None, min(places, default=None), "it stood in no message that was removed")


def _in(part: Part, wanted: str) -> bool:
    return wanted in part.text.lower()
