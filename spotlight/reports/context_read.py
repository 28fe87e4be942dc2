"""What the model calls of a run saw, read from the lake, and which call came before which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from spotlight.errors import NotFound
from spotlight.exact_json import parsed
from spotlight.reports.context_parts import Part, Sources, context_parts
from spotlight.reports.questions import Reports
from spotlight.reports.span_document import lacks_content, span_document

# Of the calls before one, so many of the latest are read to find the one it goes on from: threads of one
# agent that run side by side are rarely more.
MOST_CANDIDATES: Final = 12
# Shorter texts that retrieval or memory answered are no proof of where words come from.
LEAST_RETRIEVED: Final = 40
MOST_RETRIEVED: Final = 500
_MOST_BYTES: Final = 4 << 20  # of one such answer
_MEMORY: Final = ("memory_read", "memory_write")


class Call(NamedTuple):
    """A model call: where it is, whose, and what it reported; tokens are None where unknown."""

    run_id: str
    trace_id: str
    span_id: str
    step: int
    agent_span_id: str | None
    agent_name: str | None
    started_ns: int
    failed: bool
    model: str | None
    request_model: str | None
    input_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None


class Seen(NamedTuple):
    """What a call saw: its parts, and the span document they were read from."""

    call: Call
    parts: list[Part]
    document: Mapping[str, Any]


def calls_of(reports: Reports, run_id: str) -> list[Call]:
    """Return the model calls of a run and of the run before it in its session, by start."""
    run = reports.run(run_id)
    key = {"run_id": run["run_id"], "session_id": run["session_id"]}
    return [Call(**row) for row in reports.ask("context_calls", key).to_pylist()]


def call_of(calls: Iterable[Call], run_id: str, span_id: str) -> Call:
    """Return one call of a run. Raises: NotFound."""
    for call in calls:
        if (call.run_id, call.span_id) == (run_id, span_id):
            return call
    raise NotFound(f"run {run_id!r} has no model call {span_id!r}", hint="see them with `spotlight show RUN`")


def before(calls: Sequence[Call], call: Call) -> list[Call]:
    """Return the calls that the given one may go on from, the latest first.

    Those below the same agent; else of an agent of that name, else any of the run, else those of the
    session's run before it.
    """
    earlier = [c for c in calls if (c.started_ns, c.span_id) < (call.started_ns, call.span_id)]
    own = [c for c in earlier if c.run_id == call.run_id]
    named = [c for c in earlier if c.agent_name == call.agent_name]
    groups = (
        [c for c in own if (c.agent_span_id, c.agent_name) == (call.agent_span_id, call.agent_name)],
        [c for c in own if c.agent_name == call.agent_name],
        own if call.agent_name is None else [],
        [c for c in named if c.run_id != call.run_id],
    )
    found = next((group for group in groups if group), [])
    return found[::-1][:MOST_CANDIDATES]


def seen(reports: Reports, run_id: str, calls: Sequence[Call], sources: Sources = Sources()) -> list[Seen]:
    """Return what some calls of one run saw, in their order; a call whose span is gone is left out."""
    documents = _documents(reports, run_id, calls)
    return [
        Seen(call, context_parts(documents[call.span_id]["messages"], sources), documents[call.span_id])
        for call in calls
        if call.span_id in documents
    ]


def shared(one: Sequence[Part], other: Sequence[Part]) -> int:
    """Return how many characters of a context stand in another one too, part by part."""
    known = {part.digest for part in one}
    return sum(part.chars for part in other if part.digest in known)


def sources_of(reports: Reports, call: Call) -> Sources:
    """Return what tells memory and retrieval from other words in the context of a call."""
    key = {"run_id": call.run_id, "before_ns": call.started_ns, "most": _MOST_BYTES}
    rows = reports.ask("context_retrieved", key).to_pylist()
    kinds = {row["tool_name"]: row["kind"] for row in rows if row["tool_name"]}
    told = {
        text: "memory" if row["kind"] in _MEMORY else "retrieval"
        for row in rows
        for text in _texts(parsed(row["output_value"] or row["tool_result"]))
        if len(text) >= LEAST_RETRIEVED
    }
    longest = sorted(told, key=len, reverse=True)[:MOST_RETRIEVED]
    return Sources(kinds, [(told[text], text) for text in longest])


def compactions_of(reports: Reports, run_id: str) -> list[int]:
    """Return when a run tells that its context was compacted, ns UTC, in order."""
    times: list[int] = reports.ask("context_compactions", {"run_id": run_id}).column("time_ns").to_pylist()
    return times


def _documents(reports: Reports, run_id: str, calls: Sequence[Call]) -> dict[str, dict[str, Any]]:
    """Return the span documents of some calls, by span id."""
    run = reports.run(run_id)
    if "log" in str(run["signals"]):  # log records of the same step fill its gaps: that takes the whole run
        return dict(_one_by_one(reports, run_id, calls))
    key = {"traces": run["trace_ids"], "span_ids": [call.span_id for call in calls]}
    rows = reports.ask("context_spans", key).to_pylist()
    if any(lacks_content(row) and row["span_id"] in reports.tellings(run) for row in rows):
        return dict(_one_by_one(reports, run_id, calls))
    logs: dict[str, list[dict[str, Any]]] = {}
    for log in reports.ask("context_logs", key).to_pylist():
        logs.setdefault(log.pop("span_id"), []).append(log)
    return {row["span_id"]: span_document(row, logs.get(row["span_id"], []), []) for row in rows}


def _one_by_one(reports: Reports, run_id: str, calls: Sequence[Call]) -> Iterator[tuple[str, dict[str, Any]]]:
    for call in calls:
        try:
            yield call.span_id, reports.span_document(run_id, call.span_id)
        except NotFound:  # the step outlived its span
            continue


def _texts(value: Any) -> Iterator[str]:
    """Yield every text that stands in a JSON value."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            left += item.values()
        elif isinstance(item, list):
            left += item
