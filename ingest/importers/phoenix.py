"""Phoenix exports: spans as dataframes (Parquet, CSV, JSON) or from its API, and annotations.

Columns are `context.trace_id`, `context.span_id`, `parent_id`, `start_time`, ... and `attributes.*`; the
API nests `context` and `attributes`. Attributes become what instrumentation sent: indexed keys, and JSON
text where OpenInference has JSON text, so that the dialects read them. The OpenTelemetry SDK's console
exporter writes spans of nearly this shape, and they are read too.

Source: arize-phoenix 20 (`get_spans_dataframe`, /v1/projects/*/spans, */span_annotations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.importers.content import Broken, Content, Record
from ingest.importers.items import Event, Item, Leftover, Score, Span, content_digest
from ingest.importers.values import as_float, as_int, as_text, is_nothing, mapping, rest, structure, time_ns
from spotlight import semconv as sc

FORMAT: Final = "phoenix"

_SPAN: Final = frozenset(["id", "name", "span_kind", "parent_id", "start_time", "end_time", "status_code",
                          "status_message", "events", "context", "attributes", "context.span_id",
                          "context.trace_id", "status", "resource", "kind"])  # fmt: skip
_ANNOTATION: Final = frozenset(["id", "name", "annotation_name", "score", "label", "explanation",
                                "result", "annotator_kind", "identifier", "span_id", "context.span_id",
                                "trace_id", "session_id"])  # fmt: skip
# OpenInference sends these as JSON text; Phoenix takes them apart.
_JSON_TEXT: Final = ("metadata", "llm.prompt_template.variables", "tool.parameters",
                     "llm.invocation_parameters", "document.metadata")  # fmt: skip
_NUMBERS: Final = ("llm.token_count.", "llm.cost.")
_STATUS: Final = {"OK": "ok", "ERROR": "error"}
_MAX_DEPTH: Final = 40


def recognises(content: Content) -> bool:
    """Return whether the first record is a span, a trace with spans, or an annotation of Phoenix."""
    first = next(_rows(content), None)
    value = first.value if isinstance(first, Record) else {}
    return _is_span(value) or _is_annotation(value)


def read(content: Content) -> Iterator[Item]:
    """Yield spans, and scores of annotations and of evaluation columns."""
    for row in _rows(content):
        if isinstance(row, Broken):
            yield Leftover("line that is no JSON object", row.text, place=row.place)
        elif _is_span(row.value):
            yield from _span_items(row.value)
        elif _is_annotation(row.value):
            yield _annotation(row.value)
        else:
            yield Leftover("phoenix record without a trace", row.value, place=row.place)


def _rows(content: Content) -> Iterator[Record | Broken]:
    """Yield spans and annotations, whatever way round pandas wrote the table."""
    document = content.document
    if isinstance(document, dict):
        table = _transposed(document)
        if table is not None:
            yield from (Record(place, row) for place, row in enumerate(table, 1))
            return
    for record in content.records():
        spans = record.value.get("spans") if isinstance(record, Record) else None
        if isinstance(spans, list) and isinstance(record, Record):
            yield from (Record(record.place, s) for s in spans if isinstance(s, dict))
        else:
            yield record


def _transposed(document: dict[str, Any]) -> Iterator[dict[str, Any]] | None:
    """Return the rows of a table written by column, by index or split; None where it is none of these."""
    by_column = document.get("context.trace_id")
    if isinstance(by_column, dict):
        columns = {name: cells for name, cells in document.items() if isinstance(cells, dict)}
        return (
            {"context.span_id": key} | {name: cells.get(key) for name, cells in columns.items()}
            for key in by_column
        )
    if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
        names = [str(name) for name in document["columns"]]
        index = document.get("index")
        keys = index if isinstance(index, list) and len(index) == len(document["data"]) else []
        rows = (dict(zip(names, row, strict=False)) for row in document["data"] if isinstance(row, list))
        return (
            ({"context.span_id": key} | row for key, row in zip(keys, rows, strict=False)) if keys else rows
        )
    values = list(document.values())
    if values and all(isinstance(v, dict) and "context.trace_id" in v for v in values):
        return ({"context.span_id": key} | row for key, row in document.items())
    return None


def _is_span(row: Mapping[str, Any]) -> bool:
    context = row.get("context")
    nested = isinstance(context, Mapping) and "trace_id" in context
    return ("context.trace_id" in row or nested) and "name" in row


def _is_annotation(row: Mapping[str, Any]) -> bool:
    whose = not {"span_id", "trace_id", "session_id", "context.span_id"}.isdisjoint(row)
    return whose and "annotator_kind" in row and not {"name", "annotation_name"}.isdisjoint(row)


def _span_items(row: dict[str, Any]) -> Iterator[Item]:
    context = mapping(row.get("context"))
    trace = _id(row.get("context.trace_id", context.get("trace_id")))
    if trace is None:
        yield Leftover("phoenix span without a trace id", row)
        return
    own = _id(row.get("context.span_id", context.get("span_id"))) or content_digest(row, 8)
    status = mapping(row.get("status"))
    outcome = str(row.get("status_code") or status.get("status_code") or "").rpartition(".")[2].upper()
    attributes = _attributes(row)
    kind = as_text(row.get("span_kind"))
    if kind and kind.upper() != "UNKNOWN":
        attributes.setdefault(sc.OPENINFERENCE_SPAN_KIND, kind.upper())
    evaluations = {key for key in row if key.startswith("eval.")}
    resource = mapping(mapping(row.get("resource")).get("attributes"))
    columns = frozenset(key for key in row if key.startswith("attributes."))
    yield Span(
        trace=trace, id=own, parent=_id(row.get("parent_id")), name=as_text(row.get("name")) or "span",
        started_ns=time_ns(row.get("start_time")), ended_ns=time_ns(row.get("end_time")),
        attributes=attributes | rest(row, _SPAN | columns | evaluations),
        status=_STATUS.get(outcome, "unset"),
        message=as_text(row.get("status_message") or status.get("description")) or "",
        events=tuple(_events(row.get("events"))), scope="", resource=resource,
    )  # fmt: skip
    yield from _evaluations(row, evaluations, trace, own)


def _id(value: object) -> str | None:
    """Return an id; the console exporter writes 0x before it."""
    text = as_text(value)
    return text.removeprefix("0x") if text else None


def _attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a span under the keys that its instrumentation sent."""
    sent = mapping(row.get("attributes"))
    sent |= {k.removeprefix("attributes."): v for k, v in row.items() if k.startswith("attributes.")}
    flat: dict[str, Any] = {}
    for key, value in sent.items():
        if not is_nothing(value):
            _flatten(str(key), _read(str(key), value), flat)
    for root in _JSON_TEXT:  # a column for each member: together they are one JSON text again
        below = {key: flat.pop(key) for key in list(flat) if key.startswith(f"{root}.")}
        if below and root not in flat:
            flat[root] = {key[len(root) + 1 :]: value for key, value in below.items()}
    return flat


