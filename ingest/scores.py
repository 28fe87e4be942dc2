"""Judgements of runs, spans and sessions -> rows of `scores`.

They come as log events and span events called gen_ai.evaluation.result, as gen_ai.evaluation.* on a
span itself, as OpenInference annotations and evaluations, and in the words of single clients
(`score_words`).

Source: semantic-conventions 1.38 (gen_ai.evaluation.*); openinference-semantic-conventions 0.1.42
(annotations.N.annotation.*, evaluations.N.evaluation.*, with trace. and session. before them); PromptKit
2026-08 (gen_ai.evaluation.score).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from ingest.arrow import array
from ingest.arrow import compute as pc
from ingest.envelope import partition_days
from ingest.score_words import ANNOTATION_NAME, ANNOTATION_WHY, LOGS, MARKS, SPANS
from spotlight import semconv as sc
from spotlight.model import SCORES

TARGETS: Final = ("run", "trace", "span", "session", "response")
_ANNOTATED: Final = re.compile(
    r"(?:(?P<of>trace|session)\.)?(?:annotations|evaluations)\.(?P<number>\d{1,6})\."
    r"(?:annotation|evaluation)\.(?P<field>[a-z_]+)"
)
_SHARED: Final = ("tenant", "received_ns", "journal_position", "service_name", "scope_name")
_ANNOTATOR: Final = {"human": "human", "llm": "llm", "code": "code"}
_IDENTITY: Final = (
    "target_type", "trace_id", "span_id", "session_id", "response_id", "name", "value", "label",
    "explanation", "annotator", "evaluator", "evaluator_version", "metadata", "time_ns",
)  # fmt: skip


class _Place(NamedTuple):
    """Where a score was found, and whose it is unless it says otherwise."""

    shared: Mapping[str, Any]
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    time_ns: int
    source: str


def read_scores(spans: pa.Table, logs: pa.Table) -> pa.Table:
    """Return the scores that spans and log records carry; a batch without any costs some byte searches."""
    rows = [*_of_logs(logs), *_of_events(spans), *_of_attributes(spans)]
    if not rows:
        return SCORES.schema.empty_table()
    columns = {c.name: [row.get(c.name) for row in rows] for c in SCORES.columns}
    times = np.array(columns["time_ns"], np.uint64)
    columns["date"] = partition_days(times, np.array(columns["received_ns"], np.int64)).dates
    return pa.table([array(columns[c.name], c.type) for c in SCORES.columns], SCORES.schema)


def _of_logs(logs: pa.Table) -> Iterator[dict[str, Any]]:
    named = pc.is_in(logs.column("event_name"), value_set=_EVENTS)
    for row in _rows(logs, named, ("trace_id", "span_id", "time_ns", "attributes", "event_name")):
        place = _Place(row, row["trace_id"], row["span_id"], None, row["time_ns"], "log")
        if row["event_name"] == sc.GEN_AI_EVALUATION_RESULT:
            yield from _score(place, _object(row["attributes"]))
        else:
            yield from _of_client(place, row["event_name"], _object(row["attributes"]))


_EVENTS: Final = pa.array([sc.GEN_AI_EVALUATION_RESULT, *LOGS])


def _of_client(place: _Place, event: str, said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the score that a client's own log event is."""
    rule = LOGS[event]
    if said.get(rule.value) is None or (rule.only is not None and said.get(rule.only[0]) != rule.only[1]):
        return
    session = _text(_first(said, rule.session))
    told = {key: said[key] for key in rule.id if said.get(key) is not None}
    yield _row(
        place._replace(session_id=session),
        {"target_type": "session" if session else None, "name": rule.name, "value": said[rule.value],
         "label": None, "explanation": None, "annotator": "human", "evaluator": None,
         "metadata": told or None},
    )  # fmt: skip


def _of_events(spans: pa.Table) -> Iterator[dict[str, Any]]:
    marked = _contains(spans.column("events"), sc.GEN_AI_EVALUATION_RESULT)
    for row in _rows(spans, marked, (*_SPAN, "events")):
        for event in _list(row["events"]):
            if event.get("name") == sc.GEN_AI_EVALUATION_RESULT:
                at = _moment(event.get("time_ns")) or row["started_ns"] or row["received_ns"]
                yield from _score(_of_span(row, at, "span_event"), event.get("attributes") or {})


def _of_attributes(spans: pa.Table) -> Iterator[dict[str, Any]]:
    marked = _contains(spans.column("attributes"), "annotations.", "evaluation", *MARKS)
    for row in _rows(spans, marked, (*_SPAN, "ended_ns", "parent_span_id", "attributes")):
        attributes = _object(row["attributes"])
        place = _of_span(row, row["ended_ns"] or row["started_ns"] or row["received_ns"], "span_attribute")
        yield from _score(place, attributes)
        yield from _annotations(place, attributes)
        yield from _in_own_words(place, row["parent_span_id"], attributes)


