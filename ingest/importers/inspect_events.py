"""Events of an Inspect sample -> spans.

Newer logs nest by span_begin and span_end and name the span on every event; older ones nest by step
begin and end, and put events into events. Both are read. What is neither a step nor a score (state and
store changes, log messages) is kept as log records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ingest.importers.encoding import json_text
from ingest.importers.inspect_messages import openai_messages, resolved
from ingest.importers.inspect_scores import graded
from ingest.importers.items import Item, Leftover, Score, Span
from ingest.importers.usage import Usage, usage_attributes
from ingest.importers.values import as_int, as_text, is_nothing, mapping, rest, seconds_ns, time_ns
from spotlight import semconv as sc

_SPAN_KINDS: Final = {"agent": "agent", "scorer": "evaluator", "scorers": "evaluator", "handoff": "handoff"}
_COMMON: Final = frozenset(["event", "timestamp", "span_id", "uuid", "working_start", "pending", "completed",
                            "working_time", "events"])  # fmt: skip
_MODEL: Final = _COMMON | {
    "model",
    "input",
    "input_refs",
    "tools",
    "tool_choice",
    "config",
    "output",
    "error",
}
_TOOL: Final = _COMMON | {"type", "id", "function", "arguments", "result", "error"}


class Sample(NamedTuple):
    """What the events of one sample share."""

    trace: str
    attachments: Mapping[str, Any]
    pool: Sequence[Any]  # messages that model events refer to by number
    is_scored: bool  # whether the sample lists its scores: its events then say them again
    root: str = "sample"


class _Place(NamedTuple):
    sample: Sample
    id: str
    parent: str


Event = Mapping[str, Any]


def event_items(sample: Sample, events: Sequence[Event]) -> Iterator[Item]:
    """Yield the spans of a sample's events in their order, and what stays log records."""
    yield from _items(sample, events, sample.root, "")


def _items(sample: Sample, events: Sequence[Event], above: str, prefix: str) -> Iterator[Item]:
    ends = {e["id"]: e for e in events if e.get("event") == "span_end" and isinstance(e.get("id"), str)}
    steps: list[tuple[str, Event, str]] = []  # begun and not ended: own id, event, parent's id
    for number, event in enumerate(events):
        what, own = event.get("event"), as_text(event.get("uuid")) or f"{prefix}{number}"
        parent = as_text(event.get("span_id")) or (steps[-1][0] if steps else above)
        if what == "span_begin" and isinstance(event.get("id"), str):
            begun = as_text(event.get("parent_id")) or above
            yield _block(_Place(sample, event["id"], begun), event, ends.get(event["id"]))
        elif what == "step" and event.get("action") == "begin":
            steps.append((own, event, parent))
        elif what == "step" and steps:
            begun_id, beginning, begun = steps.pop()
            yield _block(_Place(sample, begun_id, begun), beginning, event)
        elif what != "span_end":
            yield from _single(_Place(sample, own, parent), event)
    for begun_id, beginning, begun in steps:
        yield _block(_Place(sample, begun_id, begun), beginning, None)


def _single(place: _Place, event: Event) -> Iterator[Item]:
    if event.get("event") == "score" and isinstance(event.get("score"), Mapping):
        if event.get("intermediate") is True or not place.sample.is_scored:
            yield from _scores(place, event)
        return
    made = _STEPS.get(str(event.get("event")))
    if made is None:
        reason = f"inspect event {event.get('event')!r}"
        yield Leftover(reason, event, place.sample.trace, place.parent, time_ns(event.get("timestamp")))
        return
    yield made(place, event)
    inner = event.get("events")
    if isinstance(inner, list):
        nested = [e for e in inner if isinstance(e, Mapping)]
        yield from _items(place.sample, nested, place.id, f"{place.id}.")


def _scores(place: _Place, event: Event) -> Iterator[Item]:
    score = mapping(event.get("score"))
    name = as_text(event.get("scorer")) or "score"
    detail = rest(score, frozenset(["value", "explanation"]), "") | rest(event, _COMMON | {"score"}, "")
    why = as_text(resolved(score.get("explanation"), place.sample.attachments))
    for part, (number, label) in graded(name, score.get("value")):
        yield Score(
            part, number, label, explanation=why, trace=place.sample.trace, target="run", evaluator=name,
            time_ns=time_ns(event.get("timestamp")), metadata=detail or None,
        )  # fmt: skip


def _block(place: _Place, begun: Event, ended: Event | None) -> Span:
    """Return the span between two events."""
    kind = _SPAN_KINDS.get(str(begun.get("type")), "step")
    name = as_text(begun.get("name")) or as_text(begun.get("type")) or "step"
    known = frozenset(["event", "timestamp", "span_id", "id", "parent_id", "name", "working_start", "action",
                       "uuid", "pending"])  # fmt: skip
    attributes = {
        sc.SPOTLIGHT_KIND: kind,
        sc.GEN_AI_AGENT_NAME: name if kind == "agent" else None,
        **rest(begun, known),
    }
    return Span(
        place.sample.trace, place.id, place.parent, name, time_ns(begun.get("timestamp")),
        time_ns(ended.get("timestamp")) if ended else 0, attributes,
    )  # fmt: skip