def _read(key: str, value: Any) -> Any:
    """Return a value as it was before a table wrote it out as text.

    What people wrote (input.value, message content) is theirs, and stays the text it is.
    """
    if not isinstance(value, str) or key.endswith((".value", ".content", ".arguments")):
        return value
    if key.startswith(_NUMBERS):
        return next((number for number in (as_int(value), as_float(value)) if number is not None), value)
    return structure(value)


def _flatten(key: str, value: Any, flat: dict[str, Any], depth: int = 0) -> None:
    if is_nothing(value):
        return
    nests = depth < _MAX_DEPTH and key not in _JSON_TEXT
    if nests and isinstance(value, Mapping):
        for name, inner in value.items():
            _flatten(f"{key}.{name}" if key else str(name), inner, flat, depth + 1)
    elif nests and isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for place, item in enumerate(value):
            _flatten(f"{key}.{place}", item, flat, depth + 1)
    else:
        flat[key] = value


def _events(sent: object) -> Iterator[Event]:
    events = structure(sent)
    for event in events if isinstance(events, list) else ():
        said = mapping(event)
        attributes = mapping(said.get("attributes"))
        more = rest(said, frozenset(["name", "timestamp", "attributes"]), "")
        yield Event(as_text(said.get("name")) or "event", time_ns(said.get("timestamp")), attributes | more)


def _evaluations(row: Mapping[str, Any], columns: set[str], trace: str, span: str) -> Iterator[Score]:
    """Yield a score per evaluation that stands beside a span as eval.<name>.score, .label, .explanation."""
    names = {key.removeprefix("eval.").rpartition(".")[0] for key in columns}
    for name in sorted(names - {""}):
        value, label = as_float(row.get(f"eval.{name}.score")), as_text(row.get(f"eval.{name}.label"))
        if value is not None or label is not None:
            why = as_text(row.get(f"eval.{name}.explanation"))
            yield Score(name, value, label, why, trace, span, time_ns=time_ns(row.get("end_time")))


def _annotation(row: Mapping[str, Any]) -> Score:
    result = mapping(row.get("result"))
    trace, session = _id(row.get("trace_id")), as_text(row.get("session_id"))
    span = _id(row.get("span_id", row.get("context.span_id")))
    kind = str(row.get("annotator_kind") or "").lower()
    at = time_ns(row.get("updated_at")) or time_ns(row.get("created_at"))
    return Score(
        name=as_text(row.get("name")) or as_text(row.get("annotation_name")) or "annotation",
        value=as_float(result.get("score", row.get("score"))),
        label=as_text(result.get("label", row.get("label"))),
        explanation=as_text(result.get("explanation", row.get("explanation"))),
        trace=trace, span=span, session=session, annotator=kind or None,
        evaluator=as_text(row.get("identifier")), time_ns=at,
        id=as_text(row.get("id")), metadata=rest(row, _ANNOTATION, "") or None,
    )  # fmt: skip
