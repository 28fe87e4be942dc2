"""Logs of Inspect AI evaluations: .eval archives and .json files.

Every sample and epoch is a run: an agent span over the sample's events, or over its messages where it
has no events. Scores of a sample are scores of its run. The header (plan, results, statistics) is kept
as one log record.

Source: inspect_ai 0.3 log format version 2, 0.3.41 to 0.3.260 (`EvalLog`, `EvalSample`, events).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.importers.content import Content
from ingest.importers.conversation import conversation_spans, is_conversation
from ingest.importers.inspect_events import Sample, event_items
from ingest.importers.inspect_messages import openai_messages, resolved
from ingest.importers.inspect_scores import graded
from ingest.importers.items import Event, Item, Leftover, Score, Span
from ingest.importers.values import as_text, is_nothing, mapping, rest, time_ns
from spotlight import semconv as sc

FORMAT: Final = "inspect"

_HEADER: Final = ("header.json", "_journal/start.json")  # the second where the evaluation never ended
# What a sample has elsewhere: in spans, in scores, or taken as an attribute below.
_SAMPLE: Final = frozenset(["id", "epoch", "input", "messages", "output", "scores", "score", "events", "uuid",
                            "transcript", "attachments", "events_data", "error", "started_at",
                            "completed_at"])  # fmt: skip


def recognises(content: Content) -> bool:
    """Return whether it is an archive with a log's header, or a JSON file with a log's parts."""
    if content.form == "zip":
        return any(name in content.members() for name in _HEADER)
    if content.form != "json" or not isinstance(content.document, dict):
        return False
    return isinstance(content.document.get("eval"), dict) and not {"plan", "samples", "stats"}.isdisjoint(
        content.document
    )


def read(content: Content) -> Iterator[Item]:
    """Yield the spans and scores of every sample, and the header."""
    if content.form == "json":
        header = {k: v for k, v in content.document.items() if k != "samples"}
        listed = content.document.get("samples")
        samples = iter(listed if isinstance(listed, list) else [])
    else:
        members = content.members()
        header = mapping(content.member(members[next(name for name in _HEADER if name in members)]))
        names = sorted(name for name in members if name.startswith("samples/") and name.endswith(".json"))
        samples = (content.member(members[name]) for name in names)
    evaluation = mapping(header.get("eval"))
    yield Leftover("inspect log header", header, time_ns=time_ns(evaluation.get("created")))
    for number, sample in enumerate(samples, 1):
        if isinstance(sample, dict):
            yield from _sample_items(sample, evaluation)
        else:
            yield Leftover("inspect sample that is no object", sample, place=number)


def _sample_items(raw: dict[str, Any], evaluation: dict[str, Any]) -> Iterator[Item]:
    transcript = mapping(raw.get("transcript"))
    attachments = mapping(raw.get("attachments")) | mapping(transcript.get("content"))
    events = raw.get("events") or transcript.get("events")
    events = [e for e in events if isinstance(e, Mapping)] if isinstance(events, list) else []
    pool = mapping(raw.get("events_data")).get("messages")
    is_scored = bool(raw.get("scores") or raw.get("score"))
    pool = pool if isinstance(pool, list) else []
    sample = Sample(_trace(raw, evaluation), attachments, pool, is_scored)
    found = list(event_items(sample, events))
    root = _root(raw, evaluation, sample, found)
    yield root
    yield from found
    messages = raw.get("messages")
    if is_conversation(messages) and not any(isinstance(item, Span) for item in found):
        model = as_text(evaluation.get("model"))
        said = openai_messages(resolved(messages, attachments))
        yield from conversation_spans(sample.trace, root, said, model)
    judging = {item.parent for item in found if isinstance(item, Span) and _kind(item) == "llm"}
    by_model = {item.name for item in found if isinstance(item, Span) and item.id in judging}
    yield from _scores(raw, sample, root.ended_ns or root.started_ns, by_model)


def _trace(raw: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """Return what names a sample's run: its own id, which a retried evaluation keeps, else its place."""
    if uuid := as_text(raw.get("uuid")):
        return uuid
    return "/".join(
        str(v) for v in (evaluation.get("run_id"), evaluation.get("task_id"), raw.get("id"), raw.get("epoch"))
    )


def _root(raw: dict[str, Any], evaluation: dict[str, Any], sample: Sample, found: list[Item]) -> Span:
    times = [t for item in found if isinstance(item, Span) for t in (item.started_ns, item.ended_ns) if t]
    times += [item.time_ns for item in found if isinstance(item, Score | Leftover) and item.time_ns]
    recorded = time_ns(raw.get("started_at")) or min(times, default=0)
    error = raw.get("error")
    detail = mapping(error)
    events = [
        Event(sc.EXCEPTION_EVENT, time_ns(raw.get("completed_at")) or max(times, default=0),
              {sc.EXCEPTION_MESSAGE: as_text(detail.get("message")),
               "exception.stacktrace": as_text(detail.get("traceback"))})
    ] if detail else []  # fmt: skip
    task = as_text(evaluation.get("task")) or "inspect"
    revision = mapping(evaluation.get("revision"))
    declared = as_text(evaluation.get("task_version"))
    attributes = {
        sc.SPOTLIGHT_KIND: "agent",
        sc.SPOTLIGHT_PACK_NAME: task,
        sc.SPOTLIGHT_PACK_VERSION: as_text(revision.get("commit")) or (declared if declared != "0" else None),
        sc.SPOTLIGHT_IMPORT_TIMES: None if recorded else "order",
        sc.INPUT_VALUE: resolved(raw.get("input"), sample.attachments) or None,
        sc.OUTPUT_VALUE: _completion(raw, sample),
        "import.sample": as_text(raw.get("id")),
        "import.epoch": raw.get("epoch"),
        **rest(raw, _SAMPLE),
        **rest(evaluation, frozenset(), "import.eval."),
    }
    return Span(
        trace=sample.trace, id=sample.root, parent=None, name=f"{task} sample {raw.get('id')}",
        started_ns=recorded or time_ns(evaluation.get("created")),
        ended_ns=time_ns(raw.get("completed_at")) or max(times, default=0),
        attributes=attributes, status="unset" if is_nothing(error) else "error",
        message=as_text(detail.get("message")) or "", events=tuple(events),
    )  # fmt: skip


def _completion(raw: Mapping[str, Any], sample: Sample) -> Any:
    """Return what the sample's last answer says."""
    choices = mapping(raw.get("output")).get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = mapping(mapping(first).get("message")) if first else {}
    return resolved(message.get("content"), sample.attachments) or None


def _scores(raw: Mapping[str, Any], sample: Sample, at: int, by_model: set[str]) -> Iterator[Score]:
    scores = mapping(raw.get("scores"))
    if not scores and isinstance(raw.get("score"), Mapping):
        scores = {"score": raw["score"]}
    for name, said in scores.items():
        score = mapping(said)
        by = "llm" if name in by_model or name.startswith("model_graded") else "code"
        detail = {k: v for k, v in score.items() if k not in ("value", "explanation") and not is_nothing(v)}
        why = as_text(resolved(score.get("explanation"), sample.attachments))
        for part, (number, label) in graded(name, score.get("value")):
            yield Score(
                part, number, label, explanation=why,
                trace=sample.trace, target="run", annotator=by, evaluator=name, time_ns=at, metadata=detail,
            )  # fmt: skip


def _kind(span: Span) -> Any:
    return span.attributes.get(sc.SPOTLIGHT_KIND)