def _in_own_words(place: _Place, above: str | None, said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the scores that single clients send as spans: of the trace, or of the span above."""
    nothing = {"label": None, "evaluator": None, "metadata": None}
    for rule in SPANS:
        if said.get(rule.key) is not None:
            why = _text(said.get(rule.why)) if rule.why else None
            yield _row(
                place._replace(span_id=None),
                nothing | {"target_type": "trace", "name": rule.name, "value": said[rule.key],
                           "explanation": why, "annotator": rule.annotator},
            )  # fmt: skip
    name = _text(said.get(ANNOTATION_NAME))
    if name is not None and said.get(name) is not None:
        yield _row(
            place._replace(span_id=above),
            nothing | {"target_type": "span" if above else "trace", "name": name, "value": said[name],
                       "explanation": _text(said.get(ANNOTATION_WHY)), "annotator": None},
        )  # fmt: skip


_SPAN: Final = ("trace_id", "span_id", "session_id", "started_ns")


def _of_span(row: Mapping[str, Any], at: int, source: str) -> _Place:
    return _Place(row, row["trace_id"], row["span_id"], row["session_id"], at, source)


def _contains(column: pa.ChunkedArray, *words: str) -> pa.ChunkedArray | None:
    """Return which rows have one of the words; None, found ten times as fast, where no row has one."""
    texts = [chunk.buffers()[2].to_pybytes() for chunk in column.chunks if len(chunk) and chunk.buffers()[2]]
    if not any(word.encode() in text for word in words for text in texts):
        return None
    found = [pc.match_substring(column, word) for word in words]
    return pc.fill_null(reduce(pc.or_, found), False)


def _rows(table: pa.Table, mask: pa.ChunkedArray | None, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    if mask is None or not pc.any(mask).as_py():
        return []
    rows: list[dict[str, Any]] = table.select([*_SHARED, *columns]).filter(mask).to_pylist()
    return rows


def _score(place: _Place, said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the score that gen_ai.evaluation.* attributes make; none without a name."""
    name = said.get(sc.GEN_AI_EVALUATION_NAME)
    if not isinstance(name, str) or not name:
        return
    session = _first(said, (sc.SPOTLIGHT_SESSION_ID, sc.GEN_AI_CONVERSATION_ID, sc.SESSION_ID))
    yield _row(
        place._replace(session_id=_text(session) or place.session_id),
        {
            "score_id": _text(said.get(sc.SPOTLIGHT_SCORE_ID)),
            "target_type": said.get(sc.SPOTLIGHT_SCORE_TARGET),
            "response_id": _text(said.get(sc.GEN_AI_RESPONSE_ID)),
            "name": name,
            "value": _first(said, (sc.GEN_AI_EVALUATION_VALUE, "gen_ai.evaluation.score")),
            "label": _text(said.get(sc.GEN_AI_EVALUATION_LABEL)),
            "explanation": _text(said.get(sc.GEN_AI_EVALUATION_EXPLANATION)),
            "annotator": said.get(sc.SPOTLIGHT_SCORE_ANNOTATOR),
            "evaluator": _text(said.get(sc.SPOTLIGHT_SCORE_EVALUATOR)),
            "evaluator_version": _text(said.get(sc.SPOTLIGHT_SCORE_EVALUATOR_VERSION)),
            "metadata": said.get(sc.SPOTLIGHT_SCORE_METADATA),
        },
    )


def _annotations(place: _Place, attributes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield OpenInference annotations and evaluations of a span, its trace or its session."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for key, value in attributes.items():
        if match := _ANNOTATED.fullmatch(key):
            beginning = key[: key.index(f".{match['number']}.")]
            found.setdefault((beginning, match["number"]), {"of": match["of"]})[match["field"]] = value
    for said in found.values():
        if not isinstance(said.get("name"), str):
            continue
        of = said["of"]
        yield _row(
            place._replace(
                span_id=place.span_id if of is None else None,
                trace_id=None if of == "session" and place.session_id else place.trace_id,
            ),
            {
                "target_type": of or "span",
                "name": said["name"],
                "value": said.get("score"),
                "label": _text(said.get("label")),
                "explanation": _text(said.get("explanation")),
                "annotator": said.get("annotator_kind"),
                "evaluator": _text(said.get("identifier")),
                "metadata": said.get("metadata"),
            },
        )


def _row(place: _Place, said: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one score; its id is the sender's, else a digest of all that it says."""
    row = {
        **{name: place.shared[name] for name in _SHARED},
        "trace_id": place.trace_id, "span_id": place.span_id, "session_id": place.session_id,
        "time_ns": place.time_ns, "source": place.source, **said,
    }  # fmt: skip
    row["value"] = _number(said["value"])
    if row["value"] is None and row["label"] is None:
        row["label"] = _text(said["value"])
    row["annotator"] = _ANNOTATOR.get(str(said["annotator"]).lower())
    row["metadata"] = _json(said["metadata"])
    row["target_type"] = _target(row)
    if row.get("score_id") is None:
        identity = [row.get(name) for name in _IDENTITY]
        row["score_id"] = hashlib.blake2b(orjson.dumps(identity), digest_size=16).hexdigest()
    return row


def _target(row: Mapping[str, Any]) -> str | None:
    """Return what is judged: what the score says, else the narrowest thing that it names."""
    if row["target_type"] in TARGETS:
        return str(row["target_type"])
    ids = {"span": "span_id", "response": "response_id", "trace": "trace_id", "session": "session_id"}
    return next((target for target, column in ids.items() if row.get(column)), None)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None


def _moment(value: object) -> int | None:
    """Return a time in ns; None where it is beyond what the table's 64 bits can say."""
    return value if isinstance(value, int) and value < 2**63 else None


def _text(value: object) -> str | None:
    return (
        value
        if isinstance(value, str) and value
        else (str(value) if isinstance(value, int | float) else None)
    )


def _json(value: object) -> str | None:
    """Return JSON text; text that is JSON already stays as it is."""
    if isinstance(value, str):
        try:
            orjson.loads(value)
        except orjson.JSONDecodeError:
            return orjson.dumps(value).decode() if value else None
        return value
    return None if value is None else orjson.dumps(value).decode()


def _first(said: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((said[key] for key in keys if said.get(key) is not None), None)


def _object(text: str | None) -> dict[str, Any]:
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _list(text: str) -> list[dict[str, Any]]:
    found = orjson.loads(text)
    return [item for item in found if isinstance(item, dict)]
