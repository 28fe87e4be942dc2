"""Langfuse exports: traces, observations and scores as its API, its exports and its event store write them.

Three shapes of the same things: API objects in camelCase (a trace may hold its observations and scores),
rows of the blob and table exports in snake_case, and ingestion events ({type: generation-create, body}),
which are put together by id. A trace is a span over its observations where it holds them, else beside
them in one trace: exports keep traces, observations and scores in files of their own.

Source: Langfuse 4.16 public API, blob storage export, ingestion event types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.importers.content import Broken, Content, Record
from ingest.importers.items import Item, Leftover, Score
from ingest.importers.langfuse_spans import observation_span, trace_root, trace_span
from ingest.importers.langfuse_words import OBSERVATIONS, Words
from ingest.importers.values import as_float, as_text, mapping, time_ns

FORMAT: Final = "langfuse"

_ANNOTATORS: Final = {"ANNOTATION": "human", "EVAL": "llm"}
# Events about traces and scores, with fields that tell their records apart and that events may lack.
_DEFAULTS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "trace": ("trace", {"public": False, "tags": []}),
    "score": ("score", {"source": "API"}),
}
_LISTS: Final = ("traces", "observations", "scores", "batch", "events")
_SCORE: Final = frozenset(["id", "trace_id", "observation_id", "session_id", "name", "value", "string_value",
                           "data_type", "source", "comment", "timestamp", "project_id"])  # fmt: skip


def recognises(content: Content) -> bool:
    """Return whether the first record is a trace, an observation, a score or an event of Langfuse."""
    first = next((r.value for r in _rows(content) if isinstance(r, Record)), {})
    return _sort(first) is not None


def read(content: Content) -> Iterator[Item]:
    """Yield the spans and scores; events of one object are put together first."""
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for record in _rows(content):
        if isinstance(record, Broken):
            yield Leftover("line that is no JSON object", record.text, place=record.place)
            continue
        if _sort(record.value) != "event":
            yield from _items(record.value, record.place)
        elif not _merge(record.value, merged):
            yield Leftover(f"langfuse event {record.value.get('type')!r}", record.value, place=record.place)
    for body in merged.values():
        yield from _items(body, 0)


def _rows(content: Content) -> Iterator[Record | Broken]:
    document = content.document
    listed = (
        [document[key] for key in _LISTS if isinstance(document.get(key), list)]
        if isinstance(document, dict) and _sort(document) is None
        else []
    )
    if not listed:
        yield from content.records()
        return
    for values in listed:
        for place, value in enumerate(values, 1):
            yield Record(place, value) if isinstance(value, dict) else Broken(place, str(value))


def _sort(record: Mapping[str, Any]) -> str | None:
    """Return what a record is: event, observation, score or trace; None where it is none of Langfuse's."""
    said = Words(record)
    what = as_text(record.get("type"))
    if what and what.endswith(("-create", "-update")) and isinstance(record.get("body"), Mapping):
        return "event"
    if said.has("trace_id", "start_time") and what and what.upper() in OBSERVATIONS:
        return "observation"
    if said.has("name", "data_type") and (said.has("trace_id") or said.has("session_id")):
        return "score"
    if said.has("name", "value", "trace_id", "source") and not said.has("start_time"):
        return "score"
    marks = ("session_id", "user_id", "release", "tags", "public", "bookmarked", "html_path", "observations")
    if said.has("id", "timestamp") and sum(said.has(mark) for mark in marks) >= 2:
        return "trace"
    return None


def _merge(event: Mapping[str, Any], merged: dict[tuple[str, str], dict[str, Any]]) -> bool:
    """Put an event's body to the others of its object; False where it is of no object we know."""
    what = (as_text(event.get("type")) or "").rpartition("-")[0]
    body = {k: v for k, v in mapping(event.get("body")).items() if v is not None}
    name = as_text(body.get("id"))
    if what not in ("trace", "score", "observation", "event", *(w.lower() for w in OBSERVATIONS)) or not name:
        return False
    sort, defaults = _DEFAULTS.get(what, ("observation", {"startTime": None, "type": what.upper()}))
    if sort != "observation":
        defaults = {**defaults, "timestamp": event.get("timestamp")}
    merged.setdefault((sort, name), dict(defaults)).update(body)
    return True


def _items(record: dict[str, Any], place: int) -> Iterator[Item]:
    sort = _sort(record)
    if sort == "score":
        yield _score(record)
    elif sort == "observation":
        yield observation_span(record, None)
    elif sort == "trace":
        yield from _trace_items(record)
    else:
        yield Leftover("langfuse record of an unknown sort", record, place=place)


def _trace_items(record: dict[str, Any]) -> Iterator[Item]:
    said = Words(record)
    observations = [o for o in said.list("observations") if isinstance(o, Mapping)]
    scores = [s for s in said.list("scores") if isinstance(s, Mapping)]
    yield trace_span(record, observations)
    for observation in observations:
        yield observation_span({"traceId": record.get("id"), **observation}, trace_root(record))
    for score in scores:
        yield _score({"traceId": record.get("id"), **score})


def _score(record: Mapping[str, Any]) -> Score:
    said = Words(record)
    value, label = said.get("value"), as_text(said.get("string_value"))
    if label is None and isinstance(value, str) and as_float(value) is None:
        label = value
    number = float(value) if isinstance(value, bool) else as_float(value)
    kind = str(said.get("data_type") or "").upper()
    return Score(
        name=as_text(said.get("name")) or "score",
        value=None if kind in ("CATEGORICAL", "TEXT") else number,
        label=label, explanation=as_text(said.get("comment")),
        trace=as_text(said.get("trace_id")), span=as_text(said.get("observation_id")),
        session=as_text(said.get("session_id")),
        annotator=_ANNOTATORS.get(str(said.get("source") or "").upper()),
        evaluator=as_text(said.get("author_user_id")) or as_text(said.get("config_id")),
        time_ns=time_ns(said.get("timestamp")) or time_ns(said.get("created_at")),
        id=as_text(said.get("id")), metadata=said.rest(_SCORE, "") or None,
    )  # fmt: skip