def _model(place: _Place, event: Event) -> Span:
    output = mapping(event.get("output"))
    asked = as_text(event.get("model")) or ""
    provider, _, model = asked.rpartition("/") if asked.count("/") < 2 else asked.partition("/")
    choices = output.get("choices")
    choices = [mapping(c) for c in choices] if isinstance(choices, list) else []
    attachments = place.sample.attachments
    attributes = {
        sc.SPOTLIGHT_KIND: "llm",
        sc.GEN_AI_PROVIDER_NAME: provider or None,
        sc.GEN_AI_REQUEST_MODEL: model or None,
        sc.GEN_AI_RESPONSE_MODEL: as_text(output.get("model")),
        sc.GEN_AI_RESPONSE_ID: as_text(mapping(mapping(event.get("call")).get("response")).get("id")),
        sc.GEN_AI_RESPONSE_FINISH_REASONS: [r for c in choices if (r := as_text(c.get("stop_reason")))]
        or None,
        **rest(mapping(event.get("config")), frozenset(), "gen_ai.request."),
        "gen_ai.request.tool_choice": event.get("tool_choice") or None,
        sc.GEN_AI_INPUT_MESSAGES: json_text(
            openai_messages(resolved(_input(event, place.sample), attachments))
        ),
        sc.GEN_AI_OUTPUT_MESSAGES: json_text(
            openai_messages(resolved([c.get("message") for c in choices], attachments))
        ),
        sc.GEN_AI_TOOL_DEFINITIONS: json_text(event["tools"]) if event.get("tools") else None,
        **_usage(mapping(output.get("usage"))),
        **rest(output, frozenset(["model", "choices", "usage", "time", "completion", "error"])),
        **rest(event, _MODEL),
    }
    error = event.get("error") or output.get("error")
    started = time_ns(event.get("timestamp"))
    return Span(
        place.sample.trace, place.id, place.parent, f"chat {model}".strip(), started,
        _ended(event, started) or _after(started, output.get("time")), attributes,
        status="error" if error else "unset",
        message=json_text(resolved(error, attachments)) if error else "",
    )  # fmt: skip


def _input(event: Event, sample: Sample) -> Any:
    """Return the messages of a call; newer logs write ranges of a list that all calls share."""
    refs = event.get("input_refs")
    if not isinstance(refs, list) or not sample.pool:
        return event.get("input") or []
    found: list[Any] = []
    for ref in refs:
        low, high = (as_int(v) for v in ref[:2]) if isinstance(ref, list) and len(ref) > 1 else (None, None)
        found += sample.pool[low:high] if low is not None and high is not None else []
    return found


def _usage(said: dict[str, Any]) -> dict[str, Any]:
    names = {
        "input": "input_tokens", "output": "output_tokens", "total": "total_tokens",
        "cache_read": "input_tokens_cache_read", "cache_write": "input_tokens_cache_write",
        "reasoning": "reasoning_tokens",
    }  # fmt: skip
    usage = Usage(**{field: as_int(said.get(name)) for field, name in names.items()})
    return {**usage_attributes(usage), **rest(said, frozenset(names.values()), "import.usage.")}


def _tool(place: _Place, event: Event) -> Span:
    error = mapping(event.get("error"))
    name = as_text(event.get("function"))
    result = resolved(event.get("result"), place.sample.attachments)
    attributes = {
        sc.SPOTLIGHT_KIND: "tool",
        sc.GEN_AI_TOOL_NAME: name,
        sc.GEN_AI_TOOL_CALL_ID: as_text(event.get("id")),
        sc.GEN_AI_TOOL_TYPE: as_text(event.get("type")),
        sc.GEN_AI_TOOL_CALL_ARGUMENTS: json_text(event["arguments"]) if "arguments" in event else None,
        sc.GEN_AI_TOOL_CALL_RESULT: None if is_nothing(result) else json_text(result),
        sc.ERROR_TYPE: as_text(error.get("type")),
        **rest(event, _TOOL),
    }
    started = time_ns(event.get("timestamp"))
    return Span(
        place.sample.trace, place.id, place.parent, f"execute_tool {name or 'tool'}", started,
        _ended(event, started), attributes, status="error" if error else "unset",
        message=as_text(error.get("message")) or "",
    )  # fmt: skip


def _approval(place: _Place, event: Event) -> Span:
    at = time_ns(event.get("timestamp"))
    known = _COMMON | {"decision", "approver", "explanation"}
    attributes = {
        sc.SPOTLIGHT_KIND: "approval",
        sc.SPOTLIGHT_APPROVAL_DECISION: as_text(event.get("decision")),
        sc.SPOTLIGHT_APPROVAL_SOURCE: as_text(event.get("approver")),
        sc.SPOTLIGHT_APPROVAL_REASON: as_text(event.get("explanation")),
        **rest(event, known),
    }
    return Span(place.sample.trace, place.id, place.parent, "approval", at, at, attributes)


def _step(kind: str) -> Callable[[_Place, Event], Span]:
    """Return a maker of spans of a kind whose input and output stand on the event."""

    def made(place: _Place, event: Event) -> Span:
        started = time_ns(event.get("timestamp"))
        attributes = {
            sc.SPOTLIGHT_KIND: kind,
            sc.INPUT_VALUE: resolved(event.get("input"), place.sample.attachments) or None,
            sc.OUTPUT_VALUE: resolved(event.get("result"), place.sample.attachments) or None,
            **rest(event, _COMMON | {"input", "result"}),
        }
        name = as_text(event.get("name")) or str(event.get("event"))
        return Span(
            place.sample.trace, place.id, place.parent, name, started, _ended(event, started), attributes
        )

    return made


_STEPS: Final[Mapping[str, Callable[[_Place, Event], Span]]] = {
    "model": _model,
    "tool": _tool,
    "approval": _approval,
    "subtask": _step("step"),
    "input": _step("human_input"),
    "compaction": _step("compaction"),
}


def _ended(event: Event, started: int) -> int:
    return time_ns(event.get("completed")) or _after(started, event.get("working_time"))


def _after(started: int, seconds: object) -> int:
    length = seconds_ns(seconds)
    return started + length if started and length else 0
